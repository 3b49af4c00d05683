//! The thread that reads for the chat what it missed.

use crossbeam_channel::{Sender, bounded};

use crate::{
    db::pool::Db,
    event::{Event, Publisher},
    id::RoomId,
    message::store,
    vital::vital,
};

/// Requests that wait at most; a lost one is repeated by the chat's next tick.
const QUEUE: usize = 1_024;

/// Changes read at once.
const PAGE: i64 = 500;

/// A room whose changes after a `rev` are wanted.
#[derive(Debug, Clone, Copy)]
pub struct Fetch {
    /// The room.
    pub room: RoomId,
    /// What is known already.
    pub after: i64,
}

/// The way to the thread. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Reader(Sender<Fetch>);

impl Reader {
    /// Starts the thread; it ends with the last handle.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(db: Db, publisher: Publisher) -> std::io::Result<Self> {
        let (sender, queue) = bounded::<Fetch>(QUEUE);
        std::thread::Builder::new().name("reader".into()).spawn(move || {
            for fetch in queue {
                // A gap that nobody fills any more must not look like a healthy server.
                let events = vital("reader", || read(&db, fetch));
                publisher.publish_blocking(events.into_iter().collect());
            }
        })?;
        Ok(Self(sender))
    }

    /// Asks for what was missed; the answer comes as [`Event::Fetched`]. When the queue is full the chat asks again.
    pub fn fetch(&self, fetch: Fetch) {
        let _ = self.0.try_send(fetch);
    }
}

fn read(db: &Db, Fetch { room, after }: Fetch) -> Option<Event> {
    let found = db.read_blocking(|conn| {
        let head = store::head(conn, room)?;
        Ok((head, store::changes_after(conn, room, head.floor_seq, after, PAGE)?))
    });
    let (head, messages) = found.inspect_err(crate::error::AppError::log).ok()?;
    let full = i64::try_from(messages.len()).is_ok_and(|count| count == PAGE);
    let last = messages.last().map_or(after, |message| message.rev);
    let upto = if full { last } else { head.rev.max(last) };
    Some(Event::Fetched { room, upto, changes: messages.iter().map(|message| message.to_change()).collect() })
}
