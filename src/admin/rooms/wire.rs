//! Rooms as admins see them; see `docs/protocol.md`.

use chrono::NaiveDateTime;
use serde::Serialize;

use crate::{
    account::wire::Card,
    admin::table::Beside,
    db::time,
    room::wire::{MemberView, RoomInfo},
};

/// A room in the list.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = ConsoleRoom)]
pub struct Listed {
    /// What is the same for every member.
    #[serde(flatten)]
    pub info: RoomInfo,
    /// Who owns it; the two of a private chat.
    pub owners: Vec<Card>,
    /// When the newest message was sent.
    #[serde(serialize_with = "time::serialize_option")]
    #[schema(required)]
    pub last_at: Option<NaiveDateTime>,
    /// `default`, `forever`, `days` or `count`.
    pub retention: &'static str,
    /// How many days or messages; 0 where that says nothing.
    pub retention_value: i64,
    /// Hours that are shown; null as the site's settings say, 0 for all.
    #[schema(required)]
    pub window_hours: Option<i64>,
    /// Messages that are shown.
    #[schema(required)]
    pub window_count: Option<i64>,
}

/// A page of rooms.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = ConsoleRooms)]
pub struct RoomsPage {
    /// In the table's order.
    pub rooms: Vec<Listed>,
    /// The pages beside it.
    #[serde(flatten)]
    pub beside: Beside,
    /// How many private chats there are.
    pub directs: i64,
}

/// One room.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct CountedRoom {
    /// The room.
    pub room: Listed,
    /// What is counted of it.
    pub counts: Counts,
}

/// A page of members.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = ConsoleMembers)]
pub struct MembersPage {
    /// By id.
    pub members: Vec<MemberView>,
    /// Are there more?
    pub more: bool,
}

/// What is counted for one room alone.
#[derive(Debug, Clone, Copy, Serialize, utoipa::ToSchema)]
#[schema(as = RoomCounts)]
pub struct Counts {
    /// Messages of today, UTC.
    pub today: i64,
    /// Pictures in its messages.
    pub pictures: i64,
    /// Their bytes.
    pub picture_bytes: i64,
}
