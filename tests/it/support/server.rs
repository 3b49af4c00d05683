//! The binary under test, as a child process.

use std::{
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Output, Stdio},
    sync::{
        Arc, Mutex,
        mpsc::{Receiver, RecvTimeoutError, channel},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use serde_json::json;
use tempfile::TempDir;

use super::{
    DEADLINE, PASSWORD,
    client::{Guest, Member},
    database::Database,
};

const BINARY: &str = env!("CARGO_BIN_EXE_parlor");

/// Where a server can be reached; shared with its clients, because it changes with a restart.
#[derive(Clone, Default)]
pub struct Site(Arc<Mutex<String>>);

impl Site {
    /// `http://127.0.0.1:port`.
    pub fn origin(&self) -> String {
        self.0.lock().unwrap().clone()
    }

    /// `127.0.0.1:port`.
    pub fn address(&self) -> String {
        self.origin().trim_start_matches("http://").to_owned()
    }

    /// A site at this origin.
    pub fn at(origin: &str) -> Self {
        Self(Arc::new(Mutex::new(origin.to_owned())))
    }

    fn move_to(&self, origin: &str) {
        origin.clone_into(&mut self.0.lock().unwrap());
    }
}

/// What to start.
pub struct Setup {
    listen: SocketAddr,
    flags: Vec<String>,
    variables: Vec<(String, String)>,
    limits: bool,
    database: Option<Database>,
    place: Option<PathBuf>,
}

impl Setup {
    /// Keeps its rows there.
    pub fn on(mut self, database: Database) -> Self {
        self.database = Some(database);
        self
    }

    /// Keeps its data in a folder below this one.
    pub fn within(mut self, folder: &Path) -> Self {
        self.place = Some(folder.to_owned());
        self
    }

    /// Sets a variable of the environment.
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Adds a flag with its value, if it has one.
    pub fn flag(mut self, words: &[&str]) -> Self {
        self.flags.extend(words.iter().map(ToString::to_string));
        self
    }

    /// Serves under this public URL, behind no proxy, with limits, on a port known beforehand: what it prints is the URL.
    pub fn public(self, url: &str) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().unwrap();
        Self { listen: free, ..self.limits().flag(&["--public-url", url]) }
    }

    /// Leaves the rate limits on.
    pub fn limits(mut self) -> Self {
        self.limits = true;
        self
    }

    /// Starts it and waits until it says its address.
    pub fn start(self) -> Server {
        let mut server = self.prepare();
        server.restart();
        server
    }

    /// Makes its folder and its database, and does not start it.
    pub fn prepare(self) -> Server {
        let Self { listen, mut flags, variables, limits, database, place } = self;
        if !limits {
            flags.push("--no-limits".to_owned());
        }
        let home = place.map_or_else(tempfile::tempdir, tempfile::tempdir_in).expect("a folder for the server");
        Server {
            process: None,
            site: Site::default(),
            listen,
            flags,
            variables,
            database: database.unwrap_or_else(Database::fresh),
            database_port: None,
            home,
        }
    }
}

/// A running server with a data folder and a database of its own.
pub struct Server {
    // Declared in the order in which they must go.
    process: Option<Process>,
    site: Site,
    listen: SocketAddr,
    flags: Vec<String>,
    variables: Vec<(String, String)>,
    database: Database,
    /// Where it finds PostgreSQL, if not where it is.
    database_port: Option<u16>,
    home: TempDir,
}

impl Server {
    /// One without limits.
    pub fn start() -> Self {
        Self::setup().start()
    }

    /// One with other flags.
    pub fn setup() -> Setup {
        let listen = SocketAddr::from(([127, 0, 0, 1], 0));
        Setup { listen, flags: Vec::new(), variables: Vec::new(), limits: false, database: None, place: None }
    }

    /// Where it can be reached.
    pub fn site(&self) -> &Site {
        &self.site
    }

    /// How many files of a kind there are in the store: `images`, `avatars`, `logos`.
    pub fn stored_files(&self, kind: &str) -> usize {
        let folders = std::fs::read_dir(self.data().join("media/store").join(kind));
        folders.into_iter().flatten().map(|folder| std::fs::read_dir(folder.unwrap().path()).unwrap().count()).sum()
    }

    /// Its data folder.
    pub fn data(&self) -> PathBuf {
        self.home.path().join("data")
    }

    /// Its database.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Makes a message so many seconds old, behind the server's back.
    pub fn age(&self, message: i64, seconds: i64) {
        let sent = chrono::Utc::now().naive_utc() - chrono::TimeDelta::seconds(seconds);
        let sent = sent.format("%Y-%m-%d %H:%M:%S%.6f");
        self.database.execute(&self.data(), &format!("UPDATE messages SET created_at = '{sent}' WHERE id = {message}"));
    }

    /// Somebody without an account.
    pub fn guest(&self) -> Guest {
        Guest::at(&self.site)
    }

    /// Somebody who has just registered under this name.
    pub async fn member(&self, username: &str) -> Member {
        self.guest().register(username).await
    }

    /// So many of them, `NAME_000` and so on, registered a few at a time: more passwords at once are refused.
    pub async fn members(&self, name: &str, count: usize) -> Vec<Member> {
        let names: Vec<_> = (0..count).map(|number| format!("{name}_{number:03}")).collect();
        let mut members = Vec::new();
        for some in names.chunks(8) {
            members.extend(join_all(some.iter().map(|name| self.member(name))).await);
        }
        members
    }

    /// The first admin, made with the printed link.
    pub async fn admin(&self, username: &str) -> Member {
        let guest = self.guest();
        let body = json!({"token": self.setup_token(), "username": username, "password": PASSWORD});
        let answer = guest.post("setup", body).await.is(201);
        Member::of(guest, &answer["user"])
    }

    /// The secret in the link for the first admin.
    pub fn setup_token(&self) -> String {
        let link = self.process().line_with("First admin: ").expect("a link for the first admin is printed");
        link.split_once("/setup/#").expect("the token stands in the fragment").1.to_owned()
    }

    /// Ends it, and says whether it ever printed a line with this text.
    pub fn printed(&mut self, text: &str) -> bool {
        self.process_mut().child.kill().expect("it runs");
        self.process().line_with(text).is_some()
    }

    /// Adds a flag for the next start.
    pub fn add_flag(&mut self, flag: &str) {
        self.flags.push(flag.to_owned());
    }

    /// Has it reach PostgreSQL through this local port at the next start.
    pub fn reach_database_through(&mut self, port: u16) {
        self.database_port = Some(port);
    }

    /// Everything it logged.
    pub fn log(&self) -> String {
        self.process().log()
    }

    /// The number of its process.
    pub fn process_id(&self) -> u32 {
        self.process().child.id()
    }

    /// Bytes of memory it holds.
    pub fn memory(&self) -> u64 {
        self.bytes_of("VmRSS:")
    }

    /// From now on [`Server::most_memory`] is the most it held since; what it holds.
    pub fn begin_most_memory(&self) -> u64 {
        std::fs::write(format!("/proc/{}/clear_refs", self.process_id()), "5").expect("the process is ours");
        self.most_memory()
    }

    /// The most it held.
    pub fn most_memory(&self) -> u64 {
        self.bytes_of("VmHWM:")
    }

    fn bytes_of(&self, what: &str) -> u64 {
        let path = format!("/proc/{}/status", self.process_id());
        let status = std::fs::read_to_string(path).expect("the kernel tells about the process");
        let line = status.lines().find(|line| line.starts_with(what)).expect("it holds memory");
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
    }

    /// Ends it as a power cut would.
    pub fn kill(&mut self) {
        let process = self.process.take().expect("it runs");
        check_for_panics(&process.end());
    }

    /// Asks it to end.
    pub fn terminate(&self) {
        let id = self.process().child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    }

    /// Waits for its end after [`Server::terminate`].
    pub fn exit_code(&mut self, within: Duration) -> Option<i32> {
        let mut process = self.process.take().expect("it runs");
        let status = process.wait(within).unwrap_or_else(|| panic!("it did not end:\n{}", process.log()));
        check_for_panics(&process.end());
        status.code()
    }

    /// Ends it in good order.
    pub fn stop(&mut self) {
        self.terminate();
        assert_eq!(self.exit_code(Duration::from_secs(10)), Some(0));
    }

    /// Starts it on the same data after it ended; the port is another one.
    pub fn restart(&mut self) {
        self.try_restart().unwrap_or_else(|log| panic!("the server did not start:\n{log}"));
    }

    /// The same for one that may refuse.
    ///
    /// # Errors
    /// What it wrote instead.
    pub fn try_restart(&mut self) -> Result<(), String> {
        let process = self.spawn();
        let Some(line) = process.line_with("Parlor listens on ") else { return Err(process.end()) };
        match self.listen.port() {
            0 => self.site.move_to(line.split_once("Parlor listens on ").unwrap().1.trim()),
            _ => self.site.move_to(&format!("http://{}", self.listen)),
        }
        self.process = Some(process);
        Ok(())
    }

    /// Starts it and kills it after a while, wherever it stands then.
    pub fn start_and_kill(&self, after: Duration) {
        let process = self.spawn();
        std::thread::sleep(after);
        check_for_panics(&process.end());
    }

    fn spawn(&self) -> Process {
        let mut command = Command::new(BINARY);
        command.args(["serve", "--listen", &self.listen.to_string()]).args(&self.flags);
        Process::spawn(self.aim(command))
    }

    /// Tries to start one on the same data, which must fail; what it wrote.
    pub fn refuses_to_start(&self, flags: &[&str]) -> String {
        let mut arguments = vec!["serve", "--listen", "127.0.0.1:0"];
        arguments.extend(flags);
        let output = self.command(&arguments, "");
        assert!(!output.status.success(), "it started");
        String::from_utf8(output.stderr).unwrap()
    }

    /// Runs another command of the binary on the same data.
    pub fn command(&self, arguments: &[&str], input: &str) -> Output {
        let mut command = Command::new(BINARY);
        command.args(arguments);
        run(self.aim(command), input)
    }

    /// Begins another command of the binary on the same data; it says nothing.
    pub fn begin(&self, arguments: &[&str]) -> Child {
        let mut command = Command::new(BINARY);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        self.aim(command).spawn().expect("the binary runs")
    }

    fn process(&self) -> &Process {
        self.process.as_ref().expect("the server runs")
    }

    fn process_mut(&mut self) -> &mut Process {
        self.process.as_mut().expect("the server runs")
    }

    fn aim(&self, mut command: Command) -> Command {
        command.arg("--data").arg(self.data()).current_dir(self.home.path());
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        if let Some(url) = self.database.url() {
            let mut url = url::Url::parse(&url).unwrap();
            if let Some(port) = self.database_port {
                url.set_port(Some(port)).unwrap();
            }
            command.args(["--database-url", url.as_str()]);
        }
        command
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let Some(process) = self.process.take() else { return };
        let log = process.end();
        if std::thread::panicking() {
            let _ = writeln!(std::io::stderr(), "--- what the server logged ---\n{log}---");
        } else {
            check_for_panics(&log);
        }
    }
}

#[track_caller]
fn check_for_panics(log: &str) {
    assert!(!log.contains("panicked"), "the server panicked:\n{log}");
}

/// Runs the binary in a folder of no server, with variables of the environment.
pub fn parlor(folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = Command::new(BINARY);
    command.args(arguments).envs(environment.iter().copied()).current_dir(folder);
    run(command, "")
}

/// Runs a command that should end by itself, and ends it if it does not.
fn run(mut command: Command, input: &str) -> Output {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the binary runs");
    let id = child.id().to_string();
    child.stdin.take().unwrap().write_all(input.as_bytes()).ok();
    let (done, ended) = channel();
    let watchdog = std::thread::spawn(move || {
        if ended.recv_timeout(DEADLINE) == Err(RecvTimeoutError::Timeout) {
            let _ = Command::new("kill").args(["-KILL", &id]).status();
        }
    });
    let output = child.wait_with_output().expect("its output can be read");
    let _ = done.send(());
    watchdog.join().unwrap();
    output
}

/// The child and what it says.
struct Process {
    child: Child,
    lines: Receiver<String>,
    /// The lines taken from `lines` so far.
    said: Mutex<Vec<String>>,
    log: Arc<Mutex<String>>,
    readers: Vec<JoinHandle<()>>,
}

impl Process {
    fn spawn(mut command: Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary runs");
        let (said, lines) = channel();
        let log = Arc::new(Mutex::new(String::new()));
        let (out, err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let stdout = std::thread::spawn(move || {
            BufReader::new(out).lines().map_while(Result::ok).for_each(|line| drop(said.send(line)));
        });
        let kept = Arc::clone(&log);
        let stderr = std::thread::spawn(move || {
            for line in BufReader::new(err).lines().map_while(Result::ok) {
                let mut log = kept.lock().unwrap();
                log.push_str(&line);
                log.push('\n');
            }
        });
        Self { child, lines, said: Mutex::default(), log, readers: vec![stdout, stderr] }
    }

    /// Waits for a line on standard output; `None` when the process ends without it.
    fn line_with(&self, text: &str) -> Option<String> {
        let mut said = self.said.lock().unwrap();
        let end = Instant::now() + DEADLINE;
        loop {
            if let Some(line) = said.iter().find(|line| line.contains(text)) {
                return Some(line.clone());
            }
            said.push(self.lines.recv_timeout(end.saturating_duration_since(Instant::now())).ok()?);
        }
    }

    fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    fn wait(&mut self, within: Duration) -> Option<ExitStatus> {
        let end = Instant::now() + within;
        while Instant::now() < end {
            if let Some(status) = self.child.try_wait().unwrap() {
                return Some(status);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        None
    }

    /// Kills what still runs and gives back the whole log.
    fn end(mut self) -> String {
        let _ = self.child.kill();
        let _ = self.child.wait();
        for reader in self.readers.drain(..) {
            let _ = reader.join();
        }
        self.log()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
