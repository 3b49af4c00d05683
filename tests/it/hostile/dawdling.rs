//! Lines that are held for nothing: nothing is sent, a byte now and then, or more than anybody reads.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::Instant;

use super::Scene;
use crate::support::{
    picture::multipart,
    raw::{Raw, first, frame, header},
};

/// No line is held so long for less than a request: ten seconds for a body, and twenty from its answer to the next request.
const PATIENCE: Duration = Duration::from_secs(40);

/// What a line begins with, and what then comes of it, a piece a second.
struct Line {
    what: &'static str,
    begin: String,
    piece: &'static str,
    /// The statuses that may be told before the end; 0 is an end without a word.
    told: &'static [u16],
}

impl Scene {
    /// The head of a request with this beginning and these lines.
    fn request(&self, begin: &str, cookie: bool, more: &str) -> String {
        let site = self.server.site();
        let cookie = if cookie { format!("Cookie: {}\r\n", self.mallory.cookies()) } else { String::new() };
        format!("{begin} HTTP/1.1\r\nHost: {}\r\nOrigin: {}\r\n{cookie}{more}\r\n", site.address(), site.origin())
    }

    fn lines(&self) -> Vec<Line> {
        const JSON: &str = "Content-Type: application/json\r\nContent-Length: 1000\r\n";
        const FORM: &str = "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n";
        const CHUNKS: &str = "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n";
        let send = format!("POST /api/v1/rooms/{}/messages", self.lobby);
        let (kind, file) = multipart(&[("username", "eve")], "a.png", b"");
        let file = String::from_utf8(file).unwrap();
        let files = format!("Content-Type: {kind}\r\nContent-Length: 100000\r\n");
        let upload = |begin: &str, cookie| self.request(begin, cookie, &files) + &file[..file.len() - 60];
        let line = |what, begin, piece, told| Line { what, begin, piece, told };
        let body = &[408_u16][..];
        vec![
            line("nothing at all", String::new(), "", &[0, 408]),
            line("half a head", "GET /login/ HTTP/1.1\r\nX-Slow: ".to_owned(), "x", &[0, 408]),
            line("lines of a head", "GET /login/ HTTP/1.1\r\n".to_owned(), "X-Slow: y\r\n", &[0, 408]),
            line("empty lines", String::new(), "\r\n", &[0, 408]),
            line("a body", self.request(&send, true, JSON) + "{", " ", body),
            line("a body that stands still", self.request(&send, true, JSON) + "{", "", body),
            line("a body of a guest", self.request("POST /api/v1/login", false, JSON) + "{", " ", body),
            line("a body in chunks", self.request(&send, true, CHUNKS), "1\r\n \r\n", body),
            line("a form", self.request("POST /login/", false, FORM), "x", body),
            line("a form of a member", self.request("POST /account/profile", true, FORM), "x", body),
            line("a picture", upload("POST /api/v1/uploads", true), "x", body),
            line("a picture of a guest", upload("POST /register/", false), "x", &[401, 403, 408]),
            // Nobody reads what follows; the line must not wait for it all the same.
            line("a body that nobody wants", self.request("POST /api/v1/logout", false, JSON) + "{", " ", &[401]),
            line("a body for nothing", self.request("POST /api/v1/nothing", true, JSON) + "{", " ", &[404]),
            line("a body of nobody", self.request(&send, false, JSON) + "{", " ", &[401]),
            line(
                "a body from elsewhere",
                self.request("POST /post/", false, FORM).replace("http:", "evil:"),
                "x",
                &[403],
            ),
            line("a body of a question", self.request("GET /healthz", false, JSON) + "{", " ", &[200]),
            line("chunks of a question", self.request("GET /healthz", false, CHUNKS), "1\r\n \r\n", &[200]),
            line("an idle line", self.request("GET /healthz", false, ""), "", &[200]),
            line("half of a second head", self.request("GET /healthz", false, "") + "G", "E", &[200]),
        ]
    }
}

#[tokio::test]
async fn no_line_is_held_for_less_than_a_request() {
    let mut scene = Scene::new().await;
    let lines = scene.lines();
    let site = scene.server.site();
    let held = lines.iter().map(async |line| {
        let mut raw = Raw::to(site).await;
        raw.send(&line.begin).await;
        let (lasted, said) = raw.trickle(std::iter::repeat(line.piece.as_bytes().to_vec()), PATIENCE).await;
        let said = String::from_utf8_lossy(&said).into_owned();
        let status = said.split_whitespace().nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
        let is_well = lasted < PATIENCE && line.told.contains(&status);
        (!is_well).then(|| format!("{}: {lasted:?}, told {status}", line.what))
    });
    let wrong: Vec<_> = join_all(held).await.into_iter().flatten().collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    scene.others_are_served().await;
}

#[tokio::test]
async fn two_hundred_slow_pictures_hold_up_nobody_and_leave_nothing() {
    let mut scene = Scene::new().await;
    let (kind, body) = multipart(&[], "a.png", &[b'x'; 50_000]);
    let head = format!("Content-Type: {kind}\r\nContent-Length: {}\r\n", body.len());
    let head = scene.request("POST /api/v1/uploads", true, &head);
    let site = scene.server.site().clone();
    let slow = (0..200).map(async |_| {
        let mut raw = Raw::to(&site).await;
        raw.send(&head).await;
        raw.send(&body[..1_000]).await;
        raw.trickle(body[1_000..].chunks(1).map(<[u8]>::to_vec), PATIENCE).await
    });
    let work = async {
        for _ in 0..20 {
            scene.others_are_served().await;
        }
    };
    let (ends, ()) = tokio::join!(join_all(slow), work);
    for (lasted, said) in ends {
        let said = String::from_utf8_lossy(&said).into_owned();
        let is_refused = ["HTTP/1.1 408", "HTTP/1.1 503", "HTTP/1.1 429"].iter().any(|status| said.starts_with(status));
        assert!(lasted < PATIENCE && is_refused, "{lasted:?} {said}");
    }
    let left = std::fs::read_dir(scene.server.data().join("media/tmp")).map_or(0, Iterator::count);
    assert_eq!(left, 0, "files are left");
    scene.others_are_served().await;
}

#[tokio::test]
async fn ten_thousand_half_requests_leave_room_for_others_and_go() {
    /// So many at a time, and then the others, whose socket would be taken for dead if it were not read for long.
    const MANY: usize = 500;
    // Each is a file, here and there; other tests of this process have some, too.
    let files = rlimit::increase_nofile_limit(20_000).unwrap();
    let number = usize::try_from(files).unwrap().saturating_sub(2_000).clamp(300, 10_000);
    let mut scene = Scene::new().await;
    let before = scene.server.memory();
    let mut lines = Vec::new();
    for number in 0..number {
        let mut raw = Raw::to(scene.server.site()).await;
        raw.send("GET / HTTP/1.1\r\nHost: ").await;
        lines.push(raw);
        if number % MANY == 0 {
            scene.others_are_served().await;
        }
    }
    scene.server.guest().get("/healthz").await.is(200);
    for many in lines.chunks_mut(MANY) {
        for line in many {
            let said = String::from_utf8_lossy(&line.rest().await).into_owned();
            assert!(said.is_empty() || said.starts_with("HTTP/1.1 408"), "{said}");
        }
        scene.others_are_served().await;
    }
    let grown = scene.server.memory().saturating_sub(before);
    assert!(grown < 128 << 20, "{grown} bytes were kept for {number} lines");
}

#[tokio::test]
async fn requests_in_a_row_are_answered_in_a_row_up_to_the_first_that_is_none() {
    let mut scene = Scene::new().await;
    let one = scene.request("GET /healthz", false, "");
    let other = scene.request("GET /nothing", false, "");
    let mut raw = Raw::to(scene.server.site()).await;
    let rows = [one.repeat(20), other, one.repeat(20), "\u{7f}ELF junk\r\n\r\n".to_owned(), one.clone()].concat();
    raw.send(rows).await;
    let said = String::from_utf8_lossy(&raw.rest().await).into_owned();
    let statuses: Vec<&str> = said.split("HTTP/1.1 ").skip(1).map(|rest| &rest[..3]).collect();
    let expected = [vec!["200"; 20], vec!["404"], vec!["200"; 20], vec!["400"]].concat();
    assert_eq!(statuses, expected);
    scene.others_are_served().await;
}

#[tokio::test]
async fn a_caller_that_asks_and_never_reads_fills_no_memory() {
    let mut scene = Scene::new().await;
    let before = scene.server.memory();
    let mut lines = Vec::new();
    for path in ["GET /api/openapi.json", "GET /login/", "GET /nothing"] {
        let mut raw = Raw::with_small_buffer(scene.server.site()).await;
        let taken = raw.stuff(scene.request(path, true, "").repeat(1_000).as_bytes(), 64 << 20).await;
        assert!(taken < 64 << 20, "it took all {taken} bytes");
        lines.push(raw);
    }
    let grown = scene.server.memory().saturating_sub(before);
    assert!(grown < 32 << 20, "{grown} bytes were kept");
    drop(lines);
    scene.others_are_served().await;
}

#[tokio::test]
async fn what_is_sent_behind_a_request_that_waits_keeps_no_core_busy() {
    let mut scene = Scene::new().await;
    for path in ["GET /api/v1/events", "GET /api/v1/sync?wait=30"] {
        let mut raw = Raw::to(scene.server.site()).await;
        // The second time there is nothing new, so that it waits.
        raw.send(scene.request("GET /api/v1/sync", true, "")).await;
        let said = String::from_utf8_lossy(raw.head().await.as_bytes()).into_owned();
        let tag = said.lines().find_map(|line| line.strip_prefix("etag: ")).expect("a tag").to_owned();
        let mut raw = Raw::to(scene.server.site()).await;
        raw.send(scene.request(path, true, &format!("If-None-Match: {tag}\r\n"))).await;
        raw.stuff(scene.request("GET /healthz", false, "").repeat(100).as_bytes(), 1 << 20).await;
        raw.rest().await;
    }
    scene.others_are_served().await;
}

#[tokio::test]
async fn what_is_poured_at_who_does_not_listen_fills_no_memory() {
    let mut scene = Scene::new().await;
    let before = scene.server.memory();
    for (begin, cookie) in [("POST /api/v1/nothing", true), ("POST /api/v1/me/tokens", false), ("GET /healthz", false)]
    {
        let mut raw = Raw::to(scene.server.site()).await;
        let more = "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n";
        raw.send(scene.request(begin, cookie, more)).await;
        let chunk = [b"10000\r\n".as_slice(), &vec![b' '; 1 << 16], b"\r\n"].concat();
        raw.stuff(&chunk, 64 << 20).await;
    }
    let grown = scene.server.memory().saturating_sub(before);
    assert!(grown < 16 << 20, "{grown} bytes were kept");
    scene.others_are_served().await;
}

#[tokio::test]
#[ignore = "it takes 45 s; ./check runs it"]
async fn a_frame_that_comes_a_byte_at_a_time_is_no_sign_of_life() {
    let scene = Scene::new().await;
    let mut raw = scene.socket().await;
    let start = Instant::now();
    raw.send(frame(first::PING, b"x")).await;
    raw.send(header(first::TEXT, 1_000)).await;
    // A byte every five seconds.
    let crumbs = std::iter::repeat([vec![b' '], vec![], vec![], vec![], vec![]]).flatten();
    let (lasted, _) = raw.trickle(crumbs, Duration::from_secs(70)).await;
    assert!(lasted < Duration::from_secs(60), "{lasted:?}");
    assert!(start.elapsed() > Duration::from_secs(30), "it had its time: {:?}", start.elapsed());
    // The bystander was silent, too.
    scene.server.guest().get("/healthz").await.is(200);
}
