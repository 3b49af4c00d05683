//! Copying an SQLite file with SQLite's own backup API.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    path::Path,
};

use anyhow::Context as _;
use diesel::{connection::SimpleConnection as _, prelude::*, sql_query, sql_types::Text};

use super::{Content, Table, epoch, migrations, names, number, renew};
use crate::{
    config::Target,
    db::{
        connection::{Access, AnyConnection, connect},
        mark::Mark,
        schema::meta,
    },
};

/// Tables with rows of ours: not what SQLite keeps for itself, nor the virtual ones and what lies beneath them.
const TABLES: &str = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' \
    AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name";

pub(super) fn take(from: &Path, to: &Path) -> anyhow::Result<Content> {
    anyhow::ensure!(from.exists(), "there is no database at {}", from.display());
    let acknowledged = acknowledged(from)?;
    raw::copy(from, to).with_context(|| format!("copying {}", from.display()))?;
    let mut conn = connect(&Target::Sqlite(to.to_owned()), Access::Read)?;
    let found: i64 = meta::table.select(meta::commit_no).first(&mut conn)?;
    anyhow::ensure!(
        found >= acknowledged,
        "the database is behind its mark: commit {found} of {acknowledged}. Its write-ahead log was lost or damaged, and a copy \
         of it would hide that"
    );
    let content = content(&mut conn)?;
    drop(conn);
    File::open(to)?.sync_all()?;
    Ok(content)
}

/// The number of a commit that the file must have: its mark, as it stood before the copy began.
fn acknowledged(database: &Path) -> anyhow::Result<i64> {
    let path = database.with_file_name("mark");
    if !path.exists() {
        return Ok(0);
    }
    let mut conn = connect(&Target::Sqlite(database.to_owned()), Access::Read)?;
    Ok(Mark::open(&path, &epoch(&mut conn)?)?.highest())
}

fn content(conn: &mut AnyConnection) -> QueryResult<Content> {
    let mut tables = BTreeMap::new();
    for table in names(conn, TABLES)? {
        let rows = number(conn, &format!("SELECT count(*) AS number FROM \"{table}\""))?;
        tables.insert(table, Table { rows: u64::try_from(rows).unwrap_or(0), columns: Vec::new() });
    }
    Ok(Content { epoch: epoch(conn)?, migrations: migrations(conn)?, tables, sequences: BTreeMap::new() })
}

pub(super) fn inspect(file: &Path, expected: &Content) -> anyhow::Result<Vec<String>> {
    let mut conn = connect(&Target::Sqlite(file.to_owned()), Access::Read)?;
    let said: Vec<Line> = sql_query("PRAGMA integrity_check").load(&mut conn)?;
    let mut wrong: Vec<String> =
        said.into_iter().map(|line| line.integrity_check).filter(|line| line != "ok").collect();
    let found = content(&mut conn)?;
    for (name, table) in &expected.tables {
        let rows = found.tables.get(name).map_or(0, |table| table.rows);
        if rows != table.rows {
            wrong.push(format!("the table {name} has {rows} rows instead of {}", table.rows));
        }
    }
    if found.epoch != expected.epoch || found.migrations != expected.migrations {
        wrong.push("it is another database than the manifest says".to_owned());
    }
    Ok(wrong)
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    integrity_check: String,
}

pub(super) fn put(
    from: &Path,
    to: &Path,
    then: impl Fn(&mut AnyConnection) -> QueryResult<()>,
) -> anyhow::Result<String> {
    fs::copy(from, to)?;
    let mut conn = connect(&Target::Sqlite(to.to_owned()), Access::Write)?;
    let epoch = conn.transaction(|conn| {
        then(conn)?;
        renew(conn)
    })?;
    conn.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)")?;
    drop(conn);
    File::open(to)?.sync_all()?;
    Ok(epoch)
}

/// The C interface, for Diesel has none to this.
#[expect(unsafe_code, reason = "SQLite's backup API is in C, and Diesel does not give its connections away")]
mod raw {
    use std::{
        ffi::{CStr, CString},
        os::unix::ffi::OsStrExt as _,
        path::Path,
        ptr, thread,
        time::Duration,
    };

    use anyhow::Context as _;
    use libsqlite3_sys as sqlite;

    /// Pages a step: two megabytes, between which others get at the disk.
    const PAGES: i32 = 512;

    /// Between two steps, and before a step that found something locked is tried again.
    const BREATH: Duration = Duration::from_millis(1);
    const LOCKED: Duration = Duration::from_millis(50);

    /// Tries of a step that finds something locked.
    const TRIES: u32 = 200;

    /// Copies the database as it is now into a new file.
    ///
    /// The reading transaction that is begun first keeps this moment for as long as the copy takes: in WAL mode nobody who writes waits
    /// for it, and it need not begin anew when somebody does.
    pub fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
        let source = Handle::open(from, sqlite::SQLITE_OPEN_READWRITE)?;
        source.execute(
            c"PRAGMA busy_timeout = 5000; PRAGMA query_only = ON; BEGIN; SELECT 1 FROM sqlite_schema LIMIT 1",
        )?;
        let destination = Handle::open(to, sqlite::SQLITE_OPEN_READWRITE | sqlite::SQLITE_OPEN_CREATE)?;
        Copying::begin(&source, &destination)?.run()?;
        drop(destination);
        // The copy says that it has a log, as the source does. One file is easier to keep than three.
        Handle::open(to, sqlite::SQLITE_OPEN_READWRITE)?.execute(c"PRAGMA journal_mode = DELETE")
    }

    /// An open database.
    struct Handle(*mut sqlite::sqlite3);

    impl Handle {
        fn open(path: &Path, flags: i32) -> anyhow::Result<Self> {
            let name = CString::new(path.as_os_str().as_bytes()).context("a path with a zero in it")?;
            let mut handle = Self(ptr::null_mut());
            // SAFETY: the name ends with a zero and outlives the call. SQLite stores a handle even where it fails, which is closed
            // with `handle`.
            let code = unsafe { sqlite::sqlite3_open_v2(name.as_ptr(), &raw mut handle.0, flags, ptr::null()) };
            check(code)?;
            Ok(handle)
        }

        fn execute(&self, statements: &CStr) -> anyhow::Result<()> {
            // SAFETY: the handle is open, the text ends with a zero, and nobody is called back.
            let code =
                unsafe { sqlite::sqlite3_exec(self.0, statements.as_ptr(), None, ptr::null_mut(), ptr::null_mut()) };
            check(code)
        }
    }

    impl Drop for Handle {
        fn drop(&mut self) {
            // SAFETY: the handle is ours and is not used any more; null is allowed.
            unsafe { sqlite::sqlite3_close(self.0) };
        }
    }

    /// A copy under way; it borrows both databases, so that neither is closed before.
    struct Copying<'a> {
        backup: *mut sqlite::sqlite3_backup,
        _databases: (&'a Handle, &'a Handle),
    }

    impl<'a> Copying<'a> {
        fn begin(source: &'a Handle, destination: &'a Handle) -> anyhow::Result<Self> {
            let main = c"main".as_ptr();
            // SAFETY: both handles are open and different, and the names end with zeros.
            let backup = unsafe { sqlite::sqlite3_backup_init(destination.0, main, source.0, main) };
            // SAFETY: the handle is open.
            anyhow::ensure!(!backup.is_null(), said(unsafe { sqlite::sqlite3_errcode(destination.0) }));
            Ok(Self { backup, _databases: (source, destination) })
        }

        fn run(self) -> anyhow::Result<()> {
            let mut tries = 0;
            loop {
                // SAFETY: the backup has begun and is not finished.
                match unsafe { sqlite::sqlite3_backup_step(self.backup, PAGES) } {
                    sqlite::SQLITE_DONE => return Ok(()),
                    sqlite::SQLITE_OK => {
                        tries = 0;
                        thread::sleep(BREATH);
                    }
                    sqlite::SQLITE_BUSY | sqlite::SQLITE_LOCKED if tries < TRIES => {
                        tries += 1;
                        thread::sleep(LOCKED);
                    }
                    code => return check(code),
                }
            }
        }
    }

    impl Drop for Copying<'_> {
        fn drop(&mut self) {
            // SAFETY: it is finished once, and both databases are still open.
            unsafe { sqlite::sqlite3_backup_finish(self.backup) };
        }
    }

    fn check(code: i32) -> anyhow::Result<()> {
        anyhow::ensure!(code == sqlite::SQLITE_OK, said(code));
        Ok(())
    }

    fn said(code: i32) -> String {
        // SAFETY: SQLite gives a text that lives as long as the process for any number.
        let text = unsafe { CStr::from_ptr(sqlite::sqlite3_errstr(code)) };
        format!("SQLite says: {}", text.to_string_lossy())
    }
}

/// Where SQLite would keep files of its own beside this one.
#[cfg(test)]
fn companions(file: &Path) -> [std::path::PathBuf; 3] {
    ["db-wal", "db-shm", "db-journal"].map(|extension| file.with_extension(extension))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_of_one_moment_however_much_is_written_meanwhile_and_is_one_file() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (from, to) = (folder.path().join("parlor.db"), folder.path().join("copy.db"));
        let mut writer = connect(&Target::Sqlite(from.clone()), Access::Write).expect("opens");
        writer
            .batch_execute(
                "CREATE TABLE pairs (number INTEGER PRIMARY KEY, twice INTEGER, filler BLOB); \
                 WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 3000) \
                 INSERT INTO pairs SELECT n, 2 * n, zeroblob(4000) FROM numbers",
            )
            .expect("rows");
        let copying = std::thread::spawn({
            let (from, to) = (from.clone(), to.clone());
            move || raw::copy(&from, &to)
        });
        let mut changes = 0;
        while !copying.is_finished() {
            writer.batch_execute("UPDATE pairs SET number = number + 100000, twice = twice + 200000").expect("writes");
            changes += 1;
        }
        copying.join().expect("no panic").expect("copies");
        assert!(changes > 0);
        for companion in companions(&to) {
            assert!(!companion.exists(), "{}", companion.display());
        }
        let mut copy = connect(&Target::Sqlite(to.clone()), Access::Read).expect("opens");
        assert_eq!(number(&mut copy, "SELECT count(*) AS number FROM pairs").expect("counts"), 3000);
        let spread = "SELECT max(number) - min(number) AS number FROM pairs";
        assert_eq!(number(&mut copy, spread).expect("counts"), 2999, "no page of another moment");
        assert_eq!(
            number(&mut copy, "SELECT count(*) AS number FROM pairs WHERE twice <> 2 * number").expect("counts"),
            0
        );
    }
}
