//! Changing and deleting what one wrote.

use crate::{
    db::{connection::AnyConnection, lane::Stored},
    error::{AppError, AppResult},
    event::Event,
    id::{MessageId, RoomId, UserId},
    message::{
        batch::{self, Mentionable},
        body::Body,
        search::{index, tokens::Tokens},
        store,
        wire::MessageView,
    },
    room::store as rooms,
};

/// What a transaction of this file returns.
type Done = AppResult<Stored<MessageView>>;

/// A message that this person may see.
///
/// # Errors
/// [`AppError::NotFound`] for what does not exist and for what they may not see alike.
pub fn visible(conn: &mut AnyConnection, user: UserId, id: MessageId) -> AppResult<MessageView> {
    let message = store::find(conn, id)?.ok_or(AppError::NotFound)?;
    rooms::role_in(conn, user, message.room)?.ok_or(AppError::NotFound)?;
    Ok(message)
}

/// Replaces the text of my own message.
///
/// # Errors
/// Not found, another's, or deleted.
pub fn edit(conn: &mut AnyConnection, user: UserId, id: MessageId, body: &Body) -> Done {
    let message = visible(conn, user, id)?;
    if message.sender.id != user {
        return Err(AppError::Forbidden("Only its author may edit a message."));
    }
    if message.deleted_at.is_some() {
        return Err(AppError::Gone);
    }
    if message.text == body.text() {
        return Ok(Stored::quiet(message));
    }
    let names = body.mention_candidates();
    let body = batch::resolve(body, &names, Some(&mentionable(conn, message.room, &names)?));
    // The room's row is locked first, as in every transaction.
    let rev = store::take_rev(conn, message.room)?;
    index::replace(conn, &message, &Tokens::of(body.text()))?;
    store::set_text(conn, id, rev, body.text(), &batch::spans_json(&body))?;
    store::delete_mentions(conn, message.room, message.seq)?;
    store::insert_mentions(conn, &batch::mentions(&body, message.room, message.seq))?;
    changed(conn, id)
}

/// Deletes my own message. Twice is as good as once.
///
/// # Errors
/// Not found, or another's.
pub fn delete(conn: &mut AnyConnection, user: UserId, id: MessageId) -> Done {
    let message = visible(conn, user, id)?;
    if message.sender.id != user {
        return Err(AppError::Forbidden("Only its author may delete a message."));
    }
    if message.deleted_at.is_some() {
        return Ok(Stored::quiet(message));
    }
    let rev = store::take_rev(conn, message.room)?;
    index::remove(conn, &[id])?;
    store::set_deleted(conn, id, rev)?;
    store::delete_mentions(conn, message.room, message.seq)?;
    changed(conn, id)
}

fn changed(conn: &mut AnyConnection, id: MessageId) -> Done {
    let message = store::find(conn, id)?.ok_or(AppError::NotFound)?;
    let event = Event::Change(message.to_change());
    Ok(Stored::telling(message, vec![event]))
}

fn mentionable(conn: &mut AnyConnection, room: RoomId, names: &[String]) -> AppResult<Mentionable> {
    if names.is_empty() {
        return Ok(Mentionable::new());
    }
    let found = store::members_by_key(conn, &[room], names)?;
    Ok(found.into_iter().map(|(_, key, card)| (key, (card.id.0, card.username))).collect())
}
