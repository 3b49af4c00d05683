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
    room::store,
};

/// Marks one statement stores at most.
const BATCH: usize = 2_000;

type Marks = HashMap<UserId, HashMap<RoomId, i64>>;

/// Marks that are newer than stored. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct ReadMarks(Arc<Mutex<Marks>>);

impl ReadMarks {
    /// Notes that a person has read up to `seq`, which must exist. A mark never goes back.
    pub fn note(&self, user: UserId, room: RoomId, seq: i64) {
        let mut marks = self.lock();
        let mark = marks.entry(user).or_default().entry(room).or_default();
        *mark = seq.max(*mark);
    }

    /// A person's marks that may not be stored yet.
    pub fn of(&self, user: UserId) -> HashMap<RoomId, i64> {
        self.lock().get(&user).cloned().unwrap_or_default()
    }

    /// The marks of a room that may not be stored yet.
    pub fn in_room(&self, room: RoomId) -> HashMap<UserId, i64> {
        let marks = self.lock();
        marks.iter().filter_map(|(user, rooms)| Some((*user, *rooms.get(&room)?))).collect()
    }

    /// Stores what there is; called once a second and before the end.
    ///
    /// # Errors
    /// When the database does not answer; the marks stay and are stored next time.
    pub async fn flush(&self, db: &Db) -> AppResult<()> {
        for batch in self.waiting().chunks(BATCH) {
            let marks = batch.to_vec();
            db.write(move |conn| Ok(Stored::quiet(store::store_read_marks(conn, &marks)?))).await?;
            self.forget(batch);
        }
        Ok(())
    }

    fn waiting(&self) -> Vec<(UserId, RoomId, i64)> {
        let marks = self.lock();
        let waiting = marks.iter().flat_map(|(user, rooms)| rooms.iter().map(|(room, seq)| (*user, *room, *seq)));
        waiting.collect()
    }

    /// Drops what was stored, unless it has moved on meanwhile.
    fn forget(&self, stored: &[(UserId, RoomId, i64)]) {
        let mut marks = self.lock();
        for (user, room, seq) in stored {
            let Some(rooms) = marks.get_mut(user) else { continue };
            if rooms.get(room) == Some(seq) {
                rooms.remove(room);
            }
            if rooms.is_empty() {
                marks.remove(user);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Marks> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
