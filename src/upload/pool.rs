//! Where pictures are made: off the event threads, few at a time.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use actix_web::web;
use tokio::sync::Semaphore;

use crate::{
    db::lane::Depth,
    error::{AppError, AppResult},
};

/// Pictures made at once: each may hold more than 100 MiB for a moment.
const AT_ONCE: usize = 2;

/// Pictures that wait for their turn.
const QUEUE: usize = 16;

/// A bounded queue before the blocking threads. Cheap to clone.
#[derive(Clone)]
pub struct Pool {
    permits: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
}

impl Default for Pool {
    fn default() -> Self {
        Self { permits: Arc::new(Semaphore::new(AT_ONCE)), waiting: Arc::default() }
    }
}

impl Pool {
    /// How many pictures wait for their turn.
    pub fn depth(&self) -> Depth {
        Depth { waiting: self.waiting.load(Ordering::Acquire), limit: QUEUE }
    }

    /// Does work that blocks.
    ///
    /// # Errors
    /// [`AppError::Busy`] when too many wait already.
    pub async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> AppResult<T> {
        let waiting = Waiting::enter(&self.waiting)?;
        let permit = self.permits.clone().acquire_owned().await.map_err(AppError::internal)?;
        drop(waiting);
        // The permit goes with the work, which runs on even when whoever asked is gone.
        let work = move || {
            let _permit = permit;
            work()
        };
        web::block(work).await.map_err(AppError::internal)
    }
}

/// A place in the queue, given back whatever happens.
struct Waiting(Arc<AtomicUsize>);

impl Waiting {
    fn enter(waiting: &Arc<AtomicUsize>) -> AppResult<Self> {
        let place = Self(Arc::clone(waiting));
        // Those whose turn comes at once pass through here too.
        if waiting.fetch_add(1, Ordering::AcqRel) < QUEUE { Ok(place) } else { Err(AppError::Busy) }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}
