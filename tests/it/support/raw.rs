//! A caller of bytes, for everything that no decent client sends.

use std::time::{Duration, Instant};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::timeout,
};

use super::{DEADLINE, client::Member, server::Site};

/// First bytes of WebSocket frames (RFC 6455 §5.2), final ones where not said otherwise.
pub mod first {
    /// Text, with more to follow.
    pub const TEXT_BEGIN: u8 = 0x01;
    /// More of a message, with still more to follow.
    pub const MORE: u8 = 0x00;
    /// The last part of a message.
    pub const LAST: u8 = 0x80;
    /// Text.
    pub const TEXT: u8 = 0x81;
    /// Bytes.
    pub const BINARY: u8 = 0x82;
    /// Close.
    pub const CLOSE: u8 = 0x88;
    /// Ping.
    pub const PING: u8 = 0x89;
    /// The answer to it.
    pub const PONG: u8 = 0x8a;
}

/// An open TCP connection.
pub struct Raw {
    stream: TcpStream,
    /// Its own port and the server's, which are not to be asked for when the connection is over.
    ports: (u16, u16),
}

impl Raw {
    /// Connects.
    pub async fn to(site: &Site) -> Self {
        Self::over(TcpStream::connect(site.address()).await)
    }

    /// Connects with a small buffer for what comes in.
    pub async fn with_small_buffer(site: &Site) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        Self::over(socket.connect(site.address().parse().unwrap()).await)
    }

    fn over(connected: std::io::Result<TcpStream>) -> Self {
        let stream = connected.expect("the server listens");
        let ports = (stream.local_addr().unwrap().port(), stream.peer_addr().unwrap().port());
        Self { stream, ports }
    }

    /// Sends bytes. A server that hangs up early says so at the next read.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = timeout(DEADLINE, self.stream.write_all(bytes.as_ref())).await.expect("the server reads");
    }

    /// Goes away at once, as a phone does that loses its net.
    pub fn reset(self) {
        self.stream.set_zero_linger().expect("it is open");
    }

    /// Sends as much as the server takes; did it take all?
    pub async fn pour(&mut self, bytes: &[u8]) -> bool {
        matches!(timeout(DEADLINE, self.stream.write_all(bytes)).await, Ok(Ok(())))
    }

    /// Sends a piece a second, as long as the server bears it; how long that was, and what it said.
    pub async fn trickle(&mut self, pieces: impl IntoIterator<Item = Vec<u8>>, most: Duration) -> (Duration, Vec<u8>) {
        let (start, mut said) = (Instant::now(), Vec::new());
        let mut pieces = pieces.into_iter();
        loop {
            if let Some(piece) = pieces.next() {
                // A server that hangs up says so at the next read.
                let _ = self.stream.write_all(&piece).await;
            }
            match timeout(Duration::from_secs(1), self.more(&mut said)).await {
                Ok(false) => return (start.elapsed(), said),
                _ if start.elapsed() > most => return (Duration::MAX, said),
                _ => {}
            }
        }
    }

    /// Sends a piece again and again until the server takes no more for a second, or so many bytes; reads nothing.
    pub async fn stuff(&mut self, piece: &[u8], most: usize) -> usize {
        let mut sent = 0;
        while sent < most {
            match timeout(Duration::from_secs(1), self.stream.write(&piece[sent % piece.len()..])).await {
                Ok(Ok(taken)) => sent += taken,
                Ok(Err(_)) | Err(_) => break,
            }
        }
        sent
    }

    /// Everything up to the end of the connection.
    pub async fn rest(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        timeout(DEADLINE, async { while self.more(&mut bytes).await {} }).await.expect("the server hangs up");
        bytes
    }

    /// Reads what comes next; false at the end of the connection.
    async fn more(&mut self, bytes: &mut Vec<u8>) -> bool {
        matches!(self.stream.read_buf(bytes).await, Ok(1..))
    }

    /// The head of an HTTP answer; empty when the server hangs up without one.
    pub async fn head(&mut self) -> String {
        let mut head = Vec::new();
        let reading = async {
            while !head.ends_with(b"\r\n\r\n") {
                match self.stream.read_u8().await {
                    Ok(byte) => head.push(byte),
                    Err(_) => break,
                }
            }
        };
        timeout(DEADLINE, reading).await.expect("the server answers");
        String::from_utf8_lossy(&head).into_owned()
    }

    /// The status of an HTTP answer, 0 when the server hangs up without one.
    pub async fn status(&mut self) -> u16 {
        let head = self.head().await;
        head.split_whitespace().nth(1).and_then(|status| status.parse().ok()).unwrap_or_default()
    }

    /// Opens a socket by hand.
    pub async fn socket(member: &Member) -> Self {
        Self::to(member.site()).await.upgraded(member).await
    }

    /// Does the server still hold its end? By the kernel's list: an end without a file is the kernel's own.
    pub fn is_held(&self) -> bool {
        let (own, peer) = self.ports;
        let ends = std::fs::read_to_string("/proc/net/tcp").expect("the kernel lists connections");
        ends.lines().skip(1).any(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            words[1].ends_with(&format!(":{peer:04X}")) && words[2].ends_with(&format!(":{own:04X}")) && words[9] != "0"
        })
    }

    /// Makes a socket of this connection.
    pub async fn upgraded(mut self, member: &Member) -> Self {
        self.send(upgrade(member, "")).await;
        assert_eq!(self.status().await, 101);
        self
    }

    /// Sends a masked WebSocket frame.
    pub async fn frame(&mut self, first: u8, payload: &[u8]) {
        self.send(frame(first, payload)).await;
    }

    /// Reads frames up to a close frame; its code, or `None` when the connection ends without one.
    pub async fn close_code(&mut self) -> Option<u16> {
        let (first, payload) = self.frames().await.pop()?;
        let code = || payload.first_chunk().map_or(1005, |code| u16::from_be_bytes(*code));
        (first == first::CLOSE).then(code)
    }

    /// Reads one frame and no byte behind it: its first byte and its payload.
    pub async fn one_frame(&mut self) -> (u8, Vec<u8>) {
        let mut bytes = Vec::new();
        let reading = async {
            loop {
                bytes.push(self.stream.read_u8().await.expect("the connection lives"));
                if let Some((first, payload, _)) = split(&bytes) {
                    return (first, payload);
                }
            }
        };
        timeout(DEADLINE, reading).await.expect("the server says something")
    }

    /// Reads frames up to a close frame or the end of the connection: the first byte and the payload of each.
    pub async fn frames(&mut self) -> Vec<(u8, Vec<u8>)> {
        let (mut bytes, mut frames) = (Vec::new(), Vec::new());
        let reading = async {
            while self.more(&mut bytes).await {
                while let Some((first, payload, end)) = split(&bytes) {
                    frames.push((first, payload));
                    bytes.drain(..end);
                    if first == first::CLOSE {
                        return;
                    }
                }
            }
        };
        timeout(DEADLINE, reading).await.expect("the server closes");
        frames
    }
}

/// The request for a socket, with more header lines, each ended by CRLF.
pub fn upgrade(member: &Member, more: &str) -> String {
    format!(
        "GET /ws/chat/ HTTP/1.1\r\nHost: {}\r\nOrigin: {}\r\nCookie: {}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{more}\r\n",
        member.site().address(),
        member.site().origin(),
        member.cookies(),
    )
}

/// A masked frame; the mask is zero, so that the payload stays readable.
pub fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = header(first, payload.len() as u64);
    bytes.extend_from_slice(payload);
    bytes
}

/// The head of a masked frame that declares this length.
pub fn header(first: u8, length: u64) -> Vec<u8> {
    let mut bytes = vec![first];
    match length {
        0..=125 => bytes.push(0x80 | length as u8),
        126..=0xffff => {
            bytes.push(0x80 | 126);
            bytes.extend_from_slice(&(length as u16).to_be_bytes());
        }
        _ => {
            bytes.push(0x80 | 127);
            bytes.extend_from_slice(&length.to_be_bytes());
        }
    }
    bytes.extend_from_slice(&[0; 4]);
    bytes
}

/// The first frame of a server, if all of it is there: its first byte, its payload, and where it ends.
fn split(bytes: &[u8]) -> Option<(u8, Vec<u8>, usize)> {
    let [first, length, rest @ ..] = bytes else { return None };
    let (length, head) = match (length, rest) {
        (126, [a, b, ..]) => (usize::from(u16::from_be_bytes([*a, *b])), 4),
        (127, [a, b, c, d, e, f, g, h, ..]) => (u64::from_be_bytes([*a, *b, *c, *d, *e, *f, *g, *h]) as usize, 10),
        (126 | 127, _) => return None,
        (length, _) => (usize::from(*length), 2),
    };
    let payload = bytes.get(head..head + length)?;
    Some((*first, payload.to_vec(), head + length))
}
