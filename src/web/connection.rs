//! How long a connection may be between two requests, whatever the client sends meanwhile.
//!
//! actix-http ends an idle connection, and one whose first head is slow. It waits for ever for the rest of a later head that has begun,
//! and for the end of a body in chunks that nobody reads any more: hours for a byte now and then. Here the time counts from the end
//! of an answer to the whole head of the next request. What is left of a body then is read, so that a client that sends before it reads
//! gets to the answer; but not without an end.
//!
//! It also spins, at the cost of a whole core, as long as more than it buffers waits behind a request that is not answered yet: for the
//! life of a stream. Nobody who sends so much means well, so a connection is ended whose request is woken without end.

use std::{
    cell::Cell,
    future::poll_fn,
    pin::{Pin, pin},
    rc::{Rc, Weak},
    task::{Context, Poll},
    time::{Duration, Instant},
};

use actix_web::{
    body::{BodySize, BoxBody, MessageBody},
    dev::{Extensions, ServiceRequest, ServiceResponse},
    http::StatusCode,
    middleware::Next,
    web::Bytes,
};

use crate::web::tcp::{Handle, Tcp};

/// How often a connection is looked at that is busy.
const LOOK: Duration = Duration::from_secs(15);

/// Bytes that are read of what nobody wants any more: more than the largest picture that may be allowed, which whoever sends it all before
/// they read is told was not taken.
const UNWANTED: usize = 128 * 1024 * 1024;

/// So many turns within [`A_MOMENT`] are no work: the largest upload takes a thousand or two.
const TURNS: u32 = 10_000;

const A_MOMENT: Duration = Duration::from_secs(1);

/// How a connection of this thread spends its time. It belongs to the connection's data, and goes with it.
#[derive(Debug)]
struct Connection {
    handle: Handle,
    /// Requests that are being answered.
    busy: Cell<usize>,
    /// Since when there is none.
    since: Cell<Instant>,
    /// It is a WebSocket now, over which the hub watches.
    upgraded: Cell<bool>,
    /// The longest time between an answer and the whole head of the next request.
    between: Duration,
}

/// Watches a new connection. `between` is longer than actix-http leaves a connection idle, and then some for a head.
pub fn on_connect(tcp: &Tcp, data: &mut Extensions, between: Duration) {
    let connection = Rc::new(Connection {
        handle: tcp.handle(),
        busy: Cell::new(0),
        since: Cell::new(Instant::now()),
        upgraded: Cell::new(false),
        between,
    });
    actix_web::rt::spawn(watch(Rc::downgrade(&connection)));
    data.insert(connection);
    data.insert(tcp.handle());
}

async fn watch(connection: Weak<Connection>) {
    loop {
        let Some(left) = connection.upgrade().map(|connection| connection.left(Instant::now())) else { return };
        match left {
            Some(left) => tokio::time::sleep(left).await,
            None => return,
        }
    }
}

impl Connection {
    /// How long to leave it alone; `None` when there is nothing more to look after: it is somebody else's, or its time was over.
    fn left(&self, now: Instant) -> Option<Duration> {
        if self.upgraded.get() {
            return None;
        }
        if self.busy.get() > 0 {
            return Some(LOOK);
        }
        let left = self.between.saturating_sub(now.duration_since(self.since.get()));
        if left.is_zero() {
            self.handle.hang_up();
            return None;
        }
        Some(left)
    }
}

/// The middleware, outside of all others: a request is there, and is answered when its last byte was handed over.
///
/// # Errors
/// None of its own.
pub async fn answering(
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<Answer>, actix_web::Error> {
    let busy = req.request().conn_data::<Rc<Connection>>().map(|connection| Busy::with(connection.clone()));
    let mut answer = pin!(next.call(req));
    let response = poll_fn(|cx| {
        busy.iter().for_each(Busy::turn);
        answer.as_mut().poll(cx)
    });
    let response = response.await?.map_into_boxed_body();
    // A socket costs nothing more here.
    let busy = busy.filter(|busy| !busy.is_upgraded_by(response.status()));
    Ok(response.map_body(|_, body| Answer { body, busy }))
}

/// The body of an answer, which keeps its connection busy.
pub struct Answer {
    body: BoxBody,
    busy: Option<Busy>,
}

impl MessageBody for Answer {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        self.busy.iter().for_each(Busy::turn);
        Pin::new(&mut self.body).poll_next(cx)
    }
}

/// As long as it lives, the connection has a request.
struct Busy {
    connection: Rc<Connection>,
    /// How often it was woken within the moment that began then.
    turns: Cell<u32>,
    moment: Cell<Instant>,
}

impl Busy {
    fn with(connection: Rc<Connection>) -> Self {
        connection.busy.set(connection.busy.get() + 1);
        connection.handle.read_at_most(None);
        Self { connection, turns: Cell::new(0), moment: Cell::new(Instant::now()) }
    }

    fn is_upgraded_by(&self, status: StatusCode) -> bool {
        let is_upgraded = status == StatusCode::SWITCHING_PROTOCOLS;
        self.connection.upgraded.set(is_upgraded);
        is_upgraded
    }

    /// It is woken once more.
    fn turn(&self) {
        self.turns.set(self.turns.get() + 1);
        if self.turns.get() < TURNS {
            return;
        }
        let now = Instant::now();
        if now.duration_since(self.moment.get()) < A_MOMENT {
            self.connection.handle.hang_up();
        }
        self.turns.set(0);
        self.moment.set(now);
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.connection.busy.set(self.connection.busy.get().saturating_sub(1));
        self.connection.since.set(Instant::now());
        if !self.connection.upgraded.get() {
            self.connection.handle.read_at_most(Some(UNWANTED));
        }
    }
}
