//! What a client begins with: its person's rooms, read once it is registered so that nothing falls between.

use std::collections::BTreeMap;

use bytestring::ByteString;
use chrono::NaiveDateTime;

use crate::{
    account::{access, current_user::CurrentUser, store as people},
    announcement::{acts::mine, wire::Mine},
    chat::{
        Chat,
        protocol::{Hello, Limits, PROTOCOL, raw},
        rooms::{Entered, Entering, Newcomer, Online, Person, Watched},
        server::{Connect, Enter, WhoIsOnline},
    },
    contact::{
        store as contacts,
        wire::{Contact, ContactState},
    },
    db::time,
    error::{AppError, AppResult},
    id::{RoomId, SocketKey},
    room::{countdown::store as countdowns, handlers::add_presence, store as rooms, wire::RoomView},
};

/// A client that has entered its rooms.
#[derive(Debug)]
pub struct Opened {
    /// The first frame.
    pub hello: ByteString,
    /// The `rev` of each room in it.
    pub revs: BTreeMap<RoomId, i64>,
}

/// Registers a client, reads the state of its person, enters the rooms and makes the `hello`.
///
/// # Errors
/// [`AppError::Unauthenticated`] when the session or token ended meanwhile; a database that does not answer.
pub async fn open(chat: &Chat, socket: SocketKey, user: &CurrentUser) -> AppResult<Opened> {
    let newcomer = Newcomer { socket, person: Some(Person::of(user)) };
    chat.server.send(Connect(newcomer)).await.map_err(AppError::internal)?;
    let mut state = State::read(chat, user).await?;
    let rooms = state.rooms.iter().map(entering).collect();
    let watched = watched(&state.rooms, &state.contacts);
    let entered = chat.server.send(Enter { socket, rooms, watched }).await.map_err(AppError::internal)?;
    let Some(Entered { lost, online }) = entered else { return Err(AppError::Unauthenticated) };
    state.rooms.retain(|room| !lost.contains(&room.info.id));
    let revs = state.rooms.iter().map(|room| (room.info.id, room.info.rev)).collect();
    Ok(Opened { hello: state.hello(chat, user, &online).await?, revs })
}

/// The same `hello` for somebody who is no client of the chat.
///
/// # Errors
/// As [`open`].
pub async fn look(chat: &Chat, user: &CurrentUser) -> AppResult<ByteString> {
    let state = State::read(chat, user).await?;
    let online = chat.server.send(WhoIsOnline).await.map_err(AppError::internal)?;
    state.hello(chat, user, &online).await
}

/// What is read of a person.
struct State {
    silenced_until: Option<NaiveDateTime>,
    announcement: Option<Mine>,
    rooms: Vec<RoomView>,
    contacts: Vec<Contact>,
}

impl State {
    async fn read(chat: &Chat, user: &CurrentUser) -> AppResult<Self> {
        let (id, pass) = (user.id(), user.pass);
        let marks = chat.rooms.marks.of(id);
        let read = move |conn: &mut _| match access::still_standing(conn, &[pass])?.is_empty() {
            true => Err(AppError::Unauthenticated),
            false => Ok(Self {
                silenced_until: people::silenced_until(conn, id)?,
                announcement: mine(conn, id)?,
                rooms: rooms::mine(conn, id, &marks)?,
                contacts: contacts::all(conn, id)?.into_iter().map(|(contact, _)| contact).collect(),
            }),
        };
        // At once: when thousands come back, it is the ways to the database and back that take long.
        let mut state = chat.rooms.db.read(read).await?;
        state.rooms.iter_mut().for_each(|room| add_presence(&chat.presence, room));
        Ok(state)
    }

    async fn hello(&self, chat: &Chat, user: &CurrentUser, online: &Online) -> AppResult<ByteString> {
        let id = user.id();
        // After the rooms were entered: what begins or ends from now on is told.
        let countdowns = chat.rooms.db.read(move |conn| Ok(countdowns::running_for(conn, id)?)).await?;
        let hello = Hello {
            protocol: PROTOCOL,
            epoch: &chat.epoch.0,
            server_time: time::now(),
            me: &user.card,
            silenced_until: self.silenced_until,
            rooms: &self.rooms,
            online: &raw(&online.named),
            online_count: online.count,
            contacts: &self.contacts,
            countdowns: &countdowns,
            announcement: self.announcement.as_ref(),
            limits: Limits::new(&chat.messages.live.get()),
        };
        Ok(serde_json::to_string(&hello).map_err(AppError::internal)?.into())
    }
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
