//! Messages: parsing a text once, storing it once, numbering it, changing it, and reading it back by pages or by changes.
//!
//! It knows rooms and accounts; who listens live is none of its business.

pub mod api;
pub mod batch;
pub mod body;
pub mod client_id;
pub mod guest;
pub mod handlers;
pub mod history;
pub mod mentions;
pub mod post;
pub mod purge;
pub mod reaction;
pub mod reader;
pub mod retention;
pub mod revise;
pub mod rules;
pub mod scribe;
pub mod search;
pub mod store;
pub mod wire;
pub mod words;

use std::{sync::Arc, time::Duration};

use tokio::sync::Notify;

use crate::{
    db::pool::Db,
    id::UserId,
    message::{post::Fingerprint, reaction::gather::Reactions, scribe::Inbox, words::Words},
    room::read_marks::ReadMarks,
    setting::{Live, values::Values},
    web::limiter::Limiter,
};

/// Images a message may have.
pub const UPLOADS: usize = 9;

/// Everything the message routes and the sockets work with. Cheap to clone.
#[derive(Clone)]
pub struct MessageDesk {
    /// The database, for reading and for changes of what is stored.
    pub db: Db,
    /// The way in for new messages.
    pub inbox: Inbox,
    /// A send moves its sender's mark.
    pub marks: ReadMarks,
    /// Sends and edits a person, over all their sockets and requests.
    pub pace: Arc<Limiter<UserId>>,
    /// Words that are not wanted.
    pub words: Words,
    /// Searches a person.
    pub searches: Arc<Limiter<UserId>>,
    /// Tells a repeated send from a reused `client_id`.
    pub fingerprint: Arc<Fingerprint>,
    /// Reactions on their way.
    pub reactions: Reactions,
    /// What is set: the length of texts, the time for recalling.
    pub live: Live,
    /// Wakes who deletes the files of what was recalled or deleted.
    pub sweeper: Arc<Notify>,
}

/// The limit on sends and edits: how many at once, and the time in which as many come back.
pub fn pace(values: &Values) -> (u32, Duration) {
    (values.send_burst, Duration::from_secs(60) * values.send_burst / values.send_per_minute.max(1))
}
