//! What a socket begins with: its person's rooms, read once it is registered so that nothing falls between.

use bytestring::ByteString;

use crate::{
    account::{access, store as people, wire::Card},
    announcement::acts::mine,
    chat::{
        Chat,
        protocol::{Hello, Limits, PROTOCOL, raw},
        rooms::{Entered, Entering, Watched},
        server::Enter,
    },
    contact::{
        handlers::own_contacts,
        wire::{Contact, ContactState},
    },
    db::time,
    error::{AppError, AppResult},
    id::{Pass, SocketKey},
    room::{countdown::store as countdowns, handlers::own_rooms, wire::RoomView},
};

/// Reads the state, enters the rooms and makes the `hello`.
///
/// # Errors
/// [`AppError::Unauthenticated`] when the session or token ended meanwhile; a database that does not answer.
pub async fn open(chat: &Chat, socket: SocketKey, card: &Card, pass: Pass) -> AppResult<ByteString> {
    let user = card.id;
    let (silenced_until, announcement) = chat
        .rooms
        .db
        .read(move |conn| match access::still_standing(conn, &[pass])?.is_empty() {
            true => Err(AppError::Unauthenticated),
            false => Ok((people::silenced_until(conn, user)?, mine(conn, user)?)),
        })
        .await?;
    let mut rooms = own_rooms(&chat.rooms, &chat.presence, user).await?;
    let entering = rooms.iter().map(entering).collect();
    let contacts = own_contacts(&chat.rooms.db, user).await?;
    let watched = watched(&rooms, &contacts);
    let entered = chat.server.send(Enter { socket, rooms: entering, watched }).await.map_err(AppError::internal)?;
    let Some(Entered { lost, online, online_count }) = entered else { return Err(AppError::Unauthenticated) };
    rooms.retain(|room| !lost.contains(&room.info.id));
    // After the rooms were entered: what begins or ends from now on is told.
    let countdowns = chat.rooms.db.read(move |conn| Ok(countdowns::running_for(conn, user)?)).await?;
    let hello = Hello {
        protocol: PROTOCOL,
        epoch: &chat.epoch.0,
        server_time: time::now(),
        me: card,
        silenced_until,
        rooms: &rooms,
        online: &raw(&online),
        online_count,
        contacts: &contacts,
        countdowns: &countdowns,
        announcement: announcement.as_ref(),
        limits: Limits::new(&chat.messages.live.get()),
    };
    Ok(serde_json::to_string(&hello).map_err(AppError::internal)?.into())
}

fn watched(rooms: &[RoomView], contacts: &[Contact]) -> Watched {
    let peers = rooms.iter().filter_map(|room| room.peer.as_ref()).map(|peer| peer.card.id);
    let friends = contacts.iter().filter(|contact| contact.state == ContactState::Friend);
    Watched { peers: peers.collect(), friends: friends.map(|contact| contact.user.id).collect() }
}

fn entering(room: &RoomView) -> Entering {
    let info = &room.info;
    let read_seq = room.my.as_ref().map_or(0, |my| my.read_seq);
    Entering { room: info.id, rev: info.rev, last_seq: info.last_seq, read_seq, member_count: info.member_count }
}
