//! The end of a server, by which nothing is lost that was accepted.

use std::{
    fs::File,
    thread,
    time::{Duration, Instant},
};

use actix_web::dev::ServerHandle;

use crate::{
    chat::server::Hubs,
    db::{pool::Db, worker::Worker},
    event::{Event, Publisher},
    message::scribe::Inbox,
    room::read_marks::ReadMarks,
    vital::give_up,
    web::readiness::Readiness,
};

/// How long accepted sends may take to reach the disk when the process ends.
const DRAIN: Duration = Duration::from_secs(5);

/// How long clients may take to hear what was stored for them, and that the server restarts.
const GOODBYE: Duration = Duration::from_secs(3);

/// How long all of the end may take: a database that answers nothing would keep the process for ever.
const END: Duration = Duration::from_secs(20);

/// What the end needs.
pub struct Ending {
    pub readiness: Readiness,
    pub inbox: Inbox,
    pub marks: ReadMarks,
    pub db: Db,
    pub publisher: Publisher,
    pub hubs: Hubs,
    pub scribe: Worker,
    pub handle: ServerHandle,
    pub checkpoints: Option<Worker>,
    /// On the data folder, let go last.
    pub _lock: File,
}

impl Ending {
    /// Has everything stored and told that was accepted, then stops the server.
    pub async fn end(self) {
        tracing::info!("the server ends");
        // Without that thread it ends in good order alone.
        let _ = thread::Builder::new().name("end".into()).spawn(end_in_any_case);
        self.readiness.end();
        self.inbox.close();
        self.handle.pause().await;
        let deadline = Instant::now() + DRAIN;
        while !self.inbox.is_empty() && Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        self.marks.flush(&self.db).await.unwrap_or_else(|error| error.log());
        self.db.close();
        let (scribe, checkpoints) = (self.scribe, self.checkpoints);
        let _ = actix_web::web::block(move || {
            scribe.finish();
            if let Some(checkpoints) = checkpoints {
                checkpoints.finish();
            }
        })
        .await;
        self.publisher.publish(vec![Event::Closing]).await;
        let deadline = Instant::now() + GOODBYE;
        while self.hubs.has_connections() && Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        self.handle.stop(true).await;
    }
}

fn end_in_any_case() {
    thread::sleep(END);
    give_up("something under way does not end, as a database that answers nothing");
}
