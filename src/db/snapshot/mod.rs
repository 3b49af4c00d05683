//! A copy of the whole database as it is at one moment, made while others write, and bringing it back.
//!
//! SQLite is copied as a file (`sqlite`), PostgreSQL table by table (`postgres`). Neither knows what the tables are for: a
//! database of an older version is copied as it is, and brought back to that version.

mod postgres;
mod sqlite;

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::Context as _;
use diesel::{
    prelude::*,
    sql_query,
    sql_types::{BigInt, Text},
};
use serde::{Deserialize, Serialize};

use crate::{
    config::Target,
    db::{
        connection::{Access, AnyConnection, connect},
        migrate,
        schema::meta,
    },
};

/// The SQLite file in a copy.
pub const FILE: &str = "parlor.db";

/// The folder of PostgreSQL's tables in a copy.
pub const TABLES: &str = "tables";

/// What a copy holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// The life of the database.
    pub epoch: String,
    /// Migrations it has, in order.
    pub migrations: Vec<String>,
    /// Its tables.
    pub tables: BTreeMap<String, Table>,
    /// On PostgreSQL, the last number that each sequence gave out: none is given out twice.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sequences: BTreeMap<String, i64>,
}

/// One table of a copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// Rows in it.
    pub rows: u64,
    /// On PostgreSQL, its columns in the order of the copy.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
}

/// Copies a database into a folder.
///
/// # Errors
/// When there is no database, it does not answer, lost commits, or the disk is full.
pub fn take(target: &Target, folder: &Path) -> anyhow::Result<Content> {
    match target {
        Target::Sqlite(path) => sqlite::take(path, &folder.join(FILE)),
        Target::Postgres(_) => postgres::take(target, &folder.join(TABLES)),
    }
}

/// About how many bytes a copy takes.
///
/// # Errors
/// When there is no database, or it does not answer.
pub fn size(target: &Target) -> anyhow::Result<u64> {
    match target {
        Target::Sqlite(path) => {
            let length = |path: &Path| fs::metadata(path).map(|file| file.len());
            let main = length(path).with_context(|| format!("there is no database at {}", path.display()))?;
            Ok(main + length(&path.with_extension("db-wal")).unwrap_or(0))
        }
        Target::Postgres(_) => {
            let mut conn = connect(target, Access::Read)?;
            let size = number(&mut conn, "SELECT pg_database_size(current_database()) AS number")?;
            Ok(u64::try_from(size).unwrap_or(0))
        }
    }
}

/// What is wrong with a copy whose files are as they were written, a line each.
///
/// # Errors
/// When it cannot be read.
pub fn inspect(folder: &Path, content: &Content) -> anyhow::Result<Vec<String>> {
    match folder.join(FILE) {
        file if file.exists() => sqlite::inspect(&file, content),
        _ => postgres::inspect(&folder.join(TABLES), content),
    }
}

/// Brings a copy back, into a place where no database is, to begin a new life there: whoever remembers more than the copy holds must
/// forget it. `then` works on it before that is in force; the new epoch.
///
/// # Errors
/// When there is a database, it does not answer, or the copy does not fit.
pub fn put(
    target: &Target,
    folder: &Path,
    content: &Content,
    then: impl Fn(&mut AnyConnection) -> QueryResult<()>,
) -> anyhow::Result<String> {
    migrate::refuse_newer(target, &content.migrations)?;
    match target {
        Target::Sqlite(path) => sqlite::put(&folder.join(FILE), path, then),
        Target::Postgres(_) => postgres::put(target, &folder.join(TABLES), content, then),
    }
}

/// Is there nothing in it yet?
///
/// # Errors
/// When it does not answer.
pub fn is_vacant(target: &Target) -> anyhow::Result<bool> {
    match target {
        Target::Sqlite(path) => Ok(!path.exists()),
        Target::Postgres(_) => {
            let tables =
                "SELECT count(*) AS number FROM information_schema.tables WHERE table_schema = current_schema()";
            Ok(number(&mut connect(target, Access::Read)?, tables)? == 0)
        }
    }
}

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

fn names(conn: &mut AnyConnection, query: &str) -> QueryResult<Vec<String>> {
    Ok(sql_query(query).load::<Name>(conn)?.into_iter().map(|row| row.name).collect())
}

fn number(conn: &mut AnyConnection, query: &str) -> QueryResult<i64> {
    Ok(sql_query(query).get_result::<Number>(conn)?.number)
}

fn epoch(conn: &mut AnyConnection) -> QueryResult<String> {
    meta::table.select(meta::epoch).first(conn)
}

fn migrations(conn: &mut AnyConnection) -> QueryResult<Vec<String>> {
    names(conn, "SELECT version AS name FROM __diesel_schema_migrations ORDER BY version")
}

/// Begins a new life of the database.
fn renew(conn: &mut AnyConnection) -> QueryResult<String> {
    let epoch = migrate::new_epoch();
    diesel::update(meta::table).set(meta::epoch.eq(&epoch)).execute(conn)?;
    Ok(epoch)
}
