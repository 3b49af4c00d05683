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
async fn heads_that_are_bombs_are_refused() {
    let mut scene = Scene::new().await;
    let host = format!("Host: {}\r\n", scene.server.site().address());
    let many: String = (0..200).map(|number| format!("X-{number}: y\r\n")).collect();
    let large = format!("X-Large: {}\r\n", "y".repeat(200_000));
    let table = [
        ("200 headers", format!("GET /login/ HTTP/1.1\r\n{host}{many}\r\n")),
        ("a header of 200 KB", format!("GET /login/ HTTP/1.1\r\n{host}{large}\r\n")),
        ("a path of 200 KB", format!("GET /{} HTTP/1.1\r\n{host}\r\n", "x".repeat(200_000))),
    ];
    for (what, request) in table {
        let mut raw = Raw::to(scene.server.site()).await;
        raw.pour(request.as_bytes()).await;
        // Whoever is still sending when the connection is closed may not hear why.
        let status = raw.status().await;
        assert!([0, 431].contains(&status), "{what}: {status}");
    }
    scene.others_are_served().await;
}

/// Where two servers could disagree on where a request ends, one that is hidden in it would be somebody else's.
#[tokio::test]
async fn what_has_no_certain_end_is_refused_and_what_follows_is_not_read() {
    let mut scene = Scene::new().await;
    let host = format!("Host: {}\r\n", scene.server.site().address());
    let get = |head: &str| format!("GET /login/ HTTP/1.1\r\n{head}\r\n");
    let post = |head: &str, body: &str| {
        let json = format!("Content-Type: application/json\r\nOrigin: {}\r\n", scene.server.site().origin());
        format!("POST /api/v1/login HTTP/1.1\r\n{host}{json}{head}\r\n\r\n{body}")
    };
    let (body, chunks) = ("{\"x\":1}", "0\r\n\r\n");
    let table = [
        ("no host", get("")),
        ("two hosts", get(&format!("{host}Host: evil.example\r\n"))),
        ("length and chunks", post("Content-Length: 7\r\nTransfer-Encoding: chunked", body)),
        ("length and an end", post("Content-Length: 6\r\nTransfer-Encoding: chunked", chunks)),
        ("two lengths", post("Content-Length: 7\r\nContent-Length: 8", body)),
        ("a length twice", post("Content-Length: 7\r\nContent-Length: 7", body)),
        ("a list of lengths", post("Content-Length: 7, 7", body)),
        ("a length below zero", post("Content-Length: -7", body)),
        ("a length with a sign", post("Content-Length: +7", body)),
        ("a length to base sixteen", post("Content-Length: 0x7", body)),
        ("a length before a space", post("Content-Length : 7", body)),
        ("odd chunks", post("Transfer-Encoding: xchunked", chunks)),
        ("chunks twice", post("Transfer-Encoding: chunked, chunked", chunks)),
        ("no chunks", post("Transfer-Encoding: identity", body)),
        ("bare line feeds in chunks", post("Transfer-Encoding: chunked", "7\n{\"x\":1}\n0\n\n")),
        ("a huge chunk", post("Transfer-Encoding: chunked", "fffffffffffffffff\r\nx")),
        ("chunks of HTTP/1.0", post("Transfer-Encoding: chunked", chunks).replace("HTTP/1.1", "HTTP/1.0")),
        ("a bare line feed in a name", get(&format!("{host}X-A\nB: c\r\n"))),
        ("a folded line", get(&format!("{host}X-A: b\r\n c\r\n"))),
        ("NUL in a value", get(&format!("{host}X-A: a\0b\r\n"))),
        ("a space before the colon", get(&format!("{host}X-A : b\r\n"))),
        ("no HTTP", "hello\r\n\r\n".to_owned()),
        ("TLS", "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}\r\n\r\n".to_owned()),
        ("HTTP/3.0", get(&host).replace("HTTP/1.1", "HTTP/3.0")),
    ];
    for (what, request) in table {
        let mut raw = Raw::to(scene.server.site()).await;
        raw.pour(format!("{request}GET /healthz HTTP/1.1\r\n{host}\r\n").as_bytes()).await;
        let answer = String::from_utf8_lossy(&raw.rest().await).into_owned();
        assert!(answer.starts_with("HTTP/1.1 400") || answer.starts_with("HTTP/1.0 400"), "{what}: {answer}");
        assert_eq!(answer.matches("HTTP/1.").count(), 1, "{what}: {answer}");
    }
    scene.others_are_served().await;
}

#[tokio::test]
async fn a_host_that_is_not_ours_is_none() {
    let scene = Scene::new().await;
    let host = scene.server.site().address();
    for request in [
        format!("GET http://evil.example/login/ HTTP/1.1\r\nHost: {host}\r\n\r\n"),
        "GET /login/ HTTP/1.1\r\nHost:\r\n\r\n".to_owned(),
        "GET /login/ HTTP/1.1\r\nHost: evil.example\r\n\r\n".to_owned(),
    ] {
        let mut raw = Raw::to(scene.server.site()).await;
        raw.send(&request).await;
        assert_eq!(raw.status().await, 421, "{request}");
    }
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
