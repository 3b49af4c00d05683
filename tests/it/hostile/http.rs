//! Requests that make no sense, are too large, too slow, or two in one.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use reqwest::{Method, header::CONTENT_TYPE};

use super::Scene;
use crate::support::{client::Answer, raw::Raw};

#[tokio::test]
async fn bodies_that_make_no_sense_are_refused() {
    let mut scene = Scene::new().await;
    let (mallory, room) = (&scene.mallory, format!("rooms/{}/messages", scene.lobby));
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let nested = format!("{{\"client_id\":\"x\",\"text\":{}\"x\"{}}}", "[".repeat(5000), "]".repeat(5000));
    let bodies: [(&str, Vec<u8>); 17] = [
        ("nothing", vec![]),
        ("no JSON", b"hello".to_vec()),
        ("half a body", b"{\"client_id\":\"x\",".to_vec()),
        ("an array", b"[]".to_vec()),
        ("null", b"null".to_vec()),
        ("no fields", b"{}".to_vec()),
        ("depth", deep.into_bytes()),
        ("a deep field", nested.into_bytes()),
        ("a mark before", b"\xef\xbb\xbf{\"client_id\":\"x\",\"text\":\"x\"}".to_vec()),
        ("more behind", b"{\"client_id\":\"x\",\"text\":\"x\"} x".to_vec()),
        ("a key twice", b"{\"client_id\":\"x\",\"text\":\"x\",\"text\":\"y\"}".to_vec()),
        ("an unknown key", b"{\"client_id\":\"x\",\"text\":\"x\",\"y\":1}".to_vec()),
        ("a number", b"{\"client_id\":\"x\",\"text\":1e400}".to_vec()),
        ("half a pair", b"{\"client_id\":\"x\",\"text\":\"\\ud800\"}".to_vec()),
        ("not UTF-8", b"{\"client_id\":\"x\",\"text\":\"\xff\"}".to_vec()),
        ("NUL", b"{\"client_id\":\"x\",\"text\":\"\\u0000\"}".to_vec()),
        ("UTF-16", "{\"client_id\":\"x\",\"text\":\"x\"}".encode_utf16().flat_map(u16::to_le_bytes).collect()),
    ];
    for (what, body) in bodies {
        let answer = mallory.post_bytes(&room, body).await;
        assert!([400, 422].contains(&answer.status), "{what}: {} {}", answer.status, answer.body);
        assert_eq!(answer.header("content-type"), "application/problem+json", "{what}");
    }
    let keys: Vec<_> = (0..100_000).map(|key| format!("\"k{key}\":1")).collect();
    mallory.post_bytes(&room, format!("{{{}}}", keys.join(","))).await.is(413);
    assert!(mallory.page(scene.lobby, "").await.messages().is_empty());
    scene.others_are_served().await;
}

#[tokio::test]
async fn large_bodies_are_refused_before_they_are_read() {
    let mut scene = Scene::new().await;
    let room = format!("rooms/{}/messages", scene.lobby);
    let before = scene.server.memory();
    let mut raw = Raw::to(scene.server.site()).await;
    let declared = "Content-Type: application/json\r\nContent-Length: 104857600\r\n";
    raw.send(post(&scene, &room, declared)).await;
    assert_eq!(raw.status().await, 413);
    let mut chunked = Raw::to(scene.server.site()).await;
    chunked.send(post(&scene, &room, "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n")).await;
    let chunk = [b"100000\r\n".as_slice(), &vec![b' '; 1 << 20], b"\r\n"].concat();
    for _ in 0..32 {
        if !chunked.pour(&chunk).await {
            break;
        }
    }
    let grown = scene.server.memory().saturating_sub(before);
    assert!(grown < 16 << 20, "it kept {grown} bytes");
    scene.others_are_served().await;
}

#[tokio::test]
async fn a_body_that_unpacks_to_a_thousand_times_its_size_is_refused() {
    let mut scene = Scene::new().await;
    let room = format!("rooms/{}/messages", scene.lobby);
    let before = scene.server.memory();
    let mut bomb = GzEncoder::new(Vec::new(), Compression::best());
    bomb.write_all(&vec![b' '; 64 << 20]).unwrap();
    let request = scene.mallory.request(Method::POST, &room).header(CONTENT_TYPE, "application/json");
    let answer = Answer::try_to(request.header("content-encoding", "gzip").body(bomb.finish().unwrap())).await;
    assert!(answer.is_none_or(|answer| [400, 413, 415].contains(&answer.status)));
    let grown = scene.server.memory().saturating_sub(before);
    assert!(grown < 8 << 20, "it kept {grown} bytes");
    scene.others_are_served().await;
}

/// The head of a request to the API with our Origin and cookie.
fn post(scene: &Scene, path: &str, more: &str) -> String {
    format!(
        "POST /api/v1/{path} HTTP/1.1\r\nHost: {}\r\nOrigin: {}\r\nCookie: {}\r\n{more}\r\n",
        scene.server.site().address(),
        scene.server.site().origin(),
        scene.mallory.cookies(),
    )
}

#[tokio::test]
async fn any_accept_header_gets_an_answer() {
    let mut scene = Scene::new().await;
    for accept in ["image/png", "", "*/*;q=0", "a/b/c;;;", &"x/y,".repeat(500)] {
        let answer = Answer::to(scene.mallory.request(Method::GET, "me").header("accept", accept)).await;
        assert!([200, 406].contains(&answer.status), "{accept}: {}", answer.status);
        assert!(answer.header("content-type").contains("json"));
    }
    scene.others_are_served().await;
}

#[tokio::test]
async fn heads_that_are_bombs_or_ambiguous_are_refused() {
    let mut scene = Scene::new().await;
    let host = format!("Host: {}\r\n", scene.server.site().address());
    let many: String = (0..200).map(|number| format!("X-{number}: y\r\n")).collect();
    let large = format!("X-Large: {}\r\n", "y".repeat(200_000));
    let body = "{\"x\":1}";
    let table = [
        ("200 headers", format!("GET /login/ HTTP/1.1\r\n{host}{many}\r\n")),
        ("a header of 200 KB", format!("GET /login/ HTTP/1.1\r\n{host}{large}\r\n")),
        ("a path of 200 KB", format!("GET /{} HTTP/1.1\r\n{host}\r\n", "x".repeat(200_000))),
        ("two hosts", format!("GET /login/ HTTP/1.1\r\n{host}Host: evil.example\r\n\r\n")),
        ("no host", "GET /login/ HTTP/1.1\r\n\r\n".to_owned()),
        ("an empty host", "GET /login/ HTTP/1.1\r\nHost:\r\n\r\n".to_owned()),
        (
            "length and chunks",
            format!(
                "POST /api/v1/login HTTP/1.1\r\n{host}Content-Length: 7\r\nTransfer-Encoding: chunked\r\n\r\n{body}"
            ),
        ),
        (
            "two lengths",
            format!("POST /api/v1/login HTTP/1.1\r\n{host}Content-Length: 7\r\nContent-Length: 8\r\n\r\n{body}"),
        ),
        ("a length below zero", format!("POST /api/v1/login HTTP/1.1\r\n{host}Content-Length: -7\r\n\r\n{body}")),
        ("a length with a sign", format!("POST /api/v1/login HTTP/1.1\r\n{host}Content-Length: +7\r\n\r\n{body}")),
        ("odd chunks", format!("POST /api/v1/login HTTP/1.1\r\n{host}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n")),
        (
            "chunks twice",
            format!("POST /api/v1/login HTTP/1.1\r\n{host}Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n"),
        ),
        (
            "a huge chunk",
            format!(
                "POST /api/v1/login HTTP/1.1\r\n{host}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nx"
            ),
        ),
        ("a bare line feed in a name", format!("GET /login/ HTTP/1.1\r\n{host}X-A\nB: c\r\n\r\n")),
        ("NUL in a value", format!("GET /login/ HTTP/1.1\r\n{host}X-A: a\0b\r\n\r\n")),
        ("a space before the colon", format!("GET /login/ HTTP/1.1\r\n{host}X-A : b\r\n\r\n")),
        ("no HTTP", "hello\r\n\r\n".to_owned()),
        ("TLS", "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}\r\n\r\n".to_owned()),
        ("HTTP/3.0", format!("GET /login/ HTTP/3.0\r\n{host}\r\n")),
    ];
    for (what, request) in table {
        let mut raw = Raw::to(scene.server.site()).await;
        raw.pour(request.as_bytes()).await;
        let status = raw.status().await;
        assert!([0, 400, 401, 403, 408, 411, 413, 414, 415, 421, 431, 501, 505].contains(&status), "{what}: {status}");
    }
    scene.others_are_served().await;
}

#[tokio::test]
async fn the_host_in_an_absolute_uri_counts() {
    let scene = Scene::new().await;
    let mut raw = Raw::to(scene.server.site()).await;
    let host = scene.server.site().address();
    raw.send(format!("GET http://evil.example/login/ HTTP/1.1\r\nHost: {host}\r\n\r\n")).await;
    let status = raw.status().await;
    assert!([400, 421].contains(&status), "{status}");
}

#[tokio::test]
async fn a_smuggled_request_is_not_answered() {
    let mut scene = Scene::new().await;
    let host = scene.server.site().address();
    let smuggled = format!(
        "POST /api/v1/login HTTP/1.1\r\nHost: {host}\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n\
         GET /healthz HTTP/1.1\r\nHost: {host}\r\n\r\n"
    );
    let mut raw = Raw::to(scene.server.site()).await;
    raw.send(smuggled).await;
    let answer = String::from_utf8_lossy(&raw.rest().await).into_owned();
    assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{answer}");
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    scene.others_are_served().await;
}

#[tokio::test]
async fn no_header_of_an_answer_is_written_by_the_caller() {
    let mut scene = Scene::new().await;
    for path in
        ["/login/?next=%0d%0aX-Evil:%20yes", "/%0d%0aX-Evil:%20yes", "/r/1%0d%0aX-Evil:yes", "/im%0d%0aX-Evil:yes"]
    {
        let answer = scene.mallory.get(path).await;
        assert_eq!(answer.header("x-evil"), "", "{path}");
    }
    scene.others_are_served().await;
}

#[tokio::test]
async fn odd_methods_and_paths_are_refused() {
    let mut scene = Scene::new().await;
    for (method, path) in [
        (Method::TRACE, "/login/"),
        (Method::CONNECT, "/login/"),
        (Method::DELETE, "/login/"),
        (Method::PUT, "me"),
        (Method::PATCH, "rooms"),
        (Method::from_bytes(b"BREW").unwrap(), "/"),
        (Method::GET, "/../../../../etc/passwd"),
        (Method::GET, "/%2e%2e/%2e%2e/etc/passwd"),
        (Method::GET, "/..%5c..%5cwindows"),
        (Method::GET, "//login/"),
        (Method::GET, "/api/v1/rooms/%ff"),
        (Method::GET, "/api/v2/me"),
    ] {
        let Some(answer) = Answer::try_to(scene.mallory.request(method.clone(), path)).await else { continue };
        assert!([400, 404, 405, 501].contains(&answer.status), "{method} {path}: {}", answer.status);
        assert!(!answer.body.contains("root:"));
    }
    scene.others_are_served().await;
}
