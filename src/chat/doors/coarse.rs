//! Who is online, as those who ask are told: the same for all of them, and never younger than it must be.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

use crate::{
    chat::{Chat, rooms::Online, server::WhoIsOnline},
    error::{AppError, AppResult},
};

use super::sync::tag_of;

/// It is looked at again after this.
const AGE: Duration = Duration::from_secs(10);

/// What was seen.
#[derive(Debug)]
pub struct Seen {
    at: Instant,
    /// A hash of the fields.
    pub tag: String,
    /// Fields of a JSON object, without its braces.
    pub fields: String,
}

/// The memory of it.
#[derive(Debug, Default)]
pub struct Coarse(RwLock<Option<Arc<Seen>>>);

impl Coarse {
    /// Who was online at most ten seconds ago.
    ///
    /// # Errors
    /// When the chat has ended.
    pub async fn look(&self, chat: &Chat) -> AppResult<Arc<Seen>> {
        let seen = self.0.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(seen) = seen.filter(|seen| seen.at.elapsed() < AGE) {
            return Ok(seen);
        }
        let Online { named, count } = chat.server.send(WhoIsOnline).await.map_err(AppError::internal)?;
        let fields = format!("\"online\":{named},\"online_count\":{count}");
        let seen = Arc::new(Seen { at: Instant::now(), tag: tag_of(&fields), fields });
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(seen.clone());
        Ok(seen)
    }
}
