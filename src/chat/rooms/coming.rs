//! Sockets that come and go.

use std::{
    collections::{BTreeMap, HashMap},
    time::Instant,
};

use bytestring::ByteString;

use super::{Entered, Entering, Missed, Newcomer, Person, Rooms, Socket, Watched, Who};
use crate::{
    chat::{
        mailbox::Op,
        protocol::{Closing, ServerFrame},
    },
    id::{RoomId, SocketKey},
};

impl Rooms {
    /// A socket opened. It hears nothing before [`Rooms::enter`], but from now on misses nothing that ends it. Where its person has
    /// more than so many then, the oldest closes.
    pub fn connect(&mut self, newcomer: Newcomer, most: usize) {
        let Newcomer { socket, person } = newcomer;
        let user = person.as_ref().map(|person| person.user);
        let who = person.map(|Person { user, pass, nickname, card }| {
            self.people.connect(user, card, socket);
            Who { user, pass, nickname }
        });
        let known = Socket {
            who,
            rooms: Vec::new(),
            watched: Watched::default(),
            typed: None,
            entered: false,
            missed: Vec::new(),
        };
        self.sockets.insert(socket, known);
        self.entering.insert(socket);
        let sockets = user.map_or(&[][..], |user| self.people.sockets(user));
        let oldest = sockets[..sockets.len().saturating_sub(most)].to_vec();
        oldest.into_iter().for_each(|socket| self.close(socket, Closing::TooMany));
    }

    /// The socket has read its state: from now on it hears its rooms, and gets what they did since.
    pub fn enter(&mut self, key: SocketKey, rooms: &[Entering], watched: Watched) -> Option<Entered> {
        let socket = self.sockets.get_mut(&key)?;
        socket.entered = true;
        socket.watched = watched;
        self.entering.remove(&key);
        let missed = std::mem::take(&mut socket.missed);
        let mut lost = Vec::new();
        let mut told = Vec::new();
        let mut joined: HashMap<RoomId, (Entering, ByteString)> = HashMap::new();
        for event in missed {
            match event {
                Missed::Joined(entering, frame) => {
                    lost.retain(|room| *room != entering.room);
                    joined.insert(entering.room, (entering, frame));
                }
                Missed::Left(room) => {
                    joined.remove(&room);
                    lost.push(room);
                }
                Missed::Contact { peer, is_friend } => socket.watched.befriend(peer, is_friend),
                Missed::Told(room, frame) => told.push((room, frame)),
            }
        }
        let known: Vec<_> = rooms.iter().filter(|entering| !lost.contains(&entering.room)).copied().collect();
        for entering in &known {
            joined.remove(&entering.room);
            self.admit(key, *entering);
        }
        for (entering, frame) in joined.into_values() {
            self.direct(key, frame);
            self.admit(key, entering);
        }
        for (room, frame) in told {
            let inside = |socket: &Socket| room.is_none_or(|room| socket.rooms.contains(&room));
            if self.sockets.get(&key).is_some_and(inside) {
                self.direct(key, frame);
            }
        }
        self.watch(key);
        Some(Entered { lost, online: self.online() })
    }

    /// Puts a socket into a room it belongs to, with what it missed since `entering.rev`.
    pub(super) fn admit(&mut self, key: SocketKey, entering: Entering) {
        let Some(socket) = self.sockets.get_mut(&key) else { return };
        if socket.rooms.contains(&entering.room) {
            return;
        }
        socket.rooms.push(entering.room);
        let user = socket.user();
        let room = self.rooms.entry(entering.room).or_default();
        room.open_to(&entering);
        if let Some(user) = user {
            let read = room.read.entry(user).or_default();
            *read = entering.read_seq.max(*read);
        }
        *room.hubs.entry(key.hub).or_default() += 1;
        let from_rev = entering.rev.max(room.delivered);
        let join = Op::Join { socket: key.number, room: entering.room, from_rev };
        self.out.ops.push((key.hub, join));
        match room.kept_after(entering.rev) {
            Some(frames) => {
                let frames = frames.map(|frame| (key.hub, Op::Direct { socket: key.number, frame }));
                self.out.ops.extend(frames);
            }
            None => {
                let frame = ServerFrame::Heads { rooms: BTreeMap::from([(entering.room, room.delivered)]) }.encode();
                self.out.ops.push((key.hub, Op::Direct { socket: key.number, frame }));
            }
        }
    }

    /// A socket closed.
    pub fn disconnect(&mut self, key: SocketKey, now: Instant) {
        let Some(socket) = self.sockets.remove(&key) else { return };
        self.entering.remove(&key);
        for room in &socket.rooms {
            self.release(key.hub, *room, now);
        }
        if let Some(user) = socket.user() {
            self.people.disconnect(user, key, now);
        }
    }

    pub(super) fn release(&mut self, hub: usize, room: RoomId, now: Instant) {
        let Some(room) = self.rooms.get_mut(&room) else { return };
        if let Some(count) = room.hubs.get_mut(&hub) {
            *count -= 1;
            if *count == 0 {
                room.hubs.remove(&hub);
            }
        }
        if room.hubs.is_empty() {
            room.empty(now);
        }
    }
}
