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
    changes: VecDeque<(i64, ByteString)>,
    bytes: usize,
}

impl Ring {
    /// Adds the newest change. After a hole the older ones are of no use any more.
    pub fn push(&mut self, change: &Change) {
        if self.changes.back().is_some_and(|(rev, _)| rev + 1 != change.rev) {
            self.changes.clear();
            self.bytes = 0;
        }
        self.bytes += change.frame.len();
        self.changes.push_back((change.rev, change.frame.clone()));
        while self.changes.len() > CHANGES || self.bytes > BYTES {
            let Some((_, frame)) = self.changes.pop_front() else { break };
            self.bytes -= frame.len();
        }
    }

    /// Every frame after `rev` up to `head`; `None` when one of them is not kept.
    pub fn after(&self, rev: i64, head: i64) -> Option<impl Iterator<Item = (i64, ByteString)> + '_> {
        let first = self.changes.front().map(|(rev, _)| *rev);
        let newest = self.changes.back().map(|(rev, _)| *rev);
        let whole = rev >= head || (newest == Some(head) && first.is_some_and(|first| first <= rev + 1));
        whole.then(move || self.changes.iter().filter(move |(kept, _)| *kept > rev).cloned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{RoomId, UserId};

    fn change(rev: i64, bytes: usize) -> Change {
        Change { room: RoomId(1), rev, seq: rev, sender: UserId(1), frame: "x".repeat(bytes).into() }
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
