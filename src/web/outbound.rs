//! Requests to other hosts: the only way out over HTTP.
//!
//! A feature goes out only where whoever runs the server configured it to. TLS is checked against Mozilla's roots, redirects
//! are not followed, and time, size and number are bounded, so that a slow or hostile host costs nobody here anything.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use actix_web::web;
use tokio::sync::Semaphore;
use ureq::{
    Agent, Error,
    http::{self, Method},
};

/// Requests under way at once.
const AT_ONCE: usize = 4;

/// Requests that wait for their turn.
const QUEUE: usize = 32;

/// The whole of a request, from looking up the name to the last byte of the answer.
const TIME: Duration = Duration::from_secs(10);

/// Largest body of an answer, in bytes.
const SIZE: u64 = 256 * 1024;

/// A request to be made.
#[derive(Debug, Clone)]
pub struct Outgoing {
    method: Method,
    url: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    time: Duration,
    size: u64,
}

impl Outgoing {
    /// Asks for something.
    pub fn get(url: impl Into<String>) -> Self {
        Self { method: Method::GET, url: url.into(), headers: Vec::new(), body: Vec::new(), time: TIME, size: SIZE }
    }

    /// Sends something, with its `Content-Type`.
    pub fn post(url: impl Into<String>, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let outgoing = Self { method: Method::POST, body: body.into(), ..Self::get(url) };
        outgoing.header("content-type", content_type)
    }

    /// Sets a header; a later one of the same name replaces it.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With another limit on the time of the whole.
    #[must_use]
    pub fn within(mut self, time: Duration) -> Self {
        self.time = time;
        self
    }

    /// With another limit on the body of the answer, in bytes.
    #[must_use]
    pub fn at_most(mut self, size: u64) -> Self {
        self.size = size;
        self
    }

    fn build(self) -> Result<http::Request<Vec<u8>>, OutboundError> {
        let headers = self.headers.iter();
        let request = headers.fold(http::Request::builder().method(self.method).uri(&self.url), |request, header| {
            request.header(&header.0, &header.1)
        });
        request.body(self.body).map_err(|_| OutboundError::Unfit)
    }
}

/// What came back, whatever its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Such as 200; a redirect is an answer too.
    pub status: u16,
    /// Whole, within the limit.
    pub body: Vec<u8>,
}

impl Answer {
    /// Was it taken?
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// Why there is no answer. The texts are for an admin: they name hosts, and no secrets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OutboundError {
    /// An address or a header that HTTP does not know.
    #[error("the address or a header is not one of HTTP")]
    Unfit,
    /// Too many wait already.
    #[error("too many requests to other hosts are waiting")]
    Busy,
    /// It took too long.
    #[error("no answer in time")]
    TooSlow,
    /// The body was above the limit.
    #[error("the answer is too large")]
    TooLarge,
    /// Not reached, not trusted, or broken off.
    #[error("{0}")]
    Failed(String),
}

impl From<Error> for OutboundError {
    fn from(error: Error) -> Self {
        match error {
            Error::Timeout(_) => Self::TooSlow,
            Error::BodyExceedsLimit(_) => Self::TooLarge,
            Error::BadUri(_) | Error::Http(_) => Self::Unfit,
            error => Self::Failed(error.to_string()),
        }
    }
}

/// The way out. Cheap to clone.
#[derive(Clone)]
pub struct Outbound {
    agent: Agent,
    permits: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
}

impl Default for Outbound {
    fn default() -> Self {
        let config = Agent::config_builder()
            .max_redirects(0)
            .http_status_as_error(false)
            .proxy(None)
            .user_agent(concat!("Parlor/", env!("CARGO_PKG_VERSION")))
            .build();
        Self { agent: config.new_agent(), permits: Arc::new(Semaphore::new(AT_ONCE)), waiting: Arc::default() }
    }
}

impl Outbound {
    /// Makes a request from an event thread; the waiting is done on another.
    ///
    /// # Errors
    /// Why there is no answer.
    pub async fn send(&self, outgoing: Outgoing) -> Result<Answer, OutboundError> {
        let place = Place::take(&self.waiting)?;
        let permit = self.permits.clone().acquire_owned().await.map_err(|_| OutboundError::Busy)?;
        let out = self.clone();
        // The request goes on when whoever asked is gone, and so must what bounds it.
        let bounded = move || {
            let _held = (place, permit);
            out.send_blocking(outgoing)
        };
        web::block(bounded).await.map_err(|_| OutboundError::Busy)?
    }

    /// Makes a request from a thread that may wait.
    ///
    /// # Errors
    /// Why there is no answer.
    pub fn send_blocking(&self, outgoing: Outgoing) -> Result<Answer, OutboundError> {
        let (time, size) = (outgoing.time, outgoing.size);
        let request = self.agent.configure_request(outgoing.build()?).timeout_global(Some(time)).build();
        let mut answer = self.agent.run(request)?;
        let status = answer.status().as_u16();
        let body = answer.body_mut().with_config().limit(size).read_to_vec()?;
        Ok(Answer { status, body })
    }
}

/// A place in the queue, given back however the request ends.
struct Place(Arc<AtomicUsize>);

impl Place {
    fn take(waiting: &Arc<AtomicUsize>) -> Result<Self, OutboundError> {
        let place = Self(Arc::clone(waiting));
        let taken = waiting.fetch_add(1, Ordering::AcqRel);
        if taken < QUEUE + AT_ONCE { Ok(place) } else { Err(OutboundError::Busy) }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Read as _, Write as _},
        net::TcpListener,
        thread::{self, JoinHandle},
    };

    use super::*;

    /// A host that takes one request, gives these bytes, and tells what it was asked.
    fn host(answer: &'static [u8]) -> (String, JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a host on this machine");
        let address = listener.local_addr().expect("a host on this machine");
        let told = thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("a host on this machine");
            let mut asked = [0u8; 4096];
            let length = stream.read(&mut asked).expect("a host on this machine");
            stream.write_all(answer).expect("a host on this machine");
            // Whoever waits for more is kept until they give up.
            let _ = stream.read(&mut [0u8; 64]);
            String::from_utf8_lossy(&asked[..length]).into_owned()
        });
        (format!("http://{address}/send"), told)
    }

    #[test]
    fn a_request_is_made_as_it_was_written_and_any_status_is_an_answer() {
        let (url, told) = host(b"HTTP/1.1 422 No\r\ncontent-length: 3\r\nconnection: close\r\n\r\nbad");
        let outgoing = Outgoing::post(&url, "text/plain", "hello").header("X-Key", "1").header("x-key", "2");
        let answer = Outbound::default().send_blocking(outgoing).expect("a host on this machine");
        assert_eq!(answer, Answer { status: 422, body: b"bad".to_vec() });
        assert!(!answer.is_success());
        let told = told.join().expect("a host on this machine").to_lowercase();
        assert!(told.starts_with("post /send http/1.1") && told.contains("x-key: 2"), "{told}");
        assert!(!told.contains("x-key: 1"), "{told}");
    }

    #[test]
    fn a_redirect_is_not_followed() {
        let (url, _told) = host(
            b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
        );
        let answer = Outbound::default().send_blocking(Outgoing::get(&url)).expect("a host on this machine");
        assert_eq!(answer.status, 302);
    }

    #[test]
    fn an_answer_above_its_limit_is_refused_and_so_is_one_that_never_ends() {
        let (url, _told) = host(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\n12345");
        let refused = Outbound::default().send_blocking(Outgoing::get(&url).at_most(4));
        assert_eq!(refused, Err(OutboundError::TooLarge));
        let (url, _told) = host(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n1");
        let refused = Outbound::default().send_blocking(Outgoing::get(&url).within(Duration::from_millis(200)));
        assert_eq!(refused, Err(OutboundError::TooSlow));
    }

    #[test]
    fn what_http_does_not_know_goes_nowhere() {
        let out = Outbound::default();
        for outgoing in [
            Outgoing::get("not an address"),
            Outgoing::get("http://127.0.0.1:1/").header("x-key", "a\r\nx-other: b"),
            Outgoing::get("http://127.0.0.1:1/").header("no name", "a"),
        ] {
            assert_eq!(out.send_blocking(outgoing), Err(OutboundError::Unfit));
        }
        let refused = out.send_blocking(Outgoing::get("http://127.0.0.1:1/"));
        assert!(matches!(refused, Err(OutboundError::Failed(_))), "{refused:?}");
    }
}
