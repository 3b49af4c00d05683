//! How far people have read: newest in memory, stored once a second, because reading happens far more often than it
//! matters to a disk. A crash costs at most the last second of read marks.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::{
    db::{lane::Stored, pool::Db},
    error::AppResult,
    id::{RoomId, UserId},
    room::{store, wire::RoomView},
};

/// Marks one statement stores at most.
const BATCH: usize = 2_000;

type Marks = HashMap<(UserId, RoomId), i64>;

/// Marks that are newer than stored. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct ReadMarks(Arc<Mutex<Marks>>);

impl ReadMarks {
    /// Notes that a person has read up to `seq`, which must exist. A mark never goes back.
    pub fn note(&self, user: UserId, room: RoomId, seq: i64) {
        let mut marks = self.lock();
        let mark = marks.entry((user, room)).or_default();
        *mark = seq.max(*mark);
    }

    /// Brings stored marks up to date.
    pub fn overlay(&self, user: UserId, rooms: &mut [RoomView]) {
        let marks = self.lock();
        for room in rooms {
            if let (Some(my), Some(mark)) = (&mut room.my, marks.get(&(user, room.info.id)))
                && *mark > my.read_seq
            {
                my.read_seq = *mark;
                // Which mentions lie below the mark is known once it is stored; until then those counted are read.
                if my.read_seq >= room.info.last_seq {
                    my.mentions = 0;
                }
            }
        }
    }

    /// Stores what there is; called once a second and before the end.
    ///
    /// # Errors
    /// When the database does not answer; the marks stay and are stored next time.
    pub async fn flush(&self, db: &Db) -> AppResult<()> {
        let waiting: Vec<_> = self.lock().iter().map(|((user, room), seq)| (*user, *room, *seq)).collect();
        for batch in waiting.chunks(BATCH) {
            let marks = batch.to_vec();
            db.write(move |conn| Ok(Stored::quiet(store::store_read_marks(conn, &marks)?))).await?;
            let mut kept = self.lock();
            for (user, room, seq) in batch {
                if kept.get(&(*user, *room)) == Some(seq) {
                    kept.remove(&(*user, *room));
                }
            }
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Marks> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
