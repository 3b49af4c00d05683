//! A connection as actix-http reads and writes it, and a handle on it for who writes past actix-http, or ends it.
//!
//! actix-http tells nobody when a client hangs up on an answer that has no end, and ends no connection whose answer is not polled any
//! more. And what is written through it costs a turn of the connection's task. With a [`Handle`] a hub writes what a socket is told
//! straight to the kernel, wherever nothing older is on its way.

use std::{
    cell::{Cell, RefCell},
    io,
    io::{ErrorKind, IoSlice},
    mem::MaybeUninit,
    net::Shutdown,
    pin::Pin,
    rc::{Rc, Weak},
    task::{Context, Poll, Waker, ready},
    time::Duration,
};

use actix_web::{HttpRequest, rt::net::TcpStream};
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// How long data may be unacknowledged before the kernel gives a connection up. Without it a stuck peer is noticed later, by our own
/// deadlines.
const USER_TIMEOUT: Duration = Duration::from_secs(30);

/// Bytes the kernel keeps that it has not sent once. Of its own accord it keeps megabytes for who reads nothing; what waits with us is
/// counted, and what is under way to a client far off is not concerned.
const UNSENT: u32 = 64 * 1024;

/// The connection; it is closed when this is dropped.
#[derive(Debug)]
pub struct Tcp(Rc<Shared>);

/// The connection, as long as it lives.
#[derive(Debug, Clone)]
pub struct Handle(Weak<Shared>);

#[derive(Debug)]
struct Shared {
    stream: RefCell<TcpStream>,
    /// actix-http has nothing that it has not written.
    is_flushed: Cell<bool>,
    /// Who is to be woken when that is so.
    waiting: RefCell<Option<Waker>>,
    /// Bytes that actix-http may still read, where that is bounded.
    readable: Cell<Option<usize>>,
}

impl Tcp {
    /// Over what was accepted.
    pub fn new(stream: TcpStream) -> Self {
        // All are for the better alone.
        let _ = stream.set_nodelay(true);
        let socket = SockRef::from(&stream);
        let _ = socket.set_tcp_user_timeout(Some(USER_TIMEOUT));
        let _ = socket.set_tcp_notsent_lowat(UNSENT);
        Self(Rc::new(Shared {
            stream: RefCell::new(stream),
            is_flushed: Cell::new(false),
            waiting: RefCell::default(),
            readable: Cell::default(),
        }))
    }

    /// A handle on it.
    pub fn handle(&self) -> Handle {
        Handle(Rc::downgrade(&self.0))
    }
}

impl Handle {
    /// Of the connection on which a request came, among whose data it is kept.
    pub fn of(req: &HttpRequest) -> Option<Self> {
        req.conn_data::<Self>().cloned()
    }

    /// Bytes are given to actix-http: nothing may be written past it until it has written them.
    pub fn hold(&self) {
        if let Some(shared) = self.0.upgrade() {
            shared.is_flushed.set(false);
        }
    }

    /// Has actix-http written all that was given to it?
    pub fn is_flushed(&self) -> bool {
        self.0.upgrade().is_some_and(|shared| shared.is_flushed.get())
    }

    /// Has actix-http written all that was given to it? Where it has not, the task is woken when it has.
    pub fn poll_flushed(&self, cx: &Context<'_>) -> Poll<()> {
        match self.0.upgrade() {
            Some(shared) if !shared.is_flushed.get() => {
                shared.waiting.replace(Some(cx.waker().clone()));
                Poll::Pending
            }
            _ => Poll::Ready(()),
        }
    }

    /// Reads what has come; nothing where the connection is over. For who takes the reading over from actix-http.
    ///
    /// # Errors
    /// Those of the connection.
    pub fn poll_read(&self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        let Some(shared) = self.0.upgrade() else { return Poll::Ready(Ok(0)) };
        let stream = shared.stream.borrow();
        loop {
            ready!(stream.poll_read_ready(cx))?;
            match stream.try_read(buffer) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                outcome => return Poll::Ready(outcome),
            }
        }
    }

    /// Writes as much as the kernel takes at once, and says how much that is: nothing where actix-http has something to write first,
    /// where the kernel's buffer is full, and where the connection is gone.
    pub fn write(&self, parts: &[IoSlice<'_>]) -> usize {
        let Some(shared) = self.0.upgrade().filter(|shared| shared.is_flushed.get()) else { return 0 };
        let stream = shared.stream.borrow();
        // Past what tokio knows of its readiness, which is one more place in memory for each socket: where the kernel takes less, the
        // connection's task finds that out as this does.
        let socket = SockRef::from(&*stream);
        let written = match parts {
            // The kernel does less for one.
            [part] => socket.send(part),
            parts => socket.send_vectored(parts),
        };
        // What is wrong with it the connection's task finds out by itself.
        written.unwrap_or(0)
    }

    /// From now on actix-http reads so many bytes, and then it is as if the client had hung up; any number where that is not bounded.
    pub fn read_at_most(&self, bytes: Option<usize>) {
        if let Some(shared) = self.0.upgrade() {
            shared.readable.set(bytes);
        }
    }

    /// Shuts it down, whatever is on its way.
    pub fn hang_up(&self) {
        if let Some(shared) = self.0.upgrade() {
            // It may be closed already, which is as good.
            let _ = SockRef::from(&*shared.stream.borrow()).shutdown(Shutdown::Both);
        }
    }

    /// Has the client hung up? Only to be asked where nothing more is read from it.
    pub fn is_gone(&self) -> bool {
        let Some(shared) = self.0.upgrade() else { return true };
        match SockRef::from(&*shared.stream.borrow()).peek(&mut [MaybeUninit::uninit()]) {
            Ok(count) => count == 0,
            Err(error) => !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted),
        }
    }
}

impl AsyncRead for Tcp {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let readable = self.0.readable.get();
        if readable == Some(0) {
            return Poll::Ready(Ok(()));
        }
        let before = buf.filled().len();
        let read = Pin::new(&mut *self.0.stream.borrow_mut()).poll_read(cx, buf);
        self.0.readable.set(readable.map(|bytes| bytes.saturating_sub(buf.filled().len() - before)));
        read
    }
}

impl AsyncWrite for Tcp {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.0.is_flushed.set(false);
        Pin::new(&mut *self.0.stream.borrow_mut()).poll_write(cx, bytes)
    }

    /// actix-http flushes when it has written all it had.
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.is_flushed.set(true);
        if let Some(waker) = self.0.waiting.take() {
            waker.wake();
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.is_flushed.set(false);
        Pin::new(&mut *self.0.stream.borrow_mut()).poll_shutdown(cx)
    }
}
