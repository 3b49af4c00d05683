//! Preset messages that admins send with one click, and the countdowns they start.
//!
//! [`acts`] makes and changes presets, [`send`] posts one and starts its countdown in the same transaction, [`countdown`] ends
//! those whose time is over, and [`seed`] ships the first three. The countdown itself lives in its row: whoever restarts or leaves,
//! it ends once. What members see of it is in [`crate::room::countdown`].

pub mod acts;
pub mod content;
pub mod countdown;
pub mod seed;
pub mod send;
pub mod store;
pub mod wire;

use std::sync::Arc;

use tokio::sync::Notify;

use crate::{db::pool::Db, message::post::Fingerprint, room::read_marks::ReadMarks};

/// Most presets there may be: their chips stand in a row.
pub const MOST: i64 = 50;

/// Everything the preset routes work with. Cheap to clone.
#[derive(Clone)]
pub struct PresetDesk {
    /// The database.
    pub db: Db,
    /// A send moves its sender's mark.
    pub marks: ReadMarks,
    /// Tells a repeated send from a reused `client_id`.
    pub fingerprint: Arc<Fingerprint>,
    /// Wakes who ends countdowns.
    pub clock: Arc<Notify>,
    /// Wakes who deletes the files of pictures that are named no more.
    pub sweeper: Arc<Notify>,
}
