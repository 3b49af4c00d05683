//! How long a socket may lag or be silent, and how it is cut.

use std::{
    cell::{Cell, OnceCell},
    io::ErrorKind,
    mem::MaybeUninit,
    net::Shutdown,
    os::fd::{BorrowedFd, RawFd},
    time::{Duration, Instant},
};

use bytestring::ByteString;
use prometheus_client::metrics::counter::Counter;
use socket2::SockRef;

/// Frames a socket may be behind.
pub const FRAMES: usize = 256;

/// Bytes a socket may be behind.
pub const BYTES: usize = 256 * 1024;

/// How long it may take nothing of what waits for it.
const STALL: Duration = Duration::from_secs(10);

/// It is pinged when nothing was heard from it for so long.
const PING: Duration = Duration::from_secs(20);

/// And dead after so long.
const DEAD: Duration = Duration::from_secs(45);

/// After a close frame of ours it has so long to go.
const GOODBYE: Duration = Duration::from_secs(5);

/// What is known of one socket's line, shared by its actor and its hub on one thread.
#[derive(Debug)]
pub struct Pulse {
    fd: Cell<Option<RawFd>>,
    frames: Cell<usize>,
    bytes: Cell<usize>,
    taken: Cell<Instant>,
    heard: Cell<Instant>,
    pinged: Cell<Instant>,
    cuts: OnceCell<Counter>,
}

/// What to do about a socket.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing.
    Fine,
    /// Ask whether it is there.
    Ping,
    /// It is past a deadline.
    Cut,
}

impl Pulse {
    /// Of a socket that has just opened.
    pub fn new(fd: Option<RawFd>, now: Instant) -> Self {
        Self {
            fd: Cell::new(fd),
            frames: Cell::new(0),
            bytes: Cell::new(0),
            taken: Cell::new(now),
            heard: Cell::new(now),
            pinged: Cell::new(now),
            cuts: OnceCell::new(),
        }
    }

    /// Where it is to be counted that it was cut.
    pub fn count_cut(&self, cuts: Counter) {
        // Whoever attached it first counts.
        let _ = self.cuts.set(cuts);
    }

    /// Frames are handed to the actor. False when it owes more than it may be behind; a single flush, however large, is handed to a
    /// socket that owes nothing.
    pub fn take_on(&self, frames: &[ByteString]) -> bool {
        let owes = self.frames.get() > 0;
        if !owes {
            self.taken.set(Instant::now());
        }
        self.frames.set(self.frames.get() + frames.len());
        self.bytes.set(self.bytes.get() + frames.iter().map(|frame| frame.len()).sum::<usize>());
        !owes || (self.frames.get() <= FRAMES && self.bytes.get() <= BYTES)
    }

    /// The actor took frames towards the socket.
    pub fn took(&self, frames: &[ByteString]) {
        self.frames.set(self.frames.get().saturating_sub(frames.len()));
        let bytes: usize = frames.iter().map(|frame| frame.len()).sum();
        self.bytes.set(self.bytes.get().saturating_sub(bytes));
        self.taken.set(Instant::now());
    }

    /// Anything at all came from the client.
    pub fn hear(&self) {
        self.heard.set(Instant::now());
    }

    /// What to do now. `closing` is when our close frame went out.
    pub fn judge(&self, now: Instant, closing: Option<Instant>) -> Verdict {
        let stalled = self.frames.get() > 0 && now.duration_since(self.taken.get()) > STALL;
        let silent = now.duration_since(self.heard.get());
        let lingering = closing.is_some_and(|since| now.duration_since(since) > GOODBYE);
        if stalled || silent > DEAD || lingering {
            return Verdict::Cut;
        }
        if silent >= PING && now.duration_since(self.pinged.get()) >= PING {
            self.pinged.set(now);
            return Verdict::Ping;
        }
        Verdict::Fine
    }

    /// The socket is closed: its descriptor belongs to somebody else now.
    pub fn end(&self) {
        self.fd.set(None);
    }

    /// Shuts the connection down under its actor, which may be waiting for a client that never reads again.
    pub fn cut(&self) {
        if self.hang_up() {
            if let Some(cuts) = self.cuts.get() {
                cuts.inc();
            }
            tracing::info!("a socket that lagged or fell silent was cut");
        }
    }

    /// Shuts the connection down, if it is not down already.
    pub fn hang_up(&self) -> bool {
        let Some(fd) = self.fd.take() else { return false };
        // It may be closed already, which is as good.
        let _ = SockRef::from(&borrow(fd)).shutdown(Shutdown::Both);
        true
    }

    /// Has the client hung up? Only to be asked where nothing more is read from it.
    pub fn is_gone(&self) -> bool {
        let Some(fd) = self.fd.get() else { return false };
        match SockRef::from(&borrow(fd)).peek(&mut [MaybeUninit::uninit()]) {
            Ok(count) => count == 0,
            Err(error) => !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted),
        }
    }
}

/// The descriptor is that of a connection whose actor lives: the actor, on this same thread, calls [`Pulse::end`] before the
/// connection is dropped.
#[expect(unsafe_code, reason = "nothing else can end a connection whose response body is not polled any more")]
fn borrow<'a>(fd: RawFd) -> BorrowedFd<'a> {
    // SAFETY: see above; `cut` uses the descriptor at once and on the thread that owns the connection.
    unsafe { BorrowedFd::borrow_raw(fd) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silent_socket_is_pinged_and_then_cut() {
        let start = Instant::now();
        let pulse = Pulse::new(None, start);
        assert_eq!(pulse.judge(start + Duration::from_secs(19), None), Verdict::Fine);
        assert_eq!(pulse.judge(start + Duration::from_secs(20), None), Verdict::Ping);
        assert_eq!(pulse.judge(start + Duration::from_secs(21), None), Verdict::Fine);
        assert_eq!(pulse.judge(start + Duration::from_secs(40), None), Verdict::Ping);
        assert_eq!(pulse.judge(start + Duration::from_secs(46), None), Verdict::Cut);
        pulse.hear();
        assert_eq!(pulse.judge(Instant::now(), None), Verdict::Fine);
    }

    #[test]
    fn a_socket_that_takes_nothing_or_does_not_go_is_cut() {
        let start = Instant::now();
        let pulse = Pulse::new(None, start);
        let frames = [ByteString::from_static("x")];
        assert!(pulse.take_on(&frames));
        assert_eq!(pulse.judge(Instant::now() + Duration::from_secs(11), None), Verdict::Cut);
        pulse.took(&frames);
        assert_eq!(pulse.judge(Instant::now() + Duration::from_secs(11), None), Verdict::Fine);
        assert_eq!(pulse.judge(start + Duration::from_secs(6), Some(start)), Verdict::Cut);
    }

    #[test]
    fn it_may_be_behind_so_far_and_no_further() {
        let pulse = Pulse::new(None, Instant::now());
        let frames: Vec<ByteString> = (0..FRAMES).map(|_| ByteString::from_static("x")).collect();
        assert!(pulse.take_on(&frames));
        assert!(!pulse.take_on(&frames[..1]));
        let large = [ByteString::from("x".repeat(BYTES + 1))];
        let pulse = Pulse::new(None, Instant::now());
        assert!(pulse.take_on(&large), "it owes nothing yet");
        assert!(!pulse.take_on(&frames[..1]));
    }
}
