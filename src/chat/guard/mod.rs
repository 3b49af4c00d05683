//! Stands between a socket's bytes and the codec, and ends the stream at the first frame header that is wrong.
//!
//! The codec checks a frame only when it has buffered all of it: a header that declares 1 TiB would fill the memory.
//! What stands in a payload stays with the codec: codes and reasons of close frames, UTF-8.
//!
//! And whoever decodes takes all that has come before the first frame of it: a client that sends faster than it is heard would fill the
//! memory, too. So nothing more is taken from the connection until the frames that passed are read, and the kernel holds the client off.

pub mod headers;

use std::{
    cell::Cell,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
    time::Instant,
};

use actix_http::ws::CloseCode;
use actix_web::web::Bytes;
use futures_util::Stream;

use crate::chat::guard::headers::Headers;

/// Most bytes of a frame, and of all the fragments of a message together.
pub const MESSAGE_MAX: u64 = 64 * 1024;

/// What a peer may send.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of one frame, and of one message in fragments.
    pub message: u64,
    /// Fragments of one message; empty ones count.
    pub fragments: u32,
    /// Pings, pongs and closes within any second.
    pub control_per_second: usize,
    /// Whether binary messages are taken at all.
    pub binary: bool,
}

impl Default for Limits {
    /// What a chat socket may send.
    fn default() -> Self {
        Self { message: MESSAGE_MAX, fragments: 1_000, control_per_second: 20, binary: false }
    }
}

/// What a guard and who reads behind the codec tell each other.
#[derive(Debug, Default)]
pub struct Passage {
    close: Cell<Option<CloseCode>>,
    /// Whole frames that passed.
    passed: Cell<u64>,
    /// And were read.
    read: Cell<u64>,
}

impl Passage {
    /// The code to close with when the stream is over; none where the peer went by itself.
    pub fn close_code(&self) -> Option<CloseCode> {
        self.close.get()
    }

    /// The codec handed out a frame.
    pub fn note_read(&self) {
        self.read.set(self.read.get() + 1);
    }

    fn has_unread(&self) -> bool {
        self.passed.get() > self.read.get()
    }
}

/// The bytes of a socket up to the first wrong header.
///
/// There the stream ends, so that the codec still hands out the whole frames before it and the actor then sees its
/// stream finish.
pub struct Guard<S> {
    stream: S,
    headers: Headers,
    started: Instant,
    passage: Rc<Passage>,
}

impl<S> Guard<S> {
    /// Guards the bytes of a freshly upgraded connection.
    pub fn new(stream: S, limits: Limits, passage: Rc<Passage>) -> Self {
        Self { stream, headers: Headers::new(limits), started: Instant::now(), passage }
    }
}

impl<S, E> Stream for Guard<S>
where
    S: Stream<Item = Result<Bytes, E>> + Unpin,
{
    type Item = Result<Bytes, E>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.passage.close.get().is_some() {
            return Poll::Ready(None);
        }
        if self.passage.has_unread() {
            // Nobody is to be woken: the codec has a frame to hand out, and asks again behind it.
            return Poll::Pending;
        }
        let Poll::Ready(item) = Pin::new(&mut self.stream).poll_next(cx) else { return Poll::Pending };
        let Some(Ok(mut piece)) = item else { return Poll::Ready(item) };
        let now = self.started.elapsed();
        if let Err(violation) = self.headers.feed(&piece, now) {
            self.passage.close.set(Some(violation.code));
            piece.truncate(violation.good);
        }
        self.passage.passed.set(self.headers.whole());
        Poll::Ready(Some(Ok(piece)))
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use actix_http::ws::Parser;
    use futures_util::{FutureExt, StreamExt, stream};

    use super::*;

    /// A masked text with `length` bytes of payload, fewer than 126.
    fn text(length: u8) -> Vec<u8> {
        let mut bytes = vec![0x81, 0x80 | length, 1, 2, 3, 4];
        bytes.resize(6 + usize::from(length), b'x');
        bytes
    }

    /// The header of a text that declares 1 TiB.
    const TEBIBYTE: [u8; 14] = [0x81, 0xff, 0, 0, 1, 0, 0, 0, 0, 0, 1, 2, 3, 4];

    /// A guard for pieces that are there already.
    fn guard(pieces: Vec<Vec<u8>>) -> (impl Stream<Item = io::Result<Bytes>> + Unpin, Rc<Passage>) {
        let passage = Rc::<Passage>::default();
        let stream = stream::iter(pieces.into_iter().map(|piece| Ok::<_, io::Error>(Bytes::from(piece))));
        (Guard::new(stream, Limits::default(), passage.clone()), passage)
    }

    /// Runs pieces through a guard; what the codec would get if it reads each at once, and the close code.
    fn guarded(pieces: Vec<Vec<u8>>) -> (Vec<u8>, Option<CloseCode>) {
        let (guard, passage) = guard(pieces);
        let read = guard.map(|piece| {
            passage.read.set(passage.passed.get());
            piece.expect("no error in here").to_vec()
        });
        let passed = read.collect::<Vec<_>>().now_or_never().expect("all pieces are there");
        (passed.concat(), passage.close_code())
    }

    #[test]
    fn a_guarded_stream_passes_good_frames_unchanged() {
        let bytes = [text(100), text(0)].concat();
        assert_eq!(guarded(vec![bytes[..7].to_vec(), bytes[7..].to_vec()]), (bytes, None));
    }

    #[test]
    fn a_guarded_stream_ends_after_the_last_good_frame() {
        let good = text(10);
        let pieces = vec![[&good[..], &TEBIBYTE].concat(), vec![b'x'; 1 << 16], text(1)];
        assert_eq!(guarded(pieces), (good, Some(CloseCode::Size)));
    }

    #[test]
    fn nothing_more_is_taken_until_the_frames_that_passed_are_read() {
        let long = text(100);
        let pieces = vec![long[..7].to_vec(), long[7..].to_vec(), [text(1), text(2)].concat(), text(3)];
        let (mut guard, passage) = guard(pieces);
        let mut next = || guard.next().now_or_never();
        assert!(next().is_some() && next().is_some(), "half a frame is nothing to be read");
        assert!(next().is_none());
        passage.note_read();
        assert!(next().is_some());
        passage.note_read();
        assert!(next().is_none(), "two came in one piece");
        passage.note_read();
        assert!(next().is_some());
    }

    #[test]
    fn the_codec_itself_refuses_wrong_close_frames() {
        let judge = |payload: &[u8]| Parser::try_parse_close_payload(payload).is_ok();
        for code in [0_u16, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, u16::MAX] {
            assert!(!judge(&code.to_be_bytes()), "{code}");
        }
        assert!(!judge(&[3]), "one byte is no code");
        assert!(!judge(&[3, 232, 0xff]), "a reason that is not UTF-8");
        assert!(judge(&[]) && judge(&1000_u16.to_be_bytes()) && judge(&4001_u16.to_be_bytes()));
    }

    #[test]
    fn an_error_of_the_connection_is_passed_on() {
        let passage = Rc::<Passage>::default();
        let broken = stream::iter([Err(io::Error::other("reset"))]);
        let mut guard = Guard::new(broken, Limits::default(), passage.clone());
        let item = guard.next().now_or_never().expect("ready").expect("one item");
        assert!(item.is_err());
        assert_eq!(passage.close_code(), None);
    }
}
