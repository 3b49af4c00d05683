//! Rooms as admins see them; see `docs/protocol.md`.

use chrono::NaiveDateTime;
use serde::Serialize;

use crate::{account::wire::Card, db::time, room::wire::RoomInfo};

/// A room in the list.
#[derive(Debug, Clone, Serialize)]
pub struct Listed {
    /// What is the same for every member.
    #[serde(flatten)]
    pub info: RoomInfo,
    /// Who owns it; the two of a private chat.
    pub owners: Vec<Card>,
    /// When the newest message was sent.
    #[serde(serialize_with = "time::serialize_option")]
    pub last_at: Option<NaiveDateTime>,
    /// `default`, `forever`, `days` or `count`.
    pub retention: &'static str,
    /// How many days or messages; 0 where that says nothing.
    pub retention_value: i64,
    /// Hours that are shown; null as the site's settings say, 0 for all.
    pub window_hours: Option<i64>,
    /// Messages that are shown.
    pub window_count: Option<i64>,
}

/// What is counted for one room alone.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Counts {
    /// Messages of today, UTC.
    pub today: i64,
    /// Pictures in its messages.
    pub pictures: i64,
    /// Their bytes.
    pub picture_bytes: i64,
}
