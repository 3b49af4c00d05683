//! Settings: flags, then environment, then a settings file, then defaults. Read once, in `main`.

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
};

use clap::{Args, Parser, Subcommand, ValueEnum};
use url::Url;

use crate::bench;

/// Seconds for a body of JSON or a form, where nothing else is said.
pub const BODY_SECONDS: u16 = 10;

/// Bytes of a body of JSON or a form, where nothing else is said, and never fewer: a message of 10,000 characters, the most that
/// [`text_max`](crate::setting) can be, takes 40,000 in UTF-8, and one of 4,000 no more than 48,000 however it is escaped.
pub const BODY_MAX_BYTES: u32 = 64 * 1024;

/// A self-hosted chat server for the browser.
#[derive(Debug, Parser)]
#[command(name = "parlor", version, about, max_term_width = 110)]
pub struct Cli {
    /// A file of NAME=value lines, as in .env.sample; `.env` in the current folder is read when it is there
    #[arg(long, global = true, env = "PARLOR_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// What to do; `serve` when nothing is said.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Settings of the server.
    #[command(flatten)]
    pub settings: Settings,
}

/// What the binary can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the chat (the default)
    Serve,
    /// Copy everything there is into a new folder, beside a running server or without one
    Backup {
        /// The folder to make; it must not exist yet
        folder: PathBuf,
        /// Leave the pictures out
        #[arg(long)]
        no_media: bool,
    },
    /// Check that a backup is whole and undamaged
    Verify {
        /// The folder of the backup
        folder: PathBuf,
    },
    /// Bring a backup back, into a data folder (and a PostgreSQL database) with nothing in it
    Restore {
        /// The folder of the backup
        folder: PathBuf,
        /// End all sessions and tokens that stand in it
        #[arg(long)]
        sign_out: bool,
    },
    /// Bring the database to this version's schema and stop
    Migrate,
    /// Measure what a server can do, and whether it loses anything
    Bench(bench::args::Args),
    /// Manage people, beside a running server or without one
    User {
        /// What to do with them.
        #[command(subcommand)]
        act: UserAct,
    },
}

/// Acts on people.
#[derive(Debug, Subcommand)]
pub enum UserAct {
    /// Make an account; the password is read from standard input
    Add {
        /// User name
        username: String,
        /// member, admin or bot
        #[arg(long, default_value = "member")]
        role: String,
    },
    /// Set a new password, read from standard input; ends all sessions of this person
    Passwd {
        /// User name
        username: String,
    },
    /// Change what a person may do
    Role {
        /// User name
        username: String,
        /// member, admin or bot
        role: String,
    },
    /// List everybody
    List,
}

/// A setting that is shown to nobody, not even in an error.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// What it is.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// One readable line an event
    Text,
    /// One JSON object an event
    Json,
}

/// Every setting. A wrong value names the setting and stops.
#[derive(Debug, Clone, Args)]
pub struct Settings {
    /// Address and port to listen on
    #[arg(long, global = true, env = "PARLOR_LISTEN", default_value = "127.0.0.1:8080", value_name = "ADDR:PORT")]
    pub listen: SocketAddr,
    /// Folder of the database, the secrets and the locks [default: ./data]
    #[arg(long, global = true, env = "PARLOR_DATA", value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Folder of uploaded files [default: ./media, or DATA/media where --data is given]
    #[arg(long, global = true, env = "PARLOR_MEDIA", value_name = "DIR")]
    pub media: Option<PathBuf>,
    /// postgres://… to use PostgreSQL 13 or newer; without it an SQLite file in the data folder
    #[arg(long, global = true, env = "PARLOR_DATABASE_URL", value_name = "URL", hide_env_values = true, value_parser = postgres_url)]
    pub database_url: Option<String>,
    /// Connections for reading (and, on PostgreSQL, small writes)
    #[arg(long, global = true, env = "PARLOR_DATABASE_POOL", default_value_t = 8, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100))]
    pub database_pool: u32,
    /// The address people type, such as `https://chat.example.org`; needed behind a proxy and for any name but localhost
    #[arg(long, global = true, env = "PARLOR_PUBLIC_URL", value_name = "URL", value_parser = public_url)]
    pub public_url: Option<Url>,
    /// Accept a public URL of plain http: passwords and messages then cross the network in the clear
    #[arg(long, global = true, env = "PARLOR_INSECURE_HTTP")]
    pub insecure_http: bool,
    /// Addresses of proxies whose X-Forwarded-For is believed, separated by commas
    #[arg(long, global = true, env = "PARLOR_TRUSTED_PROXIES", value_delimiter = ',', value_name = "IP,…")]
    pub trusted_proxies: Vec<IpAddr>,
    /// Name of this chat, shown in titles; fixes what admins set otherwise [default: Parlor]
    #[arg(long, global = true, env = "PARLOR_SITE_NAME", value_name = "TEXT")]
    pub site_name: Option<String>,
    /// Largest picture that may be uploaded, in bytes; fixes what admins set otherwise [default: 20000000]
    #[arg(long, global = true, env = "PARLOR_UPLOAD_MAX_BYTES", value_name = "BYTES", value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    pub upload_max_bytes: Option<u64>,
    /// Pictures are reduced to at most so many bytes; fixes what admins set otherwise [default: 204800]
    #[arg(long, global = true, env = "PARLOR_IMAGE_BUDGET", value_name = "BYTES", value_parser = clap::value_parser!(u32).range(16_384..=20_000_000))]
    pub image_budget: Option<u32>,
    /// Largest original that is kept where the sender asks for it, in bytes, 0 for never; fixes what admins set otherwise [default: 5000000]
    #[arg(long, global = true, env = "PARLOR_ORIGINAL_MAX_BYTES", value_name = "BYTES", value_parser = clap::value_parser!(u32).range(0..=100_000_000))]
    pub original_max_bytes: Option<u32>,
    /// Where `/weather` finds places: an address that speaks as Open-Meteo's geocoder does
    #[arg(long, global = true, env = "PARLOR_WEATHER_GEOCODING_URL", value_name = "URL", value_parser = web_url, default_value = "https://geocoding-api.open-meteo.com/v1/search")]
    pub weather_geocoding_url: Url,
    /// Where `/weather` gets forecasts: an address that speaks as Open-Meteo's does
    #[arg(long, global = true, env = "PARLOR_WEATHER_FORECAST_URL", value_name = "URL", value_parser = web_url, default_value = "https://api.open-meteo.com/v1/forecast")]
    pub weather_forecast_url: Url,
    /// Where mail is handed in: `smtps://user:password@host:465`, or `smtp://…` with `?tls=required` (the default), `opportunistic` or `none`
    #[arg(long, global = true, env = "PARLOR_SMTP_URL", value_name = "URL", hide_env_values = true)]
    pub smtp_url: Option<Secret>,
    /// The address that mail comes from; fixes what admins set otherwise [default: the user of the SMTP URL]
    #[arg(long, global = true, env = "PARLOR_MAIL_FROM", value_name = "ADDRESS")]
    pub mail_from: Option<String>,
    /// Where text messages are handed in over HTTP; {phone}, {code} and {text} are filled in
    #[arg(long, global = true, env = "PARLOR_SMS_URL", value_name = "URL", hide_env_values = true)]
    pub sms_url: Option<Secret>,
    /// Headers of those requests, a JSON object of strings
    #[arg(long, global = true, env = "PARLOR_SMS_HEADERS", value_name = "JSON", hide_env_values = true)]
    pub sms_headers: Option<Secret>,
    /// Body of those requests, JSON or a form, with {phone}, {code} and {text}; empty for GET [default: {"phone":"{phone}","text":"{text}"}]
    #[arg(long, global = true, env = "PARLOR_SMS_BODY", value_name = "TEMPLATE", hide_env_values = true)]
    pub sms_body: Option<Secret>,
    /// Codes that cannot be sent go to the log, at level debug, instead; for trying things out on this machine alone
    #[arg(long, global = true, env = "PARLOR_DEV")]
    pub dev: bool,
    /// Threads that serve requests [default: one a core]
    #[arg(long, global = true, env = "PARLOR_WORKERS", value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub workers: Option<u16>,
    /// Sockets, streams and waits of one address (a /64 of IPv6) at once; a school or an office shares one
    #[arg(long, global = true, env = "PARLOR_SOCKETS_PER_ADDRESS", value_name = "N", default_value_t = 1_024, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub sockets_per_address: u32,
    /// Sockets, streams and waits in all [default: as many as there may be open files, at most 25000 a thread]
    #[arg(long, global = true, env = "PARLOR_MAX_SOCKETS", value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub max_sockets: Option<u32>,
    /// Frames that one socket may send in a second in the long run; three times as many at once
    #[arg(long, global = true, env = "PARLOR_FRAMES_PER_SECOND", value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub frames_per_second: u32,
    /// Seconds in which the head of a request must arrive
    #[arg(long, global = true, env = "PARLOR_HEAD_SECONDS", value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=60))]
    pub head_seconds: u16,
    /// Seconds in which a body of JSON or a form must arrive; one with a picture may stand still for as long
    #[arg(long, global = true, env = "PARLOR_BODY_SECONDS", value_name = "SECONDS", default_value_t = BODY_SECONDS, value_parser = clap::value_parser!(u16).range(1..=300))]
    pub body_seconds: u16,
    /// Largest body of JSON or a form, in bytes
    #[arg(long, global = true, env = "PARLOR_BODY_MAX_BYTES", value_name = "BYTES", default_value_t = BODY_MAX_BYTES, value_parser = clap::value_parser!(u32).range(i64::from(BODY_MAX_BYTES)..=10_000_000))]
    pub body_max_bytes: u32,
    /// Bytes of memory for the pictures that are being made at one time; one that needs more is refused
    #[arg(long, global = true, env = "PARLOR_IMAGE_MEMORY", value_name = "BYTES", default_value_t = 536_870_912, value_parser = clap::value_parser!(u64).range(4_194_304..=1_099_511_627_776))]
    pub image_memory: u64,
    /// Turn rate limits and quotas off, for benches and tests on this machine alone
    #[arg(long, global = true, env = "PARLOR_NO_LIMITS")]
    pub no_limits: bool,
    /// Serve a database that lost commits (a damaged SQLite log), under a new epoch
    #[arg(long, global = true, env = "PARLOR_ACCEPT_LOSS")]
    pub accept_loss: bool,
    /// What Prometheus must show, as a bearer token, to read /metrics; without it there is no such page
    #[arg(long, global = true, env = "PARLOR_METRICS_TOKEN", value_name = "TOKEN", hide_env_values = true, value_parser = metrics_token)]
    pub metrics_token: Option<Secret>,
    /// Bytes of the disk to leave free: with less the server is not ready, and no backup is made
    #[arg(long, global = true, env = "PARLOR_DISK_RESERVE", value_name = "BYTES", default_value_t = 100_000_000)]
    pub disk_reserve: u64,
    /// Upgrade the database without a copy of it in DATA/backups beforehand
    #[arg(long, global = true, env = "PARLOR_NO_MIGRATION_BACKUP")]
    pub no_migration_backup: bool,
    /// What to log: error, warn, info, debug, or a tracing filter
    #[arg(long, global = true, env = "PARLOR_LOG", default_value = "info", value_name = "FILTER")]
    pub log: String,
    /// How to log
    #[arg(long, global = true, env = "PARLOR_LOG_FORMAT", default_value = "text", value_name = "FORMAT")]
    pub log_format: LogFormat,
}

impl Cli {
    /// Reads the settings file into the environment, then flags and environment.
    ///
    /// # Errors
    /// When a settings file that was named cannot be read; clap itself answers `--help` and wrong values.
    pub fn load() -> Result<Self, ConfigError> {
        match named_file() {
            Some(path) => dotenvy::from_path(&path).map_err(|error| ConfigError::File(path, error))?,
            None if Path::new(".env").exists() => {
                dotenvy::from_path(".env").map_err(|error| ConfigError::File(".env".into(), error))?;
            }
            None => {}
        }
        let cli = Self::parse();
        cli.settings.check()?;
        Ok(cli)
    }
}

/// The file must be read before clap looks at the environment, so its name is found by hand.
fn named_file() -> Option<PathBuf> {
    let mut args = std::env::args_os().skip(1);
    while let Some(arg) = args.next() {
        match arg.to_str() {
            Some("--config") => return args.next().map(PathBuf::from),
            Some(arg) if arg.starts_with("--config=") => return Some(arg["--config=".len()..].into()),
            _ => {}
        }
    }
    std::env::var_os("PARLOR_CONFIG").map(PathBuf::from)
}

/// Settings that are right each by itself and wrong together.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The settings file.
    #[error("--config {0}: {1}")]
    File(PathBuf, dotenvy::Error),
    /// Plain http to the world.
    #[error("--public-url {0}: plain http shows passwords to the network; use https, or --insecure-http if you must")]
    InsecureHttp(Url),
    /// No limits towards strangers.
    #[error(
        "--no-limits works only on a loopback listener, without a public URL beyond loopback and without --trusted-proxies"
    )]
    NoLimits,
    /// Codes in the log of a server that others use.
    #[error(
        "--dev works only on a loopback listener, without a public URL beyond loopback and without --trusted-proxies"
    )]
    Dev,
}

impl Settings {
    fn check(&self) -> Result<(), ConfigError> {
        if let Some(url) = &self.public_url
            && url.scheme() == "http"
            && !is_loopback_host(url.host_str())
            && !self.insecure_http
        {
            return Err(ConfigError::InsecureHttp(url.clone()));
        }
        let open = !self.listen.ip().is_loopback()
            || !self.trusted_proxies.is_empty()
            || self.public_url.as_ref().is_some_and(|url| !is_loopback_host(url.host_str()));
        if self.no_limits && open {
            return Err(ConfigError::NoLimits);
        }
        if self.dev && open {
            return Err(ConfigError::Dev);
        }
        Ok(())
    }

    /// The data folder.
    pub fn data_dir(&self) -> PathBuf {
        self.data.clone().unwrap_or_else(|| "data".into())
    }

    /// The folder of uploads.
    pub fn media_dir(&self) -> PathBuf {
        match (&self.media, &self.data) {
            (Some(media), _) => media.clone(),
            (None, Some(data)) => data.join("media"),
            (None, None) => "media".into(),
        }
    }

    /// The database to use.
    pub fn target(&self) -> Target {
        match &self.database_url {
            Some(url) => Target::Postgres(url.clone()),
            None => Target::Sqlite(self.data_dir().join("parlor.db")),
        }
    }
}

/// Names under which a browser reaches its own machine.
pub fn is_loopback_host(host: Option<&str>) -> bool {
    matches!(host, Some("127.0.0.1" | "localhost" | "[::1]"))
}

/// What libpq is told unless the URL says otherwise: a server that vanished without a word must be noticed in seconds, and its own
/// time limits cannot do that. Seconds, and milliseconds for the last.
const PATIENCE: [(&str, &str); 5] = [
    ("connect_timeout", "3"),
    ("keepalives_idle", "5"),
    ("keepalives_interval", "2"),
    ("keepalives_count", "3"),
    ("tcp_user_timeout", "10000"),
];

fn postgres_url(value: &str) -> Result<String, String> {
    if !(value.starts_with("postgres://") || value.starts_with("postgresql://")) {
        return Err("it must begin with postgres://; for SQLite leave it out".into());
    }
    let said: Vec<&str> = value.split_once('?').map_or(Vec::new(), |(_, query)| query.split('&').collect());
    let missing = PATIENCE.iter().filter(|(name, _)| !said.iter().any(|pair| pair.split('=').next() == Some(name)));
    let missing: Vec<String> = missing.map(|(name, limit)| format!("{name}={limit}")).collect();
    let joint = if value.contains('?') { '&' } else { '?' };
    Ok(if missing.is_empty() { value.to_owned() } else { format!("{value}{joint}{}", missing.join("&")) })
}

/// Short ones are guessed.
fn metrics_token(value: &str) -> Result<Secret, String> {
    match value.len() {
        16.. if value.bytes().all(|byte| byte.is_ascii_graphic()) => Ok(Secret(value.to_owned())),
        _ => Err("it must have at least 16 letters, digits or signs, and no spaces".into()),
    }
}

fn web_url(value: &str) -> Result<Url, String> {
    let url = Url::parse(value).map_err(|error| error.to_string())?;
    if matches!(url.scheme(), "http" | "https") { Ok(url) } else { Err("an address with http:// or https://".into()) }
}

fn public_url(value: &str) -> Result<Url, String> {
    let url = Url::parse(value).map_err(|error| error.to_string())?;
    let plain = url.path() == "/" && url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    match url.scheme() {
        "http" | "https" if plain && url.has_host() => Ok(url),
        "http" | "https" => Err("it must be scheme and host alone, such as https://chat.example.org".into()),
        _ => Err("it must begin with https:// (or http://)".into()),
    }
}

/// Where the data is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A `postgres://` URL.
    Postgres(String),
    /// A file.
    Sqlite(PathBuf),
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn no_word_of_the_command_line_means_two_things() {
        Cli::command().debug_assert();
        for line in ["bench idle --sockets 5", "bench storm --sockets 5 --max-sockets 9", "bench fanout --max --rate 9"]
        {
            Cli::try_parse_from(["parlor"].into_iter().chain(line.split(' '))).expect(line);
        }
    }
}
