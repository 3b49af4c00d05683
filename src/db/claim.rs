//! One process writes a PostgreSQL database, and it knows what it committed last.
//!
//! The writer holds an advisory lock as long as its connection lives, so that a second process refuses to start instead of telling
//! its people nothing of what the first one stores; and it signs the database, so that it knows at its next connection whether
//! another had it meanwhile. Each of its transactions leaves a number of its own: whether one stands whose COMMIT was not answered,
//! and whether the database that answers now is the one that committed the last, not an older copy that took its place,
//! PostgreSQL's own numbers do not tell. Both stand in `commits`.

use std::{
    thread,
    time::{Duration, Instant},
};

use diesel::{
    QueryableByName,
    connection::SimpleConnection as _,
    dsl::sql,
    prelude::*,
    sql_types::{BigInt, Bool, Text},
};

use crate::db::{connection::AnyConnection, kept::kept, schema::meta};

/// How long a start waits for another process to go, and how often it looks.
const PATIENCE: Duration = Duration::from_secs(3);
const GLANCE: Duration = Duration::from_millis(50);

/// A machine that is gone holds the lock for no longer than the server takes to notice.
const NOTICE: &str = "SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3; \
                      SET tcp_user_timeout = 15000";

/// The lock's key is "parl" in ASCII, and the schema.
const LOCK: &str = "pg_try_advisory_lock(1885434476, coalesce(hashtext(current_schema()), 0))";

/// Ends an earlier connection of the same process, of which the server does not know yet that it was given up.
const END_EARLIER: &str = "(SELECT count(pg_terminate_backend(pid)) FROM pg_locks JOIN pg_stat_activity USING (pid) \
                           WHERE locktype = 'advisory' AND classid = 1885434476 AND objsubid = 2 AND granted \
                           AND application_name = current_setting('application_name'))";

/// Who has the lock, for people to read.
const HOLDERS: &str = "(SELECT coalesce(string_agg(format('%s from %s, process %s there, since %s', application_name, \
                       coalesce(client_addr::text, 'its own machine'), pid, backend_start), '; '), '') \
                       FROM pg_locks JOIN pg_stat_activity USING (pid) \
                       WHERE locktype = 'advisory' AND classid = 1885434476 AND objsubid = 2 AND granted AND datname = current_database())";

/// Signs the database, where no folder's number stands.
const SIGN: &str = "INSERT INTO commits (process, number, at) SELECT 0, column1, now() FROM (VALUES (?)) AS own \
                    ON CONFLICT (process) DO UPDATE SET number = EXCLUDED.number, at = EXCLUDED.at";

/// Counts the transactions that changed an SQLite file.
const COUNT: &str = "UPDATE meta SET commit_no = commit_no + 1 RETURNING commit_no AS number";

/// The same on PostgreSQL, where one has written anything before.
const NOTE: &str = "INSERT INTO commits (process, number, at) SELECT column1, column2, now() FROM (VALUES (?)) AS own \
                    WHERE pg_current_xact_id_if_assigned() IS NOT NULL \
                    ON CONFLICT (process) DO UPDATE SET number = EXCLUDED.number, at = EXCLUDED.at";

/// The last one that stands there. It waits for one under way, also for the first.
const LAST: &str = "INSERT INTO commits (process, number, at) SELECT column1, 0, now() FROM (VALUES (?)) AS own \
                    ON CONFLICT (process) DO UPDATE SET at = EXCLUDED.at RETURNING number";

#[derive(QueryableByName)]
struct Counted {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

/// Who this process is to PostgreSQL.
#[derive(Debug, Clone)]
pub struct Claim {
    /// The data folder's, so that its next process goes on counting.
    folder: i64,
    /// The process's own.
    run: i64,
}

/// Whose a database is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    /// Ours, by this connection.
    Ours,
    /// Soon: an earlier connection of ours is about to end.
    Coming,
    /// Another process's.
    Anothers,
}

impl Claim {
    /// That of a process that works on the data folder of this number.
    pub fn new(folder: i64) -> Self {
        Self { folder, run: rand::random_range(1..i64::MAX) }
    }

    /// Takes the database for this connection; SQLite is taken with the folder.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn take(&self, conn: &mut AnyConnection) -> QueryResult<Hold> {
        let AnyConnection::Pg(conn) = conn else { return Ok(Hold::Ours) };
        conn.batch_execute(&format!("SET application_name = 'parlor-{:016x}'", self.run))?;
        // Not everywhere is that to be had.
        let _ = conn.batch_execute(NOTICE);
        let locked = |conn: &mut PgConnection| diesel::select(sql::<Bool>(LOCK)).get_result::<bool>(conn);
        if locked(conn)? {
            return Ok(Hold::Ours);
        }
        let ended: i64 = diesel::select(sql::<BigInt>(END_EARLIER)).get_result(conn)?;
        Ok(match ended {
            // An earlier one may have ended in between.
            0 if locked(conn)? => Hold::Ours,
            0 => Hold::Anothers,
            _ => Hold::Coming,
        })
    }

    /// Says in the database that it is ours.
    ///
    /// # Errors
    /// When it does not answer.
    pub fn sign(&self, conn: &mut AnyConnection) -> QueryResult<()> {
        if let AnyConnection::Pg(conn) = conn {
            kept(SIGN, self.run.into_sql::<BigInt>()).execute(conn)?;
        }
        Ok(())
    }

    /// Was no other process the last that took it?
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn is_signed(&self, conn: &mut AnyConnection) -> QueryResult<bool> {
        let AnyConnection::Pg(conn) = conn else { return Ok(true) };
        let signed = sql::<BigInt>("coalesce((SELECT number FROM commits WHERE process = 0), 0)");
        Ok(diesel::select(signed).get_result::<i64>(conn)? == self.run)
    }

    /// The name under which it has a mark, in this life of the database.
    pub fn life(&self, conn: &AnyConnection, epoch: &str) -> String {
        match conn {
            AnyConnection::Sqlite(_) => epoch.to_owned(),
            // Another key in the folder counts by itself.
            AnyConnection::Pg(_) => format!("{epoch} {}", self.folder),
        }
    }

    /// The same at the start, when the last process may be about to go.
    ///
    /// # Errors
    /// When it stays.
    pub fn take_at_start(&self, conn: &mut AnyConnection) -> anyhow::Result<()> {
        let end = Instant::now() + PATIENCE;
        while self.take(conn)? != Hold::Ours {
            if Instant::now() >= end {
                let holders: String = diesel::select(sql::<Text>(HOLDERS)).get_result(conn)?;
                anyhow::bail!(
                    "--database-url: another Parlor is working on this database ({holders}). If its machine is gone, PostgreSQL \
                     notices that within half a minute"
                );
            }
            thread::sleep(GLANCE);
        }
        Ok(())
    }

    /// Counts a transaction under way, on PostgreSQL by this number; `None` where it has written nothing.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn count(&self, conn: &mut AnyConnection, number: i64) -> QueryResult<Option<i64>> {
        match conn {
            AnyConnection::Sqlite(conn) => {
                let Counted { number } = kept(COUNT, ()).get_result(conn)?;
                Ok(Some(number))
            }
            AnyConnection::Pg(conn) => {
                let own = (self.folder.into_sql::<BigInt>(), number.into_sql::<BigInt>());
                let has_written = kept(NOTE, own).execute(conn)? > 0;
                Ok(has_written.then_some(number))
            }
        }
    }

    /// The last transaction that stands.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn last(&self, conn: &mut AnyConnection) -> QueryResult<i64> {
        match conn {
            AnyConnection::Sqlite(conn) => meta::table.select(meta::commit_no).first(conn),
            AnyConnection::Pg(conn) => {
                let Counted { number } = kept(LAST, self.folder.into_sql::<BigInt>()).get_result(conn)?;
                Ok(number)
            }
        }
    }
}
