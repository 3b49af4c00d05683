//! Waiting for many connections until something is due.

use std::{
    io,
    time::{Duration, Instant},
};

use mio::{Events, Poll, Registry};

use crate::bench::server::is_alone;

/// epoll waits in milliseconds; nearer than that the thread asks again and again instead.
const FINE: Duration = Duration::from_millis(1);

/// What happened to a connection.
#[derive(Debug, Clone, Copy)]
pub struct Happening {
    /// Its token.
    pub token: usize,
    /// There is something to read, or it broke.
    pub readable: bool,
    /// There is room to write.
    pub writable: bool,
}

/// The thread's one wait.
pub struct Poller {
    poll: Poll,
    events: Events,
    /// It asks again and again instead of sleeping: a server on another core would pay for every time it wakes this thread, which it
    /// does for no client on another machine.
    spins: bool,
}

impl Poller {
    /// One without connections, which never sleeps where it has a core to itself.
    ///
    /// # Errors
    /// Those of the system.
    pub fn new() -> io::Result<Self> {
        Ok(Self { poll: Poll::new()?, events: Events::with_capacity(1_024), spins: is_alone() })
    }

    /// Where connections are made known.
    pub fn registry(&self) -> &Registry {
        self.poll.registry()
    }

    /// Waits until something happens, at most until then.
    ///
    /// # Errors
    /// Those of the system.
    pub fn wait(&mut self, until: Instant) -> io::Result<impl Iterator<Item = Happening> + '_> {
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let time = if self.spins || left < FINE { Duration::ZERO } else { left - FINE / 2 };
            match self.poll.poll(&mut self.events, Some(time)) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => self.events.clear(),
                outcome => outcome?,
            }
            if !self.spins || left.is_zero() || !self.events.is_empty() {
                break;
            }
        }
        Ok(self.events.iter().map(|event| Happening {
            token: event.token().0,
            readable: event.is_readable() || event.is_read_closed() || event.is_error(),
            writable: event.is_writable(),
        }))
    }
}
