//! Slow mode: who wrote last when, in the rooms where members wait between messages.
//!
//! It belongs to the thread that writes, through which every send passes: what was sent before is read once a room, and remembered
//! from then on. Rooms without slow mode cost nothing.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use chrono::{NaiveDateTime, TimeDelta};

use crate::{
    db::connection::AnyConnection,
    error::{AppError, AppResult},
    id::{RoomId, UserId},
    message::{
        post::Posted,
        store::{self, Counters},
    },
};

/// People of a room who are remembered before those are looked for whose wait is over.
const MANY: usize = 1_024;

/// Who wrote last when.
#[derive(Debug, Default)]
pub struct LastSends {
    rooms: HashMap<RoomId, Room>,
}

#[derive(Debug)]
struct Room {
    /// Everything sent since then is known.
    since: NaiveDateTime,
    /// How long one waits.
    wait: TimeDelta,
    last: HashMap<UserId, NaiveDateTime>,
}

impl LastSends {
    /// Reads what is not known of the rooms of a batch, and forgets those that are slow no more.
    ///
    /// # Errors
    /// When the database fails.
    pub fn learn(
        &mut self,
        conn: &mut AnyConnection,
        rooms: &HashMap<RoomId, Counters>,
        now: NaiveDateTime,
    ) -> AppResult<()> {
        for (id, room) in rooms {
            let wait = TimeDelta::seconds(room.slow_seconds);
            if wait.is_zero() {
                self.rooms.remove(id);
                continue;
            }
            let since = now - wait;
            match self.rooms.get_mut(id) {
                Some(known) if known.since <= since => known.wait = wait,
                _ => {
                    let last = store::last_sends(conn, *id, since, room.last_seq)?.into_iter().collect();
                    self.rooms.insert(*id, Room { since, wait, last });
                }
            }
        }
        Ok(())
    }

    /// Must they wait before they send here? `just` are those whose sends of the same batch stand.
    ///
    /// # Errors
    /// [`AppError::SlowMode`] with the time.
    pub fn check(
        &self,
        room: RoomId,
        user: UserId,
        just: &HashSet<(RoomId, UserId)>,
        now: NaiveDateTime,
    ) -> AppResult<()> {
        let Some(Room { wait, last, .. }) = self.rooms.get(&room) else { return Ok(()) };
        let last = if just.contains(&(room, user)) { Some(&now) } else { last.get(&user) };
        // A time yet to come was written by a clock that was set back since; nobody waits until it comes again.
        let left = last.filter(|last| **last <= now).map_or(TimeDelta::zero(), |last| *last + *wait - now);
        match left.to_std() {
            Ok(left) if left > Duration::ZERO => Err(AppError::SlowMode(left)),
            _ => Ok(()),
        }
    }

    /// A send stands. One that repeats an older one is no new message, and nobody waits for less because of it.
    pub fn note(&mut self, posted: &Posted) {
        let Posted { message, fresh: true } = posted else { return };
        let Some(room) = self.rooms.get_mut(&message.room) else { return };
        let last = room.last.entry(message.sender.id).or_insert(message.created_at);
        *last = message.created_at;
        if room.last.len() > MANY && room.last.len().is_power_of_two() {
            let over = message.created_at - room.wait;
            room.last.retain(|_, last| *last > over);
            room.since = room.since.max(over);
        }
    }

    /// Forgets all, after a transaction of which nobody knows what became of it.
    pub fn forget(&mut self) {
        self.rooms.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::time::now;

    fn ann_sent(ago: i64) -> LastSends {
        let room = Room {
            since: now() - TimeDelta::seconds(60),
            wait: TimeDelta::seconds(30),
            last: HashMap::from([(UserId(1), now() - TimeDelta::seconds(ago))]),
        };
        LastSends { rooms: HashMap::from([(RoomId(1), room)]) }
    }

    fn wait_of(sends: &LastSends, user: i64) -> Option<u64> {
        match sends.check(RoomId(1), UserId(user), &HashSet::new(), now()) {
            Err(AppError::SlowMode(wait)) => Some(wait.as_secs()),
            _ => None,
        }
    }

    #[test]
    fn one_waits_for_the_rest_of_the_time_and_never_longer_than_that() {
        assert_eq!(wait_of(&ann_sent(10), 1), Some(19));
        assert_eq!(wait_of(&ann_sent(30), 1), None);
        assert_eq!(wait_of(&ann_sent(-500), 1), None, "the clock was set back: not until it comes there again");
        assert_eq!(wait_of(&ann_sent(10), 2), None, "another is not concerned");
    }

    #[test]
    fn the_second_of_one_batch_waits_for_the_first() {
        let just = HashSet::from([(RoomId(1), UserId(2))]);
        let sends = ann_sent(500);
        assert!(sends.check(RoomId(1), UserId(2), &just, now()).is_err());
        assert!(sends.check(RoomId(1), UserId(1), &just, now()).is_ok());
        assert!(sends.check(RoomId(2), UserId(2), &just, now()).is_ok(), "a room that is not slow");
    }
}
