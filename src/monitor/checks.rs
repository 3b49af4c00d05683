//! Does the server take requests? Each check says what is wrong in a few words, which anybody may read.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use serde::Serialize;
use tokio::sync::watch;

use crate::{
    admin::overview::facts,
    db::pool::Db,
    folder,
    monitor::{Monitor, store},
};

/// How long the database may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// An answer of the database counts so long, so that a storm of probes asks it once.
const FRESH: Duration = Duration::from_secs(1);

/// A queue that is fuller than this, in percent, does not take more.
const FULL: usize = 90;

const OK: &str = "ok";

/// How the checks ended: `ok`, or what is wrong.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Checks {
    /// Does it go on, or is it about to end?
    server: String,
    /// Does the database answer within two seconds?
    database: String,
    /// Is enough of the disk free?
    disk: String,
    /// Is there room in the queues?
    queue: String,
}

impl Checks {
    /// Nothing is wrong.
    pub fn is_ready(&self) -> bool {
        [&self.server, &self.database, &self.disk, &self.queue].iter().all(|check| *check == OK)
    }
}

impl Monitor {
    /// Checks everything; it takes a little more than two seconds at most.
    pub async fn check(&self) -> Checks {
        Checks {
            server: if self.readiness.is_ready() { OK.to_owned() } else { "it is about to end".to_owned() },
            database: self.probe.ask().await.to_owned(),
            disk: self.disk().unwrap_or_else(|| OK.to_owned()),
            queue: self.queue().unwrap_or_else(|| OK.to_owned()),
        }
    }

    fn disk(&self) -> Option<String> {
        self.folders.iter().find_map(|(name, folder)| {
            let (_, free) = folder::disk(folder)?;
            let (free, reserve) = (free / 1_000_000, self.reserve / 1_000_000);
            (free < reserve).then(|| format!("{free} MB are free for {name}, {reserve} must be"))
        })
    }

    fn queue(&self) -> Option<String> {
        let full = facts::queues(&self.chat).into_iter().find(|queue| queue.waiting * 100 > queue.limit * FULL);
        full.map(|queue| format!("{} of {} {} wait", queue.waiting, queue.limit, queue.name))
    }
}

/// Asks the database, once at a time however many want to know.
pub struct Probe {
    db: Db,
    answers: watch::Sender<Option<Answer>>,
    under_way: Arc<AtomicBool>,
}

#[derive(Debug, Clone, Copy)]
struct Answer {
    at: Instant,
    is_good: bool,
}

impl Probe {
    /// Of this database.
    pub fn new(db: Db) -> Self {
        Self { db, answers: watch::Sender::new(None), under_way: Arc::default() }
    }

    /// What is wrong, or `ok`.
    async fn ask(&self) -> &'static str {
        let now = Instant::now();
        let is_fresh = move |answer: &Option<Answer>| answer.is_some_and(|answer| answer.at + FRESH > now);
        let mut answers = self.answers.subscribe();
        let known = is_fresh(&answers.borrow());
        if !known && !self.under_way.swap(true, Ordering::AcqRel) {
            self.begin();
        }
        match tokio::time::timeout(PATIENCE, answers.wait_for(is_fresh)).await {
            Ok(Ok(answer)) if answer.is_some_and(|answer| answer.is_good) => OK,
            Ok(_) => "it cannot be read",
            Err(_) => "no answer within 2 seconds",
        }
    }

    /// It goes on when whoever asked has given up: what hangs must not be asked again and again.
    fn begin(&self) {
        let (db, answers, under_way) = (self.db.clone(), self.answers.clone(), self.under_way.clone());
        actix_web::rt::spawn(async move {
            let outcome = db.read(|conn| Ok(store::probe(conn)?)).await;
            if let Err(error) = &outcome {
                error.log();
            }
            under_way.store(false, Ordering::Release);
            answers.send_replace(Some(Answer { at: Instant::now(), is_good: outcome.is_ok() }));
        });
    }
}
