//! One connection type for both databases, and how each kind of connection is set up.
#![allow(missing_docs, reason = "the derive makes public items that it does not document")]

use diesel::{
    ConnectionError, PgConnection, SqliteConnection, connection::SimpleConnection as _, dsl::sql, prelude::*,
    r2d2::ManageConnection, result::Error, sql_types::Text,
};

use crate::config::Target;

/// A connection to either database. Queries are written once against it.
#[derive(diesel::MultiConnection)]
pub enum AnyConnection {
    /// PostgreSQL 13 or newer.
    Pg(PgConnection),
    /// The SQLite inside the binary.
    Sqlite(SqliteConnection),
}

/// Runs one expression against the connection of the kind there is, for the few queries that Diesel does not type on
/// the shared one: `on_conflict`, batch inserts, row locks.
#[macro_export]
macro_rules! on_each {
    ($conn:expr, |$name:ident| $query:expr) => {
        match $conn {
            $crate::db::connection::AnyConnection::Pg($name) => $query,
            $crate::db::connection::AnyConnection::Sqlite($name) => $query,
        }
    };
}

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Reading; on PostgreSQL small writes, too, while SQLite refuses any.
    Read,
    /// The writer's own.
    Write,
}

/// Opens and sets up a connection.
///
/// # Errors
/// When the database cannot be reached or refuses the settings.
pub fn connect(target: &Target, access: Access) -> Result<AnyConnection, diesel::r2d2::Error> {
    let mut conn = establish(target).map_err(diesel::r2d2::Error::ConnectionError)?;
    set_up(&mut conn, access).map_err(diesel::r2d2::Error::QueryError)?;
    Ok(conn)
}

/// Sets a connection up, or again where something else was set meanwhile.
pub(super) fn set_up(conn: &mut AnyConnection, access: Access) -> QueryResult<()> {
    conn.batch_execute(settings(conn, access))
}

fn establish(target: &Target) -> Result<AnyConnection, ConnectionError> {
    match target {
        Target::Postgres(url) => PgConnection::establish(&impatient(url)).map(AnyConnection::Pg),
        Target::Sqlite(path) => {
            let path = path.to_str().ok_or(ConnectionError::BadConnection("the path is not UTF-8".into()))?;
            SqliteConnection::establish(path).map(AnyConnection::Sqlite)
        }
    }
}

/// What libpq is told where the address says nothing else: without it, a server whose machine is gone is waited for until the kernel's own
/// limits, a quarter of an hour and more. Seconds, and milliseconds for the last.
const LIMITS: [(&str, &str); 5] = [
    ("connect_timeout", "5"),
    ("keepalives_idle", "10"),
    ("keepalives_interval", "5"),
    ("keepalives_count", "3"),
    ("tcp_user_timeout", "15000"),
];

fn impatient(url: &str) -> String {
    let missing = LIMITS.iter().filter(|(name, _)| !url.contains(&format!("{name}=")));
    missing.fold(url.to_owned(), |url, (name, value)| {
        let sign = if url.contains('?') { '&' } else { '?' };
        format!("{url}{sign}{name}={value}")
    })
}

/// For reading and writing. What the server says went wrong is understood in English, and nobody but a superuser may ask it for that.
macro_rules! on_postgres {
    () => {
        "SET TIME ZONE 'UTC'; SET synchronous_commit = on; SET statement_timeout = '5s'; SET lock_timeout = '2s'; \
         SET idle_in_transaction_session_timeout = '10s'; \
         SELECT set_config('lc_messages', 'C', false) FROM pg_roles WHERE rolname = current_user AND rolsuper"
    };
}

fn settings(conn: &AnyConnection, access: Access) -> &'static str {
    match (conn, access) {
        // A plan that is kept was made of tables as they were then, at a first start of empty ones: for as long as PostgreSQL has not
        // looked at them again, it would read all messages for each batch of sends. The writer finds by keys whatever is long; and what it
        // has no key for is not to be compiled because its cost is a penalty.
        (AnyConnection::Pg(_), Access::Write) => concat!(on_postgres!(), "; SET enable_seqscan = off; SET jit = off"),
        (AnyConnection::Pg(_), Access::Read) => on_postgres!(),
        // An ack promises that the message is on disk: FULL syncs the log at every commit. Checkpoints have a
        // thread of their own, so that no send pays for one. A log that a long read made longer than any load does
        // is cut to that when it begins anew. What was deleted is overwritten, not only let go.
        (AnyConnection::Sqlite(_), Access::Write) => {
            "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
             PRAGMA foreign_keys = ON; PRAGMA wal_autocheckpoint = 0; PRAGMA journal_size_limit = 268435456; \
             PRAGMA secure_delete = ON"
        }
        (AnyConnection::Sqlite(_), Access::Read) => {
            "PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = ON; PRAGMA query_only = ON"
        }
    }
}

/// Says so where a server speaks another language, and how that is changed.
///
/// # Errors
/// When it does not answer.
pub fn warn_of_language(conn: &mut AnyConnection) -> QueryResult<()> {
    let AnyConnection::Pg(conn) = conn else { return Ok(()) };
    let language: String = diesel::select(sql::<Text>("current_setting('lc_messages')")).get_result(conn)?;
    let is_english = ["C", "POSIX"].contains(&&*language)
        || ["C.", "en", "English"].iter().any(|english| language.starts_with(english));
    if !is_english {
        tracing::warn!(
            language,
            "PostgreSQL speaks another language than English, so that some of its errors are not understood. As a superuser: \
             ALTER ROLE … SET lc_messages = 'C'"
        );
    }
    Ok(())
}

/// Makes the pool's connections.
#[derive(Debug)]
pub struct Manager(pub Target);

impl ManageConnection for Manager {
    type Connection = AnyConnection;
    type Error = diesel::r2d2::Error;

    fn connect(&self) -> Result<AnyConnection, Self::Error> {
        connect(&self.0, Access::Read)
    }

    fn is_valid(&self, conn: &mut AnyConnection) -> Result<(), Self::Error> {
        match conn {
            AnyConnection::Pg(conn) => conn.batch_execute("SELECT 1").map_err(diesel::r2d2::Error::QueryError),
            AnyConnection::Sqlite(_) => Ok(()),
        }
    }

    fn has_broken(&self, conn: &mut AnyConnection) -> bool {
        on_each!(conn, |conn| diesel::r2d2::R2D2Connection::is_broken(conn))
    }
}

/// Begins a writing transaction: at once on SQLite, so that it never fails half-way for want of the lock.
pub(super) fn begin(conn: &mut AnyConnection) -> Result<(), Error> {
    use diesel::connection::AnsiTransactionManager as Manager;
    match conn {
        AnyConnection::Pg(conn) => Manager::begin_transaction_sql(conn, "BEGIN"),
        AnyConnection::Sqlite(conn) => Manager::begin_transaction_sql(conn, "BEGIN IMMEDIATE"),
    }
}

/// Reads as of one moment, though others write meanwhile.
///
/// # Errors
/// What `read` says; when the database does not answer.
pub fn at_one_moment<T, E: From<Error>>(
    conn: &mut AnyConnection,
    read: impl FnOnce(&mut AnyConnection) -> Result<T, E>,
) -> Result<T, E> {
    use diesel::connection::AnsiTransactionManager as Manager;
    match conn {
        AnyConnection::Pg(conn) => {
            Manager::begin_transaction_sql(conn, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")?;
        }
        // The moment is that of its first query.
        AnyConnection::Sqlite(conn) => Manager::begin_transaction_sql(conn, "BEGIN")?,
    }
    let outcome = read(conn);
    let ended = rollback(conn);
    let value = outcome?;
    ended?;
    Ok(value)
}

/// Commits what [`begin`] began.
pub(super) fn commit(conn: &mut AnyConnection) -> Result<(), Error> {
    use diesel::connection::{AnsiTransactionManager, TransactionManager as _};
    on_each!(conn, |conn| AnsiTransactionManager::commit_transaction(conn))
}

/// Takes back what [`begin`] began.
pub(super) fn rollback(conn: &mut AnyConnection) -> Result<(), Error> {
    use diesel::connection::{AnsiTransactionManager, TransactionManager as _};
    on_each!(conn, |conn| AnsiTransactionManager::rollback_transaction(conn))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_gets_the_limits_that_it_does_not_set_itself() {
        let bare = "postgres://parlor@db.example/parlor";
        let limits =
            "connect_timeout=5&keepalives_idle=10&keepalives_interval=5&keepalives_count=3&tcp_user_timeout=15000";
        assert_eq!(impatient(bare), format!("{bare}?{limits}"));
        let own = format!("{bare}?sslmode=require&{}", limits.replace('5', "6"));
        assert_eq!(impatient(&own), own);
    }
}
