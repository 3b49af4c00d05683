//! What people are to each other: friends, requests, blocks; and a person's card as another one sees it.
//!
//! Each of two people has a row of their own, and both change in one transaction. It knows accounts, and no rooms.

pub mod acts;
pub mod api;
pub mod handlers;
pub mod store;
pub mod wire;

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use crate::{db::pool::Db, id::UserId, web::limiter::Limiter};

/// New requests a person in an hour.
const REQUESTS_AN_HOUR: NonZeroU32 = NonZeroU32::new(20).expect("above zero");

/// Everything the contact routes work with. Cheap to clone.
#[derive(Clone)]
pub struct ContactDesk {
    /// The database.
    pub db: Db,
    /// New requests a person.
    pub requests: Arc<Limiter<UserId>>,
}

impl ContactDesk {
    /// With `limits` off anybody may ask as often as they like.
    pub fn new(db: Db, limits: bool) -> Self {
        Self { db, requests: Arc::new(Limiter::new(limits, REQUESTS_AN_HOUR, Duration::from_secs(3600))) }
    }
}
