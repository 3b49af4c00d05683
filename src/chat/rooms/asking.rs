//! What sockets ask for: telling that somebody types or has read, and giving what was missed.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use bytestring::ByteString;

use super::{Rooms, Socket, Who};
use crate::{
    chat::{mailbox::Op, protocol::ServerFrame},
    id::{RoomId, SocketKey, UserId},
    room::SEEN_BY,
};

/// Frames and bytes that a `resume` gives at once; what is beyond them is asked for.
const RESUME: (usize, usize) = (200, 200 * 1024);

/// A person's typing is told at most this often.
const TYPING: Duration = Duration::from_secs(2);

impl Rooms {
    /// A socket's person types.
    pub fn typing(&mut self, key: SocketKey, room: RoomId, now: Instant) {
        let inside = |socket: &&mut Socket| socket.rooms.contains(&room);
        let Some(socket) = self.sockets.get_mut(&key).filter(inside) else { return };
        if socket.typed.is_some_and(|typed| now.duration_since(typed) < TYPING) {
            return;
        }
        socket.typed = Some(now);
        let Some(Who { user, nickname, .. }) = &socket.who else { return };
        let (user, nickname) = (*user, nickname.clone());
        let frame = ServerFrame::Typing { room, user, nickname: &nickname }.encode();
        self.tell_chatty(room, frame, Some(user));
    }

    /// A socket's person has read up to `seq`: returns the person and how far that is now, or `None` when they are not in the room.
    pub fn read(&mut self, key: SocketKey, room: RoomId, seq: i64) -> Option<(UserId, i64)> {
        let user = self.sockets.get(&key).filter(|socket| socket.rooms.contains(&room))?.user()?;
        let seq = seq.clamp(0, self.rooms.get(&room)?.last_seq);
        Some((user, self.tell_read(room, user, seq, Some(key))))
    }

    /// Tells of progress, and only of that; returns how far the person has read.
    pub(super) fn tell_read(&mut self, id: RoomId, user: UserId, seq: i64, reader: Option<SocketKey>) -> i64 {
        let Some(room) = self.rooms.get_mut(&id) else { return seq };
        let read = room.read.entry(user).or_default();
        if seq <= *read {
            return *read;
        }
        *read = seq;
        let small = room.has_at_most(SEEN_BY);
        let frame = ServerFrame::Read { room: id, user, seq }.encode();
        for key in self.people.sockets(user).to_vec() {
            if Some(key) != reader {
                self.direct(key, frame.clone());
            }
        }
        if small {
            self.tell(id, frame, Some(user));
        }
        seq
    }

    /// A socket says how far it is whole: it gets at once what is kept, up to a bound, and hears which rooms it must ask for.
    pub fn resume(&mut self, key: SocketKey, cursors: &BTreeMap<RoomId, i64>) -> Vec<RoomId> {
        let Some(socket) = self.sockets.get(&key) else { return Vec::new() };
        let (mut frames_left, mut bytes_left) = RESUME;
        let mut fetch = Vec::new();
        for (id, cursor) in cursors.iter().filter(|(id, _)| socket.rooms.contains(id)) {
            let Some(room) = self.rooms.get(id) else { continue };
            // A cursor beyond the head belongs to another life of the database; `changes` will say so.
            let kept = (*cursor <= room.delivered).then(|| room.kept_after(*cursor)).flatten();
            let frames: Option<Vec<ByteString>> = kept.map(Iterator::collect);
            let bytes = frames.iter().flatten().map(|frame| frame.len()).sum::<usize>();
            match frames.filter(|frames| frames.len() <= frames_left && bytes <= bytes_left) {
                Some(frames) => {
                    frames_left -= frames.len();
                    bytes_left -= bytes;
                    let direct = |frame| (key.hub, Op::Direct { socket: key.number, frame });
                    self.out.ops.extend(frames.into_iter().map(direct));
                }
                None => fetch.push(*id),
            }
        }
        fetch
    }
}
