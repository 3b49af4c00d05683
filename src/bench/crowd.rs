//! Many sockets of the chat on one thread.

use std::{
    io,
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::Context as _;

use crate::bench::{
    net::{
        frame::{self, Kind},
        http,
        link::{Link, Reading},
        poller::{Happening, Poller},
    },
    server::Server,
};

/// Handshakes under way at once, where they need not all come together.
pub const GENTLY: usize = 128;

/// How long nothing at all may happen before something is wrong.
const PATIENCE: Duration = Duration::from_secs(60);

/// What listens to a crowd.
pub trait Ear {
    /// A frame came, the first of which is `hello`.
    fn hear(&mut self, socket: usize, text: &[u8], link: &mut Link) -> io::Result<()>;

    /// The socket is gone, by whichever side.
    fn lose(&mut self, _socket: usize) {}
}

struct Socket {
    link: Link,
    open: bool,
}

/// The sockets, by their places.
pub struct Crowd {
    poller: Poller,
    address: SocketAddr,
    sockets: Vec<Option<Socket>>,
    requests: Vec<Vec<u8>>,
    space: Vec<u8>,
    outgoing: Vec<u8>,
    happened: Vec<Happening>,
}

impl Crowd {
    /// A crowd that is not there yet: a socket for each of these `Cookie` headers.
    ///
    /// # Errors
    /// Those of the system.
    pub fn of<'a>(server: &Server, cookies: impl Iterator<Item = &'a String>) -> io::Result<Self> {
        let requests: Vec<_> = cookies.map(|cookie| http::upgrade(server.host(), cookie)).collect();
        let sockets = requests.iter().map(|_| None).collect();
        let (poller, address) = (Poller::new()?, server.address());
        let (space, outgoing, happened) = Default::default();
        Ok(Self { poller, address, sockets, requests, space, outgoing, happened })
    }

    /// How many there are, connected or not.
    pub fn len(&self) -> usize {
        self.sockets.len()
    }

    /// Is there nobody?
    pub fn is_empty(&self) -> bool {
        self.sockets.is_empty()
    }

    /// How many are connected.
    pub fn connected(&self) -> usize {
        self.sockets.iter().flatten().count()
    }

    /// Connects everybody, so many at once; `done` says how many have what they came for.
    ///
    /// # Errors
    /// A refusal, or nothing happening for a minute.
    pub fn gather<E: Ear>(&mut self, at_once: usize, ear: &mut E, done: impl Fn(&E) -> usize) -> anyhow::Result<()> {
        let (mut next, mut moved) = (0, (0, Instant::now()));
        while done(ear) < self.len() {
            while next < self.len() && next < done(ear) + at_once {
                self.connect(next)?;
                next += 1;
            }
            self.turn(Instant::now() + Duration::from_millis(100), ear)?;
            if done(ear) > moved.0 {
                moved = (done(ear), Instant::now());
            }
            let (here, all) = (self.connected(), self.len());
            anyhow::ensure!(here == next, "the server refused a socket");
            anyhow::ensure!(moved.1.elapsed() < PATIENCE, "{} of {all} sockets, and no more", done(ear));
        }
        Ok(())
    }

    fn connect(&mut self, place: usize) -> anyhow::Result<()> {
        let link = Link::open(self.address, self.poller.registry(), place);
        let mut link = link.context("a socket needs a file: see `ulimit -n`, and a port: see ip_local_port_range")?;
        link.hurry()?;
        link.send(&self.requests[place])?;
        self.sockets[place] = Some(Socket { link, open: false });
        Ok(())
    }

    /// Sends a text frame on one of the sockets; on one that is gone it is lost.
    pub fn send(&mut self, place: usize, text: &[u8], ear: &mut impl Ear) {
        let Some(socket) = &mut self.sockets[place] else { return };
        self.outgoing.clear();
        frame::text(&mut self.outgoing, text);
        if socket.link.send(&self.outgoing).is_err() {
            self.lose(place, ear);
        }
    }

    /// Cuts all connections at once.
    pub fn cut(&mut self) {
        self.sockets.iter_mut().filter_map(Option::take).for_each(|socket| socket.link.cut());
    }

    fn lose(&mut self, place: usize, ear: &mut impl Ear) {
        if self.sockets[place].take().is_some() {
            ear.lose(place);
        }
    }

    /// Waits until something happens, at most until then, and has it heard.
    ///
    /// # Errors
    /// Those of the system.
    pub fn turn(&mut self, until: Instant, ear: &mut impl Ear) -> io::Result<()> {
        let mut happened = std::mem::take(&mut self.happened);
        happened.extend(self.poller.wait(until)?);
        for happening in happened.drain(..) {
            let place = happening.token;
            let Some(socket) = &mut self.sockets[place] else { continue };
            let flushed = if happening.writable { socket.link.flush() } else { Ok(()) };
            let outcome = flushed.and_then(|()| match happening.readable {
                true => socket.read(place, &mut self.space, ear),
                false => Ok(()),
            });
            if outcome.is_err() {
                self.lose(place, ear);
            }
        }
        self.happened = happened;
        Ok(())
    }
}

impl Socket {
    fn read(&mut self, place: usize, space: &mut Vec<u8>, ear: &mut impl Ear) -> io::Result<()> {
        loop {
            let open = &mut self.open;
            match self.link.read(space, |bytes, link| take(bytes, open, place, link, ear))? {
                Reading::More => {}
                Reading::Drained => return Ok(()),
                Reading::Ended => return Err(io::ErrorKind::UnexpectedEof.into()),
            }
        }
    }
}

/// Has every whole frame heard, and says how many bytes that were.
fn take(bytes: &[u8], open: &mut bool, place: usize, link: &mut Link, ear: &mut impl Ear) -> io::Result<usize> {
    let mut at = 0;
    if !*open {
        let Some(answer) = http::split(bytes)? else { return Ok(0) };
        if answer.status != 101 {
            return Err(io::Error::other(format!("the handshake was answered with {}", answer.status)));
        }
        (*open, at) = (true, answer.length);
    }
    while let Some((kind, payload)) = frame::split(&bytes[at..])? {
        let text = &bytes[at + payload.start..at + payload.end];
        at += payload.end;
        match kind {
            Kind::Text => ear.hear(place, text, link)?,
            Kind::Ping => {
                let mut pong = Vec::new();
                frame::pong(&mut pong, text);
                link.send(&pong)?;
            }
            Kind::Close => return Err(io::ErrorKind::ConnectionAborted.into()),
            Kind::Other => {}
        }
    }
    Ok(at)
}
