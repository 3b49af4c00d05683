//! The newest changes of a room, encoded, for clients that were away for a moment. Pure.

use std::collections::VecDeque;

use bytestring::ByteString;

use crate::event::Change;

/// Changes kept a room.
const CHANGES: usize = 256;

/// Bytes kept a room.
const BYTES: usize = 256 * 1024;

/// A contiguous run of changes, up to the newest.
#[derive(Debug, Default)]
pub struct Ring {
    changes: VecDeque<Kept>,
    bytes: usize,
}

#[derive(Debug)]
struct Kept {
    rev: i64,
    seq: i64,
    frame: ByteString,
}

impl Ring {
    /// Adds the newest change. After a hole the older ones are of no use any more; and what a message said before it was recalled or
    /// deleted is given to nobody, so that everything up to there is dropped.
    pub fn push(&mut self, change: &Change) {
        if self.changes.back().is_some_and(|newest| newest.rev + 1 != change.rev) {
            self.drop_first(self.changes.len());
        }
        if change.ends {
            let said = self.changes.iter().rposition(|kept| kept.seq == change.seq);
            self.drop_first(said.map_or(0, |index| index + 1));
        }
        self.bytes += change.frame.len();
        self.changes.push_back(Kept { rev: change.rev, seq: change.seq, frame: change.frame.clone() });
        while self.changes.len() > CHANGES || self.bytes > BYTES {
            self.drop_first(1);
        }
    }

    fn drop_first(&mut self, count: usize) {
        self.bytes -= self.changes.drain(..count).map(|kept| kept.frame.len()).sum::<usize>();
    }

    /// Every frame after `rev` up to `head`; `None` when one of them is not kept.
    pub fn after(&self, rev: i64, head: i64) -> Option<impl Iterator<Item = (i64, ByteString)> + '_> {
        let first = self.changes.front().map(|kept| kept.rev);
        let newest = self.changes.back().map(|kept| kept.rev);
        let whole = rev >= head || (newest == Some(head) && first.is_some_and(|first| first <= rev + 1));
        whole.then(move || {
            let newer = self.changes.iter().filter(move |kept| kept.rev > rev);
            newer.map(|kept| (kept.rev, kept.frame.clone()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{RoomId, UserId};

    fn change(rev: i64, bytes: usize) -> Change {
        let frame = "x".repeat(bytes).into();
        Change { room: RoomId(1), rev, seq: rev, sender: Some(UserId(1)), frame, ends: false }
    }

    fn revs(ring: &Ring, after: i64, head: i64) -> Option<Vec<i64>> {
        ring.after(after, head).map(|frames| frames.map(|(rev, _)| rev).collect())
    }

    #[test]
    fn it_gives_back_a_run_without_holes_or_nothing() {
        let mut ring = Ring::default();
        assert_eq!(revs(&ring, 5, 5), Some(vec![]));
        assert_eq!(revs(&ring, 4, 5), None);
        (6..=9).for_each(|rev| ring.push(&change(rev, 10)));
        assert_eq!(revs(&ring, 5, 9), Some(vec![6, 7, 8, 9]));
        assert_eq!(revs(&ring, 7, 9), Some(vec![8, 9]));
        assert_eq!(revs(&ring, 4, 9), None);
        ring.push(&change(12, 10));
        assert_eq!(revs(&ring, 9, 12), None);
        assert_eq!(revs(&ring, 11, 12), Some(vec![12]));
    }

    #[test]
    fn what_was_taken_back_is_given_to_nobody() {
        let mut ring = Ring::default();
        (1..=5).for_each(|rev| ring.push(&change(rev, 10)));
        ring.push(&Change { seq: 3, ends: true, ..change(6, 10) });
        assert_eq!(revs(&ring, 2, 6), None);
        assert_eq!(revs(&ring, 3, 6), Some(vec![4, 5, 6]));
        ring.push(&Change { seq: 1, ends: true, ..change(7, 10) });
        assert_eq!(revs(&ring, 3, 7), Some(vec![4, 5, 6, 7]), "what it said is not kept any more");
    }

    #[test]
    fn it_keeps_within_its_bounds() {
        let mut ring = Ring::default();
        (1..=1_000).for_each(|rev| ring.push(&change(rev, 10)));
        assert_eq!(revs(&ring, 744, 1_000).map(|revs| revs.len()), Some(256));
        assert_eq!(revs(&ring, 743, 1_000), None);
        (1_001..=1_020).for_each(|rev| ring.push(&change(rev, 60 * 1024)));
        assert_eq!(revs(&ring, 1_016, 1_020).map(|revs| revs.len()), Some(4));
        assert_eq!(revs(&ring, 1_015, 1_020), None);
    }
}
