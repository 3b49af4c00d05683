//! One connection: what waits to be written, and what was read and is not whole yet.

use std::{
    io::{self, Read as _, Write as _},
    net::SocketAddr,
};

use mio::{Interest, Registry, Token, net::TcpStream};

/// A connection that never blocks.
pub struct Link {
    stream: TcpStream,
    waiting: Vec<u8>,
    rest: Vec<u8>,
}

/// What a reading came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// There may be more.
    More,
    /// All that was there.
    Drained,
    /// The other side ended it.
    Ended,
}

impl Link {
    /// Begins a connection, whose events carry the token; what is queued goes out as soon as it stands.
    ///
    /// # Errors
    /// No free port or descriptor.
    pub fn open(address: SocketAddr, registry: &Registry, token: usize) -> io::Result<Self> {
        let mut stream = TcpStream::connect(address)?;
        registry.register(&mut stream, Token(token), Interest::READABLE | Interest::WRITABLE)?;
        Ok(Self { stream, waiting: Vec::new(), rest: Vec::new() })
    }

    /// Does not wait for more to write together.
    ///
    /// # Errors
    /// Those of the system.
    pub fn hurry(&self) -> io::Result<()> {
        self.stream.set_nodelay(true)
    }

    /// Writes, or keeps what cannot be written yet.
    ///
    /// # Errors
    /// The connection broke.
    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.waiting.extend(bytes);
        self.flush()
    }

    /// Writes what waits, as far as it goes.
    ///
    /// # Errors
    /// The connection broke.
    pub fn flush(&mut self) -> io::Result<()> {
        let mut written = 0;
        let outcome = loop {
            if written == self.waiting.len() {
                break Ok(());
            }
            match self.stream.write(&self.waiting[written..]) {
                Ok(count) => written += count,
                Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::NotConnected) => {
                    break Ok(());
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => break Err(error),
            }
        };
        self.waiting.drain(..written);
        outcome
    }

    /// Reads once into `space` and gives `take` everything that was not taken before; it says how much it took.
    ///
    /// # Errors
    /// The connection broke, or what `take` found wrong.
    pub fn read(
        &mut self,
        space: &mut Vec<u8>,
        take: impl FnOnce(&[u8], &mut Self) -> io::Result<usize>,
    ) -> io::Result<Reading> {
        let kept = self.rest.len();
        if space.len() < kept + ROOM {
            space.resize(kept + ROOM, 0);
        }
        space[..kept].copy_from_slice(&self.rest);
        let count = match self.stream.read(&mut space[kept..]) {
            Ok(0) => return Ok(Reading::Ended),
            Ok(count) => count,
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {
                return Ok(Reading::Drained);
            }
            Err(error) => return Err(error),
        };
        let bytes = &space[..kept + count];
        let taken = take(bytes, self)?;
        self.rest.clear();
        self.rest.extend(&bytes[taken..]);
        // epoll(7): on a stream a short read means that nothing is left, which saves the read that would say so.
        Ok(if kept + count < space.len() { Reading::Drained } else { Reading::More })
    }

    /// Ends the connection at once, with a reset rather than a goodbye, as a network that is gone does.
    pub fn cut(self) {
        let _ = socket2::SockRef::from(&self.stream).set_linger(Some(std::time::Duration::ZERO));
    }
}

/// Room for one reading, in bytes.
const ROOM: usize = 256 * 1024;
