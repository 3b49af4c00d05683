//! Who hears what: the logic of the `ChatServer`, without actors, clock or database. Pure.
//!
//! Input are events of the features and requests of sockets; output are operations for hubs and rooms to fetch. A room's changes
//! leave it in the order of `rev` without holes: one that comes early waits, and what does not come is fetched.

mod asking;
mod coming;
mod delivery;
mod watching;

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Instant,
};

use bytestring::ByteString;

use crate::{
    account::current_user::CurrentUser,
    chat::{
        mailbox::Op,
        presence::{NAMED, People},
        protocol::{Closing, Gone, ServerFrame, raw},
    },
    event::{Ended, Event, Farewell},
    id::{Pass, RoomId, SocketKey, UserId},
    room::wire::RoomInfo,
};

use delivery::Room;
pub use watching::Watched;

/// Typing and membership are told in rooms up to this size.
pub const CHATTY: i64 = 100;

/// What is to be done outside.
#[derive(Debug, Default)]
pub struct Outbox {
    /// Operations by hub, in order.
    pub ops: Vec<(usize, Op)>,
    /// People who went offline.
    pub gone: Vec<UserId>,
    /// People who came online.
    pub came: Vec<UserId>,
    /// A change came early: look again in a moment.
    pub gap: bool,
}

/// A room as a socket knows it when it enters.
#[derive(Debug, Clone, Copy)]
pub struct Entering {
    /// The room.
    pub room: RoomId,
    /// Its newest change when it was read.
    pub rev: i64,
    /// Its newest message when it was read.
    pub last_seq: i64,
    /// How far its reader had read it.
    pub read_seq: i64,
    /// How many members it had.
    pub member_count: i64,
}

impl Entering {
    /// As a guest enters a room they may read.
    pub fn as_guest(info: &RoomInfo) -> Self {
        let RoomInfo { id, rev, last_seq, member_count, .. } = *info;
        Self { room: id, rev, last_seq, read_seq: 0, member_count }
    }
}

/// How a room stands for one person.
#[derive(Debug, Clone, Copy)]
pub struct Head {
    /// The room.
    pub room: RoomId,
    /// Its newest change.
    pub rev: i64,
    /// Its newest message.
    pub last_seq: i64,
    /// How far they have read it.
    pub read_seq: i64,
}

/// Who is online.
#[derive(Debug, Clone)]
pub struct Online {
    /// A JSON list of at most [`NAMED`] people.
    pub named: ByteString,
    /// All of them, counted.
    pub count: usize,
}

/// What a socket needs for its `hello`.
#[derive(Debug, Clone)]
pub struct Entered {
    /// Rooms it lost while it entered.
    pub lost: Vec<RoomId>,
    /// Who is there.
    pub online: Online,
}

#[derive(Debug)]
struct Socket {
    /// Nobody, where it is a guest's.
    who: Option<Who>,
    rooms: Vec<RoomId>,
    watched: Watched,
    typed: Option<Instant>,
    entered: bool,
    /// What it would have heard while it was reading its state.
    missed: Vec<Missed>,
}

#[derive(Debug)]
struct Who {
    user: UserId,
    pass: Pass,
    nickname: Arc<str>,
}

impl Socket {
    fn user(&self) -> Option<UserId> {
        self.who.as_ref().map(|who| who.user)
    }
}

#[derive(Debug)]
enum Missed {
    Joined(Entering, ByteString),
    Left(RoomId),
    Contact {
        peer: UserId,
        is_friend: bool,
    },
    /// A frame about one of its rooms, or about everybody.
    Told(Option<RoomId>, ByteString),
}

/// A socket that opened.
#[derive(Debug)]
pub struct Newcomer {
    /// The socket.
    pub socket: SocketKey,
    /// Whose; nobody's, where a guest reads.
    pub person: Option<Person>,
}

/// Somebody whose socket opens.
#[derive(Debug)]
pub struct Person {
    /// Who.
    pub user: UserId,
    /// Opened with what.
    pub pass: Pass,
    /// As shown while typing.
    pub nickname: Arc<str>,
    /// Their card, as JSON.
    pub card: ByteString,
}

impl Person {
    /// Of a session.
    pub fn of(CurrentUser { card, pass, scope: _ }: &CurrentUser) -> Self {
        Self { user: card.id, pass: *pass, nickname: card.nickname.as_str().into(), card: card.to_json() }
    }
}

/// The state.
#[derive(Debug, Default)]
pub struct Rooms {
    rooms: HashMap<RoomId, Room>,
    sockets: HashMap<SocketKey, Socket>,
    people: People,
    /// Sockets that have not entered yet.
    entering: HashSet<SocketKey>,
    /// What is to be done outside; taken by the actor after every call.
    pub out: Outbox,
}

impl Rooms {
    /// Something was stored.
    pub fn event(&mut self, event: Event, now: Instant) {
        match event {
            Event::Change(change) => self.change(change, now),
            Event::Fetched { room, upto, changes } => self.fetched(room, upto, changes, now),
            Event::Reply { socket, frame } => self.direct(socket, frame),
            Event::Joined { room, user, rev, last_seq, member_count, to_them, to_others } => {
                self.count(room, member_count);
                self.tell_of_member(room, user, to_others, member_count);
                let entering = Entering { room, rev, last_seq, read_seq: last_seq, member_count };
                for key in self.people.sockets(user).to_vec() {
                    self.joined(key, entering, to_them.clone());
                }
            }
            Event::Left { room, user, member_count, to_others } => {
                for key in self.people.sockets(user).to_vec() {
                    self.left(key, room, now);
                }
                self.count(room, member_count);
                self.tell_of_member(room, user, to_others, member_count);
            }
            Event::RoomChanged { room, frame } => {
                self.keep_for_entering(Some(room), &frame);
                self.tell(room, frame, None);
            }
            Event::ToUser { user, frame } => {
                for key in self.people.sockets(user).to_vec() {
                    self.direct(key, frame.clone());
                }
            }
            Event::ToAll { frame } => {
                self.keep_for_entering(None, &frame);
                self.everyone(&Op::Everyone { frame });
            }
            Event::ContactChanged { user, peer, is_friend, frame } => {
                self.contact_changed(user, peer, is_friend, &frame);
            }
            Event::RoomGone { room } => self.room_gone(room, now),
            Event::Read { room, user, seq } => {
                self.tell_read(room, user, seq, None);
            }
            Event::UserChanged { user, nickname, card } => {
                let frame = ServerFrame::User { user: raw(&card) }.encode();
                self.people.rename(user, card);
                for key in self.people.sockets(user) {
                    if let Some(who) = self.sockets.get_mut(key).and_then(|socket| socket.who.as_mut()) {
                        who.nickname = nickname.clone();
                    }
                }
                self.keep_for_entering(None, &frame);
                self.everyone(&Op::Everyone { frame });
            }
            Event::SessionsEnded { user, which, why } => self.sessions_ended(user, which, why),
            Event::Closing => {
                let open: Vec<SocketKey> = self.sockets.keys().copied().collect();
                open.into_iter().for_each(|key| self.close(key, Closing::Restart));
            }
        }
    }

    fn joined(&mut self, key: SocketKey, entering: Entering, frame: ByteString) {
        match self.sockets.get_mut(&key) {
            Some(socket) if !socket.entered => socket.missed.push(Missed::Joined(entering, frame)),
            Some(_) => {
                self.direct(key, frame);
                self.admit(key, entering);
            }
            None => {}
        }
    }

    fn left(&mut self, key: SocketKey, room: RoomId, now: Instant) {
        let Some(socket) = self.sockets.get_mut(&key) else { return };
        if !socket.entered {
            socket.missed.push(Missed::Left(room));
            return;
        }
        if socket.rooms.contains(&room) {
            socket.rooms.retain(|joined| *joined != room);
            self.out.ops.push((key.hub, Op::Leave { socket: key.number, room }));
            self.release(key.hub, room, now);
        }
        self.direct(key, ServerFrame::RoomGone { room }.encode());
    }

    fn room_gone(&mut self, room: RoomId, now: Instant) {
        let inside = |socket: &Socket| !socket.entered || socket.rooms.contains(&room);
        let sockets: Vec<SocketKey> =
            self.sockets.iter().filter(|(_, socket)| inside(socket)).map(|(key, _)| *key).collect();
        for key in sockets {
            self.left(key, room, now);
        }
        self.rooms.remove(&room);
    }

    fn sessions_ended(&mut self, user: UserId, which: Ended, why: Farewell) {
        for key in self.people.sockets(user).to_vec() {
            let Some(who) = self.sockets.get(&key).and_then(|socket| socket.who.as_ref()) else { continue };
            let ended = match which {
                Ended::All => true,
                Ended::Sessions => matches!(who.pass, Pass::Session(_)),
                Ended::One(pass) => who.pass == pass,
                Ended::AllBut(kept) => matches!(who.pass, Pass::Session(session) if session != kept),
            };
            if ended {
                self.close(key, why.into());
            }
        }
    }

    fn close(&mut self, key: SocketKey, why: Closing) {
        self.out.ops.push((key.hub, Op::Close { socket: key.number, why }));
    }

    fn direct(&mut self, key: SocketKey, frame: ByteString) {
        self.out.ops.push((key.hub, Op::Direct { socket: key.number, frame }));
    }

    /// For sockets that are just reading their state, which may be older than this.
    fn keep_for_entering(&mut self, room: Option<RoomId>, frame: &ByteString) {
        for key in &self.entering {
            if let Some(socket) = self.sockets.get_mut(key) {
                socket.missed.push(Missed::Told(room, frame.clone()));
            }
        }
    }

    fn count(&mut self, room: RoomId, member_count: i64) {
        if let Some(room) = self.rooms.get_mut(&room) {
            room.member_count = Some(member_count);
        }
    }

    fn tell(&mut self, id: RoomId, frame: ByteString, except: Option<UserId>) {
        let Some(room) = self.rooms.get(&id) else { return };
        for hub in room.hubs.keys() {
            self.out.ops.push((*hub, Op::Tell { room: id, frame: frame.clone(), except }));
        }
    }

    /// Somebody came into a room or left it: the others in it hear that where it is small, those who are just entering too.
    fn tell_of_member(&mut self, room: RoomId, user: UserId, frame: ByteString, member_count: i64) {
        if member_count <= CHATTY {
            self.keep_for_entering(Some(room), &frame);
        }
        self.tell_chatty(room, frame, Some(user));
    }

    fn tell_chatty(&mut self, id: RoomId, frame: ByteString, except: Option<UserId>) {
        if self.rooms.get(&id).is_some_and(|room| room.has_at_most(CHATTY)) {
            self.tell(id, frame, except);
        }
    }

    fn everyone(&mut self, op: &Op) {
        let mut hubs: Vec<usize> = self.sockets.keys().map(|key| key.hub).collect();
        hubs.sort_unstable();
        hubs.dedup();
        self.out.ops.extend(hubs.into_iter().map(|hub| (hub, op.clone())));
    }

    /// Tells who came and went, if anybody did. `stamp` is now as clients read it.
    pub fn tell_presence(&mut self, now: Instant, stamp: chrono::NaiveDateTime) -> bool {
        let diff = self.people.diff(now);
        if diff.is_empty() {
            return false;
        }
        self.out.came.extend(diff.came.iter().map(|(user, _)| *user));
        self.out.gone.extend(&diff.went);
        let online_count = self.people.count();
        let went: Vec<Gone> = diff.went.iter().map(|user| Gone { user: *user, last_seen: stamp }).collect();
        if diff.came.len() + went.len() <= NAMED {
            let online = diff.came.iter().map(|(_, card)| raw(card)).collect();
            let frame = ServerFrame::Presence { online, offline: went, online_count }.encode();
            self.everyone(&Op::Everyone { frame });
        } else {
            self.everyone(&Op::Crowd { came: diff.came.into(), went: went.into(), online_count });
        }
        true
    }

    /// How the rooms of a client stand, if it is open.
    pub fn heads(&self, key: SocketKey) -> Option<Vec<Head>> {
        let socket = self.sockets.get(&key)?;
        let head = |id: &RoomId| {
            let room = self.rooms.get(id)?;
            let read_seq = socket.user().and_then(|user| room.read.get(&user).copied()).unwrap_or_default();
            Some(Head { room: *id, rev: room.delivered, last_seq: room.last_seq, read_seq })
        };
        let mut heads: Vec<Head> = socket.rooms.iter().filter_map(head).collect();
        heads.sort_unstable_by_key(|head| head.room);
        Some(heads)
    }

    /// Who is online.
    pub fn online(&mut self) -> Online {
        Online { named: self.people.named(), count: self.people.count() }
    }

    /// The sessions and tokens that have sockets, for the check that they still stand.
    pub fn live_passes(&self) -> Vec<(UserId, Pass)> {
        let people = self.sockets.values().filter_map(|socket| socket.who.as_ref());
        let mut live: Vec<_> = people.map(|who| (who.user, who.pass)).collect();
        live.sort_unstable();
        live.dedup();
        live
    }
}

#[cfg(test)]
mod tests;
