//! A caller over the socket. It keeps every frame until a test asks for it, so tests need not know in which order frames of
//! different kinds arrive; the order within a kind is kept.

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Error, Message, client::IntoClientRequest, handshake::client::Request},
};

use super::{DEADLINE, client::Member, frame::has, fresh_id};

/// How a socket ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// With a close frame.
    Closed(u16),
    /// Without.
    Cut,
}

/// An open socket.
pub struct Socket {
    stream: WebSocketStream<TcpStream>,
    /// The first frame.
    pub hello: Value,
    /// What was heard and not yet taken, oldest first.
    heard: Vec<Value>,
}

impl Socket {
    /// Opens a socket as the page of this member does, and hears its hello.
    ///
    /// # Errors
    /// The status with which the server refused, 0 when it did not answer.
    pub async fn open(member: &Member) -> Result<Self, u16> {
        let address = member.site().address();
        let mut request = format!("ws://{address}/ws/chat/").into_client_request().unwrap();
        let headers = request.headers_mut();
        headers.insert("origin", member.site().origin().parse().unwrap());
        headers.insert("cookie", member.cookies().parse().unwrap());
        Self::greet(&address, request).await
    }

    /// Opens a socket with a request of one's own, and hears its hello.
    ///
    /// # Errors
    /// As [`Socket::open`].
    pub async fn greet(address: &str, request: Request) -> Result<Self, u16> {
        let mut stream = Self::shake(address, request).await?;
        let hello = match read(&mut stream).await {
            Ok(hello) => hello,
            Err(_) => return Err(0),
        };
        assert_eq!(hello["type"], "hello", "the first frame is {hello}");
        Ok(Self { stream, hello, heard: Vec::new() })
    }

    /// Asks for a socket with a request of one's own.
    ///
    /// # Errors
    /// As [`Socket::open`].
    pub async fn shake(address: &str, request: Request) -> Result<WebSocketStream<TcpStream>, u16> {
        let tcp = TcpStream::connect(address).await.map_err(|_| 0_u16)?;
        match timeout(DEADLINE, client_async(request, tcp)).await {
            Ok(Ok((stream, _))) => Ok(stream),
            Ok(Err(Error::Http(response))) => Err(response.status().as_u16()),
            Ok(Err(_)) | Err(_) => Err(0),
        }
    }

    /// Sends a frame. A socket that ended says so at the next read.
    pub async fn send(&mut self, frame: Value) {
        self.send_text(&frame.to_string()).await;
    }

    /// Sends text that may be no frame.
    pub async fn send_text(&mut self, text: &str) {
        let _ = self.stream.send(Message::text(text)).await;
    }

    /// Sends a frame with a fresh `ref` and returns the answer to it.
    pub async fn ask(&mut self, mut frame: Value) -> Value {
        let id = fresh_id();
        let key = if frame["type"] == "send" { "client_id" } else { "ref" };
        frame[key] = json!(id);
        self.send(frame).await;
        self.answer(&id).await
    }

    /// Sends a message; its ack.
    pub async fn say(&mut self, room: i64, text: &str) -> Value {
        let answer = self.ask(json!({"type": "send", "room": room, "text": text})).await;
        assert_eq!(answer["type"], "ack", "{answer}");
        answer
    }

    /// The `ack` or `error` with this `ref`.
    pub async fn answer(&mut self, id: &str) -> Value {
        self.take(id, |frame| frame["ref"] == id && (frame["type"] == "ack" || frame["type"] == "error")).await
    }

    /// Demands an `ack`.
    pub async fn expect_ack(&mut self, id: &str) -> Value {
        let answer = self.answer(id).await;
        assert_eq!(answer["type"], "ack", "{answer}");
        answer
    }

    /// Demands a refusal of a frame.
    pub async fn refuses(&mut self, frame: Value, code: &str) -> Value {
        let answer = self.ask(frame.clone()).await;
        assert_eq!((&answer["type"], &answer["code"]), (&json!("error"), &json!(code)), "{frame} got {answer}");
        answer
    }

    /// The oldest frame of a type.
    pub async fn next(&mut self, kind: &str) -> Value {
        self.take(kind, |frame| frame["type"] == kind).await
    }

    /// The `message` frame whose message has this text now.
    pub async fn message(&mut self, text: &str) -> Value {
        self.take(text, |frame| frame["type"] == "message" && frame["message"]["text"] == text).await
    }

    /// Waits until this person is known to be online.
    pub async fn hears_of(&mut self, user: i64) {
        if !has(&self.hello["online"], "id", user) {
            self.take("somebody's coming", |frame| has(&frame["online"], "id", user)).await;
        }
    }

    /// The oldest frame that fits; waits for it.
    pub async fn take(&mut self, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let waiting = async {
            loop {
                if let Some(at) = self.heard.iter().position(&fits) {
                    return Ok(self.heard.remove(at));
                }
                match read(&mut self.stream).await {
                    Ok(frame) => self.heard.push(frame),
                    Err(ended) => return Err(ended),
                }
            }
        };
        match timeout(DEADLINE, waiting).await {
            Ok(Ok(frame)) => frame,
            Ok(Err(ended)) => panic!("waited for {what}, but the socket ended: {ended:?}; heard {:?}", self.heard),
            Err(_) => panic!("waited for {what} in vain; heard {:?}", self.heard),
        }
    }

    /// The next frame in the order of arrival.
    ///
    /// # Errors
    /// How the socket ended.
    pub async fn recv(&mut self) -> Result<Value, Ended> {
        if self.heard.is_empty() { read(&mut self.stream).await } else { Ok(self.heard.remove(0)) }
    }

    /// What was heard and not taken, oldest first.
    pub fn heard(&self) -> &[Value] {
        &self.heard
    }

    /// Waits for the end.
    pub async fn end(&mut self) -> Ended {
        let waiting = async {
            loop {
                match read(&mut self.stream).await {
                    Ok(frame) => self.heard.push(frame),
                    Err(ended) => return ended,
                }
            }
        };
        match timeout(DEADLINE, waiting).await {
            Ok(ended) => ended,
            Err(_) => panic!("the socket did not end; heard {:?}", self.heard),
        }
    }

    /// Demands the end with this close code.
    pub async fn expect_close(&mut self, code: u16) {
        assert_eq!(self.end().await, Ended::Closed(code), "heard {:?}", self.heard);
    }

    /// Leaves with a close frame, as a closed tab does.
    pub async fn close(mut self) {
        let _ = self.stream.close(None).await;
        while read(&mut self.stream).await.is_ok() {}
    }
}

async fn read(stream: &mut WebSocketStream<TcpStream>) -> Result<Value, Ended> {
    loop {
        match stream.next().await {
            Some(Ok(Message::Text(text))) => {
                return Ok(serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}")));
            }
            Some(Ok(Message::Close(frame))) => {
                return Err(Ended::Closed(frame.map_or(1005, |frame| frame.code.into())));
            }
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            Some(Ok(other)) => panic!("a frame that is no text: {other:?}"),
            Some(Err(_)) | None => return Err(Ended::Cut),
        }
    }
}
