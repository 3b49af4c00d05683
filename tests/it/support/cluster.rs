//! A PostgreSQL of a test's own, which may be killed and frozen.

use std::{
    fs,
    net::TcpListener,
    os::unix::{
        fs::{PermissionsExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use diesel::{Connection, PgConnection, RunQueryDsl, connection::SimpleConnection, dsl::sql, sql_types::Bool};
use tempfile::TempDir;

use super::{DEADLINE, database::Database};

/// The server and its folder.
pub struct Cluster {
    programs: PathBuf,
    postmaster: Option<Child>,
    port: u16,
    language: Option<&'static str>,
    folder: TempDir,
}

impl Cluster {
    /// A fresh one that runs; `None` where PostgreSQL's programs are not to be found.
    pub fn start() -> Option<Self> {
        let programs = programs()?;
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o711)).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut cluster = Self { programs, postmaster: None, port, language: None, folder };
        fs::create_dir(cluster.data()).unwrap();
        fs::write(cluster.secret(), password()).unwrap();
        if let Some((user, group)) = other_user() {
            chown(cluster.data(), Some(user), Some(group)).unwrap();
            chown(cluster.secret(), Some(user), Some(group)).unwrap();
        }
        let mut init = cluster.program("initdb");
        init.args(["-U", "parlor", "-E", "UTF8", "--locale=C", "--auth=scram-sha-256", "--no-sync"]);
        init.arg("--pwfile").arg(cluster.secret()).arg("-D").arg(cluster.data());
        assert!(init.stdout(Stdio::null()).status().unwrap().success(), "initdb");
        cluster.start_again();
        Some(cluster)
    }

    /// A database of its own.
    pub fn database(&self) -> Database {
        Database::on(&self.url())
    }

    /// Has it keep all new tables in this folder.
    pub fn keep_tables_in(&self, folder: &Path) {
        if let Some((user, group)) = other_user() {
            chown(folder, Some(user), Some(group)).unwrap();
        }
        let mut conn = PgConnection::establish(&self.url()).unwrap();
        for statement in [
            format!("CREATE TABLESPACE apart LOCATION '{}'", folder.display()),
            "ALTER SYSTEM SET default_tablespace = 'apart'".to_owned(),
            "SELECT pg_reload_conf()".to_owned(),
        ] {
            conn.batch_execute(&statement).unwrap_or_else(|error| panic!("{statement}: {error}"));
        }
    }

    /// Starts it again, with messages in this language.
    pub fn speak(&mut self, language: &'static str) {
        let mut conn = PgConnection::establish(&self.url()).unwrap();
        // In the locale C, nothing is translated.
        conn.batch_execute("ALTER SYSTEM SET lc_messages = 'C.UTF-8'").unwrap();
        drop(conn);
        self.language = Some(language);
        self.stop();
        self.start_again();
    }

    /// Has every COMMIT wait, a tenth of a second long, before anything of it is on the disk.
    pub fn hesitate(&self) {
        let mut conn = PgConnection::establish(&self.url()).unwrap();
        for name in ["commit_delay = 100000", "commit_siblings = 0"] {
            conn.batch_execute(&format!("ALTER SYSTEM SET {name}")).unwrap();
        }
        conn.batch_execute("SELECT pg_reload_conf()").unwrap();
    }

    /// Has every COMMIT wait for ever when all of it is on the disk: for a second server, which there is none of.
    pub fn withhold_answers(&self) {
        let mut conn = PgConnection::establish(&self.url()).unwrap();
        conn.batch_execute("ALTER SYSTEM SET synchronous_standby_names = 'nobody'").unwrap();
        conn.batch_execute("SELECT pg_reload_conf()").unwrap();
    }

    /// Does the COMMIT of a transaction wait so that has written this table?
    pub fn withholds(&self, database: &Database, table: &str) -> bool {
        let mut conn = PgConnection::establish(&database.url().expect("its address")).unwrap();
        let waiting = sql::<Bool>(&format!(
            "EXISTS (SELECT FROM pg_stat_activity JOIN pg_locks USING (pid) \
             WHERE wait_event = 'SyncRep' AND relation = '{table}'::regclass AND mode = 'RowExclusiveLock')"
        ));
        diesel::select(waiting).get_result(&mut conn).unwrap()
    }

    /// Starts it again with no setting of these.
    pub fn start_afresh(&mut self) {
        fs::write(self.data().join("postgresql.auto.conf"), "").unwrap();
        self.start_again();
    }

    /// Uses up some numbers of transactions, all of which commit.
    pub fn use_numbers(&self) {
        let mut conn = PgConnection::establish(&self.url()).unwrap();
        (0..20).for_each(|_| conn.batch_execute("SELECT pg_current_xact_id()").unwrap());
    }

    /// Kills all of its processes at once.
    pub fn kill(&mut self) {
        let mut postmaster = self.postmaster.take().expect("it runs");
        signal("KILL", &family(postmaster.id()));
        postmaster.wait().unwrap();
    }

    /// Ends it without waiting for its clients, whose connections it cuts.
    pub fn stop(&mut self) {
        let mut postmaster = self.postmaster.take().expect("it runs");
        signal("INT", &[postmaster.id()]);
        postmaster.wait().unwrap();
    }

    /// Starts it on the same data, and waits until it takes connections.
    pub fn start_again(&mut self) {
        let end = Instant::now() + DEADLINE;
        loop {
            let mut server = self.program("postgres");
            server.arg("-D").arg(self.data()).args(["-p", &self.port.to_string(), "-h", "127.0.0.1", "-k", ""]);
            server.envs(self.language.map(|language| ("LANGUAGE", language)));
            let mut child = server.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            while child.try_wait().unwrap().is_none() {
                if PgConnection::establish(&self.url()).is_ok() {
                    self.postmaster = Some(child);
                    return;
                }
                assert!(Instant::now() < end, "PostgreSQL takes no connections");
                std::thread::sleep(Duration::from_millis(20));
            }
            // A process of the killed one may not have ended yet.
            assert!(Instant::now() < end, "PostgreSQL does not start");
        }
    }

    /// Stops all of its processes where they stand, for as long as what this gives is kept: connections stay open, and nothing answers.
    pub fn freeze(&self) -> Frozen {
        let processes = self.processes();
        signal("STOP", &processes);
        Frozen(processes)
    }

    fn processes(&self) -> Vec<u32> {
        family(self.postmaster.as_ref().expect("it runs").id())
    }

    fn url(&self) -> String {
        format!("postgres://parlor:{}@127.0.0.1:{}/postgres", password(), self.port)
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn secret(&self) -> PathBuf {
        self.folder.path().join("password")
    }

    /// One of its programs, which refuse to be run by root.
    fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.programs.join(name));
        command.current_dir(self.folder.path());
        if let Some((user, group)) = other_user() {
            command.uid(user).gid(group);
        }
        command
    }
}

/// Processes that do not go on before this is dropped.
pub struct Frozen(Vec<u32>);

impl Drop for Frozen {
    fn drop(&mut self) {
        signal("CONT", &self.0);
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let Some(mut postmaster) = self.postmaster.take() else { return };
        signal("KILL", &family(postmaster.id()));
        let _ = postmaster.wait();
    }
}

/// Good for this run.
fn password() -> String {
    static PASSWORD: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    PASSWORD.get_or_init(|| format!("{:032x}", rand::random::<u128>())).clone()
}

/// A process and its children.
fn family(parent: u32) -> Vec<u32> {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let numbers = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let is_child = |id: &u32| {
        let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        let after_name = stat.rsplit_once(") ").map(|(_, rest)| rest.to_owned()).unwrap_or_default();
        after_name.split(' ').nth(1) == Some(parent.to_string().as_str())
    };
    [parent].into_iter().chain(numbers.filter(is_child)).collect()
}

fn signal(name: &str, processes: &[u32]) {
    // Some may have ended meanwhile.
    let numbers = processes.iter().map(ToString::to_string);
    let _ = Command::new("kill").arg(format!("-{name}")).args(numbers).stderr(Stdio::null()).status();
}

/// The folder of the newest PostgreSQL's programs.
fn programs() -> Option<PathBuf> {
    let installed =
        fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|entry| entry.path().join("bin"));
    let on_path = std::env::var("PATH").unwrap_or_default();
    let mut found: Vec<_> =
        std::env::split_paths(&on_path).chain(installed).filter(|folder| folder.join("initdb").exists()).collect();
    found.sort_by_key(|folder| version(folder));
    found.pop()
}

fn version(folder: &Path) -> u32 {
    folder.components().filter_map(|part| part.as_os_str().to_str()?.parse().ok()).next_back().unwrap_or(0)
}

/// User and group under which PostgreSQL runs where we are root.
fn other_user() -> Option<(u32, u32)> {
    if fs::metadata("/proc/self").map(|own| std::os::unix::fs::MetadataExt::uid(&own)).ok()? != 0 {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").ok()?;
    let of = |name: &str| {
        let line = users.lines().find(|line| line.starts_with(&format!("{name}:")))?;
        let mut fields = line.split(':').skip(2);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    };
    of("postgres").or_else(|| of("nobody"))
}
