//! A database for one test: a file in the server's folder, or a PostgreSQL database that is dropped at the end.

use std::{
    any::Any,
    io::Write,
    path::Path,
    sync::atomic::{AtomicU32, Ordering},
};

use diesel::{
    Connection, PgConnection, QueryableByName, RunQueryDsl, SqliteConnection,
    connection::SimpleConnection,
    migration,
    pg::Pg,
    sql_query,
    sql_types::{BigInt, Text},
    sqlite::Sqlite,
};
use diesel_migrations::{FileBasedMigrations, MigrationHarness};

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
        postgres_url().map_or(Self::Sqlite, |admin| Self::on(&admin))
    }

    /// A fresh one on the PostgreSQL server that is administered by this address.
    pub fn on(admin: &str) -> Self {
        let admin = admin.to_owned();
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

    /// Where a word stands in a row: the tables, and on SQLite the columns.
    pub fn places_of(&self, data: &Path, word: &str) -> Vec<String> {
        let (places, has): (_, fn(&Place, &str) -> String) = match self {
            Self::Sqlite => (
                "SELECT m.name AS of, p.name AS part FROM sqlite_master m, pragma_table_info(m.name) p \
                 WHERE m.type = 'table' AND m.sql NOT LIKE 'CREATE VIRTUAL%'", // what those hold stands in their shadow tables
                |place, word| format!("instr(CAST(\"{}\" AS TEXT), '{word}') > 0", place.part),
            ),
            Self::Postgres { .. } => (
                "SELECT table_name::text AS of, table_name::text AS part FROM information_schema.tables \
                 WHERE table_schema = 'public' AND table_type = 'BASE TABLE'",
                |place, word| format!("position('{word}' IN \"{0}\"::text) > 0", place.of),
            ),
        };
        let places: Vec<Place> = self.load(data, places);
        assert!(places.iter().any(|place| place.of == "messages"), "the tables are listed");
        let counts = |place: &Place| {
            let sql = format!("SELECT count(*) AS number FROM \"{}\" WHERE {}", place.of, has(place, word));
            self.number(data, &sql)
        };
        places.iter().filter(|place| counts(place) > 0).map(|place| format!("{}.{}", place.of, place.part)).collect()
    }

    fn load<T>(&self, data: &Path, sql: &str) -> Vec<T>
    where
        T: QueryableByName<Sqlite> + QueryableByName<Pg> + 'static,
    {
        match self.url() {
            Some(url) => sql_query(sql).load(&mut PgConnection::establish(&url).unwrap()),
            None => sql_query(sql).load(&mut open_sqlite(data)),
        }
        .unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    /// Runs statements that both databases understand, behind the server's back.
    pub fn execute(&self, data: &Path, sql: &str) {
        match self.url() {
            Some(url) => execute_on_postgres(&url, sql),
            None => {
                open_sqlite(data).batch_execute(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
            }
        }
    }

    /// Keeps everybody from writing a table of a PostgreSQL until what it returns is dropped.
    pub fn lock(&self, table: &str) -> PgConnection {
        let mut conn = PgConnection::establish(&self.url().expect("its address")).unwrap();
        conn.batch_execute(&format!("BEGIN; LOCK TABLE {table} IN EXCLUSIVE MODE")).unwrap();
        conn
    }

    /// Keeps the server from storing anything until what it returns is dropped.
    pub fn hold_writes(&self, data: &Path) -> Box<dyn Any> {
        if self.url().is_some() {
            return Box::new(self.lock("rooms"));
        }
        let mut conn = open_sqlite(data);
        conn.batch_execute("BEGIN IMMEDIATE").unwrap();
        Box::new(conn)
    }

    /// Takes the newest migrations back, as if the database were of an older version.
    pub fn take_back_migrations(&self, data: &Path, count: usize) {
        self.migrate(data, count, &TAKE_BACK);
    }

    /// Runs the first migrations on a database that has none, as a start that is killed between two of them does.
    pub fn begin_migrations(&self, data: &Path, count: usize) {
        self.migrate(data, count, &RUN_NEXT);
    }

    fn migrate(&self, data: &Path, count: usize, step: &Step) {
        // An older version left none, and counted nothing.
        let _ = std::fs::remove_file(data.join("mark.postgres"));
        let source = |kind: &str| FileBasedMigrations::from_path(format!("migrations/{kind}")).expect("migrations");
        for _ in 0..count {
            match self.url() {
                Some(url) => (step.postgres)(&mut PgConnection::establish(&url).unwrap(), source("postgres")),
                None => (step.sqlite)(&mut open_sqlite(data), source("sqlite")),
            }
            .unwrap();
        }
    }

    /// Every message that is stored, by room and number.
    pub fn messages(&self, data: &Path) -> Vec<StoredMessage> {
        self.load(
            data,
            "SELECT id, room_id AS room, seq, sender_id AS sender, client_id, text, \
             CASE WHEN recalled_at IS NULL THEN CAST(0 AS BIGINT) ELSE CAST(1 AS BIGINT) END AS recalled \
             FROM messages ORDER BY room_id, seq",
        )
    }

    /// The head of every room: how many messages it counts, and its newest `rev`.
    pub fn heads(&self, data: &Path) -> Vec<Head> {
        self.load(data, "SELECT id AS room, last_seq, rev FROM rooms ORDER BY id")
    }

    /// The number that a statement finds, as `SELECT count(*) AS number …`.
    pub fn number(&self, data: &Path, sql: &str) -> i64 {
        self.load::<Count>(data, sql)[0].number
    }
}

/// One migration further or back, on either database.
struct Step {
    postgres: fn(&mut PgConnection, FileBasedMigrations) -> migration::Result<()>,
    sqlite: fn(&mut SqliteConnection, FileBasedMigrations) -> migration::Result<()>,
}

const RUN_NEXT: Step = Step {
    postgres: |conn, source| conn.run_next_migration(source).map(drop),
    sqlite: |conn, source| conn.run_next_migration(source).map(drop),
};

const TAKE_BACK: Step = Step {
    postgres: |conn, source| conn.revert_last_migration(source).map(drop),
    sqlite: |conn, source| conn.revert_last_migration(source).map(drop),
};

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

/// A message as it lies in the database.
#[derive(Debug, QueryableByName)]
pub struct StoredMessage {
    /// Its id.
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    /// Where it stands.
    #[diesel(sql_type = BigInt)]
    pub room: i64,
    /// Its number there.
    #[diesel(sql_type = BigInt)]
    pub seq: i64,
    /// Who sent it.
    #[diesel(sql_type = BigInt)]
    pub sender: i64,
    /// Its name.
    #[diesel(sql_type = Text)]
    pub client_id: String,
    /// What it says.
    #[diesel(sql_type = Text)]
    pub text: String,
    /// 1 once it was recalled.
    #[diesel(sql_type = BigInt)]
    pub recalled: i64,
}

/// What a room counts.
#[derive(Debug, QueryableByName)]
pub struct Head {
    /// Which.
    #[diesel(sql_type = BigInt)]
    pub room: i64,
    /// Of its newest message.
    #[diesel(sql_type = BigInt)]
    pub last_seq: i64,
    /// Of its newest change.
    #[diesel(sql_type = BigInt)]
    pub rev: i64,
}

/// A table, or a column of one.
#[derive(QueryableByName)]
struct Place {
    #[diesel(sql_type = Text)]
    of: String,
    #[diesel(sql_type = Text)]
    part: String,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

fn open_sqlite(data: &Path) -> SqliteConnection {
    let path = data.join("parlor.db");
    let mut conn = SqliteConnection::establish(path.to_str().unwrap()).expect("SQLite opens");
    conn.batch_execute("PRAGMA busy_timeout = 5000").unwrap();
    conn
}

/// Is this a run on PostgreSQL, in which what never meets the database need not be seen again?
pub fn is_seen_on_sqlite() -> bool {
    postgres_url().is_some()
}

/// The PostgreSQL server to test on.
pub fn postgres_url() -> Option<String> {
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
