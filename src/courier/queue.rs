//! Letters that wait for their courier: a bounded queue and one thread a channel, so that a slow gateway holds up no mail.

use std::{
    collections::VecDeque,
    io,
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use chrono::NaiveDateTime;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use serde::Serialize;

use crate::{
    courier::{
        Channel, Courier, Failure,
        letter::{Letter, MINUTES},
    },
    db::time,
};

/// Letters that wait at most; and as many that are to be tried again.
const LETTERS: usize = 256;

/// When a letter is tried again after failures that may pass. Later than that its code is too old.
const AGAIN: [Duration; 4] =
    [Duration::from_secs(1), Duration::from_secs(5), Duration::from_secs(20), Duration::from_secs(60)];

/// Longest text of a failure that is kept, in characters.
const LONGEST: usize = 300;

/// What became of the letters of a channel since the start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = MailRecord)]
pub struct Record {
    /// Where they are handed over, without secrets.
    pub place: String,
    /// Nothing is lacking.
    pub ready: bool,
    /// Handed over.
    pub delivered: u64,
    /// Given up.
    pub failed: u64,
    /// Not handed over yet.
    pub waiting: usize,
    /// The last failure.
    pub failure: Option<LastFailure>,
}

/// The last failure of a channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = MailFailure)]
pub struct LastFailure {
    /// When.
    #[serde(serialize_with = "time::serialize")]
    pub at: NaiveDateTime,
    /// What the other side said, without the addressee and the code.
    pub text: String,
}

#[derive(Default)]
struct Journal {
    delivered: u64,
    failed: u64,
    again: usize,
    failure: Option<LastFailure>,
}

/// The way in. Cheap to clone.
#[derive(Clone)]
pub struct Queue {
    channel: Channel,
    letters: Sender<Waiting>,
    journal: Arc<Mutex<Journal>>,
    /// Who carries them.
    pub courier: Arc<dyn Courier>,
}

impl Queue {
    /// Starts the thread.
    ///
    /// # Errors
    /// When there is none to be had.
    pub fn start(channel: Channel, courier: Arc<dyn Courier>) -> io::Result<Self> {
        let (letters, waiting) = bounded(LETTERS);
        let queue = Self { channel, letters, journal: Arc::default(), courier };
        let mut round = Round { queue: queue.weak(), waiting, again: VecDeque::new() };
        thread::Builder::new().name(format!("courier-{}", channel.as_str())).spawn(move || round.run())?;
        Ok(queue)
    }

    /// The same without holding the thread's own queue open.
    fn weak(&self) -> Self {
        Self { letters: bounded(0).0, ..self.clone() }
    }

    /// Would a letter be lost?
    pub fn is_full(&self) -> bool {
        self.letters.is_full()
    }

    /// Takes a letter.
    pub fn push(&self, letter: Letter) {
        if let Err(error) = self.letters.try_send(Waiting { letter, since: Instant::now(), tries: 0 }) {
            self.give_up(&error.into_inner().letter, Failure::lasting("too many letters are waiting"));
        }
    }

    /// Delivers a letter now, and notes what came of it.
    ///
    /// # Errors
    /// Why it was not delivered.
    pub fn deliver(&self, letter: &Letter) -> Result<(), Failure> {
        match self.courier.deliver(letter) {
            Ok(()) => {
                self.journal().delivered += 1;
                Ok(())
            }
            Err(failure) => {
                let failure = Failure { text: discreet(&failure.text, letter), ..failure };
                self.give_up(letter, failure.clone());
                Err(failure)
            }
        }
    }

    /// What became of the letters.
    pub fn record(&self) -> Record {
        let journal = self.journal();
        Record {
            place: self.courier.place(),
            ready: self.courier.is_ready(),
            delivered: journal.delivered,
            failed: journal.failed,
            waiting: self.letters.len() + journal.again,
            failure: journal.failure.clone(),
        }
    }

    fn journal(&self) -> std::sync::MutexGuard<'_, Journal> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn give_up(&self, letter: &Letter, failure: Failure) {
        let text = discreet(&failure.text, letter);
        tracing::warn!(channel = self.channel.as_str(), error = text, "a letter was not delivered");
        let mut journal = self.journal();
        journal.failed += 1;
        journal.failure = Some(LastFailure { at: time::now(), text });
    }

    fn put_off(&self, letter: &Letter, failure: &Failure) {
        let text = discreet(&failure.text, letter);
        tracing::info!(channel = self.channel.as_str(), error = text, "a letter is tried again");
        self.journal().failure = Some(LastFailure { at: time::now(), text });
    }
}

/// What other hosts say may repeat what they were told.
fn discreet(text: &str, letter: &Letter) -> String {
    let mut text = text.replace(&letter.to, "…");
    if let Some(code) = letter.matter.code() {
        text = text.replace(code, "…");
    }
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST).collect()
}

/// A letter that is not handed over yet.
struct Waiting {
    letter: Letter,
    since: Instant,
    tries: usize,
}

impl Waiting {
    /// Does it carry a code that is good no more?
    fn is_stale(&self) -> bool {
        self.letter.matter.code().is_some() && self.since.elapsed() >= Duration::from_mins(MINUTES.unsigned_abs())
    }
}

/// What the thread does.
struct Round {
    queue: Queue,
    waiting: Receiver<Waiting>,
    /// Those that are to be tried again, and when.
    again: VecDeque<(Instant, Waiting)>,
}

impl Round {
    fn run(&mut self) {
        while let Some(letter) = self.next() {
            self.carry(letter);
            self.queue.journal().again = self.again.len();
        }
    }

    /// The next letter; `None` at the end of the process.
    fn next(&mut self) -> Option<Waiting> {
        loop {
            let first = (0..self.again.len()).min_by_key(|at| self.again[*at].0);
            let due = first.map(|at| self.again[at].0);
            let ripe = first.filter(|_| due <= Some(Instant::now()));
            if let Some((_, letter)) = ripe.and_then(|at| self.again.remove(at)) {
                return Some(letter);
            }
            let news = match due {
                Some(due) => self.waiting.recv_deadline(due),
                None => self.waiting.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match news {
                Ok(letter) => return Some(letter),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return None,
            }
        }
    }

    fn carry(&mut self, waiting: Waiting) {
        if waiting.is_stale() {
            return self.queue.give_up(&waiting.letter, Failure::lasting("its code was too old by the time"));
        }
        match self.queue.courier.deliver(&waiting.letter) {
            Ok(()) => self.queue.journal().delivered += 1,
            Err(failure) => match AGAIN.get(waiting.tries).filter(|_| failure.passing && self.again.len() < LETTERS) {
                Some(delay) => {
                    self.queue.put_off(&waiting.letter, &failure);
                    let tries = waiting.tries + 1;
                    self.again.push_back((Instant::now() + *delay, Waiting { tries, ..waiting }));
                }
                None => self.queue.give_up(&waiting.letter, failure),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{courier::letter::Matter, web::locale::Locale};

    fn letter(to: &str) -> Letter {
        let matter = Matter::Register { code: "123456".to_owned() };
        Letter { to: to.to_owned(), locale: Locale::En, matter }
    }

    /// Fails so often before it succeeds.
    struct Clumsy(Mutex<(usize, Vec<String>)>, bool);

    impl Courier for Clumsy {
        fn deliver(&self, letter: &Letter) -> Result<(), Failure> {
            let mut state = self.0.lock().expect("nobody panicked");
            if state.0 > 0 {
                state.0 -= 1;
                return Err(Failure { text: format!("no <{}>\r\n123456", letter.to), passing: self.1 });
            }
            state.1.push(letter.to.clone());
            Ok(())
        }

        fn place(&self) -> String {
            "nowhere".to_owned()
        }
    }

    fn wait_for(queue: &Queue, is_so: impl Fn(&Record) -> bool) -> Record {
        let end = Instant::now() + Duration::from_secs(20);
        loop {
            let record = queue.record();
            if is_so(&record) {
                return record;
            }
            assert!(Instant::now() < end, "{record:?}");
            thread::sleep(Duration::from_millis(5));
        }
    }

    #[test]
    fn what_fails_for_a_while_is_tried_again_and_others_do_not_wait_for_it() {
        let courier = Arc::new(Clumsy(Mutex::new((1, Vec::new())), true));
        let queue = Queue::start(Channel::Email, courier.clone()).expect("a thread");
        queue.push(letter("ann@example.org"));
        wait_for(&queue, |record| record.failure.is_some());
        queue.push(letter("bob@example.org"));
        let record = wait_for(&queue, |record| record.delivered == 2 && record.waiting == 0);
        assert_eq!(courier.0.lock().expect("nobody panicked").1, ["bob@example.org", "ann@example.org"]);
        assert_eq!(record.failed, 0);
    }

    #[test]
    fn a_code_is_not_sent_when_it_is_good_no_more() {
        let courier = Arc::new(Clumsy(Mutex::new((0, Vec::new())), true));
        let queue = Queue::start(Channel::Email, courier.clone()).expect("a thread");
        let since = Instant::now().checked_sub(Duration::from_mins(5)).expect("the clock runs for longer than that");
        let mut notice = letter("bob@example.org");
        notice.matter = Matter::Recovered { username: "bob".to_owned() };
        for letter in [letter("ann@example.org"), notice] {
            queue.letters.send(Waiting { letter, since, tries: 0 }).expect("the thread runs");
        }
        let record = wait_for(&queue, |record| record.delivered + record.failed == 2);
        assert_eq!((record.delivered, record.failed), (1, 1));
        assert_eq!(courier.0.lock().expect("nobody panicked").1, ["bob@example.org"]);
    }

    #[test]
    fn what_fails_for_good_is_noted_without_addressee_and_code() {
        let queue =
            Queue::start(Channel::Email, Arc::new(Clumsy(Mutex::new((1, Vec::new())), false))).expect("a thread");
        queue.push(letter("ann@example.org"));
        let record = wait_for(&queue, |record| record.failed == 1);
        assert_eq!(record.failure.map(|failure| failure.text).as_deref(), Some("no <…>  …"));
    }
}
