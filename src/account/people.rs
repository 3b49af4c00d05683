//! What others see of people, remembered so that a message need not ask the database for its sender.

use std::sync::Arc;

use crate::{
    account::{memory::Memory, store, wire::Card},
    db::pool::Db,
    error::AppResult,
    id::UserId,
};

/// Cards by id. Cheap to clone.
#[derive(Clone)]
pub struct People {
    db: Db,
    cards: Memory<UserId, Card>,
}

impl People {
    /// An empty memory.
    pub fn new(db: Db) -> Self {
        Self { db, cards: Memory::new(20_000) }
    }

    /// A card; `None` when there is no such person.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn find(&self, user: UserId) -> AppResult<Option<Arc<Card>>> {
        self.cards.get_or_read(user, async || self.db.read(move |conn| Ok(store::find(conn, user)?)).await).await
    }

    /// To be called when a card changed.
    pub fn forget(&self, user: UserId) {
        self.cards.forget(&user);
    }
}
