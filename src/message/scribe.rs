//! The one thread that writes.
//!
//! It takes whatever is queued, stores it in one transaction, publishes and only then answers: group commit, one `fsync` for up
//! to 256 messages, and never an acknowledgement of what is not on disk. New messages and changes of rooms pass through here in
//! one order; small writes of other features follow in a lane of their own.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded, select};

use crate::{
    db::{
        lane::{Depth, Job, Jobs},
        pen::Pen,
        space::Space,
        worker::Worker,
    },
    error::{AppError, AppResult},
    event::{Event, Publisher},
    message::{
        batch::{self, Verdicts, slow::LastSends},
        post::{Answer, Post, Posted},
        wire,
    },
    meter::Meter,
    room::read_marks::ReadMarks,
    vital::{give_up, vital},
};

/// Sends that wait at most; the next is told that the server is busy.
const QUEUE: usize = 4_096;

/// Sends in one transaction at most.
const BATCH: usize = 256;

/// After more sends than this in one transaction the next ones gather: a transaction costs the same for one as for a hundred.
const BUSY: usize = 4;

/// They gather for as long as the last transaction took, so that an acknowledgement is late by no more than it was anyway; no longer
/// than this, and looked at so often.
const GATHER: Duration = Duration::from_millis(5);
const GLANCE: Duration = Duration::from_millis(1);

/// Jobs of a lane in one round at most.
const JOBS: usize = 64;

/// How long the last of what was queued may take when the process ends.
const LAST: Duration = Duration::from_secs(5);

/// How often the mark is brought to the disk, and the database looked after.
const SYNC: Duration = Duration::from_secs(1);

/// The way in for sends. Cheap to clone.
#[derive(Clone)]
pub struct Inbox {
    posts: Sender<Post>,
    closed: Arc<AtomicBool>,
    space: Space,
}

impl Inbox {
    /// Queues a send; its outcome goes where its [`Answer`] says.
    ///
    /// # Errors
    /// [`AppError::Busy`] when the queue is full, [`AppError::Storage`] when the disk nearly is, [`AppError::ShuttingDown`] near the end;
    /// then it is not queued.
    pub fn submit(&self, post: Post) -> AppResult<()> {
        if self.closed.load(Ordering::Acquire) {
            return Err(AppError::ShuttingDown);
        }
        self.space.check()?;
        self.posts.try_send(post).map_err(|error| match error {
            TrySendError::Full(_) => AppError::Busy,
            TrySendError::Disconnected(_) => AppError::ShuttingDown,
        })
    }

    /// Refuses every later send.
    pub fn close(&self) {
        self.closed.store(true, Ordering::Release);
    }

    /// How many wait.
    pub fn depth(&self) -> Depth {
        Depth::of(&self.posts)
    }

    /// Does none wait?
    pub fn is_empty(&self) -> bool {
        self.posts.is_empty()
    }
}

/// What the Scribe works with.
pub struct Scribe {
    /// The writer's connection.
    pub pen: Pen,
    /// Changes of rooms, in order with sends.
    pub ordered: Jobs,
    /// Small writes.
    pub second: Jobs,
    /// Where events go.
    pub publisher: Publisher,
    /// A send moves its sender's mark.
    pub marks: ReadMarks,
    /// Who has to wait in slow mode.
    pub slow: LastSends,
    /// Commits are counted there.
    pub meter: Meter,
    /// Where the messages go.
    pub space: Space,
}

impl Scribe {
    /// Starts the thread; when it finishes, everything queued is worked off.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(self) -> std::io::Result<(Inbox, Worker)> {
        let (posts, queue) = bounded(QUEUE);
        let space = self.space.clone();
        let worker = Worker::start("scribe", move |stopped| {
            let mut scribe = self;
            // A dead writer with a living server would look healthy and store nothing.
            vital("writing thread", || scribe.run(&queue, stopped));
        })?;
        Ok((Inbox { posts, closed: Arc::default(), space }, worker))
    }

    fn run(&mut self, queue: &Receiver<Post>, stopped: &Receiver<()>) {
        let mut stopping = false;
        let mut synced = Instant::now();
        let (ordered, second) = (self.ordered.clone(), self.second.clone());
        while !stopping {
            let mut posts = Vec::new();
            select! {
                recv(queue) -> post => posts.extend(post),
                recv(ordered) -> job => self.job(job.ok()),
                recv(second) -> job => self.job(job.ok()),
                recv(stopped) -> _ => stopping = true,
                default(SYNC) => {}
            }
            let pause = self.round(posts, queue);
            if !stopping {
                gather(queue, pause);
            }
            if synced.elapsed() >= SYNC {
                self.pen.sync_mark();
                self.pen.look_after();
                synced = Instant::now();
            }
        }
        // Whoever could add something was told before to refuse it, so the queues only get shorter.
        let deadline = Instant::now() + LAST;
        let has_work = |scribe: &Self| !(queue.is_empty() && scribe.ordered.is_empty() && scribe.second.is_empty());
        while has_work(self) && Instant::now() < deadline {
            self.round(Vec::new(), queue);
        }
        self.pen.sync_mark();
    }

    /// Works off what is there, each lane in its turn; says how long the next sends are to gather.
    fn round(&mut self, mut posts: Vec<Post>, queue: &Receiver<Post>) -> Duration {
        posts.extend(queue.try_iter().take(BATCH - posts.len()));
        let (is_busy, begun) = (posts.len() > BUSY, Instant::now());
        self.posts(posts);
        let pause = if is_busy { begun.elapsed().min(GATHER) } else { Duration::ZERO };
        for _ in 0..JOBS {
            let Ok(job) = self.ordered.try_recv() else { break };
            self.job(Some(job));
        }
        for _ in 0..JOBS {
            let Ok(job) = self.second.try_recv() else { break };
            self.job(Some(job));
        }
        self.tell_the_untold();
        if let Some(why) = self.pen.lost() {
            give_up(why);
        }
        pause
    }

    /// What was committed and is not known to anybody, everybody finds out by coming back.
    fn tell_the_untold(&mut self) {
        if self.pen.take_untold() {
            tracing::warn!(
                "something was stored while the database was lost, of which nobody was told: all sockets begin anew"
            );
            self.publisher.publish_blocking(vec![Event::Closing]);
        }
    }

    fn job(&mut self, job: Option<Box<dyn Job>>) {
        let Some(mut job) = job else { return };
        let outcome = self.pen.transact(|conn| job.run(conn));
        let outcome = outcome.map(|events| self.publisher.publish_blocking(events));
        job.finish(outcome);
    }

    fn posts(&mut self, posts: Vec<Post>) {
        if posts.is_empty() {
            return;
        }
        let all: Vec<&Post> = posts.iter().collect();
        let Self { pen, slow, .. } = self;
        let begun = Instant::now();
        let verdicts = match pen.transact(|conn| batch::store(conn, &all, slow)) {
            Ok(verdicts) => verdicts,
            Err(error) => self.one_by_one(&all, error),
        };
        let fresh = verdicts.iter().flatten().filter(|posted| posted.fresh).count();
        self.meter.commit(fresh, begun.elapsed());
        verdicts.iter().flatten().for_each(|posted| self.slow.note(posted));
        self.tell(posts, verdicts);
    }

    /// After a batch that the database refused as a whole: every post by itself, so that only the guilty one fails.
    fn one_by_one(&mut self, posts: &[&Post], cause: AppError) -> Verdicts {
        cause.log();
        self.slow.forget();
        let Self { pen, slow, .. } = self;
        let mut verdicts = Verdicts::with_capacity(posts.len());
        for post in posts {
            verdicts.push(match is_lost(&verdicts) {
                true => Err(AppError::Busy),
                false => pen.transact(|conn| batch::store(conn, &[post], slow)).and_then(|mut one| {
                    one.pop().unwrap_or_else(|| Err(AppError::internal("a batch of one has one verdict")))
                }),
            });
            // The next of the same person is judged by it.
            verdicts.last().into_iter().flatten().for_each(|posted| slow.note(posted));
        }
        verdicts
    }

    /// Publishes what is stored, with the answers to sockets behind it, then answers requests.
    fn tell(&mut self, posts: Vec<Post>, verdicts: Verdicts) {
        let mut events: Vec<Event> = Vec::with_capacity(2 * posts.len());
        let mut callers = Vec::new();
        for posted in verdicts.iter().flatten() {
            if posted.fresh {
                self.marks.note(posted.message.sender.id, posted.message.room, posted.message.seq);
            }
            // A repeated send's first answer may have been lost together with its event; the chat drops what it has told.
            events.push(Event::Change(posted.message.to_change()));
        }
        for (post, verdict) in posts.into_iter().zip(verdicts) {
            match post.answer {
                Answer::Socket(socket) => {
                    if let Err(error) = &verdict {
                        self.meter.error("socket", error.code());
                    }
                    let frame = answer(post.client_id.as_str(), &verdict);
                    events.push(Event::Reply { socket, frame });
                }
                Answer::Caller(caller) => callers.push((caller, verdict)),
                Answer::Nobody => {}
            }
        }
        self.publisher.publish_blocking(events);
        for (caller, verdict) in callers {
            // Whoever asked may be gone; the message is stored all the same.
            let _ = caller.send(verdict);
        }
    }
}

/// Is it the database that fails, whoever asks it? One that does not answer, or has two faults in a row: then there is no use in asking
/// for the others.
fn is_lost(verdicts: &[AppResult<Posted>]) -> bool {
    match verdicts {
        [.., Err(AppError::Busy)] => true,
        [.., Err(one), Err(other)] => one.is_fault() && other.is_fault(),
        _ => false,
    }
}

/// Waits so long, or until a whole batch is there.
fn gather(queue: &Receiver<Post>, time: Duration) {
    let end = Instant::now() + time;
    while queue.len() < BATCH && Instant::now() < end {
        std::thread::sleep(GLANCE);
    }
}

fn answer(reference: &str, verdict: &AppResult<Posted>) -> bytestring::ByteString {
    match verdict {
        Ok(posted) => wire::ack(reference, &posted.message),
        Err(error) => wire::error(Some(reference), error),
    }
}
