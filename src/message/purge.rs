//! Deleting what others wrote, as an admin: few messages or many, of one room or of several.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use crate::{
    account::standing::check_reason,
    audit::{self, Act, Actor, Entry, Target},
    db::{connection::AnyConnection, lane::Stored},
    error::{AppError, AppResult},
    event::Event,
    id::{MessageId, RoomId},
    message::{
        MessageDesk, revise,
        store::{self, End, Standing},
    },
    room::oversight::Oversight,
};

/// Messages deleted at once, at most.
pub const MOST: usize = 1_000;

/// Of them in one transaction, so that sends in between wait for no more than that.
const SOME: usize = 50;

/// What was deleted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Purged {
    /// How many messages.
    pub deleted: usize,
    /// In which rooms.
    pub rooms: BTreeSet<RoomId>,
}

/// Deletes those of these messages that an admin sees and that still say something. The log names them all before the first is gone;
/// whoever was interrupted asks again for the rest.
///
/// # Errors
/// Too many, a reason that is too long; then, or when the database fails, what was deleted so far stays so.
pub async fn purge(
    desk: &MessageDesk,
    actor: &Actor,
    oversight: Oversight,
    ids: Vec<MessageId>,
    reason: &str,
) -> AppResult<Purged> {
    if ids.len() > MOST {
        return Err(AppError::Invalid("At most 1,000 messages at once.".into()));
    }
    let reason = check_reason(reason)?;
    let standing = desk.db.read(move |conn| seen(conn, oversight, &ids)).await?;
    let mut purged = Purged::default();
    let mut entry = Some(entry(&standing, &reason));
    for some in standing.chunks(SOME) {
        let (some, actor, entry) = (some.to_vec(), actor.clone(), entry.take());
        let ended = desk
            .db
            .ordered(move |conn| {
                if let Some(entry) = &entry {
                    audit::note(conn, &actor, entry)?;
                }
                end_all(conn, &some)
            })
            .await?;
        purged.deleted += ended.len();
        purged.rooms.extend(ended);
    }
    // Their files.
    desk.sweeper.notify_one();
    Ok(purged)
}

/// Deletes one message, in a transaction that does more and writes to the log itself. `None` where it is gone already.
///
/// # Errors
/// Not found.
pub fn end_one(conn: &mut AnyConnection, id: MessageId) -> AppResult<Option<Vec<Event>>> {
    let message = store::find(conn, id)?.ok_or(AppError::NotFound)?;
    match message.is_gone() {
        true => Ok(None),
        false => Ok(Some(revise::end(conn, &message, End::Deleted)?.events)),
    }
}

/// Those that are seen and not gone, room by room.
fn seen(conn: &mut AnyConnection, oversight: Oversight, ids: &[MessageId]) -> AppResult<Vec<Standing>> {
    let mut standing = store::standing(conn, ids)?;
    let mut rooms: BTreeMap<RoomId, bool> = BTreeMap::new();
    for room in standing.iter().map(|message| message.room).collect::<BTreeSet<_>>() {
        rooms.insert(room, oversight.sees(conn, room)?.is_some());
    }
    standing.retain(|message| rooms[&message.room]);
    // In one order everywhere, so that two transactions never wait for each other in a circle.
    standing.sort_unstable_by_key(|message| (message.room, message.id));
    Ok(standing)
}

/// Counts and rooms, never a text.
fn entry(standing: &[Standing], reason: &str) -> Entry {
    let rooms: BTreeSet<RoomId> = standing.iter().map(|message| message.room).collect();
    let target = match standing {
        [one] => Target::new("message", one.id.0, ""),
        _ => Target::named("message", ""),
    };
    let detail = json!({ "count": standing.len(), "rooms": rooms, "reason": reason });
    Entry::new(Act::MessageDelete, target).with(detail)
}

/// The rooms of those that were ended now, one for each message.
fn end_all(conn: &mut AnyConnection, some: &[Standing]) -> AppResult<Stored<Vec<RoomId>>> {
    let (mut rooms, mut events) = (Vec::new(), Vec::new());
    for message in some {
        match end_one(conn, message.id) {
            Ok(Some(ended)) => {
                rooms.push(message.room);
                events.extend(ended);
            }
            // Somebody else was faster, or its room was erased.
            Ok(None) | Err(AppError::NotFound) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Stored::telling(rooms, events))
}
