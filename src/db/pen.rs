//! The writer's connection: transactions that either stand whole or leave nothing.

use std::{thread, time::Duration};

use diesel::{connection::SimpleConnection as _, prelude::QueryResult};

use crate::{
    config::Target,
    db::{
        claim::{Claim, Hold},
        connection::{self, Access, AnyConnection},
        mark::Mark,
        turn::Turn,
    },
    error::{AppError, AppResult},
};

/// How often a transaction that lost against another, or its connection, is tried again.
const TRIES: u32 = 5;

/// How often a server that is coming back is asked what became of a transaction: more than ten seconds in all, after which it ends
/// one whose COMMIT it never heard, and after which its caller waits no longer.
const PATIENCE: u32 = 50;

/// The connection of the one thread that writes, and the mark it keeps of what stands.
pub struct Pen {
    target: Target,
    turn: Turn,
    conn: Option<AnyConnection>,
    own: Own,
    /// Nobody knows yet what became of the last one.
    in_doubt: bool,
    /// One stands whose caller was told that nobody knows.
    untold: bool,
}

/// What this process knows of its transactions.
struct Own {
    claim: Claim,
    /// The last one, whatever became of it.
    number: i64,
    /// The last one that stands.
    mark: Mark,
    /// Why the database that answers is ours no longer.
    lost: Option<&'static str>,
    /// Nobody answers, which is said once.
    is_away: bool,
}

impl Pen {
    /// A pen for the database, on a connection by which it is taken.
    ///
    /// # Errors
    /// When it does not answer.
    pub fn new(target: Target, mut conn: AnyConnection, claim: Claim, mark: Mark, turn: Turn) -> QueryResult<Self> {
        // Migrations have more time than others.
        connection::set_up(&mut conn, Access::Write)?;
        claim.sign(&mut conn)?;
        let number = claim.last(&mut conn)?;
        let own = Own { claim, number, mark, lost: None, is_away: false };
        Ok(Self { target, turn, conn: Some(conn), own, in_doubt: false, untold: false })
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
        // The next count would be written over what there is to know.
        self.settle()?;
        let Self { target, turn, conn, own, .. } = self;
        let conn = connected(target, conn, own)?;
        own.number += 1;
        let writing = turn.take();
        let counted = transact(conn, &mut |conn: &mut AnyConnection| {
            let value = work(conn)?;
            Ok((value, own.claim.count(conn, own.number)?))
        });
        drop(writing);
        match counted {
            Ok((value, count)) => {
                count.into_iter().for_each(|count| own.mark.set(count));
                Ok(value)
            }
            Err(Failure::AtCommit { value: (value, Some(_)), error }) => self.find_out(value, error),
            Err(Failure::Before(error) | Failure::AtCommit { error, .. }) => Err(error),
        }
    }

    /// The answer to a COMMIT was lost: asks the server what became of the transaction, for as long as anybody waits. Running it again
    /// instead would find its own work done, and tell nobody of it.
    fn find_out<T>(&mut self, value: T, error: AppError) -> AppResult<T> {
        self.conn = None;
        self.in_doubt = true;
        for tries in 1..=PATIENCE {
            if let Ok(stands) = self.has_committed() {
                self.in_doubt = false;
                return if stands { Ok(value) } else { Err(error) };
            }
            if self.own.lost.is_some() {
                break;
            }
            thread::sleep(jitter(tries));
        }
        // Not to be tried again: it may be stored.
        Err(in_doubt())
    }

    fn has_committed(&mut self) -> AppResult<bool> {
        let conn = connected(&self.target, &mut self.conn, &mut self.own)?;
        let last = self.own.claim.last(conn).map_err(|error| {
            self.conn = None;
            AppError::from(error)
        });
        let stands = last? == self.own.number;
        if stands {
            self.own.mark.set(self.own.number);
        }
        Ok(stands)
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

    /// Why the database is ours no longer, if it is not: what this process knows is worth nothing then.
    pub fn lost(&self) -> Option<&'static str> {
        self.own.lost
    }

    /// Only PostgreSQL has other writers to wait for, or can come back.
    fn is_shared(&self) -> bool {
        matches!(self.target, Target::Postgres(_))
    }

    /// Makes the mark as durable as the database.
    pub fn sync_mark(&mut self) {
        self.own.mark.sync();
    }

    /// Looks whether a server is still there, and ours.
    pub fn look_after(&mut self) {
        if let Some(AnyConnection::Pg(conn)) = &mut self.conn
            && conn.batch_execute("SELECT 1").is_err()
        {
            self.conn = None;
        }
        if self.is_shared() {
            // Where it is away still, the next tries.
            let _ = connected(&self.target, &mut self.conn, &mut self.own);
        }
    }
}

/// Where a transaction failed.
pub(super) enum Failure<T> {
    /// Before the COMMIT: nothing is stored.
    Before(AppError),
    /// At the COMMIT: the server alone knows.
    AtCommit {
        /// What would be its result.
        value: T,
        /// What was heard instead.
        error: AppError,
    },
}

/// One transaction on a connection. Never nested.
pub(super) fn transact<T>(
    conn: &mut AnyConnection,
    work: &mut impl FnMut(&mut AnyConnection) -> AppResult<T>,
) -> Result<T, Failure<T>> {
    let begun = connection::begin(conn).map_err(AppError::from);
    let value = begun.and_then(|()| work(conn)).map_err(|error| {
        take_back(conn);
        Failure::Before(error)
    })?;
    let Err(error) = connection::commit(conn) else { return Ok(value) };
    take_back(conn);
    let error = AppError::from(error);
    Err(match conn {
        AnyConnection::Pg(_) => Failure::AtCommit { value, error },
        // Its COMMIT has no way to go.
        AnyConnection::Sqlite(_) => Failure::Before(error),
    })
}

/// What a caller is told whose transaction may stand or not.
pub(super) fn in_doubt() -> AppError {
    AppError::internal("nobody knows whether a transaction was committed")
}

fn take_back(conn: &mut AnyConnection) {
    // A failed rollback leaves nothing behind either: the database drops what was never committed.
    let _ = connection::rollback(conn);
}

/// The connection there is, or a new one by which the database is taken again.
fn connected<'a>(
    target: &Target,
    conn: &'a mut Option<AnyConnection>,
    own: &mut Own,
) -> AppResult<&'a mut AnyConnection> {
    match conn {
        Some(conn) => Ok(conn),
        missing => Ok(missing.insert(reconnect(target, own)?)),
    }
}

fn reconnect(target: &Target, own: &mut Own) -> AppResult<AnyConnection> {
    let mut conn = connection::connect(target, Access::Write).map_err(|error| {
        if !std::mem::replace(&mut own.is_away, true) {
            tracing::warn!(%error, "the database does not answer");
        }
        AppError::Busy
    })?;
    if std::mem::take(&mut own.is_away) {
        tracing::info!("the database answers again");
    }
    own.lost = match own.claim.take(&mut conn)? {
        Hold::Coming => return Err(AppError::Busy),
        Hold::Anothers => Some("another process has taken the database"),
        Hold::Ours if own.claim.last(&mut conn)? < own.mark.highest() => {
            Some("the database has lost what was acknowledged, as a standby that was promoted too early")
        }
        Hold::Ours if !own.claim.is_signed(&mut conn)? => Some("another process had the database meanwhile"),
        Hold::Ours => return Ok(conn),
    };
    Err(AppError::internal(own.lost.unwrap_or_default()))
}

fn jitter(tries: u32) -> Duration {
    Duration::from_millis(u64::from(rand::random_range(5..=20 * tries)))
}

#[cfg(test)]
mod tests {
    use diesel::{RunQueryDsl as _, dsl::sql, sql_query, sql_types::BigInt};

    use super::*;
    use crate::db::migrate;

    #[test]
    fn a_file_that_may_not_grow_stores_nothing_by_halves_and_goes_on_when_it_may() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let target = Target::Sqlite(folder.path().join("parlor.db"));
        let mut conn = connection::connect(&target, Access::Write).expect("opens");
        migrate::migrate(&mut conn).expect("migrates");
        let mark = Mark::open(&folder.path().join("mark"), "").expect("opens");
        let mut pen = Pen::new(target, conn, Claim::new(1), mark, Turn::default()).expect("a pen");
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
