//! Rooms and who is in them: the lobby, public, private and direct rooms, roles, read marks.
//!
//! It knows accounts, and no messages beyond the counters a room keeps of them.

pub mod acts;
pub mod api;
pub mod bounds;
pub mod charge;
pub mod countdown;
pub mod direct;
pub mod eraser;
pub mod handlers;
pub mod lobby;
pub mod members;
pub mod names;
pub mod notices;
pub mod oversight;
pub mod read_marks;
pub mod store;
pub mod wire;

use std::{num::NonZeroU32, sync::Arc};

use crate::{
    db::pool::Db,
    id::UserId,
    limit::Limit,
    room::{bounds::Bounds, read_marks::ReadMarks},
    setting::Live,
    web::limiter::{HOUR, Limiter},
};

/// Others' read marks are told in rooms up to this size.
pub const SEEN_BY: i64 = 50;

/// Everything the room routes work with. Cheap to clone.
#[derive(Clone)]
pub struct RoomDesk {
    /// The database.
    pub db: Db,
    /// How far everybody has read, newer than stored.
    pub marks: ReadMarks,
    /// How many rooms and members there may be, is set there.
    pub live: Live,
    /// New rooms a person in an hour.
    pub creations: Arc<Limiter<UserId>>,
    /// Wakes the eraser after a room was deleted.
    pub eraser: Arc<tokio::sync::Notify>,
    /// Wakes who prunes after a rule on keeping changed.
    pub pruner: Arc<tokio::sync::Notify>,
}

impl RoomDesk {
    /// The desk, with a limit on new rooms where limits hold.
    pub fn new(db: Db, marks: ReadMarks, live: Live) -> Self {
        let creations = Arc::new(Limiter::new(!live.is_unlimited(), NonZeroU32::MIN, HOUR).named(Limit::NewRooms));
        Self { db, marks, live, creations, eraser: Arc::default(), pruner: Arc::default() }
    }

    /// How many rooms and members there may be now.
    pub fn bounds(&self) -> Bounds {
        Bounds::of(&self.live)
    }
}
