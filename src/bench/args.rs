//! What `parlor bench` can be asked.

use std::{num::NonZeroU32, path::PathBuf};

use clap::Subcommand;
use url::Url;

/// What is measured, and on which server.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// A server that runs already (with --no-limits, and open registration), instead of one that is started for the bench
    #[arg(long, global = true, value_name = "URL")]
    pub url: Option<Url>,
    /// The process of that server, to tell its time and memory
    #[arg(long, global = true, value_name = "PID", requires = "url")]
    pub pid: Option<u32>,
    /// One line of JSON a measurement instead of a table
    #[arg(long, global = true)]
    pub json: bool,
    /// What is measured
    #[command(subcommand)]
    pub scenario: Scenario,
}

/// Where a server that is started for the bench keeps its data.
#[derive(Debug, Clone, Default)]
pub struct Place {
    /// Its data folder, which is kept, with who was registered; else a temporary one.
    pub data: Option<PathBuf>,
    /// Its PostgreSQL.
    pub database_url: Option<String>,
}

/// The measurements.
#[derive(Debug, Clone, Subcommand)]
pub enum Scenario {
    /// Many members in one room
    Fanout {
        /// Members, each with a socket
        #[arg(long, default_value_t = number(1_000))]
        members: NonZeroU32,
        /// How many of them send
        #[arg(long, default_value_t = number(10))]
        senders: NonZeroU32,
        /// The load
        #[command(flatten)]
        load: Load,
    },
    /// Many small rooms, in which everybody sends
    Rooms {
        /// Rooms
        #[arg(long, default_value_t = number(100))]
        rooms: NonZeroU32,
        /// Members of each
        #[arg(long, default_value_t = number(10))]
        members: NonZeroU32,
        /// The load
        #[command(flatten)]
        load: Load,
    },
    /// Sockets that do nothing: what they cost in memory
    Idle {
        /// Sockets, each of somebody else
        #[arg(long, default_value_t = number(1_000))]
        sockets: NonZeroU32,
        /// Accounts; more sockets than these are further tabs of the same people
        #[arg(long)]
        people: Option<NonZeroU32>,
        /// Seconds to wait until memory has settled
        #[arg(long, default_value_t = 30)]
        settle: u32,
    },
    /// All sockets are cut at once and come back at once, while messages go on
    Storm {
        /// Sockets
        #[arg(long, default_value_t = number(1_000))]
        sockets: NonZeroU32,
        /// Accounts; more sockets than these are further tabs of the same people
        #[arg(long)]
        people: Option<NonZeroU32>,
        /// Messages that are sent while everybody is away
        #[arg(long, default_value_t = number(100))]
        messages: NonZeroU32,
    },
    /// Clients without a socket that ask `GET /api/v1/sync` again and again
    Poll {
        /// Clients
        #[arg(long, default_value_t = number(1_000))]
        clients: NonZeroU32,
        /// Milliseconds between a client's questions
        #[arg(long, default_value_t = number(1_000))]
        every: NonZeroU32,
        /// Seconds that are measured
        #[arg(long, default_value_t = number(10))]
        seconds: NonZeroU32,
    },
    /// Pages of a long room beside those of a short one: the newest, the oldest, a day, changes
    History {
        /// Messages of the long room
        #[arg(long, default_value_t = number(100_000))]
        messages: NonZeroU32,
        /// What is asked
        #[command(flatten)]
        questions: Questions,
    },
    /// Searches in a long room: a rare word, a common one, Chinese, none
    Search {
        /// Messages of the room
        #[arg(long, default_value_t = number(100_000))]
        messages: NonZeroU32,
        /// What is asked
        #[command(flatten)]
        questions: Questions,
    },
    /// Photographs of twelve megapixels
    Upload {
        /// Uploads a second
        #[arg(long, default_value_t = 1.0)]
        rate: f64,
        /// Seconds that are measured
        #[arg(long, default_value_t = number(10))]
        seconds: NonZeroU32,
    },
}

/// Messages, at times fixed beforehand.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct Load {
    /// Messages a second, over all who send; with --max the rate the search begins with
    #[arg(long, default_value_t = 100.0)]
    pub rate: f64,
    /// Seconds that are measured, after one of warming up
    #[arg(long, default_value_t = number(10))]
    pub seconds: NonZeroU32,
    /// Length of a text in bytes
    #[arg(long, default_value_t = 100)]
    pub bytes: usize,
    /// Search the highest rate at which nothing is lost and 99 of 100 deliveries come within 200 ms
    #[arg(long)]
    pub max: bool,
}

/// Requests, at times fixed beforehand.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct Questions {
    /// Requests a second
    #[arg(long, default_value_t = 20.0)]
    pub rate: f64,
    /// Seconds that are measured, for each kind of question
    #[arg(long, default_value_t = number(5))]
    pub seconds: NonZeroU32,
}

const fn number(value: u32) -> NonZeroU32 {
    NonZeroU32::new(value).expect("a default above zero")
}
