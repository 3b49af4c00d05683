//! `poll`, `history`, `search` and `upload`: what is asked over HTTP.

use std::time::Duration;

use crate::bench::{
    args::Questions,
    net::http::{self, Answer},
    report::Outcome,
    requests::{self, Asker, Timetable},
    server::Server,
};

/// The same request again and again.
struct Same {
    request: Vec<u8>,
    status: u16,
}

impl Asker for Same {
    fn ask(&mut self, _: u64) -> Vec<u8> {
        self.request.clone()
    }

    fn judge(&mut self, _: u64, answer: &Answer<'_>) -> bool {
        answer.status == self.status
    }
}

/// Clients that ask whether there is news, each with the tag of what it knows.
struct Pollers<'a> {
    host: &'a str,
    cookies: &'a [String],
    tags: Vec<String>,
}

impl Asker for Pollers<'_> {
    fn ask(&mut self, number: u64) -> Vec<u8> {
        let client = self.client(number);
        let headers = [("cookie", self.cookies[client].as_str()), ("if-none-match", &self.tags[client])];
        http::request("GET", "/api/v1/sync", self.host, &headers, &[])
    }

    fn judge(&mut self, number: u64, answer: &Answer<'_>) -> bool {
        let client = self.client(number);
        if let Some(tag) = answer.etag {
            tag.clone_into(&mut self.tags[client]);
        }
        matches!(answer.status, 200 | 304)
    }
}

impl Pollers<'_> {
    fn client(&self, number: u64) -> usize {
        usize::try_from(number).unwrap_or_default() % self.cookies.len()
    }
}

/// Everybody asks once in that time; the first round is not measured, as nobody knows anything yet.
///
/// # Errors
/// A server that cannot be reached.
pub fn poll(server: &Server, cookies: &[String], every: Duration, time: Duration) -> anyhow::Result<Outcome> {
    let tags = vec![String::from("\"none\""); cookies.len()];
    let mut pollers = Pollers { host: server.host(), cookies, tags };
    let rate = f64::from(u32::try_from(cookies.len())?) / every.as_secs_f64();
    let table = Timetable { rate, warm: every.max(Duration::from_secs(1)) * 2, time };
    let what = format!("{} clients, every {every:?}", cookies.len());
    requests::run(server, "poll", what, table, &mut pollers)
}

/// Asks for the same path as somebody.
///
/// # Errors
/// A server that cannot be reached.
pub fn repeat(
    server: &Server,
    scenario: &'static str,
    what: String,
    cookie: &str,
    path: &str,
    questions: &Questions,
) -> anyhow::Result<Outcome> {
    let request = http::request("GET", &format!("/api/v1/{path}"), server.host(), &[("cookie", cookie)], &[]);
    let mut same = Same { request, status: 200 };
    let time = Duration::from_secs(questions.seconds.get().into());
    let table = Timetable { rate: questions.rate, warm: Duration::from_secs(1), time };
    requests::run(server, scenario, what, table, &mut same)
}

/// One picture after another: the same pixels behind a comment that no other has, so that each is a picture of its own.
struct Uploads {
    request: Vec<u8>,
    /// Where the comment's bytes stand.
    comment: usize,
    run: u64,
}

/// A comment segment of sixteen bytes (ITU-T T.81 §B.2.4.5).
const COMMENT: [u8; 20] = [0xff, 0xfe, 0, 18, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

impl Asker for Uploads {
    fn ask(&mut self, number: u64) -> Vec<u8> {
        let mut request = self.request.clone();
        let (run, rest) = request[self.comment..].split_at_mut(8);
        run.copy_from_slice(&self.run.to_be_bytes());
        rest[..8].copy_from_slice(&number.to_be_bytes());
        request
    }

    fn judge(&mut self, _: u64, answer: &Answer<'_>) -> bool {
        answer.status == 201
    }
}

/// Uploads a JPEG again and again.
///
/// # Errors
/// A server that cannot be reached.
pub fn upload(server: &Server, cookie: &str, picture: &[u8], rate: f64, time: Duration) -> anyhow::Result<Outcome> {
    const MARK: &str = "parlor-bench-boundary";
    let mut body = format!(
        "--{MARK}\r\ncontent-disposition: form-data; name=\"file\"; filename=\"bench.jpg\"\r\ncontent-type: image/jpeg\r\n\r\n"
    )
    .into_bytes();
    let head = body.len();
    // Behind the two bytes that begin an image.
    let (begin, rest) = picture.split_at(2);
    body.extend(begin);
    body.extend(COMMENT);
    body.extend(rest);
    body.extend(format!("\r\n--{MARK}--\r\n").into_bytes());
    let origin = format!("http://{}", server.host());
    let kind = format!("multipart/form-data; boundary={MARK}");
    let headers = [("cookie", cookie), ("origin", &origin), ("content-type", &kind)];
    let request = http::request("POST", "/api/v1/uploads", server.host(), &headers, &body);
    let comment = request.len() - body.len() + head + 2 + 4;
    let mut uploads = Uploads { request, comment, run: u64::from_ne_bytes(rand::random()) };
    let table = Timetable { rate, warm: Duration::ZERO, time };
    let what = format!("{:.1} MB, {rate}/s", f64::from(u32::try_from(picture.len())?) / 1e6);
    requests::run(server, "upload", what, table, &mut uploads)
}
