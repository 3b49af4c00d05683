//! Moving what the write-ahead log holds into the SQLite file, in a thread of its own so that no send pays for it.
//!
//! The writer's `wal_autocheckpoint` is 0. A passive checkpoint waits for nobody; when a long read has kept it from the end of the log
//! for too long, one that waits for readers cuts the log back.

use std::{
    fs,
    path::Path,
    thread,
    time::{Duration, Instant, SystemTime},
};

use diesel::connection::SimpleConnection as _;

use crate::{
    config::Target,
    db::connection::{Access, connect},
};

/// How often the log is looked at. What one checkpoint brings to the disk the next commit waits behind: little and often keeps that short.
const EVERY: Duration = Duration::from_millis(200);

/// A log of more bytes than this is cut back, which holds the writer off: so not too often while a long read keeps it from its end.
const LONG: u64 = 64 * 1024 * 1024;
const CUT_EVERY: Duration = Duration::from_secs(5);

/// Starts the thread where the database is an SQLite file; it lives as long as the process.
///
/// # Errors
/// When the system gives no thread.
pub fn start(target: &Target) -> std::io::Result<()> {
    let Target::Sqlite(path) = target else { return Ok(()) };
    let (target, log) = (target.clone(), path.with_extension("db-wal"));
    thread::Builder::new().name("checkpoint".into()).spawn(move || {
        let (mut seen, mut cut) = (None, Instant::now());
        loop {
            thread::sleep(EVERY);
            let now = state(&log);
            if now == seen {
                continue;
            }
            let is_long = now.is_some_and(|(length, _)| length > LONG) && cut.elapsed() >= CUT_EVERY;
            if is_long {
                cut = Instant::now();
            }
            if checkpoint(&target, is_long) {
                seen = state(&log);
            }
        }
    })?;
    Ok(())
}

/// Leaves an SQLite file that is whole without its log; called when nothing is written any more.
pub fn finish(target: &Target) {
    if matches!(target, Target::Sqlite(_)) {
        checkpoint(target, true);
    }
}

fn state(log: &Path) -> Option<(u64, SystemTime)> {
    let metadata = fs::metadata(log).ok()?;
    Some((metadata.len(), metadata.modified().ok()?))
}

fn checkpoint(target: &Target, long: bool) -> bool {
    // The one that cuts the log holds the writer off while it waits for readers, so it must not wait long.
    let statement = match long {
        true => "PRAGMA busy_timeout = 100; PRAGMA wal_checkpoint(TRUNCATE)",
        false => "PRAGMA wal_checkpoint(PASSIVE)",
    };
    let done = connect(target, Access::Write).map(|mut conn| conn.batch_execute(statement));
    match done {
        Ok(Ok(())) => true,
        Ok(Err(error)) => {
            tracing::warn!(%error, "a checkpoint failed");
            false
        }
        Err(error) => {
            tracing::warn!(%error, "a checkpoint could not begin");
            false
        }
    }
}
