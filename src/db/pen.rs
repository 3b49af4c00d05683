//! The writer's connection: transactions that either stand whole or leave nothing.

use std::{thread, time::Duration};

use diesel::{dsl::sql, prelude::*, sql_types::BigInt};

use crate::{
    config::Target,
    db::{
        connection::{self, Access, AnyConnection},
        mark::Mark,
        schema::meta,
    },
    error::{AppError, AppResult},
};

/// How often a transaction that lost against another, or its connection, is tried again.
const TRIES: u32 = 5;

/// The connection of the one thread that writes, and the mark it keeps beside an SQLite file.
pub struct Pen {
    target: Target,
    conn: Option<AnyConnection>,
    mark: Option<Mark>,
}

impl Pen {
    /// A pen for the database; `mark` where it is an SQLite file.
    pub fn new(target: Target, mark: Option<Mark>) -> Self {
        Self { target, conn: None, mark }
    }

    /// Runs `work` in one transaction and commits it. After a fault the connection is dropped, not reused: SQLite may have
    /// fallen back to autocommit (disk full, I/O error), and then the next statement would stand alone.
    ///
    /// # Errors
    /// What `work` says, or why the database could not store it; in both cases nothing was stored.
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
        let conn = match &mut self.conn {
            Some(conn) => conn,
            None => self.conn.insert(connection::connect(&self.target, Access::Write).map_err(|error| {
                tracing::warn!(%error, "the database does not answer");
                AppError::Busy
            })?),
        };
        let Some(mark) = &mut self.mark else {
            return transact(conn, work);
        };
        let (value, commit_no) = transact(conn, &mut |conn: &mut AnyConnection| {
            let value = work(conn)?;
            let commit_no: i64 = diesel::update(meta::table)
                .set(meta::commit_no.eq(sql::<BigInt>("commit_no + 1")))
                .returning(meta::commit_no)
                .get_result(conn)?;
            Ok((value, commit_no))
        })?;
        mark.set(commit_no);
        Ok(value)
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

fn jitter(tries: u32) -> Duration {
    Duration::from_millis(u64::from(rand::random_range(5..=20 * tries)))
}
