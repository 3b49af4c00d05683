//! What happened, on its way from the features that store it to the chat that tells it.
//!
//! Events carry ids and frames that are already encoded, so that nothing below `chat` needs to know who listens.
//! They are published after the commit, and in its order.

use std::sync::Arc;

use bytestring::ByteString;
use chrono::NaiveDateTime;
use tokio::sync::mpsc;

use crate::id::{Pass, RoomId, SessionId, SocketKey, UserId};

/// Events waiting for the chat; a Scribe that finds the queue full waits, so memory stays bounded.
const QUEUE: usize = 4096;

/// One change of a room: a message that is new, edited or deleted.
#[derive(Debug, Clone)]
pub struct Change {
    /// Where it happened.
    pub room: RoomId,
    /// The room's number of this change.
    pub rev: i64,
    /// The room's number of the message.
    pub seq: i64,
    /// Who wrote the message, and so has read up to it; nobody, where the server sent it by itself.
    pub sender: Option<UserId>,
    /// The whole `message` frame, the same for every reader.
    pub frame: ByteString,
    /// The message was recalled or deleted: what it said before is not to be told any more.
    pub ends: bool,
}

/// Which sockets of a person close, because what opened them ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// Those of this session or token.
    One(Pass),
    /// Those of every session but this one; tokens stay.
    AllBut(SessionId),
    /// Those of every session; tokens stay.
    Sessions,
    /// All of them.
    All,
}

/// Why sessions ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Farewell {
    /// Logged out, expired, or the password changed.
    Ended,
    /// Banned.
    Banned,
    /// Deactivated.
    Deactivated,
}

/// Something that was stored and that live sockets must learn.
#[derive(Debug, Clone)]
pub enum Event {
    /// A room changed.
    Change(Change),
    /// All changes of a room after `after`, read from the database because a live one was missed.
    Fetched {
        /// The room.
        room: RoomId,
        /// Every change up to here is in `changes`, or was replaced by one that is.
        upto: i64,
        /// In order of `rev`.
        changes: Vec<Change>,
    },
    /// The answer to one frame of one socket.
    Reply {
        /// Who asked.
        socket: SocketKey,
        /// An `ack` or an `error`.
        frame: ByteString,
    },
    /// Somebody became a member.
    Joined {
        /// The room.
        room: RoomId,
        /// The new member.
        user: UserId,
        /// The room's `rev` at that moment: older changes are history.
        rev: i64,
        /// The room's last message at that moment.
        last_seq: i64,
        /// How many members there are now.
        member_count: i64,
        /// The `room` frame for the new member.
        to_them: ByteString,
        /// The `member` frame for the others.
        to_others: ByteString,
    },
    /// Somebody is no member any more.
    Left {
        /// The room.
        room: RoomId,
        /// Who is gone.
        user: UserId,
        /// How many members there are now.
        member_count: i64,
        /// The `member` frame for the others.
        to_others: ByteString,
    },
    /// Name, topic or a role changed; the frame is the same for all members.
    RoomChanged {
        /// The room.
        room: RoomId,
        /// A `room` or `member` frame.
        frame: ByteString,
    },
    /// Something that one person alone is told, such as their own view of a room.
    ToUser {
        /// Who.
        user: UserId,
        /// The frame.
        frame: ByteString,
    },
    /// Something that everybody is told, such as new limits.
    ToAll {
        /// The frame.
        frame: ByteString,
    },
    /// What somebody is to a person changed.
    ContactChanged {
        /// Whose list.
        user: UserId,
        /// Who stands in it.
        peer: UserId,
        /// Are they friends now?
        is_friend: bool,
        /// The `contact` frame.
        frame: ByteString,
    },
    /// A room was deleted.
    RoomGone {
        /// The room.
        room: RoomId,
    },
    /// Somebody read a room up to `seq`.
    Read {
        /// The room.
        room: RoomId,
        /// Who read.
        user: UserId,
        /// Up to which message.
        seq: i64,
    },
    /// A person changed what others see of them.
    UserChanged {
        /// Who.
        user: UserId,
        /// The name they show now.
        nickname: Arc<str>,
        /// Their card, as JSON.
        card: ByteString,
    },
    /// Sessions or tokens ended: their sockets close.
    SessionsEnded {
        /// Whose.
        user: UserId,
        /// Which.
        which: Ended,
        /// Why.
        why: Farewell,
    },
    /// The process ends, or nobody knows what the sockets should have been told: each closes, after all that came before this, and who comes
    /// back reads what is there.
    Closing,
}

/// People who went offline, and when; stored as "last seen".
pub type LastSeen = Vec<(UserId, NaiveDateTime)>;

/// The way into the chat.
#[derive(Debug, Clone)]
pub struct Publisher(mpsc::Sender<Vec<Event>>);

/// The chat's end of the way.
pub type Events = mpsc::Receiver<Vec<Event>>;

/// Makes the two ends.
pub fn channel() -> (Publisher, Events) {
    let (sender, receiver) = mpsc::channel(QUEUE);
    (Publisher(sender), receiver)
}

impl Publisher {
    /// Publishes from a thread of our own; waits while the queue is full.
    pub fn publish_blocking(&self, events: Vec<Event>) {
        if !events.is_empty() {
            // The receiver is gone only while the process ends; clients then repair by `changes`.
            let _ = self.0.blocking_send(events);
        }
    }

    /// How many publications wait for the chat, and how many may.
    pub fn depth(&self) -> (usize, usize) {
        let limit = self.0.max_capacity();
        (limit - self.0.capacity(), limit)
    }

    /// Publishes from an event thread; waits while the queue is full.
    pub async fn publish(&self, events: Vec<Event>) {
        if !events.is_empty() {
            let _ = self.0.send(events).await;
        }
    }
}
