//! Messages that members reported, until an admin settles them.
//!
//! `handlers` is the member's side: one report a person and message. `queue` is the admins'.

pub mod api;
pub mod handlers;
pub mod queue;
pub mod store;
pub mod wire;

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use crate::{db::pool::Db, id::UserId, web::limiter::Limiter};

/// Reports a person in an hour.
const REPORTS_AN_HOUR: NonZeroU32 = NonZeroU32::new(10).expect("above zero");

/// Everything the members' report route works with. Cheap to clone.
#[derive(Clone)]
pub struct ReportDesk {
    /// The database.
    pub db: Db,
    /// Reports a person.
    pub pace: Arc<Limiter<UserId>>,
}

impl ReportDesk {
    /// With `limits` off anybody may report as often as they like.
    pub fn new(db: Db, limits: bool) -> Self {
        Self { db, pace: Arc::new(Limiter::new(limits, REPORTS_AN_HOUR, Duration::from_secs(3600))) }
    }
}
