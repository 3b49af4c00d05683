//! What the `ChatServer` hands to a hub: an ordered list of operations, bounded a room.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use bytestring::ByteString;
use tokio::sync::Notify;

use crate::{
    chat::protocol::{Closing, Gone},
    id::{RoomId, UserId},
};

/// Changes of one room that may wait; beyond them its sockets are told the head, and ask for what they miss.
const CHANGES: usize = 256;

/// Bytes of one room that may wait.
const BYTES: usize = 1024 * 1024;

/// One thing for a hub to do. Sockets are named by their number within the hub.
#[derive(Debug, Clone)]
pub enum Op {
    /// The socket hears the room, from the change after `from_rev` on.
    Join {
        /// The socket.
        socket: u64,
        /// The room.
        room: RoomId,
        /// What it has already.
        from_rev: i64,
    },
    /// The socket hears the room no more.
    Leave {
        /// The socket.
        socket: u64,
        /// The room.
        room: RoomId,
    },
    /// People whose coming and going this socket is always told.
    Watch {
        /// The socket.
        socket: u64,
        /// Whom it talks to privately, and friends.
        people: Arc<[UserId]>,
    },
    /// A change of a room.
    Deliver {
        /// The room.
        room: RoomId,
        /// Its number.
        rev: i64,
        /// The frame.
        frame: ByteString,
    },
    /// Changes of this room were dropped here: tell its sockets the head.
    Overflow {
        /// The room.
        room: RoomId,
        /// The newest change.
        rev: i64,
    },
    /// Something about a room that has no number.
    Tell {
        /// The room.
        room: RoomId,
        /// The frame.
        frame: ByteString,
        /// Who need not hear it.
        except: Option<UserId>,
    },
    /// For one socket.
    Direct {
        /// The socket.
        socket: u64,
        /// The frame.
        frame: ByteString,
    },
    /// For every socket that has said hello.
    Everyone {
        /// The frame.
        frame: ByteString,
    },
    /// More people came and went than can be named to everybody: each socket is told of those it watches, and the count.
    Crowd {
        /// Cards of those who came.
        came: Arc<[(UserId, ByteString)]>,
        /// Those who went.
        went: Arc<[Gone]>,
        /// How many are online now.
        online_count: usize,
    },
    /// Close the socket.
    Close {
        /// The socket.
        socket: u64,
        /// Why.
        why: Closing,
    },
}

/// The list. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Mailbox(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    pending: Mutex<Pending>,
    wake: Notify,
}

#[derive(Debug, Default)]
struct Pending {
    ops: Vec<Op>,
    /// Changes and bytes that wait, by room.
    rooms: HashMap<RoomId, (usize, usize)>,
    /// Where a room's overflow stands, as long as nobody joined behind it.
    overflows: HashMap<RoomId, usize>,
}

impl Mailbox {
    /// Adds operations, in order.
    pub fn push(&self, ops: impl IntoIterator<Item = Op>) {
        let mut pending = self.0.pending.lock().unwrap_or_else(PoisonError::into_inner);
        for op in ops {
            pending.push(op);
        }
        drop(pending);
        self.0.wake.notify_one();
    }

    /// How many operations wait.
    pub fn waiting(&self) -> usize {
        self.0.pending.lock().unwrap_or_else(PoisonError::into_inner).ops.len()
    }

    /// Takes all there is, waiting until there is something.
    pub async fn take(&self) -> Vec<Op> {
        loop {
            let pending = std::mem::take(&mut *self.0.pending.lock().unwrap_or_else(PoisonError::into_inner));
            if !pending.ops.is_empty() {
                return pending.ops;
            }
            self.0.wake.notified().await;
        }
    }
}

impl Pending {
    fn push(&mut self, op: Op) {
        match op {
            Op::Deliver { room, rev, ref frame } => {
                let (count, bytes) = self.rooms.entry(room).or_default();
                *count += 1;
                *bytes += frame.len();
                match *count > CHANGES || *bytes > BYTES {
                    true => self.overflow(room, rev),
                    false => self.ops.push(op),
                }
            }
            Op::Join { room, .. } => {
                // Who joins now must hear of what overflows from now on.
                self.overflows.remove(&room);
                self.ops.push(op);
            }
            op => self.ops.push(op),
        }
    }

    fn overflow(&mut self, room: RoomId, rev: i64) {
        match self.overflows.get(&room).and_then(|place| self.ops.get_mut(*place)) {
            Some(Op::Overflow { rev: newest, .. }) => *newest = rev,
            _ => {
                self.overflows.insert(room, self.ops.len());
                self.ops.push(Op::Overflow { room, rev });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: RoomId = RoomId(1);

    fn deliver(rev: i64) -> Op {
        Op::Deliver { room: ROOM, rev, frame: "x".into() }
    }

    #[tokio::test]
    async fn a_room_that_overflows_becomes_its_head() {
        let mailbox = Mailbox::default();
        mailbox.push((1..=300).map(deliver));
        let ops = mailbox.take().await;
        assert_eq!(ops.len(), CHANGES + 1);
        assert!(matches!(ops.last(), Some(Op::Overflow { rev: 300, .. })));
    }

    #[tokio::test]
    async fn who_joins_behind_an_overflow_hears_of_the_next() {
        let mailbox = Mailbox::default();
        mailbox.push((1..=300).map(deliver));
        mailbox.push([Op::Join { socket: 1, room: ROOM, from_rev: 300 }, deliver(301)]);
        let ops = mailbox.take().await;
        assert!(matches!(
            ops[CHANGES..],
            [Op::Overflow { rev: 300, .. }, Op::Join { .. }, Op::Overflow { rev: 301, .. }]
        ));
    }
}
