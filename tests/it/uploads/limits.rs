//! How much, how often.

use reqwest::Method;

use super::{
    multipart, nothing_is_left,
    pictures::{noise, small},
    taken,
};
use crate::support::{client::Member, raw::Raw, server::Server};

/// The head of an upload whose length is told like this.
fn head(member: &Member, kind: &str, length: &str) -> String {
    let (host, origin, cookies) = (member.site().address(), member.site().origin(), member.cookies());
    format!(
        "POST /api/v1/uploads HTTP/1.1\r\nHost: {host}\r\nOrigin: {origin}\r\nCookie: {cookies}\r\nContent-Type: {kind}\r\n{length}\r\n\r\n"
    )
}

#[tokio::test]
async fn a_file_above_the_limit_is_refused_and_its_sender_hears_so() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let mut file = noise(20_000_001);
    file[..8].copy_from_slice(b"\x89PNG\r\n\x1a\n");
    ann.upload("large.png", &file).await.refuses(413, "too_large");
    nothing_is_left(&server, "a large file");
    ann.upload("fits.png", &file[..20_000_000]).await.refuses(422, "bad_image");
    nothing_is_left(&server, "a damaged file");
}

#[tokio::test]
async fn the_largest_file_is_a_setting() {
    let server = Server::setup().flag(&["--upload-max-bytes", "1000"]).start();
    let ann = server.member("ann").await;
    ann.upload("a.png", &noise(1_001)).await.refuses(413, "too_large");
    taken(&ann, "a.png", &small(1)).await;
}

#[tokio::test]
async fn a_body_that_declares_far_too_much_is_not_waited_for() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let (kind, body) = multipart(&[], "a.png", &small(1));
    let mut raw = Raw::to(server.site()).await;
    raw.send(head(&ann, &kind, "Content-Length: 99999999999")).await;
    raw.send(&body).await;
    let answer = String::from_utf8_lossy(&raw.rest().await).into_owned();
    assert!(answer.starts_with("HTTP/1.1 413") && answer.contains("too_large"), "{answer}");
}

#[tokio::test]
async fn a_file_without_an_end_is_cut_off_and_leaves_nothing() {
    let server = Server::setup().flag(&["--upload-max-bytes", "100000"]).start();
    let ann = server.member("ann").await;
    let (kind, body) = multipart(&[], "a.png", &small(1));
    let mut raw = Raw::to(server.site()).await;
    let chunk = |bytes: &[u8]| [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat();
    raw.send(head(&ann, &kind, "Transfer-Encoding: chunked")).await;
    // All but the boundary at its end.
    raw.send(chunk(&body[..body.len() - 60])).await;
    let before = server.begin_most_memory();
    let sent = raw.stuff(&chunk(&[b'x'; 1 << 16]), 256 << 20).await;
    assert!(sent < 256 << 20, "it took all {sent} bytes");
    let answer = String::from_utf8_lossy(&raw.rest().await).into_owned();
    assert!(answer.starts_with("HTTP/1.1 413") && answer.contains("too_large"), "{answer}");
    let grown = server.most_memory() - before;
    assert!(grown < 16 << 20, "{grown} bytes were kept");
    nothing_is_left(&server, "a file without an end");
    taken(&ann, "a.png", &small(1)).await;
}

#[tokio::test]
async fn a_person_uploads_twenty_at_a_stretch_and_then_waits() {
    let server = Server::setup().limits().start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let mut refused = None;
    for count in 0..60u8 {
        let answer = ann.upload("a.png", &small(count)).await;
        if answer.status != 201 {
            refused = Some((count, answer));
            break;
        }
    }
    let (count, answer) = refused.expect("there is a limit");
    answer.refuses(429, "rate_limited");
    assert!((15..=40).contains(&count), "{count}");
    taken(&bob, "a.png", &small(1)).await;
}

#[tokio::test]
async fn a_person_takes_back_only_what_is_theirs_and_in_no_message() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let upload = taken(&ann, "a.png", &small(1)).await;
    let path = format!("uploads/{}", upload["id"].as_str().unwrap());
    bob.delete(&path).await.refuses(404, "not_found");
    server.guest().delete(&path).await.is(401);
    for nonsense in ["uploads/x", "uploads/..%2f..%2fx", "uploads/AAAAAAAAAAAAAAAAAAAAAA", "uploads/%00"] {
        ann.delete(nonsense).await.is(404);
    }
    ann.call(Method::DELETE, &path, serde_json::Value::Null).await.is(204);
    ann.delete(&path).await.refuses(404, "not_found");
    crate::support::eventually("the files go", async || super::files(&server).is_empty()).await;
}
