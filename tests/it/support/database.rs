//! A database for one test: a file in the server's folder, or a PostgreSQL database that is dropped at the end.

use std::{
    io::Write,
    path::Path,
    sync::atomic::{AtomicU32, Ordering},
};

use diesel::{Connection, PgConnection, RunQueryDsl, SqliteConnection, connection::SimpleConnection, sql_query};

/// Where one server keeps its rows.
pub enum Database {
    /// `parlor.db` in the data folder.
    Sqlite,
    /// A database of its own on the server that the environment names.
    Postgres {
        /// The address with which it is made and dropped.
        admin: String,
        /// Its name.
        name: String,
    },
}

impl Database {
    /// A fresh one, of the kind the environment asks for.
    pub fn fresh() -> Self {
        let Some(admin) = postgres_url() else { return Self::Sqlite };
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let name = format!("parlor_it_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        execute_on_postgres(&admin, &format!("CREATE DATABASE {name}"));
        Self::Postgres { admin, name }
    }

    /// The `--database-url` to pass, if any.
    pub fn url(&self) -> Option<String> {
        match self {
            Self::Sqlite => None,
            Self::Postgres { admin, name } => {
                let (server, _) = admin.rsplit_once('/').expect("the address names a database");
                Some(format!("{server}/{name}"))
            }
        }
    }

    /// Runs statements that both databases understand, behind the server's back.
    pub fn execute(&self, data: &Path, sql: &str) {
        match self.url() {
            Some(url) => execute_on_postgres(&url, sql),
            None => {
                let path = data.join("parlor.db");
                let mut conn = SqliteConnection::establish(path.to_str().unwrap()).expect("SQLite opens");
                conn.batch_execute("PRAGMA busy_timeout = 5000").unwrap();
                conn.batch_execute(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
            }
        }
    }

    /// The number that a statement finds, as `SELECT count(*) AS number …`.
    pub fn number(&self, data: &Path, sql: &str) -> i64 {
        let found: Number = match self.url() {
            Some(url) => sql_query(sql).get_result(&mut PgConnection::establish(&url).expect("PostgreSQL answers")),
            None => {
                let path = data.join("parlor.db");
                let mut conn = SqliteConnection::establish(path.to_str().unwrap()).expect("SQLite opens");
                conn.batch_execute("PRAGMA busy_timeout = 5000").unwrap();
                sql_query(sql).get_result(&mut conn)
            }
        }
        .unwrap_or_else(|error| panic!("{sql}: {error}"));
        found.number
    }
}

#[derive(diesel::QueryableByName)]
struct Number {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    number: i64,
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Self::Postgres { admin, name } = self
            && let Ok(mut conn) = PgConnection::establish(admin)
        {
            // A database that stays behind harms nobody; a second panic would end the whole run.
            let _ = sql_query(format!("DROP DATABASE {name} WITH (FORCE)")).execute(&mut conn);
        }
    }
}

/// The PostgreSQL server to test on.
fn postgres_url() -> Option<String> {
    std::env::var("PARLOR_TEST_DATABASE_URL").ok().filter(|url| !url.is_empty())
}

fn execute_on_postgres(url: &str, sql: &str) {
    let mut conn = PgConnection::establish(url).unwrap_or_else(|error| panic!("{url}: {error}"));
    conn.batch_execute(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
}

#[test]
fn tests_that_were_left_out_are_named() {
    if postgres_url().is_none() {
        // Not eprintln: cargo would keep that line to itself.
        let _ =
            writeln!(std::io::stderr(), "left out: every test on PostgreSQL, for PARLOR_TEST_DATABASE_URL is not set");
    }
}
