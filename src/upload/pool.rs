//! Where pictures are made: off the event threads, few at a time, and in so much memory.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use actix_web::web;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{
    db::lane::Depth,
    error::{AppError, AppResult},
    upload::{
        files::Temporary,
        image::{
            Checked, Refused,
            process::{Read, read, weight},
        },
    },
};

/// Pictures made at once: each keeps a core busy.
const AT_ONCE: usize = 2;

/// Pictures that wait for their turn.
const QUEUE: usize = 16;

/// What memory is counted in: a semaphore knows no larger numbers.
const UNIT: u64 = 1_024;

/// A picture that would never have its turn.
const TOO_HEAVY: Refused =
    Refused::Bad("The picture needs more memory than this server has for pictures; make it smaller.");

/// A bounded queue before the blocking threads. Cheap to clone.
#[derive(Clone)]
pub struct Pool {
    turns: Arc<Semaphore>,
    memory: Arc<Semaphore>,
    /// All of it, in bytes.
    most: u64,
    waiting: Arc<AtomicUsize>,
}

impl Pool {
    /// With so many bytes of memory for the pictures that are being made at one time.
    pub fn new(most: u64) -> Self {
        let units = usize::try_from(most / UNIT).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS);
        let (turns, memory) = (Arc::new(Semaphore::new(AT_ONCE)), Arc::new(Semaphore::new(units)));
        Self { turns, memory, most, waiting: Arc::default() }
    }

    /// How many pictures wait for their turn.
    pub fn depth(&self) -> Depth {
        Depth { waiting: self.waiting.load(Ordering::Acquire), limit: QUEUE }
    }

    /// Makes something of a picture, as soon as there is the memory that its header says it needs. What blocks is done off the event
    /// threads, and to its end even when whoever asked is gone.
    ///
    /// # Errors
    /// [`AppError::Busy`] when too many wait already; a picture that needs more memory than there is; whatever else is wrong with it.
    pub async fn make<T: Send + 'static>(
        &self,
        file: Temporary,
        work: impl FnOnce(&Read) -> Checked<T> + Send + 'static,
    ) -> AppResult<T> {
        let waiting = Waiting::enter(&self.waiting)?;
        let turn = self.turns.clone().acquire_owned().await.map_err(AppError::internal)?;
        let (file, size) = blocking(move || {
            let size = fs::metadata(file.path())?.len();
            Ok((file, size))
        })
        .await?;
        // The whole file is in memory while it is looked through.
        let held = self.reserve(size).await?;
        let (file, read, weight) = blocking(move || {
            let _held = held;
            let read = read(file.path())?;
            let weight = weight(&read)?;
            Ok((file, read, weight))
        })
        .await?;
        // Given back before more is taken: who keeps some while waiting for more may wait for ever.
        let held = self.reserve(weight).await?;
        drop(waiting);
        blocking(move || {
            let _held = (file, turn, held);
            work(&read)
        })
        .await
    }

    /// Waits until so many bytes are free.
    async fn reserve(&self, bytes: u64) -> AppResult<OwnedSemaphorePermit> {
        // In whole units: one more than there are would be waited for without end, and by everybody behind.
        let units = bytes.div_ceil(UNIT);
        let units = u32::try_from(units).ok().filter(|_| units <= self.most / UNIT).ok_or(TOO_HEAVY)?;
        self.memory.clone().acquire_many_owned(units).await.map_err(AppError::internal)
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Checked<T> + Send + 'static) -> AppResult<T> {
    Ok(web::block(work).await.map_err(AppError::internal)??)
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use clap::Parser as _;

    use super::*;
    use crate::{
        config::Cli,
        upload::image::{MEMORY, PIXELS},
    };

    #[actix_web::test]
    async fn memory_is_given_to_as_many_as_fit_and_the_next_waits() {
        let pool = Pool::new(100 * UNIT);
        let first = pool.reserve(60 * UNIT).await.expect("there is enough");
        let _small = pool.reserve(40 * UNIT).await.expect("there is enough");
        let third = pool.reserve(50 * UNIT);
        tokio::pin!(third);
        assert!(tokio::time::timeout(Duration::from_millis(20), &mut third).await.is_err(), "there is none left");
        drop(first);
        assert!(tokio::time::timeout(Duration::from_secs(20), third).await.expect("now there is").is_ok());
    }

    #[test]
    fn by_default_there_is_enough_for_the_heaviest_picture_and_file_that_may_be() {
        let settings = Cli::parse_from(["parlor"]).settings;
        let heaviest = MEMORY.max(17 * PIXELS) + 100_000_000;
        assert!(settings.image_memory >= heaviest, "{}", settings.image_memory);
    }

    #[actix_web::test]
    async fn who_needs_more_than_there_is_does_not_wait_for_ever() {
        let pool = Pool::new(100 * UNIT);
        assert!(pool.reserve(100 * UNIT).await.is_ok());
        assert!(matches!(pool.reserve(100 * UNIT + 1).await, Err(AppError::BadImage(_))));
        let odd = Pool::new(100 * UNIT + 1);
        assert!(
            matches!(odd.reserve(100 * UNIT + 1).await, Err(AppError::BadImage(_))),
            "no whole unit is left for it"
        );
        assert!(matches!(pool.reserve(u64::MAX).await, Err(AppError::BadImage(_))));
    }
}
