//! Bringing a database to the schema of this binary, and refusing one it must not touch.

use std::{fs, path::Path};

use diesel::{
    connection::SimpleConnection as _,
    dsl::sql,
    migration::MigrationSource,
    pg::Pg,
    prelude::*,
    sql_types::{BigInt, Nullable, Text},
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use rand::Rng as _;

use crate::{
    config::Target,
    db::{
        claim::Claim,
        connection::{Access, AnyConnection, at_one_moment, connect},
        mark::Mark,
        schema::{messages, meta, rooms},
    },
    on_each,
};

const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");
const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");

/// How many of the newest changes start compares with their rooms.
const CHECKED: i64 = 1_000;

/// Files of at most so many bytes are read through at each start, at about a gigabyte a second.
const SCANNED: u64 = 512 * 1024 * 1024;

/// Why a database is not served.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// It has migrations that this binary does not know.
    #[error("the database is newer than this binary (it has migration {0}); use the newer Parlor")]
    Newer(String),
    /// It lost commits that were made.
    #[error(
        "the database is behind its mark: commit {found} of {expected}. Its write-ahead log was lost or damaged, or an older copy of it took \
         its place. Restore a backup, or start with --accept-loss to go on with what is there"
    )]
    Behind {
        /// The commit the database stands at.
        found: i64,
        /// The commit that was acknowledged.
        expected: i64,
    },
    /// The file is not there any more, or empty, and was not before.
    #[error(
        "the database is gone: {0} is missing or empty, and the mark beside it says that it was not. Restore a backup; to begin with an \
         empty database, take the mark away as well"
    )]
    Gone(String),
    /// SQLite cannot make sense of the file.
    #[error("the database is damaged: {0}: {1}. Restore a backup")]
    Malformed(String, String),
    /// Its rooms and messages contradict each other.
    #[error("the database is damaged: room {0} counts changes that its messages do not have. Restore a backup")]
    Damaged(i64),
    /// It does not answer, or a migration failed.
    #[error(transparent)]
    Failed(#[from] Box<dyn std::error::Error + Send + Sync>),
    /// A query failed.
    #[error(transparent)]
    Query(#[from] diesel::result::Error),
    /// The mark cannot be opened.
    #[error("the mark file: {0}")]
    Mark(#[from] std::io::Error),
}

/// Runs what is missing and returns the database's epoch. Nobody else works on it, and from here on this connection may take its time.
///
/// # Errors
/// When the database is newer than the binary, or a migration fails (it is rolled back).
pub fn migrate(conn: &mut AnyConnection) -> Result<String, MigrateError> {
    if let AnyConnection::Pg(conn) = conn {
        // A migration of a large table takes its time.
        conn.batch_execute("SET statement_timeout = 0; SET lock_timeout = 0")?;
    }
    run(conn)
}

/// The migration up to which [`migrate`] is going to bring a database that has others already; `None` where it has all, or is new: also
/// where its very first start was interrupted between two migrations, before it had an epoch.
///
/// # Errors
/// When it does not answer.
pub fn upgrade(conn: &mut AnyConnection) -> Result<Option<String>, MigrateError> {
    let (applied, known) = (applied(conn)?, known(is_postgres(conn))?);
    // A newer one is refused, not upgraded.
    let is_ours = !applied.is_empty() && applied.iter().all(|version| known.contains(version));
    let is_begun = is_ours && meta::table.select(meta::epoch).first::<String>(conn).optional()?.is_some();
    Ok(known.into_iter().rfind(|version| is_begun && !applied.contains(version)))
}

/// Refuses migrations that this binary does not know.
///
/// # Errors
/// [`MigrateError::Newer`].
pub fn refuse_newer(target: &Target, migrations: &[String]) -> Result<(), MigrateError> {
    let known = known(matches!(target, Target::Postgres(_)))?;
    match migrations.iter().find(|version| !known.contains(version)) {
        Some(unknown) => Err(MigrateError::Newer(unknown.clone())),
        None => Ok(()),
    }
}

/// Runs these migrations and no other, on a PostgreSQL database that has none.
///
/// # Errors
/// When one fails.
pub(super) fn run_these(conn: &mut AnyConnection, wanted: &[String]) -> Result<(), MigrateError> {
    let AnyConnection::Pg(conn) = conn else { return Ok(()) };
    // Makes the table in which they are noted.
    conn.applied_migrations()?;
    for migration in MigrationSource::<Pg>::migrations(&POSTGRES)? {
        if wanted.contains(&migration.name().version().to_string()) {
            conn.run_migration(&migration)?;
        }
    }
    Ok(())
}

fn is_postgres(conn: &AnyConnection) -> bool {
    matches!(conn, AnyConnection::Pg(_))
}

fn applied(conn: &mut AnyConnection) -> Result<Vec<String>, MigrateError> {
    let applied = on_each!(conn, |conn| conn.applied_migrations()?);
    Ok(applied.iter().map(ToString::to_string).collect())
}

/// The migrations that this binary has, in order.
fn known(is_postgres: bool) -> Result<Vec<String>, MigrateError> {
    let mut known = match is_postgres {
        true => versions::<Pg>(&POSTGRES.migrations()?),
        false => versions::<diesel::sqlite::Sqlite>(&SQLITE.migrations()?),
    };
    known.sort_unstable();
    Ok(known)
}

fn run(conn: &mut AnyConnection) -> Result<String, MigrateError> {
    let (applied, known) = (applied(conn)?, known(is_postgres(conn))?);
    if let Some(unknown) = applied.into_iter().find(|version| !known.contains(version)) {
        return Err(MigrateError::Newer(unknown));
    }
    match conn {
        AnyConnection::Pg(conn) => conn.run_pending_migrations(POSTGRES)?.len(),
        AnyConnection::Sqlite(conn) => conn.run_pending_migrations(SQLITE)?.len(),
    };
    Ok(epoch(conn)?)
}

fn versions<DB: diesel::backend::Backend>(migrations: &[Box<dyn diesel::migration::Migration<DB>>]) -> Vec<String> {
    migrations.iter().map(|migration| migration.name().version().to_string()).collect()
}

/// The life of this database, begun with its first migration.
fn epoch(conn: &mut AnyConnection) -> QueryResult<String> {
    if let Some(epoch) = meta::table.select(meta::epoch).first(conn).optional()? {
        return Ok(epoch);
    }
    let epoch = new_epoch();
    diesel::insert_into(meta::table)
        .values((meta::id.eq(1), meta::epoch.eq(&epoch), meta::commit_no.eq(0)))
        .execute(conn)?;
    Ok(epoch)
}

/// A name for a life of a database.
pub(super) fn new_epoch() -> String {
    let mut bytes = [0u8; 8];
    rand::rng().fill_bytes(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Looks at an SQLite file before anything is written into it: one that is gone is not begun anew over what is left of it, and one whose
/// structure is broken is not served.
///
/// # Errors
/// [`MigrateError::Gone`], [`MigrateError::Malformed`].
pub fn inspect(target: &Target) -> Result<(), MigrateError> {
    let Target::Sqlite(path) = target else { return Ok(()) };
    let (name, length) = (path.display().to_string(), fs::metadata(path).map_or(0, |file| file.len()));
    match length {
        0 if Mark::is_set(&path.with_file_name("mark")) => Err(MigrateError::Gone(name)),
        0 => Ok(()),
        _ => match structure(target, length) {
            Ok(fault) => fault.map_or(Ok(()), |fault| Err(MigrateError::Malformed(name, fault))),
            Err(error) if is_damage(&error) => Err(MigrateError::Malformed(name, error.to_string())),
            Err(error) => Err(MigrateError::Failed(error.into())),
        },
    }
}

/// What is wrong with the structure of a file of this length, as far as SQLite looks.
fn structure(target: &Target, length: u64) -> Result<Option<String>, diesel::r2d2::Error> {
    let mut conn = connect(target, Access::Write)?;
    let check = match length {
        ..=SCANNED => "(SELECT quick_check FROM pragma_quick_check LIMIT 1)",
        _ => "(SELECT 'ok' FROM sqlite_schema LIMIT 1)",
    };
    let verdict = diesel::select(sql::<Nullable<Text>>(check)).get_result::<Option<String>>(&mut conn);
    let verdict = verdict.map_err(diesel::r2d2::Error::QueryError)?;
    Ok(verdict.filter(|verdict| verdict != "ok"))
}

fn is_damage(error: &diesel::r2d2::Error) -> bool {
    let text = error.to_string();
    // The last is what a virtual table says whose own tables are broken.
    ["malformed", "not a database", "vtable constructor failed"].iter().any(|part| text.contains(part))
}

/// Compares a database with the mark of this file, and its rooms with their newest messages, so that one that was cut short is
/// never served as if it were whole. Returns the epoch (a new one after an accepted loss) and the mark.
///
/// # Errors
/// When something is missing and `accept_loss` was not asked for.
pub fn check(
    conn: &mut AnyConnection,
    claim: &Claim,
    path: &Path,
    epoch: String,
    accept_loss: bool,
) -> Result<(String, Mark), MigrateError> {
    // What was written before this process, and its answer never heard, may be committed just now.
    let damaged = at_one_moment(conn, damaged_room)?;
    let found = claim.last(conn)?;
    let mark = Mark::open(path, &claim.life(conn, &epoch))?;
    let expected = mark.highest();
    match (found < expected, damaged) {
        (false, None) => return Ok((epoch, mark)),
        (true, _) if !accept_loss => return Err(MigrateError::Behind { found, expected }),
        (_, Some(room)) if !accept_loss => return Err(MigrateError::Damaged(room)),
        _ => {}
    }
    // The counters follow what is there; clients are told by the new epoch to forget what is not.
    conn.batch_execute(
        "UPDATE rooms SET last_seq = coalesce((SELECT max(seq) FROM messages WHERE room_id = rooms.id AND seq > floor_seq), floor_seq), \
         rev = coalesce((SELECT max(rev) FROM messages WHERE room_id = rooms.id), floor_seq)",
    )?;
    let epoch = new_epoch();
    diesel::update(meta::table).set(meta::epoch.eq(&epoch)).execute(conn)?;
    let mark = Mark::open(path, &claim.life(conn, &epoch))?;
    Ok((epoch, mark))
}

/// A room among the newest changes whose counters disagree with its messages.
fn damaged_room(conn: &mut AnyConnection) -> QueryResult<Option<i64>> {
    let newest: Vec<i64> =
        messages::table.order(messages::id.desc()).limit(CHECKED).select(messages::room_id).load(conn)?;
    let mut touched = newest;
    touched.sort_unstable();
    touched.dedup();
    for room in touched {
        let alive: Option<(i64, i64, i64)> = rooms::table
            .filter(rooms::id.eq(room).and(rooms::deleted_at.is_null()))
            .select((rooms::last_seq, rooms::rev, rooms::floor_seq))
            .first(conn)
            .optional()?;
        let Some((last_seq, rev, floor_seq)) = alive else { continue };
        let (max_seq, max_rev): (Option<i64>, Option<i64>) = messages::table
            .filter(messages::room_id.eq(room))
            .select((sql::<Nullable<BigInt>>("max(seq)"), sql::<Nullable<BigInt>>("max(rev)")))
            .first(conn)?;
        // The message of the last change may have been pruned.
        let is_rev_right = if floor_seq > 0 { max_rev <= Some(rev) } else { max_rev == Some(rev) };
        if max_seq.is_some_and(|seq| seq != last_seq) || !is_rev_right {
            return Ok(Some(room));
        }
    }
    Ok(None)
}
