//! The changes of rooms, delivered in the order of `rev` without holes.

use std::{
    collections::{BTreeMap, HashMap},
    time::{Duration, Instant},
};

use bytestring::ByteString;

use super::{Entering, Rooms};
use crate::{
    chat::{mailbox::Op, ring::Ring},
    event::Change,
    id::{RoomId, UserId},
};

/// What nobody heard for so long is forgotten: first what a room keeps for those who come back, then, when nothing came into it for as
/// long, the room.
pub(super) const IDLE: Duration = Duration::from_secs(60);

/// A room into which something came, or that somebody hears.
#[derive(Debug, Default)]
pub(super) struct Room {
    /// The newest change that was delivered.
    pub delivered: i64,
    /// The newest message that is known.
    pub last_seq: i64,
    /// Known once somebody entered.
    pub member_count: Option<i64>,
    /// How far people here have read, so that only progress is told.
    pub read: HashMap<UserId, i64>,
    /// How many sockets of each hub are in it.
    pub hubs: HashMap<usize, usize>,
    /// Since when nobody hears it.
    empty_since: Option<Instant>,
    /// Kept while somebody hears it, and a while longer.
    ring: Option<Ring>,
    /// When a change was delivered last. A socket that was just reading its state may not know of it.
    changed: Option<Instant>,
    /// Changes before which others are missing: none where nobody waits for them.
    early: BTreeMap<i64, Change>,
    early_since: Option<Instant>,
}

impl Room {
    /// Takes note of a change, delivered or not.
    fn note(&mut self, change: &Change) {
        self.last_seq = self.last_seq.max(change.seq);
        if let Some(sender) = change.sender {
            let read = self.read.entry(sender).or_default();
            *read = change.seq.max(*read);
        }
    }

    /// Does it have at most so many members, as far as is known?
    pub fn has_at_most(&self, members: i64) -> bool {
        self.member_count.is_some_and(|count| count <= members)
    }

    /// What came after `rev`; `None` where some of that is not kept.
    pub fn kept_after(&self, rev: i64) -> Option<impl Iterator<Item = ByteString> + '_> {
        let frames = self.ring.as_ref()?.after(rev, self.delivered)?;
        Some(frames.map(|(_, frame)| frame))
    }

    /// Somebody enters, who may know more of it than came here.
    pub fn open_to(&mut self, entering: &Entering) {
        if self.hubs.is_empty() {
            self.delivered = self.delivered.max(entering.rev);
        }
        self.last_seq = self.last_seq.max(entering.last_seq);
        self.member_count.get_or_insert(entering.member_count);
        self.ring.get_or_insert_default();
        self.empty_since = None;
    }

    /// The last one left, and nobody waits for what is missing: who enters asks for it.
    pub fn empty(&mut self, now: Instant) {
        self.empty_since = Some(now);
        self.early_since = None;
        if let Some((newest, _)) = std::mem::take(&mut self.early).pop_last() {
            self.delivered = newest;
        }
    }
}

impl Rooms {
    pub(super) fn change(&mut self, change: Change, now: Instant) {
        let unheard = || Room { delivered: change.rev - 1, empty_since: Some(now), ..Room::default() };
        let room = self.rooms.entry(change.room).or_insert_with(unheard);
        room.note(&change);
        if change.rev <= room.delivered {
            return;
        }
        if change.rev > room.delivered + 1 && !room.hubs.is_empty() {
            room.early.insert(change.rev, change);
            room.early_since.get_or_insert(now);
            self.out.gap = true;
            return;
        }
        let id = change.room;
        self.deliver(change, now);
        self.deliver_early(id, now);
    }

    fn deliver(&mut self, change: Change, now: Instant) {
        let Some(room) = self.rooms.get_mut(&change.room) else { return };
        room.delivered = change.rev;
        room.changed = Some(now);
        if let Some(ring) = &mut room.ring {
            ring.push(&change);
        }
        for hub in room.hubs.keys() {
            let op = Op::Deliver { room: change.room, rev: change.rev, frame: change.frame.clone() };
            self.out.ops.push((*hub, op));
        }
    }

    /// What had come early and is next now.
    fn deliver_early(&mut self, id: RoomId, now: Instant) {
        while let Some(room) = self.rooms.get_mut(&id) {
            room.early = room.early.split_off(&(room.delivered + 1));
            match room.early.remove(&(room.delivered + 1)) {
                Some(next) => self.deliver(next, now),
                None => {
                    room.early_since = (!room.early.is_empty()).then_some(now);
                    return;
                }
            }
        }
    }

    /// The changes of a room after the one delivered last were read, up to `upto`.
    pub(super) fn fetched(&mut self, id: RoomId, upto: i64, changes: Vec<Change>, now: Instant) {
        for change in changes {
            let Some(room) = self.rooms.get_mut(&id) else { return };
            room.note(&change);
            if change.rev > room.delivered {
                self.deliver(change, now);
            }
        }
        if let Some(room) = self.rooms.get_mut(&id) {
            room.delivered = room.delivered.max(upto);
        }
        self.deliver_early(id, now);
        self.out.gap |= self.rooms.get(&id).is_some_and(|room| !room.early.is_empty());
    }

    /// Rooms in which a change has been missing for `patience`, and what is known of them.
    pub fn gaps(&self, now: Instant, patience: Duration) -> Vec<(RoomId, i64)> {
        let late = |room: &Room| room.early_since.is_some_and(|since| now.duration_since(since) >= patience);
        self.rooms.iter().filter(|(_, room)| late(room)).map(|(id, room)| (*id, room.delivered)).collect()
    }

    /// Forgets what nobody has heard for a while.
    pub fn forget_idle(&mut self, now: Instant) {
        let is_over = |at: Instant| now.duration_since(at) > IDLE;
        self.rooms.retain(|_, room| {
            let is_heard = !room.empty_since.is_some_and(is_over);
            if !is_heard {
                room.ring = None;
            }
            is_heard || !room.changed.is_none_or(is_over)
        });
    }
}
