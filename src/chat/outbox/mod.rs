//! What is on its way to one socket.
//!
//! Whatever a socket is told goes through here, in one order: what its hub delivers and what its actor answers. Where nothing older is
//! on its way it is written to the kernel at once; what the kernel does not take waits here for the connection's task, which reads it as
//! the body of the answer to the handshake. The actor's own mailbox and codec carry pings, pongs and the close frame alone.

#[cfg(test)]
mod tests;

use std::{
    cell::RefCell,
    collections::VecDeque,
    io::IoSlice,
    iter::once,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker},
    time::Instant,
};

use actix_web::{
    body::{BodySize, BoxBody, MessageBody},
    web::Bytes,
};
use bytestring::ByteString;

use crate::{
    chat::{
        parcel::Parcel,
        patience::{BYTES, GOODBYE, Load, Pulse},
    },
    web::tcp::Handle,
};

/// Parcels that are written in one call.
const PARTS: usize = 16;

/// Bytes that the connection's task gets at once. actix-http keeps, for as long as a connection lives, a buffer as large as the largest
/// thing that was written through it; this is half of what it begins with, so that a piece fits behind what the last one left.
const PIECE: usize = 4 * 1024;

/// Bytes that may wait for `hello`: whoever asks for so much before they are let in is not let in.
const HELD: usize = 16 * BYTES;

/// One socket's, shared by its hub, its actor and its connection's task on one thread.
pub struct Outbox {
    connection: Option<Handle>,
    /// How far the client is behind.
    pub pulse: Pulse,
    flow: RefCell<Flow>,
}

struct Flow {
    /// What came before `hello`, and goes behind it; none afterwards.
    held: Option<Vec<Parcel>>,
    held_bytes: usize,
    /// What the kernel did not take.
    queue: VecDeque<Rest>,
    /// The connection's task, where it waits.
    waker: Option<Waker>,
    /// Nothing more is taken.
    is_over: bool,
}

/// The unwritten end of a parcel, and how many frames are in it, none once it has begun.
struct Rest {
    bytes: Bytes,
    frames: usize,
}

impl Outbox {
    /// Of a socket on which nothing was said yet.
    pub fn new(connection: Option<Handle>) -> Rc<Self> {
        let pulse = Pulse::new(connection.clone(), Instant::now());
        let flow = Flow { held: Some(Vec::new()), held_bytes: 0, queue: VecDeque::new(), waker: None, is_over: false };
        Rc::new(Self { connection, pulse, flow: RefCell::new(flow) })
    }

    /// Says `hello`, and what had to wait for it.
    pub fn open(&self, hello: ByteString) {
        let held = self.flow.borrow_mut().held.take();
        let first: Vec<Parcel> = once(Parcel::from(hello)).chain(held.into_iter().flatten()).collect();
        self.send(&first);
        self.pulse.excuse();
    }

    /// Sends parcels. Who is too far behind is cut: no close frame could overtake what is stuck.
    pub fn send(&self, parcels: &[Parcel]) {
        let mut flow = self.flow.borrow_mut();
        if flow.is_over {
            return;
        }
        if let Some(held) = &mut flow.held {
            held.extend_from_slice(parcels);
            flow.held_bytes += parcels.iter().map(|parcel| parcel.load().bytes).sum::<usize>();
            if flow.held_bytes > HELD {
                self.pulse.cut();
            }
            return;
        }
        let mut written = if flow.is_clear() { self.write(parcels) } else { 0 };
        let mut left = Load::default();
        for parcel in parcels {
            let Load { frames, bytes } = parcel.load();
            let done = written.min(bytes);
            written -= done;
            if done < bytes {
                // Of what has begun only the bytes are counted.
                let frames = if done == 0 { frames } else { 0 };
                left = Load { frames: left.frames + frames, bytes: left.bytes + bytes - done };
                flow.queue.push_back(Rest { bytes: parcel.bytes().slice(done..), frames });
            }
        }
        if left.bytes > 0 {
            flow.wake();
            drop(flow);
            if !self.pulse.take_on(left) {
                self.pulse.cut();
            }
        }
    }

    /// Would what is sent now be written at once?
    pub fn is_clear(&self) -> bool {
        self.flow.borrow().is_clear() && self.connection.as_ref().is_some_and(Handle::is_flushed)
    }

    /// Its actor is gone: takes nothing more. What is on its way goes on.
    pub fn end(&self) {
        self.flow.borrow_mut().is_over = true;
        self.pulse.end();
    }

    /// The same, and the connection goes in a while, however little its client reads: nobody else looks after it when its actor is gone.
    pub fn leave(&self) {
        self.end();
        if let Some(connection) = self.connection.clone() {
            actix_web::rt::spawn(async move {
                tokio::time::sleep(GOODBYE).await;
                connection.hang_up();
            });
        }
    }

    /// How many bytes the kernel took at once.
    fn write(&self, parcels: &[Parcel]) -> usize {
        let Some(connection) = &self.connection else { return 0 };
        let mut written = 0;
        for some in parcels.chunks(PARTS) {
            let mut parts = [IoSlice::new(&[]); PARTS];
            let mut length = 0;
            for (part, parcel) in parts.iter_mut().zip(some) {
                *part = IoSlice::new(parcel.bytes());
                length += part.len();
            }
            let taken = connection.write(&parts[..some.len()]);
            written += taken;
            if taken < length {
                break;
            }
        }
        written
    }

    /// The next bytes for the connection's task.
    fn next_piece(&self) -> Option<Bytes> {
        let mut flow = self.flow.borrow_mut();
        let rest = flow.queue.front_mut()?;
        let bytes = rest.bytes.split_to(rest.bytes.len().min(PIECE));
        let load = Load { frames: std::mem::take(&mut rest.frames), bytes: bytes.len() };
        if rest.bytes.is_empty() {
            flow.queue.pop_front();
            if flow.queue.is_empty() {
                // It may have been long.
                flow.queue = VecDeque::new();
            }
        }
        drop(flow);
        self.pulse.took(load);
        Some(bytes)
    }

    fn hold(&self) {
        self.connection.iter().for_each(Handle::hold);
    }
}

impl Flow {
    /// Is nothing on its way that what is sent now has to wait for?
    fn is_clear(&self) -> bool {
        !self.is_over && self.held.is_none() && self.queue.is_empty()
    }

    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

/// The body of the answer to a handshake: what waits in the outbox, and what the actor says by itself.
pub struct Outflow {
    outbox: Rc<Outbox>,
    actor: BoxBody,
    /// What the actor said, where the outbox goes first; the end of the body if that is none.
    last: Option<Option<Bytes>>,
    has_begun: bool,
    /// A piece was just given: it is to be written before the next.
    has_given: bool,
}

impl Outflow {
    /// Of a socket that is about to open.
    pub fn new(outbox: Rc<Outbox>, actor: impl MessageBody + 'static) -> Self {
        Self { outbox, actor: actor.boxed(), last: None, has_begun: false, has_given: false }
    }
}

impl MessageBody for Outflow {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        self.actor.size()
    }

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        if !std::mem::replace(&mut self.has_begun, true) {
            // The head of the answer is before it.
            self.outbox.hold();
        }
        if std::mem::take(&mut self.has_given)
            && let Some(connection) = &self.outbox.connection
            && connection.poll_flushed(cx).is_pending()
        {
            self.has_given = true;
            return Poll::Pending;
        }
        if self.last.is_none() {
            match Pin::new(&mut self.actor).poll_next(cx) {
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Err(error))),
                Poll::Ready(said) => self.last = Some(said.and_then(Result::ok)),
                Poll::Pending => {}
            }
        }
        if let Some(piece) = self.outbox.next_piece() {
            self.outbox.hold();
            self.has_given = true;
            return Poll::Ready(Some(Ok(piece)));
        }
        if let Some(said) = self.last.take() {
            self.outbox.hold();
            return Poll::Ready(said.map(Ok));
        }
        self.outbox.flow.borrow_mut().waker = Some(cx.waker().clone());
        Poll::Pending
    }
}
