//! Private chats: one room a pair of people, made at most once.

use crate::{
    account::{store as people, wire::Card},
    contact::store as contacts,
    db::{connection::AnyConnection, lane::Stored},
    error::AppError,
    id::UserId,
    room::{
        acts::{self, Done},
        store,
        wire::{RoomKind, RoomRole, RoomView},
    },
};

/// What tells a pair's room from all others.
fn key(one: UserId, other: UserId) -> String {
    format!("{}:{}", one.min(other), one.max(other))
}

/// The people of a room's key.
pub fn pair(key: &str) -> Option<(UserId, UserId)> {
    let (one, other) = key.split_once(':')?;
    Some((UserId(one.parse().ok()?), UserId(other.parse().ok()?)))
}

/// The direct room of two people, and whether it was made just now.
///
/// # Errors
/// Nobody of that id, or oneself; one of the two has blocked the other, and there is no room yet whose history they may read.
pub fn open(conn: &mut AnyConnection, card: &Card, peer: UserId) -> Done<(RoomView, bool)> {
    if peer == card.id {
        return Err(AppError::Invalid("A private chat needs somebody else.".into()));
    }
    let peer = people::find(conn, peer)?.ok_or(AppError::NotFound)?;
    let key = key(card.id, peer.id);
    let found = store::direct(conn, &key)?;
    let mut events = Vec::new();
    let room = match found {
        Some(room) => room,
        None => {
            if contacts::blocked_between(conn, card.id, peer.id)? {
                return Err(AppError::Blocked);
            }
            let room = store::insert(conn, RoomKind::Direct, false, "", "", Some(&key))?.id;
            // Both must be in before either is told, so that each is shown the other.
            store::insert_member(conn, room, peer.id, RoomRole::Member)?;
            events.extend(acts::enter(conn, room, card, RoomRole::Member)?);
            events.push(acts::joined(conn, room, &peer)?);
            room
        }
    };
    let view = store::view(conn, card.id, room)?.ok_or(AppError::NotFound)?;
    Ok(Stored::telling((view, found.is_none()), events))
}
