//! Who is connected right now, as the chat last said it; read by lists.

use std::{
    collections::HashSet,
    sync::{Arc, RwLock},
};

use crate::id::UserId;

/// SQLite takes 32,766 parameters in a statement.
const NAMED: usize = 20_000;

/// The people online. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Presence(Arc<RwLock<HashSet<UserId>>>);

impl Presence {
    /// Is this person connected?
    pub fn is_online(&self, user: UserId) -> bool {
        self.read().contains(&user)
    }

    /// How many people are connected.
    pub fn count(&self) -> usize {
        self.read().len()
    }

    /// People who are connected, at most as many as a query takes.
    pub fn online(&self) -> Vec<UserId> {
        self.read().iter().copied().take(NAMED).collect()
    }

    /// Notes who came and went.
    pub fn update(&self, came: impl IntoIterator<Item = UserId>, went: impl IntoIterator<Item = UserId>) {
        let mut online = self.0.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        online.extend(came);
        for user in went {
            online.remove(&user);
        }
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, HashSet<UserId>> {
        self.0.read().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
