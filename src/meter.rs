//! What the parts of the server count while it runs, for `/metrics`.
//!
//! It knows no part. What happens to every message is counted by the batch it goes in: a flush, a commit. What can be looked up when
//! somebody asks (queues, connections, the disk) is not counted here at all.

use std::{
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

use prometheus_client::metrics::{
    counter::Counter,
    family::Family,
    histogram::{Histogram, exponential_buckets},
};

/// Seconds of a commit: from half a millisecond to sixteen seconds.
fn seconds() -> Histogram {
    Histogram::new(exponential_buckets(0.000_5, 2.0, 16))
}

/// Messages of a commit: from one to all that a batch may have.
fn messages() -> Histogram {
    Histogram::new(exponential_buckets(1.0, 2.0, 9))
}

/// By which door an error went out, and its code in `docs/protocol.md`.
pub type ErrorLabels = [(&'static str, &'static str); 2];

/// The first digit of an answer's status, as `2xx`.
pub type ClassLabels = [(&'static str, &'static str); 1];

/// The classes there are, from the first digit 1 on.
const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

/// Everything that is counted. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Meter(Arc<Counts>);

/// The counters themselves.
#[derive(Debug)]
pub struct Counts {
    /// Messages that were stored.
    pub messages: Counter,
    /// Messages in one commit of sends.
    pub commit_messages: Histogram,
    /// Time of one commit of sends, with all that goes before it in its transaction.
    pub commit_seconds: Histogram,
    /// Frames handed to connections.
    pub deliveries: Counter,
    /// Connections that were cut because they lagged or fell silent.
    pub slow_cuts: Counter,
    /// How often a connection of the pool had to be waited for.
    pub pool_waits: Counter,
    /// How long, all together.
    pub pool_wait_seconds: Counter<f64, AtomicU64>,
    /// How often in vain.
    pub pool_timeouts: Counter,
    /// Errors that were told to somebody.
    pub errors: Family<ErrorLabels, Counter>,
    /// Answers to requests.
    pub responses: Family<ClassLabels, Counter>,
    /// The same, at hand without looking them up.
    classes: [Counter; 5],
}

impl Default for Meter {
    fn default() -> Self {
        let responses = Family::default();
        Self(Arc::new(Counts {
            messages: Counter::default(),
            commit_messages: messages(),
            commit_seconds: seconds(),
            deliveries: Counter::default(),
            slow_cuts: Counter::default(),
            pool_waits: Counter::default(),
            pool_wait_seconds: Counter::default(),
            pool_timeouts: Counter::default(),
            errors: Family::default(),
            classes: CLASSES.map(|class| Counter::clone(&responses.get_or_create(&[("class", class)]))),
            responses,
        }))
    }
}

impl Meter {
    /// Notes a commit that stored so many messages.
    pub fn commit(&self, messages: usize, time: Duration) {
        self.messages.inc_by(messages as u64);
        self.commit_messages.observe(messages as f64);
        self.commit_seconds.observe(time.as_secs_f64());
    }

    /// Notes frames handed to connections.
    pub fn delivered(&self, frames: usize) {
        self.deliveries.inc_by(frames as u64);
    }

    /// Notes that the pool kept somebody waiting.
    pub fn waited(&self, time: Duration, in_vain: bool) {
        self.pool_waits.inc();
        self.pool_wait_seconds.inc_by(time.as_secs_f64());
        if in_vain {
            self.pool_timeouts.inc();
        }
    }

    /// Notes an answer with this status.
    pub fn answered(&self, status: u16) {
        let class = usize::from(status / 100).clamp(1, CLASSES.len());
        self.classes[class - 1].inc();
    }

    /// Notes an error that somebody is told by this door (`http`, `socket`).
    pub fn error(&self, door: &'static str, code: &'static str) {
        self.errors.get_or_create(&[("door", door), ("code", code)]).inc();
    }
}

impl std::ops::Deref for Meter {
    type Target = Counts;

    fn deref(&self) -> &Counts {
        &self.0
    }
}
