//! Counting messages as they come, so that no page counts them all: by day into the database, by room of today in memory.

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use chrono::{NaiveDate, NaiveTime};

use crate::{
    account::presence::Presence,
    admin::overview::store::{self, DayCount},
    db::{connection::AnyConnection, lane::Stored, pool::Db, time::now},
    error::AppResult,
    folder,
    id::{MessageId, RoomId},
    message::search::{find, store as index},
};

/// Messages counted in one query.
const SOME: i64 = 50_000;

/// Messages counted in one transaction: on SQLite sends wait for it.
const STEP: i64 = 10_000;

/// What is measured while the server runs. Cheap to clone.
#[derive(Clone)]
pub struct Gauges(Arc<Inner>);

struct Inner {
    started: Instant,
    data: PathBuf,
    today: Mutex<Today>,
}

/// Messages of one day by their rooms.
#[derive(Debug, Clone, Default)]
struct Today {
    day: NaiveDate,
    /// Messages up to this id are in it.
    upto: i64,
    rooms: HashMap<RoomId, i64>,
}

impl Gauges {
    /// Begins to measure a server that keeps its data in this folder.
    pub fn new(data: PathBuf) -> Self {
        Self(Arc::new(Inner { started: Instant::now(), data, today: Mutex::default() }))
    }

    /// For how long the server has been running.
    pub fn uptime(&self) -> Duration {
        self.0.started.elapsed()
    }

    /// Bytes of the disk below the data folder, all and free, where the system tells.
    pub fn disk(&self) -> Option<(u64, u64)> {
        folder::disk(&self.0.data)
    }

    /// Rooms by their messages of today; counts what came since the last look.
    ///
    /// # Errors
    /// When the database fails.
    pub fn busiest(&self, conn: &mut AnyConnection) -> AppResult<Vec<(RoomId, i64)>> {
        let today = self.0.today.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let today = today.counted_on(conn)?;
        let mut busiest: Vec<_> = today.rooms.iter().map(|(room, count)| (*room, *count)).collect();
        busiest.sort_unstable_by_key(|(room, count)| (-count, *room));
        *self.0.today.lock().unwrap_or_else(PoisonError::into_inner) = today;
        Ok(busiest)
    }
}

impl Today {
    fn counted_on(mut self, conn: &mut AnyConnection) -> AppResult<Self> {
        let (day, last) = (now().date(), index::last_id(conn)?);
        let midnight = day.and_time(NaiveTime::MIN);
        if self.day != day {
            let upto = find::first_since(conn, midnight, last + 1)? - 1;
            self = Self { day, upto, rooms: HashMap::new() };
        }
        while self.upto < last {
            let upto = last.min(self.upto + SOME);
            for (room, count) in store::per_room(conn, self.upto, upto, midnight)? {
                *self.rooms.entry(room).or_default() += count;
            }
            self.upto = upto;
        }
        Ok(self)
    }
}

/// Messages that no day counts yet, by their days; of very many the first.
///
/// # Errors
/// When the database fails.
pub fn uncounted(conn: &mut AnyConnection) -> AppResult<Vec<DayCount>> {
    let after = store::counted_id(conn)?;
    Ok(store::per_day(conn, after, after + SOME)?)
}

/// Counts what came since the last time into the days, and how many people are online.
///
/// # Errors
/// When the database fails; what was counted stays.
pub async fn count(db: &Db, presence: &Presence) -> AppResult<()> {
    loop {
        let (day, online) = (now().date().to_string(), i64::try_from(presence.count()).unwrap_or(i64::MAX));
        let is_done = db.write(move |conn| {
            let is_done = count_some(conn)?;
            store::note_online(conn, &day, online)?;
            Ok(Stored::quiet(is_done))
        });
        if is_done.await? {
            return Ok(());
        }
    }
}

/// True when nothing is left to count.
fn count_some(conn: &mut AnyConnection) -> AppResult<bool> {
    let after = store::hold(conn)?;
    let upto = index::last_id(conn)?.min(after + STEP);
    if upto > after {
        let counts = store::per_day(conn, after, upto)?;
        store::add(conn, &counts)?;
        store::set_counted_id(conn, upto)?;
    }
    Ok(upto < after + STEP)
}

/// Counts those of these messages that no day counts yet; to be called before they are erased.
///
/// # Errors
/// When the database fails.
pub fn keep(conn: &mut AnyConnection, ids: &[MessageId]) -> AppResult<()> {
    let after = store::counted_id(conn)?;
    if ids.iter().all(|id| id.0 <= after) {
        return Ok(());
    }
    // Somebody may just be counting them.
    let after = store::hold(conn)?;
    let uncounted: Vec<MessageId> = ids.iter().copied().filter(|id| id.0 > after).collect();
    let counts = store::per_day_of(conn, &uncounted)?;
    Ok(store::add(conn, &counts)?)
}
