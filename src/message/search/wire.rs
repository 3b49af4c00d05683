//! Hits in JSON; see `docs/protocol.md`.

use serde::Serialize;

use crate::{
    id::{MessageId, RoomId},
    message::{search::snippet::Piece, wire::MessageView},
    room::wire::RoomKind,
};

/// The room of a hit.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct HitRoom {
    /// Its id.
    pub id: RoomId,
    /// Who may enter.
    pub kind: RoomKind,
    /// Empty for a direct room.
    pub name: String,
}

/// A message that was found.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Hit {
    /// The message.
    pub message: MessageView,
    /// Where it is.
    pub room: HitRoom,
    /// The text around the first place, the places marked.
    pub snippet: Vec<Piece>,
}

/// Some hits, newest first.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct SearchPage {
    /// Newest first. May be fewer than asked for, even none, while there are more.
    pub hits: Vec<Hit>,
    /// Is there anything left to look at?
    pub more: bool,
    /// Where to go on.
    #[schema(required)]
    pub before: Option<MessageId>,
}
