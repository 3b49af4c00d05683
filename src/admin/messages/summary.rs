//! What a deletion takes: whose messages, where, from when to when, with how many pictures. Never a text.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::NaiveDateTime;

use crate::{
    db::connection::AnyConnection,
    error::AppResult,
    id::{MessageId, RoomId, UserId},
    message::{search::store as search, store as messages, wire::MessageView},
    room::oversight::Oversight,
};

/// Messages that are there to be deleted.
#[derive(Debug, Clone)]
pub struct Summary {
    /// Which.
    pub ids: Vec<MessageId>,
    /// Who wrote them.
    pub senders: Vec<String>,
    /// Names of their rooms; empty ones for private chats.
    pub rooms: Vec<String>,
    /// When the first was sent, and the last.
    pub span: Option<(NaiveDateTime, NaiveDateTime)>,
    /// How many pictures are in them.
    pub images: usize,
}

/// Of those of these messages that an admin sees and that still say something.
///
/// # Errors
/// When the database fails.
pub fn of(conn: &mut AnyConnection, oversight: Oversight, ids: &[MessageId]) -> AppResult<Summary> {
    let mut found = messages::among(conn, ids)?;
    let rooms: BTreeSet<RoomId> = found.iter().map(|message| message.room).collect();
    let rooms = search::overseen(conn, oversight, &rooms.into_iter().collect::<Vec<_>>())?;
    let names: HashMap<RoomId, String> = rooms.into_iter().map(|room| (room.id, room.name)).collect();
    found.retain(|message| !message.is_gone() && names.contains_key(&message.room));
    Ok(sum(&found, &names))
}

fn sum(found: &[MessageView], names: &HashMap<RoomId, String>) -> Summary {
    let senders: BTreeMap<UserId, &str> =
        found.iter().map(|message| (message.sender.id, message.sender.nickname.as_str())).collect();
    let rooms: BTreeSet<RoomId> = found.iter().map(|message| message.room).collect();
    let times = || found.iter().map(|message| message.created_at);
    Summary {
        ids: found.iter().map(|message| message.id).collect(),
        senders: senders.into_values().map(str::to_owned).collect(),
        rooms: rooms.iter().filter_map(|room| names.get(room).cloned()).collect(),
        span: times().min().zip(times().max()),
        images: found.iter().map(|message| message.uploads.len()).sum(),
    }
}
