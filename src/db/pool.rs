//! How features reach the database from an event thread.

use std::time::{Duration, Instant};

use actix_web::web;
use diesel::r2d2::{Pool, PooledConnection, State};

use crate::{
    config::Target,
    db::{
        connection::{AnyConnection, Manager},
        lane::{Depth, Lane, Stored},
        pen::{self, Failure},
    },
    error::{AppError, AppResult},
    event::{Event, Publisher},
    meter::Meter,
};

/// How long a request waits for a connection before it is told that the server is busy.
const ACQUIRE: Duration = Duration::from_secs(2);

/// How long a request waits for what it reads on PostgreSQL, whose own limit is five seconds a statement.
const ANSWER: Duration = Duration::from_secs(10);

/// The database as features see it: `read`, `write`, `ordered`. Cheap to clone.
#[derive(Clone)]
pub struct Db {
    pool: Pool<Manager>,
    ordered: Lane,
    second: Option<Lane>,
    publisher: Publisher,
    meter: Meter,
}

impl Db {
    /// Opens the pool. `second` is the writer's second lane where the database wants a single writer (SQLite).
    ///
    /// # Errors
    /// When no connection can be made.
    pub fn new(
        target: &Target,
        size: u32,
        ordered: Lane,
        second: Lane,
        publisher: Publisher,
        meter: Meter,
    ) -> Result<Self, diesel::r2d2::PoolError> {
        let pool = Pool::builder()
            .max_size(size)
            .connection_timeout(ACQUIRE)
            .test_on_check_out(matches!(target, Target::Postgres(_)))
            .build(Manager(target.clone()))?;
        let second = matches!(target, Target::Sqlite(_)).then_some(second);
        Ok(Self { pool, ordered, second, publisher, meter })
    }

    /// Refuses every later write.
    pub fn close(&self) {
        self.ordered.close();
        self.second.iter().for_each(Lane::close);
    }

    /// The ordered lane, and the second one where there is one.
    pub fn depths(&self) -> (Depth, Option<Depth>) {
        (self.ordered.depth(), self.second.as_ref().map(Lane::depth))
    }

    /// Runs a query on the blocking pool.
    ///
    /// # Errors
    /// What the query says; [`AppError::Busy`] when no connection is free in time, or the server does not answer.
    pub async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut AnyConnection) -> AppResult<T> + Send + 'static,
    ) -> AppResult<T> {
        match self.second {
            Some(_) => self.block(work).await,
            // A server that is frozen keeps a thread a connection, and nobody who asked.
            None => tokio::time::timeout(ANSWER, self.block(work)).await.map_err(|_| AppError::Busy)?,
        }
    }

    async fn block<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut AnyConnection) -> AppResult<T> + Send + 'static,
    ) -> AppResult<T> {
        let db = self.clone();
        let done = web::block(move || work(&mut *db.connection()?)).await;
        done.map_err(|_| AppError::Internal("the blocking pool is gone".into()))?
    }

    /// The same from a thread of our own.
    ///
    /// # Errors
    /// As for [`Db::read`].
    pub fn read_blocking<T>(&self, work: impl FnOnce(&mut AnyConnection) -> AppResult<T>) -> AppResult<T> {
        work(&mut *self.connection()?)
    }

    /// The pool's connections: how many there are, and how many of them nobody uses.
    pub fn state(&self) -> State {
        self.pool.state()
    }

    /// A free connection, or the next one that becomes free.
    fn connection(&self) -> AppResult<PooledConnection<Manager>> {
        if let Some(free) = self.pool.try_get() {
            return Ok(free);
        }
        let since = Instant::now();
        let next = self.pool.get();
        self.meter.waited(since.elapsed(), next.is_err());
        next.map_err(|_| AppError::Busy)
    }

    /// Stores what takes no `rev` and changes nobody's view of a room: sessions, reads, profiles. One transaction.
    /// `work` may run again after a lost connection, so it must not consume what it captured.
    ///
    /// # Errors
    /// What `work` says, and then nothing was stored; [`AppError::Busy`] when the lane is full or PostgreSQL was lost, [`AppError::Internal`] when that
    /// was at the COMMIT: it may stand.
    pub async fn write<T: Send + 'static>(
        &self,
        mut work: impl FnMut(&mut AnyConnection) -> AppResult<Stored<T>> + Send + 'static,
    ) -> AppResult<T> {
        let Some(lane) = &self.second else {
            let publisher = self.publisher.clone();
            // All of it happens on the blocking pool, so that a request that breaks off breaks nothing.
            let write = move |conn: &mut AnyConnection| {
                let (events, outcome) = match pen::transact(conn, &mut work) {
                    Ok(Stored { value, events }) => (events, Ok(value)),
                    Err(Failure::Before(error)) => (Vec::new(), Err(error)),
                    Err(Failure::AtCommit { mut value, error }) => {
                        let is_lost = matches!(error, AppError::Busy);
                        // Whose session has not ended after all comes back with it.
                        value.events.retain(|event| is_lost && matches!(event, Event::SessionsEnded { .. }));
                        (value.events, Err(if is_lost { pen::in_doubt() } else { error }))
                    }
                };
                publisher.publish_blocking(events);
                outcome
            };
            return self.block(write).await;
        };
        lane.run(work).await
    }

    /// Stores what takes a `rev` or changes who may see a room, in order with all sends. One transaction; its events are
    /// published after the commit and before this returns.
    ///
    /// # Errors
    /// As for [`Db::write`].
    pub async fn ordered<T: Send + 'static>(
        &self,
        work: impl FnMut(&mut AnyConnection) -> AppResult<Stored<T>> + Send + 'static,
    ) -> AppResult<T> {
        self.ordered.run(work).await
    }
}
