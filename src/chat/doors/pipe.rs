//! A stream of events on its way out: frames from the hub become `text/event-stream` (HTML Standard, §9.2).

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    fmt::Write as _,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

use actix_web::{
    body::{BodySize, MessageBody},
    web::Bytes,
};
use bytestring::ByteString;
use prometheus_client::metrics::counter::Counter;
use rand::RngExt as _;

use crate::{
    chat::{
        doors::{
            cursor::Cursor,
            frames::{self, RoomHead},
            reduce::Reducer,
        },
        patience::{Load, Pulse, Verdict},
        protocol::{Closing, bye},
    },
    id::RoomId,
    setting::Live,
    web::tcp::Handle,
};

/// With at most so many rooms the cursor follows everything that changes, with more it comes this often.
const FEW: usize = 32;
const OFTEN: Duration = Duration::from_secs(5);

/// After a loss a client waits for so long at random, in milliseconds; after a restart less.
const RETRY: std::ops::Range<u32> = 1_000..5_000;
const RETRY_AFTER_RESTART: std::ops::Range<u32> = 200..1_000;

/// Who reads a stream.
pub enum Audience {
    /// Somebody with a session: every frame, as it is.
    Member,
    /// A guest: what guests may know, as long as the site allows them.
    Guest(Rc<Reducer>, Live),
}

/// One stream, shared by its hub and its response on one thread.
pub struct Pipe {
    pulse: Pulse,
    audience: Audience,
    epoch: String,
    flow: RefCell<Flow>,
    ended: Cell<bool>,
}

#[derive(Default)]
struct Flow {
    /// Ready to go, before the frames.
    head: String,
    frames: Vec<ByteString>,
    /// And behind them.
    tail: String,
    /// Up to where its client is whole.
    revs: BTreeMap<RoomId, i64>,
    moved: bool,
    told: Option<Instant>,
    waker: Option<Waker>,
}

impl Pipe {
    /// Of a connection on which nothing was said yet.
    pub fn new(connection: Option<Handle>, audience: Audience, epoch: &str) -> Rc<Self> {
        let (pulse, flow) = (Pulse::new(connection, Instant::now()), RefCell::default());
        Rc::new(Self { pulse, audience, epoch: epoch.to_owned(), flow, ended: Cell::new(false) })
    }

    /// Where it is to be counted that it was cut.
    pub fn count_cut(&self, cuts: Counter) {
        self.pulse.count_cut(cuts);
    }

    /// The first frame, and from where on the client is whole.
    pub fn begin(&self, hello: &ByteString, revs: BTreeMap<RoomId, i64>) {
        let mut flow = self.flow.borrow_mut();
        let retry = rand::rng().random_range(RETRY);
        // Writing to a string cannot fail.
        let _ = write!(flow.head, "retry: {retry}\n\ndata: {hello}\n\n");
        flow.revs = revs;
        flow.moved = true;
        // What the hub delivered meanwhile was noted while nothing was known.
        let frames = std::mem::take(&mut flow.frames);
        frames.iter().for_each(|frame| flow.note(frame));
        flow.frames = frames;
        flow.wake();
    }

    /// A frame for this client alone, which is not counted against it.
    pub fn say(&self, frame: &ByteString) {
        let mut flow = self.flow.borrow_mut();
        let _ = write!(flow.head, "data: {frame}\n\n");
        flow.wake();
    }

    /// Frames from the hub. A reader that lags too far is cut.
    pub fn deliver(&self, frames: Vec<ByteString>) {
        let (frames, closes) = match &self.audience {
            Audience::Member => (frames, false),
            Audience::Guest(..) if self.must_go() => return self.end(Closing::SessionEnded),
            Audience::Guest(reducer, _) => for_guest(reducer, &frames),
        };
        if frames.is_empty() || self.ended.get() {
            return;
        }
        if !self.pulse.take_on(Load::of(&frames)) {
            return self.cut();
        }
        let mut flow = self.flow.borrow_mut();
        frames.iter().for_each(|frame| flow.note(frame));
        flow.frames.extend(frames);
        flow.wake();
        drop(flow);
        if closes {
            self.end(Closing::SessionEnded);
        }
    }

    /// Tells why, and ends.
    pub fn end(&self, why: Closing) {
        if self.ended.replace(true) {
            return;
        }
        let mut flow = self.flow.borrow_mut();
        if why == Closing::Restart {
            let retry = rand::rng().random_range(RETRY_AFTER_RESTART);
            let _ = write!(flow.tail, "retry: {retry}\n\n");
        }
        let _ = write!(flow.tail, "event: bye\ndata: {}\n\n", bye(why));
        flow.wake();
    }

    /// Cuts it where it is past a deadline, and lets it say something where it was quiet.
    pub fn tend(&self, now: Instant, closing: Option<Instant>) {
        if self.must_go() {
            self.end(Closing::SessionEnded);
        }
        match self.pulse.judge(now, closing) {
            Verdict::Cut => self.cut(),
            Verdict::Ping => {
                let mut flow = self.flow.borrow_mut();
                flow.tail.push_str(":\n\n");
                flow.wake();
            }
            Verdict::Fine => self.notice_the_end(),
        }
    }

    /// Is it a guest's, and the site has no guests any more?
    fn must_go(&self) -> bool {
        matches!(&self.audience, Audience::Guest(_, live) if !live.get().guests)
    }

    /// Nothing is read from it, so that nobody else would see that its client has hung up.
    fn notice_the_end(&self) {
        if self.pulse.is_gone() {
            self.drop_all();
            self.pulse.hang_up();
        }
    }

    /// Its response is gone, and the connection is somebody else's now.
    pub fn let_go(&self) {
        self.pulse.end();
    }

    fn cut(&self) {
        self.drop_all();
        self.pulse.cut();
    }

    fn drop_all(&self) {
        self.ended.set(true);
        let mut flow = self.flow.borrow_mut();
        let Flow { head, frames, tail, .. } = &mut *flow;
        head.clear();
        frames.clear();
        tail.clear();
        flow.wake();
    }
}

/// What a guest hears of these, up to the one that closes the room to them; is there one?
fn for_guest(reducer: &Reducer, frames: &[ByteString]) -> (Vec<ByteString>, bool) {
    let mut heard: Vec<ByteString> = frames.iter().filter_map(|frame| reducer.reduce(frame)).collect();
    let last = heard.iter().position(|frame| closes(frame));
    heard.truncate(last.map_or(usize::MAX, |last| last + 1));
    (heard, last.is_some())
}

/// Does a guest hear nothing more of the room after this?
fn closes(frame: &str) -> bool {
    match frames::kind(frame) {
        "room_gone" => true,
        "room" => RoomHead::of(frame).is_some_and(|room| !room.is_open()),
        _ => false,
    }
}

impl Flow {
    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    /// Moves the cursor, which only ever takes the next step: what jumps is asked for.
    fn note(&mut self, frame: &str) {
        match frames::kind(frame) {
            "message" => {
                let known = frames::change(frame).and_then(|(room, rev)| Some((self.revs.get_mut(&room)?, rev)));
                if let Some((known, rev)) = known
                    && rev == *known + 1
                {
                    *known = rev;
                    self.moved = true;
                }
            }
            "room" => {
                if let Some(RoomHead { id, rev, .. }) = RoomHead::of(frame) {
                    self.moved |= !self.revs.contains_key(&id);
                    self.revs.entry(id).or_insert(rev);
                }
            }
            "room_gone" => {
                self.moved |= frames::gone(frame).is_some_and(|room| self.revs.remove(&room).is_some());
            }
            _ => {}
        }
    }

    /// All there is, as text.
    fn take(&mut self, epoch: &str, now: Instant) -> String {
        let mut text = std::mem::take(&mut self.head);
        text.reserve(self.frames.iter().map(|frame| frame.len() + 8).sum());
        for frame in self.frames.drain(..) {
            text.push_str("data: ");
            text.push_str(&frame);
            text.push_str("\n\n");
        }
        let due = self.revs.len() <= FEW || self.told.is_none_or(|told| now.duration_since(told) >= OFTEN);
        if self.moved && due {
            let _ = write!(text, "id: {}\n\n", Cursor::encode(epoch, &self.revs));
            (self.moved, self.told) = (false, Some(now));
        }
        text.push_str(&std::mem::take(&mut self.tail));
        text
    }
}

/// The body of the response: it takes what is there whenever the connection can take more.
pub struct Outflow<T> {
    pipe: Rc<Pipe>,
    /// Dropped with it: the place the stream has in its hub.
    _seat: T,
}

impl<T> Outflow<T> {
    /// Of this stream.
    pub fn new(pipe: Rc<Pipe>, seat: T) -> Self {
        Self { pipe, _seat: seat }
    }
}

impl<T: Unpin> MessageBody for Outflow<T> {
    type Error = actix_web::Error;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let pipe = &self.pipe;
        let mut flow = pipe.flow.borrow_mut();
        pipe.pulse.took(Load::of(&flow.frames));
        let text = flow.take(&pipe.epoch, Instant::now());
        if !text.is_empty() {
            pipe.pulse.hear();
            return Poll::Ready(Some(Ok(Bytes::from(text))));
        }
        if pipe.ended.get() {
            return Poll::Ready(None);
        }
        flow.waker = Some(cx.waker().clone());
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guest_hears_nothing_that_was_said_after_the_room_was_closed_to_them() {
        let gone = ByteString::from_static(r#"{"type":"room_gone","room":1}"#);
        let later = ByteString::from_static(r#"{"type":"heads","rooms":{"1":9}}"#);
        assert_eq!(for_guest(&Reducer::default(), &[gone.clone(), later.clone()]), (vec![gone], true));
        assert_eq!(for_guest(&Reducer::default(), std::slice::from_ref(&later)), (vec![later], false));
    }
}
