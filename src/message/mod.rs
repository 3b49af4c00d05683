//! Messages: parsing a text once, storing it once, numbering it, changing it, and reading it back by pages or by changes.
//!
//! It knows rooms and accounts; who listens live is none of its business.

pub mod batch;
pub mod body;
pub mod client_id;
pub mod handlers;
pub mod history;
pub mod mentions;
pub mod post;
pub mod reaction;
pub mod reader;
pub mod revise;
pub mod rules;
pub mod scribe;
pub mod search;
pub mod store;
pub mod wire;
pub mod words;

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use tokio::sync::Notify;

use crate::{
    db::pool::Db,
    id::UserId,
    message::{post::Fingerprint, reaction::gather::Reactions, scribe::Inbox, words::Words},
    room::read_marks::ReadMarks,
    web::limiter::Limiter,
};

/// Images a message may have.
pub const UPLOADS: usize = 9;

/// Messages a person may send at once.
pub const BURST: NonZeroU32 = NonZeroU32::new(10).expect("above zero");

/// And how many a second in the long run.
pub const PER_SECOND: f64 = 2.0;

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
    /// Wakes who deletes the files of what was recalled or deleted.
    pub sweeper: Arc<Notify>,
}

/// The limit on sends and edits.
pub fn pace(on: bool) -> Limiter<UserId> {
    Limiter::new(on, BURST, Duration::from_secs_f64(f64::from(BURST.get()) / PER_SECOND))
}
