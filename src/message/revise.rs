//! Changing, recalling and deleting what was written. Each is one transaction in the ordered lane, so that whatever races ends in the
//! one state that came first.

use chrono::{NaiveDateTime, TimeDelta};

use crate::{
    account::{store as people, wire::SiteRole},
    contact::store as contacts,
    db::{connection::AnyConnection, lane::Stored, time::now},
    error::{AppError, AppResult},
    event::Event,
    id::{MessageId, UserId},
    message::{
        batch,
        body::Body,
        mentions::{self, Calling},
        reaction,
        rules::{self, Terms, Writer},
        search::{index, tokens::Tokens},
        store::{self, End},
        wire::MessageView,
    },
    room::{
        store as rooms,
        wire::{RoomInfo, RoomKind, RoomRole},
    },
    upload::store as uploads,
};

/// What a transaction of this file returns.
pub(super) type Done = AppResult<Stored<MessageView>>;

/// A message, and who a person is where it stands.
struct Seen {
    message: MessageView,
    room: RoomInfo,
    role: RoomRole,
    /// Of the site; read now, since what a socket remembers may be old.
    is_admin: bool,
    /// Everywhere.
    silenced_until: Option<NaiveDateTime>,
}

fn seen(conn: &mut AnyConnection, user: UserId, id: MessageId) -> AppResult<Seen> {
    let message = store::find(conn, id)?.ok_or(AppError::NotFound)?;
    let (room, role) = rooms::joined(conn, user, message.room).map_err(|error| match error {
        // Of a room that I have not joined I see no message.
        AppError::Forbidden(_) => AppError::NotFound,
        error => error,
    })?;
    let me = people::senders(conn, &[user])?.pop().filter(|me| me.active).ok_or(AppError::Unauthenticated)?;
    let is_admin = me.card.role == SiteRole::Admin;
    Ok(Seen { message, room, role, is_admin, silenced_until: me.silenced_until })
}

/// A message that this person may see.
///
/// # Errors
/// [`AppError::NotFound`] for what does not exist and for what they may not see alike.
pub fn visible(conn: &mut AnyConnection, user: UserId, id: MessageId) -> AppResult<MessageView> {
    Ok(seen(conn, user, id)?.message)
}

/// What a room says about writing in it.
pub fn terms(room: &RoomInfo) -> Terms {
    Terms { post_policy: room.post_policy, archived: room.archived_at.is_some() }
}

/// Does a block stand between the two of a private chat? Then nobody writes there any more.
///
/// # Errors
/// When the database fails.
pub fn is_blocked(conn: &mut AnyConnection, room: &RoomInfo) -> AppResult<bool> {
    let pair = match room.kind {
        RoomKind::Direct => rooms::pair(conn, room.id)?,
        _ => None,
    };
    match pair {
        Some((one, other)) => Ok(contacts::blocked_between(conn, one, other)?),
        None => Ok(false),
    }
}

/// Replaces the text of my own message.
///
/// # Errors
/// Not found, another's, recalled or deleted; blank without images; what [`rules::may_write`] says.
pub fn edit(conn: &mut AnyConnection, user: UserId, id: MessageId, body: &Body) -> Done {
    let Seen { message, room, role, is_admin, silenced_until } = seen(conn, user, id)?;
    if message.sender.id != user {
        return Err(AppError::Forbidden("Only its author may edit a message."));
    }
    if message.is_gone() {
        return Err(AppError::Gone);
    }
    if is_blocked(conn, &room)? {
        return Err(AppError::Blocked);
    }
    let silenced_until = silenced_until.max(rooms::silenced_in(conn, room.id, user)?);
    let writer = Writer { role, is_admin, silenced_until };
    rules::may_write(&writer, &terms(&room), now())?;
    if message.text == body.text() {
        return Ok(Stored::quiet(message));
    }
    if body.text().is_empty() && message.uploads.is_empty() {
        return Err(AppError::Invalid("The message is empty.".into()));
    }
    let names = body.mention_candidates();
    let mentionable = mentions::mentionable(conn, &[message.room], names.iter())?;
    let body = mentions::resolve(body, &names, mentionable.get(&message.room), writer.keeps_order());
    // The room's row is locked first, as in every transaction.
    let rev = store::take_rev(conn, message.room)?;
    index::replace(conn, &message, &Tokens::of(body.text()))?;
    store::set_text(conn, id, rev, body.text(), &batch::spans_json(&body))?;
    store::delete_mentions(conn, message.room, message.seq)?;
    mentions::insert(conn, &[Calling { author: user, room: message.room, seq: message.seq, body: &body }])?;
    changed(conn, id)
}

/// Takes a message back: its author within the room's window (in seconds; `window` where the room says nothing else), a moderator or
/// an admin at any time. Twice is as good as once, and what
/// was deleted stays so.
///
/// # Errors
/// Not found, another's, too late.
pub fn recall(conn: &mut AnyConnection, user: UserId, id: MessageId, window: i64) -> Done {
    let Seen { message, room, role, is_admin, .. } = seen(conn, user, id)?;
    // In a private chat nobody stands above the other.
    let moderates = room.kind != RoomKind::Direct && (is_admin || role >= RoomRole::Moderator);
    if message.sender.id != user && !moderates {
        return Err(AppError::Forbidden("Only its author or a moderator may recall a message."));
    }
    if message.is_gone() {
        return Ok(Stored::quiet(message));
    }
    let window = TimeDelta::seconds(room.recall_seconds.unwrap_or(window));
    if !moderates && now() - message.created_at > window {
        return Err(AppError::Conflict("too_late", "It is too late to recall this message."));
    }
    end(conn, &message, End::Recalled)
}

/// Deletes my own message, at any time. Twice is as good as once, and what was recalled stays so.
///
/// # Errors
/// Not found, or another's.
pub fn delete(conn: &mut AnyConnection, user: UserId, id: MessageId) -> Done {
    let message = visible(conn, user, id)?;
    if message.sender.id != user {
        return Err(AppError::Forbidden("Only its author may delete a message."));
    }
    if message.is_gone() {
        return Ok(Stored::quiet(message));
    }
    end(conn, &message, End::Deleted)
}

/// Leaves of a message only that it was; its images' files go when the sweeper is woken.
pub(super) fn end(conn: &mut AnyConnection, message: &MessageView, end: End) -> Done {
    let rev = store::take_rev(conn, message.room)?;
    index::remove(conn, &[message.id])?;
    store::set_gone(conn, message.id, rev, end)?;
    store::delete_mentions(conn, message.room, message.seq)?;
    reaction::store::delete_all(conn, message.id)?;
    uploads::unlink_all(conn, &[message.id])?;
    changed(conn, message.id)
}

fn changed(conn: &mut AnyConnection, id: MessageId) -> Done {
    let message = store::find(conn, id)?.ok_or(AppError::NotFound)?;
    let event = Event::Change(message.to_change());
    Ok(Stored::telling(message, vec![event]))
}
