//! A short memory of what others see of people, so that a message need not ask the database for its sender.

use std::{sync::Arc, time::Duration};

use moka::sync::Cache;

use crate::{
    account::{store, wire::Card},
    db::pool::Db,
    error::AppResult,
    id::UserId,
};

/// How long a card may be remembered; whoever changes one also forgets it here.
const TTL: Duration = Duration::from_secs(60);

/// Cards by id. Cheap to clone.
#[derive(Clone)]
pub struct People {
    db: Db,
    cards: Cache<UserId, Arc<Card>>,
}

impl People {
    /// An empty memory.
    pub fn new(db: Db) -> Self {
        Self { db, cards: Cache::builder().max_capacity(20_000).time_to_live(TTL).build() }
    }

    /// A card, from memory or the database; `None` when there is no such person.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn find(&self, user: UserId) -> AppResult<Option<Arc<Card>>> {
        if let Some(card) = self.cards.get(&user) {
            return Ok(Some(card));
        }
        let found = self.db.read(move |conn| Ok(store::find(conn, user)?)).await?;
        Ok(found.map(|card| {
            let card = Arc::new(card);
            self.cards.insert(user, card.clone());
            card
        }))
    }

    /// A card from memory alone, for code that must not wait.
    pub fn remembered(&self, user: UserId) -> Option<Arc<Card>> {
        self.cards.get(&user)
    }

    /// To be called when a card changed.
    pub fn forget(&self, user: UserId) {
        self.cards.invalidate(&user);
    }
}
