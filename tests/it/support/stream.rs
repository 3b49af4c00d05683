//! A caller over a stream of events, as an `EventSource` is one. It keeps every event until a test asks for it.

use reqwest::{Method, RequestBuilder, Response};
use serde_json::Value;
use tokio::time::timeout;

use super::{DEADLINE, client::Guest};

/// An open stream.
pub struct Stream {
    response: Response,
    bytes: Vec<u8>,
    /// The first frame.
    pub hello: Value,
    heard: Vec<Value>,
    /// The newest `id`.
    pub cursor: String,
    /// The newest `retry`, in milliseconds.
    pub retry: u32,
    /// What the last event said.
    pub bye: Option<Value>,
}

impl Stream {
    /// Asks for a stream and hears its hello.
    pub async fn open(guest: &Guest, query: &str) -> Self {
        Self::of(guest.request(Method::GET, &format!("events{query}")))
            .await
            .unwrap_or_else(|status| panic!("got {status}"))
    }

    /// Comes back as a browser does by itself.
    pub async fn back(guest: &Guest, cursor: &str) -> Self {
        let request = guest.request(Method::GET, "events").header("last-event-id", cursor);
        Self::of(request).await.unwrap_or_else(|status| panic!("got {status}"))
    }

    /// Sends this request.
    ///
    /// # Errors
    /// The status, if it is not 200.
    pub async fn of(request: RequestBuilder) -> Result<Self, u16> {
        let response = request.header("accept", "text/event-stream").send().await.expect("the server answers");
        if response.status() != 200 {
            return Err(response.status().as_u16());
        }
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let (hello, heard) = (Value::Null, Vec::new());
        let mut stream = Self { response, bytes: Vec::new(), hello, heard, cursor: String::new(), retry: 0, bye: None };
        stream.hello = stream.recv().await.expect("a hello");
        assert_eq!(stream.hello["type"], "hello", "the first frame is {}", stream.hello);
        Ok(stream)
    }

    /// A header of the answer, empty if it is absent.
    pub fn header(&self, name: &str) -> &str {
        self.response.headers().get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// The next frame in the order of arrival; `None` at the end.
    pub async fn recv(&mut self) -> Option<Value> {
        if self.heard.is_empty() { self.read().await } else { Some(self.heard.remove(0)) }
    }

    async fn read(&mut self) -> Option<Value> {
        loop {
            if let Some(frame) = self.step().await? {
                return Some(frame);
            }
        }
    }

    /// Reads one event, which may be no frame; `None` at the end.
    async fn step(&mut self) -> Option<Option<Value>> {
        loop {
            if let Some(end) = self.bytes.windows(2).position(|pair| pair == b"\n\n") {
                let block: Vec<u8> = self.bytes.drain(..end + 2).collect();
                return Some(self.event(std::str::from_utf8(&block).expect("text")));
            }
            let chunk = timeout(2 * DEADLINE, self.response.chunk()).await.expect("heartbeats come");
            self.bytes.extend(chunk.ok().flatten()?);
        }
    }

    /// Reads one event; `None` where it is no frame.
    fn event(&mut self, block: &str) -> Option<Value> {
        let (mut data, mut kind) = (None, "message");
        for line in block.lines().filter(|line| !line.is_empty()) {
            match line.split_once(':').map(|(field, value)| (field, value.trim_start())) {
                Some(("data", value)) => data = Some(value),
                Some(("id", value)) => value.clone_into(&mut self.cursor),
                Some(("event", value)) => kind = value,
                Some(("retry", value)) => self.retry = value.parse().expect("milliseconds"),
                Some(("", _)) => {}
                _ => panic!("what is {line:?}?"),
            }
        }
        let data = data.map(|data| serde_json::from_str(data).unwrap_or_else(|error| panic!("{error}: {data}")))?;
        if kind == "message" {
            return Some(data);
        }
        assert_eq!(kind, "bye");
        self.bye = Some(data);
        None
    }

    /// Waits until the newest `id` is this one.
    pub async fn reaches(&mut self, cursor: &str) {
        let waiting = async {
            while self.cursor != cursor {
                let frame = self.step().await.expect("the stream goes on");
                self.heard.extend(frame);
            }
        };
        assert!(timeout(DEADLINE, waiting).await.is_ok(), "waited for {cursor} in vain; heard {:?}", self.heard);
    }

    /// The oldest frame that fits; waits for it.
    pub async fn take(&mut self, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let waiting = async {
            loop {
                if let Some(at) = self.heard.iter().position(&fits) {
                    return Some(self.heard.remove(at));
                }
                let frame = self.read().await?;
                self.heard.push(frame);
            }
        };
        match timeout(DEADLINE, waiting).await {
            Ok(Some(frame)) => frame,
            Ok(None) => panic!("waited for {what}, but the stream ended: {:?}; heard {:?}", self.bye, self.heard),
            Err(_) => panic!("waited for {what} in vain; heard {:?}", self.heard),
        }
    }

    /// The oldest frame of a type.
    pub async fn next(&mut self, kind: &str) -> Value {
        self.take(kind, |frame| frame["type"] == kind).await
    }

    /// The `message` frame whose message has this text now.
    pub async fn message(&mut self, text: &str) -> Value {
        self.take(text, |frame| frame["type"] == "message" && frame["message"]["text"] == text).await
    }

    /// Hears everything up to the end; what it ended with.
    pub async fn end(&mut self) -> Option<Value> {
        let waiting = async {
            while let Some(frame) = self.read().await {
                self.heard.push(frame);
            }
        };
        assert!(timeout(DEADLINE, waiting).await.is_ok(), "the stream did not end; heard {:?}", self.heard);
        self.bye.clone()
    }

    /// Demands the end with this code.
    pub async fn expect_bye(&mut self, code: u16) {
        let bye = self.end().await.expect("it says why");
        assert_eq!((&bye["type"], bye["code"].as_u64()), (&Value::from("bye"), Some(code.into())), "{bye}");
    }

    /// What was heard and not taken, oldest first.
    pub fn heard(&self) -> &[Value] {
        &self.heard
    }
}
