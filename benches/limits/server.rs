//! What a chat server cannot be faster than: epoll, one thread, nothing stored, nobody asked who they are.
//!
//! It speaks as much of the protocol as the generator reads: a handshake, a `hello`, an `ack`, and for everybody in the room a
//! `message` frame with the very fields of the real one. [`Mode::Single`] writes every delivery by itself; [`Mode::Coalesced`] gathers
//! what came in a round and writes each socket once.

use std::{
    collections::HashMap,
    io::{self, Read as _, Write as _},
    time::Duration,
};

use mio::{
    Events, Interest, Poll, Token,
    net::{TcpListener, TcpStream},
};

/// The listener's.
const LISTENER: Token = Token(usize::MAX);

/// Room for one reading, in bytes.
const ROOM: usize = 256 * 1024;

/// How deliveries are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// One write for each.
    Single,
    /// One write a socket a round.
    Coalesced,
}

#[derive(Default)]
struct Room {
    rev: u64,
    sockets: Vec<usize>,
    /// What came in this round.
    pending: Vec<u8>,
}

struct Socket {
    stream: TcpStream,
    /// Whose handshake is done.
    room: Option<u64>,
    rest: Vec<u8>,
    waiting: Vec<u8>,
}

impl Socket {
    /// Writes, behind what waits already.
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if !self.waiting.is_empty() {
            self.waiting.extend(bytes);
            return Ok(());
        }
        let written = match self.stream.write(bytes) {
            Ok(written) => written,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => 0,
            Err(error) => return Err(error),
        };
        self.waiting.extend(&bytes[written..]);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        let waiting = std::mem::take(&mut self.waiting);
        self.write(&waiting)
    }
}

/// The server.
pub struct Limit {
    mode: Mode,
    poll: Poll,
    listener: TcpListener,
    sockets: Vec<Option<Socket>>,
    rooms: HashMap<u64, Room>,
    space: Vec<u8>,
}

impl Limit {
    /// One that listens on a free port.
    ///
    /// # Errors
    /// Those of the system.
    pub fn bind(mode: Mode) -> io::Result<Self> {
        let poll = Poll::new()?;
        let mut listener = TcpListener::bind(([127, 0, 0, 1], 0).into())?;
        poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
        Ok(Self { mode, poll, listener, sockets: Vec::new(), rooms: HashMap::new(), space: vec![0; ROOM] })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// Those of the system.
    pub fn address(&self) -> io::Result<std::net::SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until the process ends.
    ///
    /// # Errors
    /// Those of the system.
    pub fn run(mut self) -> io::Result<()> {
        let mut events = Events::with_capacity(4_096);
        loop {
            self.poll.poll(&mut events, Some(Duration::from_secs(1)))?;
            for event in &events {
                match event.token() {
                    LISTENER => self.accept()?,
                    Token(place) => self.tend(place, event.is_readable(), event.is_writable()),
                }
            }
            self.end_round();
        }
    }

    fn accept(&mut self) -> io::Result<()> {
        loop {
            match self.listener.accept() {
                Ok((mut stream, _)) => {
                    stream.set_nodelay(true)?;
                    let token = Token(self.sockets.len());
                    self.poll.registry().register(&mut stream, token, Interest::READABLE | Interest::WRITABLE)?;
                    let (rest, waiting) = Default::default();
                    self.sockets.push(Some(Socket { stream, room: None, rest, waiting }));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }

    fn tend(&mut self, place: usize, readable: bool, writable: bool) {
        let Some(socket) = &mut self.sockets[place] else { return };
        let flushed = if writable { socket.flush() } else { Ok(()) };
        if flushed.is_err() || readable && self.read(place).is_err() {
            self.forget(place);
        }
    }

    fn forget(&mut self, place: usize) {
        let Some(Socket { room: Some(room), .. }) = self.sockets[place].take() else { return };
        if let Some(room) = self.rooms.get_mut(&room) {
            room.sockets.retain(|other| *other != place);
        }
    }

    fn read(&mut self, place: usize) -> io::Result<()> {
        let mut space = std::mem::take(&mut self.space);
        let outcome = self.read_into(place, &mut space);
        self.space = space;
        outcome
    }

    fn read_into(&mut self, place: usize, space: &mut [u8]) -> io::Result<()> {
        loop {
            let Some(socket) = &mut self.sockets[place] else { return Ok(()) };
            let kept = socket.rest.len();
            space[..kept].copy_from_slice(&socket.rest);
            let count = match socket.stream.read(&mut space[kept..]) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            };
            let taken = self.take(place, &mut space[..kept + count])?;
            let Some(socket) = &mut self.sockets[place] else { return Ok(()) };
            socket.rest.clear();
            socket.rest.extend(&space[taken..kept + count]);
            if kept + count < space.len() {
                return Ok(());
            }
        }
    }

    /// Takes whole requests and frames; how many bytes that were.
    fn take(&mut self, place: usize, bytes: &mut [u8]) -> io::Result<usize> {
        let Some(socket) = &mut self.sockets[place] else { return Ok(bytes.len()) };
        let mut at = 0;
        if socket.room.is_none() {
            let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(0) };
            let head = String::from_utf8_lossy(&bytes[..end]);
            let number = head.split("room=").nth(1).and_then(|rest| rest.split(['\r', ';']).next()?.parse().ok());
            let number = number.ok_or(io::ErrorKind::InvalidData)?;
            socket.room = Some(number);
            let room = self.rooms.entry(number).or_default();
            room.sockets.push(place);
            let hello = format!(r#"{{"type":"hello","rooms":[{{"id":{number},"rev":{}}}]}}"#, room.rev);
            let mut answer =
                b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n".to_vec();
            frame(&mut answer, hello.as_bytes());
            socket.write(&answer)?;
            at = end + 4;
        }
        while let Some((head, length)) = header(&bytes[at..]) {
            let (start, end) = (at + head + 4, at + head + 4 + length);
            if bytes.len() < end {
                break;
            }
            let mask = [bytes[start - 4], bytes[start - 3], bytes[start - 2], bytes[start - 1]];
            bytes[start..end].iter_mut().zip(mask.iter().cycle()).for_each(|(byte, mask)| *byte ^= mask);
            self.say(place, &bytes[start..end])?;
            at = end;
        }
        Ok(at)
    }

    /// Acknowledges a `send` and brings it to its room.
    fn say(&mut self, place: usize, sent: &[u8]) -> io::Result<()> {
        let text = std::str::from_utf8(sent).map_err(io::Error::other)?;
        let field = |name: &str| text.split(name).nth(1)?.split('"').next();
        let (Some(id), Some(said)) = (field(r#""client_id":""#), field(r#""text":""#)) else { return Ok(()) };
        let Some(number) = self.sockets[place].as_ref().and_then(|socket| socket.room) else { return Ok(()) };
        let room = self.rooms.entry(number).or_default();
        room.rev += 1;
        let rev = room.rev;
        let message = format!(
            r#"{{"type":"message","room":{number},"rev":{rev},"message":{{"id":{rev},"room":{number},"seq":{rev},"rev":{rev},"kind":"text","sender":{{"id":{place},"username":"bench_00000000_{place}","nickname":"bench_00000000_{place}","role":"member"}},"client_id":"{id}","text":"{said}","spans":["{said}"],"uploads":[],"reply_to":null,"reactions":[],"created_at":"2026-01-01T00:00:00.000000Z","edited_at":null,"recalled_at":null,"deleted_at":null}}}}"#
        );
        let ack = format!(
            r#"{{"type":"ack","ref":"{id}","id":{rev},"room":{number},"seq":{rev},"rev":{rev},"created_at":"2026-01-01T00:00:00.000000Z"}}"#
        );
        let mut bytes = Vec::with_capacity(message.len() + 4);
        frame(&mut bytes, ack.as_bytes());
        if let Some(socket) = &mut self.sockets[place] {
            socket.write(&bytes)?;
        }
        bytes.clear();
        frame(&mut bytes, message.as_bytes());
        match self.mode {
            Mode::Coalesced => room.pending.extend(bytes),
            Mode::Single => {
                for place in room.sockets.clone() {
                    let written = self.sockets[place].as_mut().map_or(Ok(()), |socket| socket.write(&bytes));
                    if written.is_err() {
                        self.forget(place);
                    }
                }
            }
        }
        Ok(())
    }

    /// Writes what was gathered.
    fn end_round(&mut self) {
        let mut broken = Vec::new();
        for room in self.rooms.values_mut().filter(|room| !room.pending.is_empty()) {
            for place in &room.sockets {
                let written = self.sockets[*place].as_mut().map_or(Ok(()), |socket| socket.write(&room.pending));
                if written.is_err() {
                    broken.push(*place);
                }
            }
            room.pending.clear();
        }
        broken.into_iter().for_each(|place| self.forget(place));
    }
}

/// The length of a masked frame's head without its mask, and of its payload.
fn header(bytes: &[u8]) -> Option<(usize, usize)> {
    match bytes {
        [_, second, a, b, ..] if second & 0x7f == 126 => Some((4, usize::from(u16::from_be_bytes([*a, *b])))),
        [_, second, ..] if second & 0x7f < 126 => Some((2, usize::from(second & 0x7f))),
        _ => None,
    }
}

/// Appends a text frame.
fn frame(out: &mut Vec<u8>, payload: &[u8]) {
    out.push(0x81);
    match u16::try_from(payload.len()) {
        Ok(length @ 0..126) => out.push(length.to_le_bytes()[0]),
        Ok(length) => {
            out.push(126);
            out.extend(length.to_be_bytes());
        }
        Err(_) => {
            out.push(127);
            out.extend((payload.len() as u64).to_be_bytes());
        }
    }
    out.extend(payload);
}
