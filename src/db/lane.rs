//! Queues of writing jobs for the one thread that writes.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use tokio::sync::oneshot;

use crate::{
    db::connection::AnyConnection,
    error::{AppError, AppResult},
    event::Event,
};

/// What a writing transaction leaves behind: its result, and what live sockets must learn of it.
pub struct Stored<T> {
    /// For the caller.
    pub value: T,
    /// For the chat, in order.
    pub events: Vec<Event>,
}

impl<T> Stored<T> {
    /// Nobody else needs to know.
    pub fn quiet(value: T) -> Self {
        Self { value, events: Vec::new() }
    }

    /// With events to publish.
    pub fn telling(value: T, events: Vec<Event>) -> Self {
        Self { value, events }
    }
}

/// One transaction to be done by the writer.
pub trait Job: Send {
    /// Runs inside the transaction, perhaps again after a lost connection.
    ///
    /// # Errors
    /// Rolls the transaction back.
    fn run(&mut self, conn: &mut AnyConnection) -> AppResult<Vec<Event>>;

    /// Tells the caller, once the commit is done and its events are published, or nothing was stored.
    fn finish(self: Box<Self>, outcome: AppResult<()>);
}

/// How full a bounded queue is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Depth {
    /// How many wait.
    pub waiting: usize,
    /// How many may.
    pub limit: usize,
}

impl Depth {
    /// That of a channel.
    pub fn of<T>(channel: &Sender<T>) -> Self {
        Self { waiting: channel.len(), limit: channel.capacity().unwrap_or(usize::MAX) }
    }
}

/// The writing end of a bounded queue of jobs.
#[derive(Clone)]
pub struct Lane {
    jobs: Sender<Box<dyn Job>>,
    closed: Arc<AtomicBool>,
}

/// The writer's end.
pub type Jobs = Receiver<Box<dyn Job>>;

/// Makes a lane that holds at most `bound` jobs.
pub fn lane(bound: usize) -> (Lane, Jobs) {
    let (sender, receiver) = bounded(bound);
    (Lane { jobs: sender, closed: Arc::default() }, receiver)
}

impl Lane {
    /// Refuses every later job.
    pub fn close(&self) {
        self.closed.store(true, Ordering::Release);
    }

    pub(super) fn depth(&self) -> Depth {
        Depth::of(&self.jobs)
    }

    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnMut(&mut AnyConnection) -> AppResult<Stored<T>> + Send + 'static,
    ) -> AppResult<T> {
        if self.closed.load(Ordering::Acquire) {
            return Err(AppError::ShuttingDown);
        }
        let (reply, answer) = oneshot::channel();
        let job = Closure { work, value: None, reply };
        self.jobs.try_send(Box::new(job)).map_err(|error| match error {
            TrySendError::Full(_) => AppError::Busy,
            TrySendError::Disconnected(_) => AppError::ShuttingDown,
        })?;
        answer.await.map_err(|_| AppError::ShuttingDown)?
    }
}

struct Closure<F, T> {
    work: F,
    value: Option<T>,
    reply: oneshot::Sender<AppResult<T>>,
}

impl<T, F> Job for Closure<F, T>
where
    T: Send,
    F: FnMut(&mut AnyConnection) -> AppResult<Stored<T>> + Send,
{
    fn run(&mut self, conn: &mut AnyConnection) -> AppResult<Vec<Event>> {
        let stored = (self.work)(conn)?;
        self.value = Some(stored.value);
        Ok(stored.events)
    }

    fn finish(self: Box<Self>, outcome: AppResult<()>) {
        let Self { value, reply, .. } = *self;
        let value = outcome.map(|()| value.expect("a job that succeeded has run"));
        // Whoever asked may be gone; the work stands all the same.
        let _ = reply.send(value);
    }
}
