//! Moving what the write-ahead log holds into the SQLite file, in a thread of its own so that no send pays for it.
//!
//! The writer's `wal_autocheckpoint` is 0. A passive checkpoint waits for nobody, but it neither reaches the end of a log that is being
//! written nor syncs what it moved. When the log has become long, what was moved is synced first, and then the writer is held off for
//! the little that is left, and begins the log anew. The file stays as it is, and is written over: that costs the file system less than
//! to add to it.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    time::{Duration, Instant, SystemTime},
};

use crossbeam_channel::{Receiver, RecvTimeoutError};
use diesel::{connection::SimpleConnection as _, prelude::*, sql_query, sql_types::BigInt};

use crate::{
    config::Target,
    db::{
        connection::{Access, AnyConnection, connect},
        turn::Turn,
        worker::Worker,
    },
};

/// How often the log is looked at.
const EVERY: Duration = Duration::from_millis(200);

/// A log of more pages than this is begun anew: 16 MB, the first part of its index, in which a page is found at once.
const LONG: i64 = 4_096;

/// Pages that may be left, to be moved or synced, for the time in which the writer is held off. More cannot be moved only where a long read
/// needs them, a backup say.
const LEFT: i64 = 1_024;

/// How often what came meanwhile is moved and synced, too, until so few are left: each time there is less, where the disk is faster than
/// the writer.
const PASSES: usize = 8;

/// What was in vain is not tried again before so long.
const AGAIN: Duration = Duration::from_secs(5);

/// Starts the thread where the database is an SQLite file. When it finishes, which is for when nothing is written any more, it leaves
/// a file that is whole without its log.
///
/// # Errors
/// When the system gives no thread, or the file cannot be opened.
pub fn start(target: &Target, turn: Turn) -> std::io::Result<Option<Worker>> {
    let Target::Sqlite(path) = target else { return Ok(None) };
    let log = path.with_extension("db-wal");
    // Never closed: that would drop every lock which this process has on the file (POSIX), SQLite's own among them.
    let file = Box::leak(Box::new(File::open(path)?));
    let checkpoints = Checkpoints { target: target.clone(), turn, file, log, conn: None, seen: None, in_vain: None };
    Worker::start("checkpoint", move |stopped| checkpoints.run(stopped)).map(Some)
}

/// When a file was last written, and how long it was then.
type State = (u64, SystemTime);

struct Checkpoints {
    target: Target,
    turn: Turn,
    file: &'static File,
    log: PathBuf,
    conn: Option<AnyConnection>,
    /// The log as it was at the last checkpoint.
    seen: Option<State>,
    /// When the writer was last held off in vain.
    in_vain: Option<Instant>,
}

impl Checkpoints {
    fn run(mut self, stopped: &Receiver<()>) {
        let mut pause = EVERY;
        while stopped.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
            let now = state(&self.log);
            pause = EVERY;
            if now != self.seen {
                match self.attempt(Self::usual) {
                    true => self.seen = now,
                    false => pause = AGAIN,
                }
            }
        }
        self.attempt(|_, conn| checkpoint(conn, "TRUNCATE").map(drop));
    }

    /// Does it on the connection there is, or a new one; an error costs the connection.
    fn attempt(&mut self, work: impl FnOnce(&mut Self, &mut AnyConnection) -> QueryResult<()>) -> bool {
        let conn = self.conn.take().map_or_else(|| connect(&self.target, Access::Write), Ok);
        let done = conn.and_then(|mut conn| {
            // Who holds the writer off while it waits for readers must not wait long.
            conn.batch_execute("PRAGMA busy_timeout = 100")
                .and_then(|()| work(self, &mut conn))
                .map_err(diesel::r2d2::Error::QueryError)?;
            Ok(conn)
        });
        match done {
            Ok(conn) => {
                self.conn = Some(conn);
                true
            }
            Err(error) => {
                tracing::warn!(%error, "a checkpoint failed");
                false
            }
        }
    }

    /// Moves what it can, and begins a long log anew.
    fn usual(&mut self, conn: &mut AnyConnection) -> QueryResult<()> {
        let Done { log, .. } = checkpoint(conn, "PASSIVE")?;
        if log <= LONG || self.in_vain.is_some_and(|since| since.elapsed() < AGAIN) {
            return Ok(());
        }
        let mut moved = log;
        for pass in 1..=PASSES {
            // SQLite does it again, and says so if it cannot be done; then there is little left to do.
            let _ = self.file.sync_data();
            let Done { log, checkpointed, .. } = checkpoint(conn, "PASSIVE")?;
            if log - checkpointed > LEFT {
                self.in_vain = Some(Instant::now());
                break;
            }
            // What this pass moved is not synced yet, and about as much has come since.
            if log - moved <= LEFT || pass == PASSES {
                let _turn = self.turn.take();
                if checkpoint(conn, "RESTART")?.busy != 0 {
                    self.in_vain = Some(Instant::now());
                }
                break;
            }
            moved = log;
        }
        Ok(())
    }
}

fn state(log: &Path) -> Option<State> {
    let metadata = fs::metadata(log).ok()?;
    Some((metadata.len(), metadata.modified().ok()?))
}

/// What a checkpoint says: whether somebody kept it from its end, the pages of the log, and how many of them are moved by now.
#[derive(QueryableByName)]
struct Done {
    #[diesel(sql_type = BigInt)]
    busy: i64,
    #[diesel(sql_type = BigInt)]
    log: i64,
    #[diesel(sql_type = BigInt)]
    checkpointed: i64,
}

fn checkpoint(conn: &mut AnyConnection, how: &str) -> QueryResult<Done> {
    sql_query(format!("PRAGMA wal_checkpoint({how})")).get_result(conn)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    const ROW: &str = "INSERT INTO rows VALUES (zeroblob(1))";

    /// A file whose log is long, its writer, and who makes the log short.
    fn long_log(folder: &Path) -> (AnyConnection, Checkpoints) {
        let path = folder.join("parlor.db");
        let target = Target::Sqlite(path.clone());
        let mut writer = connect(&target, Access::Write).expect("opens");
        writer.batch_execute("CREATE TABLE rows (data BLOB NOT NULL)").expect("is made");
        let write = format!("INSERT INTO rows VALUES (zeroblob({}))", 4_096 * (LONG + 1));
        writer.batch_execute(&write).expect("is written");
        let file = Box::leak(Box::new(File::open(&path).expect("is there")));
        let log = path.with_extension("db-wal");
        (writer, Checkpoints { target, turn: Turn::default(), file, log, conn: None, seen: None, in_vain: None })
    }

    #[test]
    fn the_log_is_written_over_from_its_beginning_and_not_cut() {
        let folder = tempfile::tempdir().expect("a folder");
        let (mut writer, mut checkpoints) = long_log(folder.path());
        assert!(checkpoints.attempt(Checkpoints::usual));
        let length = state(&checkpoints.log).expect("is there").0;
        writer.batch_execute(ROW).expect("is written");
        let mut conn = checkpoints.conn.take().expect("is kept");
        assert!(checkpoint(&mut conn, "PASSIVE").expect("is done").log < 100, "it went on behind what was there");
        assert_eq!(state(&checkpoints.log).expect("is there").0, length);
    }

    #[test]
    fn the_log_begins_anew_though_somebody_writes_without_a_pause() {
        let folder = tempfile::tempdir().expect("a folder");
        let (mut writer, mut checkpoints) = long_log(folder.path());
        let (turn, is_over) = (checkpoints.turn.clone(), AtomicBool::new(false));
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    let _turn = turn.take();
                    writer.batch_execute(ROW).expect("is written");
                }
            });
            let is_done = checkpoints.attempt(Checkpoints::usual);
            is_over.store(true, Ordering::Relaxed);
            assert!(is_done && checkpoints.in_vain.is_none(), "the writer was in its way");
        });
        writer.batch_execute(ROW).expect("is written");
        let mut conn = checkpoints.conn.take().expect("is kept");
        assert!(checkpoint(&mut conn, "PASSIVE").expect("is done").log < LONG);
    }
}
