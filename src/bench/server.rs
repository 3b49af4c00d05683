//! The server under test: a process of this same binary, or one that runs already; and what it costs, read from `/proc`.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    net::{SocketAddr, ToSocketAddrs as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::LazyLock,
};

use anyhow::Context as _;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use url::Url;

use crate::bench::args::{Args, Place};

/// What a server has used up so far.
#[derive(Debug, Clone, Copy, Default)]
pub struct Cost {
    /// Processor time, in seconds.
    pub cpu: f64,
    /// Resident memory, in bytes.
    pub rss: u64,
    /// The most it has been.
    pub peak: u64,
}

/// The server under test.
pub struct Server {
    address: SocketAddr,
    host: String,
    pid: Option<u32>,
    folder: Option<PathBuf>,
    // In the order in which they must go: the process before its folder.
    _process: Option<Process>,
    _temporary: Option<Temporary>,
}

struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // Nothing that it keeps is worth the time of a proper end.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

struct Temporary(PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Server {
    /// The one that was named, or a new one with a core of its own.
    ///
    /// # Errors
    /// One that cannot be started or reached.
    pub fn of(args: &Args, place: &Place) -> anyhow::Result<Self> {
        match &args.url {
            Some(url) => Self::running(url, args.pid),
            None => Self::parlor(&std::env::current_exe()?, place),
        }
    }

    fn running(url: &Url, pid: Option<u32>) -> anyhow::Result<Self> {
        anyhow::ensure!(url.scheme() == "http", "--url {url}: the generator speaks plain http alone");
        let host = url.host_str().context("--url: no host")?;
        let host = format!("{host}:{}", url.port_or_known_default().unwrap_or(80));
        let address = host.to_socket_addrs()?.next().context("--url: no such host")?;
        pin_to(1)?;
        Ok(Self { address, host, pid, folder: None, _process: None, _temporary: None })
    }

    /// A Parlor of this binary.
    ///
    /// # Errors
    /// One that does not start.
    pub fn parlor(binary: &Path, place: &Place) -> anyhow::Result<Self> {
        let (folder, temporary) = match &place.data {
            Some(data) => (data.clone(), None),
            None => {
                let folder = std::env::temp_dir().join(format!("parlor-bench-{}", std::process::id()));
                (folder.clone(), Some(Temporary(folder)))
            }
        };
        let mut command = Command::new(binary);
        command.args(["serve", "--listen", "127.0.0.1:0", "--no-limits", "--log", "warn", "--data"]).arg(&folder);
        if let Some(url) = &place.database_url {
            command.args(["--database-url", url]);
        }
        Ok(Self { folder: Some(folder), _temporary: temporary, ..Self::start(command)? })
    }

    /// A program on the first core, which says that it “listens on http://…”; this thread is on the second from then on.
    ///
    /// # Errors
    /// One that does not start.
    pub fn start(mut command: Command) -> anyhow::Result<Self> {
        // A process has the cores of who started it, and its threads follow it.
        pin_to(0)?;
        let spawned = command.stdout(Stdio::piped()).spawn();
        pin_to(1)?;
        let mut process = Process(spawned?);
        let mut said = BufReader::new(process.0.stdout.take().context("no output")?).lines().map_while(Result::ok);
        let host = said.find_map(|line| Some(line.split_once(" listens on http://")?.1.to_owned()));
        let host = host.context("the server did not start")?;
        let (address, pid) = (host.parse()?, Some(process.0.id()));
        Ok(Self { address, host, pid, folder: None, _process: Some(process), _temporary: None })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What a `Host` header says.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Its data folder, if it is ours.
    pub fn folder(&self) -> Option<&PathBuf> {
        self.folder.as_ref()
    }

    /// What it has used up; zero where its process is not known.
    pub fn cost(&self) -> Cost {
        self.pid.and_then(read_cost).unwrap_or_default()
    }
}

/// The cores that this process had at first.
static CORES: LazyLock<CpuSet> = LazyLock::new(|| sched_getaffinity(None).unwrap_or_else(|_| CpuSet::new()));

fn cores() -> impl Iterator<Item = usize> {
    (0..CpuSet::MAX_CPU).filter(|core| CORES.is_set(*core))
}

/// Has the generator a core to itself?
pub fn is_alone() -> bool {
    cores().nth(1).is_some()
}

/// Puts this thread, and whatever it starts from now on, on one of these cores; where there are not so many, it stays where it is.
///
/// # Errors
/// Those of the system.
pub fn pin_to(which: usize) -> anyhow::Result<()> {
    let Some(core) = cores().nth(which) else { return Ok(()) };
    let mut one = CpuSet::new();
    one.set(core);
    Ok(sched_setaffinity(None, &one)?)
}

/// `proc_pid_stat(5)` and `proc_pid_status(5)`.
fn read_cost(pid: u32) -> Option<Cost> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name of the program stands in parentheses and may hold anything.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks: u64 = fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?;
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let memory = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim().trim_end_matches(" kB").parse::<u64>().ok().map(|kib| kib * 1_024)
    };
    #[expect(clippy::cast_precision_loss, reason = "ticks of a run are few")]
    let cpu = ticks as f64 / rustix::param::clock_ticks_per_second() as f64;
    Some(Cost { cpu, rss: memory("VmRSS:")?, peak: memory("VmHWM:")? })
}
