//! Pictures of people.

use image::ImageFormat;
use reqwest::{Method, header::CONTENT_TYPE};
use serde_json::{Value, json};

use super::{
    bytes_at, files, multipart, nothing_is_left,
    pictures::{halves, noise, says, shown, small, talkative, written},
    rows, sending,
};
use crate::support::{
    PASSWORD,
    client::{Answer, Guest, Member},
    eventually,
    server::Server,
};

async fn put(member: &Member, bytes: &[u8]) -> Answer {
    Answer::to(sending(member, Method::PUT, "me/avatar", "me.png", bytes)).await
}

fn large(small: &Value) -> Value {
    json!(small.as_str().unwrap().replace("-s.jpg", ".jpg"))
}

#[tokio::test]
async fn a_person_has_a_square_picture_that_everybody_here_sees() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let mut tab = bob.connect().await;
    let me = put(&ann, &talkative(6)).await.is(200)["user"].clone();
    let url = &me["avatar_url"];
    assert_eq!(tab.next("user").await["user"]["avatar_url"], *url, "live cards follow");
    for (url, side) in [(url.clone(), 72), (large(url), 256)] {
        let bytes = bytes_at(&bob, &url).await;
        assert!(!says(&bytes, "secret") && !says(&bytes, "Exif") && bytes.len() < 33_000);
        let image = shown(&bytes);
        assert_eq!((image.width(), image.height()), (side, side));
        let answer = bob.get(url.as_str().unwrap()).await.is(200);
        assert_eq!(answer.header("cache-control"), "private, max-age=31536000, immutable");
        assert_eq!(answer.header("content-security-policy"), "sandbox; default-src 'none'");
        server.guest().get(url.as_str().unwrap()).await.is(404);
    }
    let lobby = ann.lobby().await;
    assert_eq!(ann.say(lobby, "hello").await["sender"]["avatar_url"], *url);
}

#[tokio::test]
async fn another_picture_replaces_the_first_and_none_takes_it_away() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let first = put(&ann, &small(1)).await.is(200)["user"]["avatar_url"].clone();
    let second = put(&ann, &small(2)).await.is(200)["user"]["avatar_url"].clone();
    assert_ne!(first, second, "a cache that keeps the first for ever does no harm");
    eventually("the first one's files go", async || files(&server).len() == 2).await;
    ann.get(first.as_str().unwrap()).await.is(404);
    ann.get(second.as_str().unwrap()).await.is(200);
    for _ in 0..2 {
        assert_eq!(ann.delete("me/avatar").await.is(200)["user"]["avatar_url"], Value::Null);
    }
    eventually("all files go", async || files(&server).is_empty()).await;
    eventually("they are forgotten", async || rows(&server, "removed_files") == 0).await;
}

#[tokio::test]
async fn a_bad_picture_changes_nothing() {
    let server = Server::start();
    let ann = server.member("ann").await;
    put(&ann, b"<svg/>").await.refuses(415, "unsupported_media");
    put(&ann, &small(1)[..50]).await.refuses(422, "bad_image");
    assert_eq!(ann.get("me").await["user"]["avatar_url"], Value::Null);
    nothing_is_left(&server, "bad avatars");
    server.guest().put("me/avatar", Value::Null).await.is(401);
}

async fn register(guest: &Guest, username: &str, file: &str, bytes: &[u8]) -> Answer {
    let fields = [("username", username), ("password", PASSWORD), ("nickname", ""), ("email", ""), ("phone", "")];
    let (kind, body) = multipart(&fields, file, bytes);
    Answer::to(guest.request(Method::POST, "/register/").header(CONTENT_TYPE, kind).body(body)).await
}

#[tokio::test]
async fn one_registers_with_a_picture_or_without_one_by_a_plain_form() {
    let server = Server::start();
    let form = server.guest().get("/register/").await.is(200);
    assert!(form.body.contains("enctype=\"multipart/form-data\"") && form.body.contains("type=\"file\""));
    let ann = server.guest();
    register(&ann, "ann", "me.png", &written(halves(90, 40), ImageFormat::Png)).await.is(303);
    let me = ann.get("me").await.is(200)["user"].clone();
    bytes_at(&ann, &me["avatar_url"]).await;
    let bob = server.guest();
    register(&bob, "bob", "", b"").await.is(303);
    assert_eq!(bob.get("me").await.is(200)["user"]["avatar_url"], Value::Null);
}

#[tokio::test]
async fn a_bad_picture_is_an_error_of_its_field_and_no_account_is_made() {
    let server = Server::start();
    let page = register(&server.guest(), "ann", "me.png", b"<svg/>").await.is(422);
    assert!(page.body.contains("Choose a JPEG, PNG, GIF or WebP picture."), "{}", page.body);
    assert!(page.body.contains("value=\"ann\""), "what was typed stays");
    let page = register(&server.guest(), "ann", "me.png", &small(1)[..50]).await.is(422);
    assert!(page.body.contains("This picture cannot be read."), "{}", page.body);
    assert_eq!(rows(&server, "users"), 0);
    nothing_is_left(&server, "bad registrations");
    let page = register(&server.guest(), "a", "me.png", &small(1)).await.is(422);
    assert!(page.body.contains("aria-invalid=\"true\""));
    nothing_is_left(&server, "a bad name");
    register(&server.guest(), "ann", "me.png", &small(1)).await.is(303);
}

#[tokio::test]
async fn what_was_typed_stays_when_the_picture_is_too_large_or_must_wait() {
    let server = Server::setup().limits().flag(&["--upload-max-bytes", "1000"]).start();
    let large = register(&server.guest(), "ann", "me.png", &noise(50_000)).await.is(422);
    assert!(large.body.contains("value=\"ann\"") && large.body.contains("This file is too large."), "{}", large.body);
    let mut last = large;
    for _ in 0..60 {
        if last.status == 429 {
            break;
        }
        // A name that is too short makes no account, so what refuses in the end is the pace of uploads.
        last = register(&server.guest(), "x", "me.png", &small(1)).await.any_of(&[422, 429]);
    }
    let waiting = last.is(429);
    assert!(waiting.body.contains("value=\"x\"") && waiting.body.contains("<form"), "{}", waiting.body);
    assert_ne!(waiting.header("retry-after"), "");
    assert_eq!(rows(&server, "users"), 0);
    nothing_is_left(&server, "refused registrations");
}
