//! How long a socket may lag or be silent, and how it is cut.

use std::{
    cell::{Cell, OnceCell, RefCell},
    time::{Duration, Instant},
};

use bytestring::ByteString;
use prometheus_client::metrics::counter::Counter;

use crate::web::tcp::Handle;

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
pub const GOODBYE: Duration = Duration::from_secs(5);

/// So much of what is on its way to a client.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Load {
    /// Frames.
    pub frames: usize,
    /// Their bytes.
    pub bytes: usize,
}

impl Load {
    /// That of frames which are sent as they are.
    pub fn of(frames: &[ByteString]) -> Self {
        Self { frames: frames.len(), bytes: frames.iter().map(|frame| frame.len()).sum() }
    }
}

/// What is known of one client's line, shared by its hub and what writes to it on one thread.
#[derive(Debug)]
pub struct Pulse {
    /// None once it was cut, or is somebody else's.
    connection: RefCell<Option<Handle>>,
    owed: Cell<Load>,
    /// Of that, what is not counted against the client.
    excused: Cell<Load>,
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
    /// Of a line that has just opened.
    pub fn new(connection: Option<Handle>, now: Instant) -> Self {
        Self {
            connection: RefCell::new(connection),
            owed: Cell::default(),
            excused: Cell::default(),
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

    /// So much more is on its way. False when the client is further behind than it may be; a single load, however large, is taken on for
    /// one that owes nothing.
    pub fn take_on(&self, load: Load) -> bool {
        let owed = self.owed.get();
        let owes = owed.bytes > 0;
        if !owes {
            self.taken.set(Instant::now());
        }
        let all = Load { frames: owed.frames + load.frames, bytes: owed.bytes + load.bytes };
        self.owed.set(all);
        let excused = self.excused.get();
        !owes || (all.frames <= FRAMES + excused.frames && all.bytes <= BYTES + excused.bytes)
    }

    /// What is on its way now is not counted against the client until nothing is any more: nobody chooses how long `hello` is.
    pub fn excuse(&self) {
        self.excused.set(self.owed.get());
    }

    /// So much went on towards the client.
    pub fn took(&self, load: Load) {
        let owed = self.owed.get();
        let (frames, bytes) = (owed.frames.saturating_sub(load.frames), owed.bytes.saturating_sub(load.bytes));
        self.owed.set(Load { frames, bytes });
        if bytes == 0 {
            self.excused.set(Load::default());
        }
        self.taken.set(Instant::now());
    }

    /// Anything at all came from the client.
    pub fn hear(&self) {
        self.heard.set(Instant::now());
    }

    /// What to do now. `closing` is when our close frame went out.
    pub fn judge(&self, now: Instant, closing: Option<Instant>) -> Verdict {
        let owes = self.owed.get().bytes > 0;
        let stalled = owes && now.duration_since(self.taken.get()) > STALL;
        // Who takes what waits for them is there, and what they say may wait behind it.
        let silent = now.duration_since(if owes { self.heard.get().max(self.taken.get()) } else { self.heard.get() });
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

    /// The connection is somebody else's from now on: another answer may follow on it.
    pub fn end(&self) {
        self.connection.take();
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
        let connection = self.connection.take();
        connection.iter().for_each(Handle::hang_up);
        connection.is_some()
    }

    /// Has the client hung up? Only to be asked where nothing more is read from it.
    pub fn is_gone(&self) -> bool {
        self.connection.borrow().as_ref().is_some_and(Handle::is_gone)
    }
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
        let frame = Load { frames: 1, bytes: 1 };
        assert!(pulse.take_on(frame));
        assert_eq!(pulse.judge(Instant::now() + Duration::from_secs(11), None), Verdict::Cut);
        pulse.took(frame);
        assert_eq!(pulse.judge(Instant::now() + Duration::from_secs(11), None), Verdict::Fine);
        assert_eq!(pulse.judge(start + Duration::from_secs(6), Some(start)), Verdict::Cut);
    }

    #[test]
    fn it_may_be_behind_so_far_and_no_further() {
        let one = Load { frames: 1, bytes: 1 };
        let pulse = Pulse::new(None, Instant::now());
        assert!(pulse.take_on(Load { frames: FRAMES, bytes: FRAMES }));
        assert!(!pulse.take_on(one));
        let pulse = Pulse::new(None, Instant::now());
        assert!(pulse.take_on(Load { frames: 1, bytes: BYTES + 1 }), "it owes nothing yet");
        assert!(!pulse.take_on(one));
        let pulse = Pulse::new(None, Instant::now());
        let hello = Load { frames: FRAMES, bytes: 2 * BYTES };
        assert!(pulse.take_on(hello));
        pulse.excuse();
        assert!(pulse.take_on(Load { frames: FRAMES, bytes: BYTES }), "hello is not counted");
        assert!(!pulse.take_on(one));
        pulse.took(pulse.owed.get());
        assert!(pulse.take_on(hello) && !pulse.take_on(one), "and then everything is");
    }
}
