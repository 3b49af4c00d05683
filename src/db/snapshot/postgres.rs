//! Copying PostgreSQL by `COPY`, all tables in one snapshot; no other program is needed for it.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    path::Path,
};

use anyhow::Context as _;
use diesel::{
    connection::SimpleConnection as _, pg::CopyTarget, prelude::*, query_builder::AstPass, sql_query, sql_types::Text,
};

use super::{Content, Table, epoch, migrations, names, renew};
use crate::{
    config::Target,
    db::{
        claim::Claim,
        connection::{Access, AnyConnection, connect},
        migrate,
        schema::meta,
    },
};

/// Nothing else in the schema has rows of its own. The migrations stand in the manifest.
const TABLES: &str = "SELECT table_name::text AS name FROM information_schema.tables \
    WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' AND table_name <> '__diesel_schema_migrations' \
    ORDER BY table_name";

/// A copy takes as long as it takes.
const PATIENT: &str = "SET statement_timeout = 0; SET lock_timeout = 0; SET idle_in_transaction_session_timeout = 0";

/// Bytes handed over at once.
const CHUNK: usize = 256 * 1024;

fn open(target: &Target) -> anyhow::Result<AnyConnection> {
    let mut conn = connect(target, Access::Read)?;
    conn.batch_execute(PATIENT)?;
    Ok(conn)
}

pub(super) fn take(target: &Target, folder: &Path) -> anyhow::Result<Content> {
    fs::create_dir(folder)?;
    let mut conn = open(target)?;
    conn.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")?;
    let (epoch, migrations) = (epoch(&mut conn).context("there is no database of Parlor")?, migrations(&mut conn)?);
    let mut tables = BTreeMap::new();
    for name in names(&mut conn, TABLES)? {
        let columns = columns(&mut conn, &name)?;
        let rows = copy_out(pg(&mut conn)?, &name, &columns, &file(folder, &name))?;
        tables.insert(name, Table { rows, columns });
    }
    // Sequences know no snapshots: what they say now is at least what they said at its moment.
    let sequences = sequences(&mut conn)?;
    conn.batch_execute("COMMIT")?;
    Ok(Content { epoch, migrations, tables, sequences })
}

pub(super) fn inspect(folder: &Path, expected: &Content) -> anyhow::Result<Vec<String>> {
    let mut wrong = Vec::new();
    for (name, table) in &expected.tables {
        let rows = rows(&file(folder, name)).with_context(|| format!("the table {name}"))?;
        if rows != table.rows {
            wrong.push(format!("the table {name} has {rows} rows instead of {}", table.rows));
        }
    }
    Ok(wrong)
}

/// All of it in one transaction: it stands whole, or not at all.
pub(super) fn put(
    target: &Target,
    folder: &Path,
    content: &Content,
    then: impl Fn(&mut AnyConnection) -> QueryResult<()>,
) -> anyhow::Result<String> {
    let mut conn = open(target)?;
    // A process that started on the vacant database meanwhile would be told of nothing.
    Claim::new(0).take_at_start(&mut conn)?;
    conn.transaction(|conn| {
        migrate::run_these(conn, &content.migrations)?;
        let tables = names(conn, TABLES)?;
        let known: BTreeSet<&String> = tables.iter().collect();
        anyhow::ensure!(
            known.into_iter().eq(content.tables.keys()),
            "the tables of this backup are others than its version has"
        );
        for name in parents_first(conn, tables)? {
            let table = &content.tables[&name];
            copy_in(pg(conn)?, &name, &table.columns, &file(folder, &name))
                .with_context(|| format!("the table {name}"))?;
        }
        for (sequence, last) in &content.sequences {
            conn.batch_execute(&format!("SELECT setval('{}', {last})", quoted(sequence)))?;
        }
        then(conn)?;
        Ok(renew(conn)?)
    })
}

fn pg(conn: &mut AnyConnection) -> anyhow::Result<&mut PgConnection> {
    match conn {
        AnyConnection::Pg(conn) => Ok(conn),
        AnyConnection::Sqlite(_) => anyhow::bail!("this is not PostgreSQL"),
    }
}

fn file(folder: &Path, table: &str) -> std::path::PathBuf {
    folder.join(format!("{table}.copy"))
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn columns(conn: &mut AnyConnection, table: &str) -> QueryResult<Vec<String>> {
    names(
        conn,
        &format!(
            "SELECT column_name::text AS name FROM information_schema.columns \
             WHERE table_schema = current_schema() AND table_name = '{table}' AND is_generated = 'NEVER' ORDER BY ordinal_position"
        ),
    )
}

fn sequences(conn: &mut AnyConnection) -> QueryResult<BTreeMap<String, i64>> {
    let all = names(conn, "SELECT sequencename::text AS name FROM pg_sequences WHERE schemaname = current_schema()")?;
    let mut known = BTreeMap::new();
    for name in all {
        let last = format!("SELECT last_value AS number FROM {} WHERE is_called", quoted(&name));
        if let Some(last) = sql_query(last).get_result::<super::Number>(conn).optional()? {
            known.insert(name, last.number);
        }
    }
    Ok(known)
}

#[derive(QueryableByName)]
struct Reference {
    #[diesel(sql_type = Text)]
    child: String,
    #[diesel(sql_type = Text)]
    parent: String,
}

/// The tables in an order in which each comes after those it refers to.
fn parents_first(conn: &mut AnyConnection, tables: Vec<String>) -> anyhow::Result<Vec<String>> {
    let references: Vec<Reference> = sql_query(
        "SELECT c.relname::text AS child, p.relname::text AS parent FROM pg_constraint k \
         JOIN pg_class c ON c.oid = k.conrelid JOIN pg_class p ON p.oid = k.confrelid \
         WHERE k.contype = 'f' AND c.relnamespace = current_schema()::regnamespace AND c.oid <> p.oid",
    )
    .load(conn)?;
    let (mut ordered, mut rest): (Vec<String>, BTreeSet<String>) = (Vec::new(), tables.into_iter().collect());
    while !rest.is_empty() {
        let waits = |table: &String| references.iter().any(|one| one.child == *table && rest.contains(&one.parent));
        let ready: Vec<String> = rest.iter().filter(|table| !waits(table)).cloned().collect();
        anyhow::ensure!(!ready.is_empty(), "tables refer to one another in a circle");
        rest.retain(|table| !ready.contains(table));
        ordered.extend(ready);
    }
    Ok(ordered)
}

/// Writes a table into a file; its rows.
fn copy_out(conn: &mut PgConnection, table: &str, columns: &[String], to: &Path) -> anyhow::Result<u64> {
    let mut file = File::create_new(to)?;
    let mut rows = 0;
    {
        let mut copy = Named::aim(table, columns, || diesel::copy_to(Named).load_raw(conn))?;
        loop {
            let chunk = copy.fill_buf()?;
            if chunk.is_empty() {
                break;
            }
            rows += lines(chunk);
            file.write_all(chunk)?;
            let length = chunk.len();
            copy.consume(length);
        }
    }
    file.sync_all()?;
    // A copy that broke off looks like one that ended, and Diesel leaves its outcome with libpq, where it is in the way of the next
    // prepared query. This takes it from there, and fails where the transaction has failed.
    conn.batch_execute("SELECT 1")?;
    let there: super::Number =
        sql_query(format!("SELECT count(*) AS number FROM {}", quoted(table))).get_result(conn)?;
    anyhow::ensure!(u64::try_from(there.number) == Ok(rows), "the copy of {table} has {rows} rows of {}", there.number);
    Ok(rows)
}

/// A row is a line: in this format, ends of lines in texts are written as `\n`.
fn lines(chunk: &[u8]) -> u64 {
    chunk.iter().filter(|byte| **byte == b'\n').count() as u64
}

fn rows(path: &Path) -> io::Result<u64> {
    let mut file = BufReader::with_capacity(CHUNK, File::open(path)?);
    let mut rows = 0;
    loop {
        let chunk = file.fill_buf()?;
        if chunk.is_empty() {
            return Ok(rows);
        }
        rows += lines(chunk);
        let length = chunk.len();
        file.consume(length);
    }
}

/// Reads a table from a file.
fn copy_in(conn: &mut PgConnection, table: &str, columns: &[String], from: &Path) -> anyhow::Result<()> {
    let feed = |out: &mut dyn io::Write| -> Result<(), CopyError> {
        let (mut file, mut chunk) = (File::open(from)?, vec![0; CHUNK]);
        loop {
            match file.read(&mut chunk)? {
                0 => return Ok(()),
                length => out.write_all(&chunk[..length])?,
            }
        }
    };
    let copy = diesel::copy_from(meta::table).from_raw_data(Named, feed);
    Named::aim(table, columns, || copy.execute(conn))?;
    Ok(())
}

/// Why a table could not be read from its file.
#[derive(Debug, thiserror::Error)]
enum CopyError {
    #[error(transparent)]
    File(#[from] io::Error),
    #[error(transparent)]
    Database(#[from] diesel::result::Error),
}

/// A table that is known by its name alone. Diesel knows those of this version; what is copied before an upgrade has others, and the
/// index of the search is in no schema at all. Diesel asks the type, not a value, what to copy: so the words stand beside it.
struct Named;

thread_local! {
    static WORDS: RefCell<String> = const { RefCell::new(String::new()) };
}

impl Named {
    /// Does something with the table and these columns of it.
    fn aim<T>(table: &str, columns: &[String], work: impl FnOnce() -> T) -> T {
        let columns: Vec<String> = columns.iter().map(|column| quoted(column)).collect();
        WORDS.set(format!("{} ({})", quoted(table), columns.join(", ")));
        work()
    }
}

impl CopyTarget for Named {
    type Table = meta::table;
    type SqlType = Text;

    fn walk_target(mut pass: AstPass<'_, '_, diesel::pg::Pg>) -> QueryResult<()> {
        WORDS.with_borrow(|words| pass.push_sql(words));
        Ok(())
    }
}
