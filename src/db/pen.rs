//! The writer's connection: transactions that either stand whole or leave nothing.

use std::{thread, time::Duration};

use diesel::{connection::SimpleConnection as _, prelude::*, sql_types::BigInt};

use crate::{
    config::Target,
    db::{
        connection::{self, Access, AnyConnection},
        kept::kept,
        mark::Mark,
    },
    error::{AppError, AppResult},
    on_each,
};

/// How often a transaction that lost against another, or its connection, is tried again.
const TRIES: u32 = 5;

/// How often a server that is coming back is asked what became of a transaction: more than ten seconds in all, after which it ends
/// one whose COMMIT it never heard, and after which its caller waits no longer.
const PATIENCE: u32 = 50;

/// Counts the transactions that changed an SQLite file.
const COUNT: &str = "UPDATE meta SET commit_no = commit_no + 1 RETURNING commit_no";

#[derive(QueryableByName)]
struct Commit {
    #[diesel(sql_type = BigInt)]
    commit_no: i64,
}

/// The same for those of a process on PostgreSQL, where it has written anything before.
const NOTE: &str = "INSERT INTO commits (process, number, at) SELECT column1, column2, now() FROM (VALUES (?)) AS own \
                    WHERE pg_current_xact_id_if_assigned() IS NOT NULL \
                    ON CONFLICT (process) DO UPDATE SET number = EXCLUDED.number, at = EXCLUDED.at";

/// The last one that stands. It waits for one under way, also for the first.
const LAST: &str = "INSERT INTO commits (process, number, at) SELECT column1, 0, now() FROM (VALUES (?)) AS own \
                    ON CONFLICT (process) DO UPDATE SET at = EXCLUDED.at RETURNING number AS commit_no";

/// Forgets processes of which nobody will ask, the longest suspended one included.
const FORGET: &str = "DELETE FROM commits WHERE at < now() - interval '30 days'";

/// The connection of the one thread that writes, and the mark it keeps beside an SQLite file.
pub struct Pen {
    target: Target,
    conn: Option<AnyConnection>,
    mark: Option<Mark>,
    own: Own,
    /// Nobody knows yet what became of the last one.
    in_doubt: bool,
    /// One stands whose caller was told that nobody knows.
    untold: bool,
}

/// A transaction of a process.
#[derive(Debug)]
struct Own {
    process: i64,
    number: i64,
    /// Old processes were forgotten in one before.
    has_forgotten: bool,
}

impl Pen {
    /// A pen for the database; `mark` where it is an SQLite file.
    pub fn new(target: Target, mark: Option<Mark>) -> Self {
        let own = Own { process: rand::random_range(1..i64::MAX), number: 0, has_forgotten: false };
        Self { target, conn: None, mark, own, in_doubt: false, untold: false }
    }

    /// Runs `work` in one transaction and commits it. After a fault the connection is dropped, not reused: SQLite may have
    /// fallen back to autocommit (disk full, I/O error), and then the next statement would stand alone.
    ///
    /// # Errors
    /// What `work` says, or why the database could not store it; in both cases nothing was stored. [`AppError::Internal`] also when
    /// the answer to the COMMIT was lost with the server.
    pub fn transact<T>(&mut self, mut work: impl FnMut(&mut AnyConnection) -> AppResult<T>) -> AppResult<T> {
        let mut tries = 0;
        loop {
            let outcome = self.attempt(&mut work);
            if outcome.as_ref().is_err_and(AppError::is_fault) {
                self.conn = None;
            }
            match outcome {
                Err(AppError::Busy) if tries < TRIES && self.is_shared() => {
                    tries += 1;
                    thread::sleep(jitter(tries));
                }
                outcome => return outcome,
            }
        }
    }

    fn attempt<T>(&mut self, work: &mut impl FnMut(&mut AnyConnection) -> AppResult<T>) -> AppResult<T> {
        let Self { target, conn, mark, .. } = self;
        let conn = connected(target, conn)?;
        let Some(mark) = mark else { return self.attempt_known(work) };
        let (value, commit_no) = transact(conn, &mut |conn: &mut AnyConnection| {
            let value = work(conn)?;
            let Commit { commit_no } = on_each!(conn, |conn| kept(COUNT, ()).get_result(conn)?);
            Ok((value, commit_no))
        })?;
        mark.set(commit_no);
        Ok(value)
    }

    fn attempt_known<T>(&mut self, work: &mut impl FnMut(&mut AnyConnection) -> AppResult<T>) -> AppResult<T> {
        // The next note would be written over what there is to know.
        self.settle()?;
        self.own.number += 1;
        match transact_known(connected(&self.target, &mut self.conn)?, &mut self.own, work) {
            Ok(value) => Ok(value),
            Err(Failure::Before(error)) => Err(error),
            Err(Failure::AtCommit { value, error }) => {
                self.conn = None;
                self.in_doubt = true;
                for tries in 1..=PATIENCE {
                    if let Ok(stands) = self.has_committed() {
                        self.in_doubt = false;
                        return if stands { Ok(value) } else { Err(error) };
                    }
                    thread::sleep(jitter(tries));
                }
                // Not to be tried again: it may be stored.
                Err(AppError::internal("nobody knows whether a transaction was committed"))
            }
        }
    }

    /// The answer to a COMMIT was lost: asks the server what became of the transaction. Running it again instead would find its own
    /// work done, and tell nobody of it.
    fn has_committed(&mut self) -> AppResult<bool> {
        let conn = connected(&self.target, &mut self.conn)?;
        let last = last(conn, self.own.process).map_err(|error| {
            self.conn = None;
            AppError::from(error)
        });
        Ok(last? == self.own.number)
    }

    fn settle(&mut self) -> AppResult<()> {
        if self.in_doubt {
            let stands = self.has_committed()?;
            (self.in_doubt, self.untold) = (false, self.untold || stands);
        }
        Ok(())
    }

    /// Is it known by now that something stands of which nobody was told, because the server was away for too long? It says so once.
    pub fn take_untold(&mut self) -> bool {
        // Where it is away still, the next asks.
        let _ = self.settle();
        std::mem::take(&mut self.untold)
    }

    /// Only PostgreSQL has other writers to wait for, or can come back.
    fn is_shared(&self) -> bool {
        matches!(self.target, Target::Postgres(_))
    }

    /// Makes the mark as durable as the database.
    pub fn sync_mark(&mut self) {
        if let Some(mark) = &mut self.mark {
            mark.sync();
        }
    }
}

/// One transaction on a connection. Never nested.
pub(super) fn transact<T>(
    conn: &mut AnyConnection,
    work: &mut impl FnMut(&mut AnyConnection) -> AppResult<T>,
) -> AppResult<T> {
    connection::begin(conn)?;
    let outcome = work(conn).and_then(|value| connection::commit(conn).map(|()| value).map_err(AppError::from));
    if outcome.is_err() {
        // A failed rollback leaves nothing behind either: the database drops what was never committed.
        let _ = connection::rollback(conn);
    }
    outcome
}

/// The connection there is, or a new one.
fn connected<'a>(target: &Target, conn: &'a mut Option<AnyConnection>) -> AppResult<&'a mut AnyConnection> {
    match conn {
        Some(conn) => Ok(conn),
        missing => Ok(missing.insert(connection::connect(target, Access::Write).map_err(|error| {
            tracing::warn!(%error, "the database does not answer");
            AppError::Busy
        })?)),
    }
}

/// Where a transaction failed.
enum Failure<T> {
    /// Before the COMMIT: nothing is stored.
    Before(AppError),
    /// At the COMMIT: the server alone knows.
    AtCommit { value: T, error: AppError },
}

/// One transaction on PostgreSQL that can be asked for afterwards.
fn transact_known<T>(
    conn: &mut AnyConnection,
    own: &mut Own,
    work: &mut impl FnMut(&mut AnyConnection) -> AppResult<T>,
) -> Result<T, Failure<T>> {
    connection::begin(conn).map_err(|error| Failure::Before(error.into()))?;
    let done = work(conn).and_then(|value| Ok((value, note(conn, own)?)));
    let (value, has_written) = done.map_err(|error| {
        let _ = connection::rollback(conn);
        Failure::Before(error)
    })?;
    match connection::commit(conn) {
        Ok(()) => {
            own.has_forgotten |= has_written;
            Ok(value)
        }
        Err(error) if has_written => Err(Failure::AtCommit { value, error: error.into() }),
        Err(error) => Err(Failure::Before(error.into())),
    }
}

/// Notes a transaction under way, if it has written anything. SQLite needs none of it: its COMMIT has no way to go.
fn note(conn: &mut AnyConnection, own: &Own) -> QueryResult<bool> {
    let AnyConnection::Pg(conn) = conn else { return Ok(false) };
    let values = (own.process.into_sql::<BigInt>(), own.number.into_sql::<BigInt>());
    let has_written = kept(NOTE, values).execute(conn)? > 0;
    if has_written && !own.has_forgotten {
        conn.batch_execute(FORGET)?;
    }
    Ok(has_written)
}

/// Which transaction of a process on PostgreSQL stands; 0 for none.
fn last(conn: &mut AnyConnection, process: i64) -> QueryResult<i64> {
    let Commit { commit_no } = on_each!(conn, |conn| kept(LAST, process.into_sql::<BigInt>()).get_result(conn)?);
    Ok(commit_no)
}

fn jitter(tries: u32) -> Duration {
    Duration::from_millis(u64::from(rand::random_range(5..=20 * tries)))
}

#[cfg(test)]
mod tests {
    use diesel::{dsl::sql, sql_query};

    use super::*;
    use crate::db::migrate;

    #[test]
    fn a_file_that_may_not_grow_stores_nothing_by_halves_and_goes_on_when_it_may() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let target = Target::Sqlite(folder.path().join("parlor.db"));
        let mut conn = connection::connect(&target, Access::Write).expect("opens");
        migrate::migrate(&mut conn).expect("migrates");
        let mut pen = Pen::new(target, None);
        let note = |conn: &mut AnyConnection, name: &str, bytes: usize| {
            let insert = format!(
                "INSERT INTO settings (name, value, updated_at) VALUES ('{name}', hex(zeroblob({bytes})), '2026-01-01 00:00:00')"
            );
            Ok::<_, AppError>(sql_query(insert).execute(conn)?)
        };
        // A limit of the connection: no smaller than what is there.
        let limit = |conn: &mut AnyConnection| Ok(conn.batch_execute("PRAGMA max_page_count = 1")?);
        pen.transact(limit).expect("is set");
        let full = pen.transact(|conn| {
            note(conn, "small", 1)?;
            note(conn, "large", 1_000_000)
        });
        assert!(matches!(full, Err(AppError::Storage)), "{full:?}");
        let stored = |conn: &mut AnyConnection| {
            let count = sql::<BigInt>("(SELECT count(*) FROM settings WHERE name IN ('small', 'large'))");
            Ok(diesel::select(count).get_result::<i64>(conn)?)
        };
        assert_eq!(pen.transact(stored).expect("reads"), 0);
        // The connection that failed is gone, and its limit with it.
        pen.transact(|conn| note(conn, "large", 1_000_000)).expect("is stored");
        assert_eq!(pen.transact(stored).expect("reads"), 1);
    }
}
