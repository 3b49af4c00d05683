//! What the clients of a load know of what became of their messages.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, MutexGuard,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use serde_json::Value;

/// What the sender of a message knows of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// The server said that it is stored.
    Acked,
    /// The server said that it stored nothing.
    Refused,
    /// It is on its way, or its line went dead.
    Unknown,
}

/// One message.
#[derive(Debug)]
pub struct Entry {
    /// Where it goes.
    pub room: i64,
    /// Who sends it.
    pub author: i64,
    /// What is known of it.
    pub state: State,
    /// Id and number, once it is acknowledged.
    pub place: Option<(i64, i64)>,
    /// What it must say, by the last edit that was acknowledged.
    pub text: String,
    /// Its recall was acknowledged.
    pub recalled: bool,
    /// An answer to it was lost once, so that no later refusal says what became of it.
    lost: bool,
}

/// Everything that was sent, by its `client_id`, which is one of the whole load's.
pub type Entries = BTreeMap<String, Entry>;

/// Shared by all clients of a load.
#[derive(Default)]
pub struct Book {
    entries: Mutex<Entries>,
    refusals: Mutex<BTreeMap<String, usize>>,
    acks: AtomicUsize,
    unanswered: AtomicUsize,
    in_flight: AtomicUsize,
    jumps: AtomicUsize,
    over: AtomicBool,
}

impl Book {
    /// What was sent.
    pub fn entries(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap()
    }

    /// How often what was refused.
    pub fn refusals(&self) -> BTreeMap<String, usize> {
        self.refusals.lock().unwrap().clone()
    }

    /// How often a refusal with this code was heard.
    pub fn refused_with(&self, code: &str) -> usize {
        self.refusals.lock().unwrap().get(code).copied().unwrap_or(0)
    }

    /// Acknowledgements of sends, edits and recalls so far.
    pub fn acks(&self) -> usize {
        self.acks.load(Ordering::Relaxed)
    }

    /// Requests whose line went dead before an answer came.
    pub fn unanswered(&self) -> usize {
        self.unanswered.load(Ordering::Relaxed)
    }

    /// Live frames that were not the next of their room, so that their client had to ask.
    pub fn jumps(&self) -> usize {
        self.jumps.load(Ordering::Relaxed)
    }

    pub(super) fn note_jump(&self) {
        self.jumps.fetch_add(1, Ordering::Relaxed);
    }

    /// Requests that are on their way now.
    pub fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::SeqCst)
    }

    /// Is nothing more to be begun?
    pub fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }

    /// From now on nothing more is begun.
    pub fn end(&self) {
        self.over.store(true, Ordering::Relaxed);
    }

    /// A message is about to be sent for the first time.
    pub fn invent(&self, client_id: &str, room: i64, author: i64) {
        let (state, text) = (State::Refused, client_id.to_owned());
        let entry = Entry { room, author, state, place: None, text, recalled: false, lost: false };
        assert!(self.entries().insert(client_id.to_owned(), entry).is_none(), "{client_id} is taken");
    }

    pub(super) fn goes_out(&self, act: &Act) {
        self.in_flight.fetch_add(1, Ordering::SeqCst);
        if let Act::Send { client_id, .. } = act {
            self.entries().get_mut(client_id).unwrap().state = State::Unknown;
        }
    }

    pub(super) fn comes_back(&self, act: &Act, outcome: &Outcome) {
        match outcome {
            Outcome::Done(answer) => self.note_done(act, answer),
            Outcome::Refused(code) => {
                *self.refusals.lock().unwrap().entry(code.clone()).or_default() += 1;
                self.note_failed(act, State::Refused);
            }
            Outcome::Unanswered => {
                self.unanswered.fetch_add(1, Ordering::Relaxed);
                self.note_failed(act, State::Unknown);
            }
            Outcome::NotSent => {}
        }
        self.in_flight.fetch_sub(1, Ordering::SeqCst);
    }

    fn note_done(&self, act: &Act, answer: &Value) {
        let mut entries = self.entries();
        let entry = entries.get_mut(act.client_id()).unwrap();
        let place = (answer["id"].as_i64().unwrap(), answer["seq"].as_i64().unwrap());
        match act {
            Act::Send { client_id, .. } => {
                assert!(entry.place.is_none_or(|known| known == place), "{client_id} was stored twice");
                entry.place = Some(place);
                entry.state = State::Acked;
            }
            Act::Edit { text, .. } => entry.text.clone_from(text),
            Act::Recall { .. } => {
                entry.recalled = true;
                entry.text.clear();
            }
        }
        self.acks.fetch_add(1, Ordering::Relaxed);
    }

    fn note_failed(&self, act: &Act, state: State) {
        let Act::Send { client_id, .. } = act else { return };
        let mut entries = self.entries();
        let entry = entries.get_mut(client_id).unwrap();
        if entry.place.is_none() {
            entry.lost |= state == State::Unknown;
            entry.state = if entry.lost { State::Unknown } else { state };
        }
    }
}

/// What a client asks for.
#[derive(Debug)]
pub enum Act {
    /// A message.
    Send {
        /// Where to.
        room: i64,
        /// Its name, and its text.
        client_id: String,
    },
    /// Another text for an own message.
    Edit {
        /// Its name.
        client_id: String,
        /// Its id.
        id: i64,
        /// The new text.
        text: String,
    },
    /// To take an own message back.
    Recall {
        /// Its name.
        client_id: String,
        /// Its id.
        id: i64,
    },
}

impl Act {
    fn client_id(&self) -> &str {
        let (Self::Send { client_id, .. } | Self::Edit { client_id, .. } | Self::Recall { client_id, .. }) = self;
        client_id
    }
}

/// What became of one attempt.
#[derive(Debug)]
pub enum Outcome {
    /// It is stored: the `ack`, or the message.
    Done(Value),
    /// The server said that it stored nothing, with this code, and that it may be tried again.
    Refused(String),
    /// The line went dead before an answer came.
    Unanswered,
    /// There was no line.
    NotSent,
}
