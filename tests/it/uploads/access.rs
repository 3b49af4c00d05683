//! Who may see a picture, and how it is served.

use reqwest::{
    Method,
    header::{ACCEPT, HeaderMap, HeaderValue},
};
use serde_json::{Value, json};

use super::{
    bytes_at,
    pictures::{noisy, small, written},
    send, taken,
};
use crate::support::{
    client::{Answer, Guest, Member},
    server::Server,
};

/// A name that nothing has.
const ABSENT: &str = "/media/AAAAAAAAAAAAAAAAAAAAAA.webp";

/// Every way to ask for a picture; none may tell a stranger anything.
async fn ways(guest: &Guest, url: &str) -> Vec<Answer> {
    // As a page asks for a picture: an answer in words would repeat the address.
    let ask = |method: Method, name: &'static str, value: &'static str| {
        let accept = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("image/*"))]);
        Answer::to(guest.request(method, url).headers(accept).header(name, value))
    };
    vec![
        ask(Method::GET, "x-nothing", "1").await,
        ask(Method::HEAD, "x-nothing", "1").await,
        ask(Method::GET, "range", "bytes=0-3").await,
        ask(Method::GET, "range", "bytes=99999999-").await,
        ask(Method::GET, "if-none-match", "*").await,
        ask(Method::GET, "if-modified-since", "Fri, 01 Jan 2100 00:00:00 GMT").await,
        ask(Method::GET, "if-match", "\"other\"").await,
    ]
}

async fn sees(guest: &Guest, upload: &Value) {
    for url in ["url", "thumb_url"] {
        bytes_at(guest, &upload[url]).await;
    }
}

async fn sees_nothing(guest: &Guest, upload: &Value) {
    let absent = ways(guest, ABSENT).await;
    for url in ["url", "thumb_url"] {
        for (hidden, absent) in ways(guest, upload[url].as_str().unwrap()).await.iter().zip(&absent) {
            assert_eq!(hidden.status, 404, "{}", hidden.body);
            assert_eq!((&hidden.body, hidden.fields()), (&absent.body, absent.fields()));
        }
    }
}

async fn in_private_room(ann: &Member, others: &[&Member]) -> (i64, Value, Value) {
    let room = ann.private_room("pictures", others).await;
    let upload = taken(ann, "a.png", &small(1)).await;
    let message = send(ann, room, &upload).await;
    assert_eq!(message["uploads"], json!([upload]));
    (room, upload, message)
}

#[tokio::test]
async fn before_it_is_sent_a_picture_is_its_owners_alone() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let upload = taken(&ann, "a.png", &small(1)).await;
    sees(&ann, &upload).await;
    let device = ann.other_device().await;
    sees(&device, &upload).await;
    sees_nothing(&bob, &upload).await;
    sees_nothing(&server.guest(), &upload).await;
}

#[tokio::test]
async fn a_sent_picture_is_for_the_members_of_its_room_as_long_as_they_are() {
    let server = Server::start();
    let (ann, bob, eve) = (server.member("ann").await, server.member("bob").await, server.member("eve").await);
    let (room, upload, _) = in_private_room(&ann, &[&bob]).await;
    for member in [&ann, &bob] {
        sees(member, &upload).await;
    }
    sees_nothing(&eve, &upload).await;
    sees_nothing(&server.guest(), &upload).await;
    ann.delete(&format!("rooms/{room}/members/{}", bob.id)).await.is(204);
    sees_nothing(&bob, &upload).await;
    ann.post(&format!("rooms/{room}/members"), json!({"user": bob.id})).await.is(201);
    sees(&bob, &upload).await;
    let cookie = bob.cookies();
    bob.post("logout", Value::Null).await.is(204);
    let url = upload["url"].as_str().unwrap();
    Answer::to(crate::support::client::with_cookie(server.site(), Method::GET, url, &cookie)).await.is(404);
    ann.delete(&format!("rooms/{room}")).await.is(204);
    sees_nothing(&ann, &upload).await;
}

#[tokio::test]
async fn what_was_recalled_or_deleted_is_seen_by_nobody_any_more() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    for act in ["recall", "delete"] {
        let (_, upload, message) = in_private_room(&ann, &[&bob]).await;
        sees(&bob, &upload).await;
        let message = format!("messages/{}", message["id"]);
        match act {
            "recall" => ann.post(&format!("{message}/recall"), Value::Null).await.is(200),
            _ => ann.delete(&message).await.is(200),
        };
        for member in [&ann, &bob] {
            sees_nothing(member, &upload).await;
        }
        // Any upload taken back wakes the sweeper before its minute is over.
        ann.delete("uploads/AAAAAAAAAAAAAAAAAAAAAA").await.is(404);
        crate::support::eventually("the files go", async || super::files(&server).is_empty()).await;
    }
}

#[tokio::test]
async fn pictures_are_served_so_that_nothing_in_them_can_run_and_nobody_else_keeps_them() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let upload = taken(&ann, "a.png", &written(noisy(200, 200), image::ImageFormat::Png)).await;
    let url = upload["url"].as_str().unwrap();
    let answer = ann.get(url).await.is(200);
    assert_eq!(answer.header("content-type"), upload["mime"].as_str().unwrap());
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert_eq!(answer.header("content-security-policy"), "sandbox; default-src 'none'");
    assert_eq!(answer.header("cross-origin-resource-policy"), "same-origin");
    assert_eq!(answer.header("cache-control"), "private, no-cache");
    assert_eq!(answer.header("content-disposition"), "inline");
    assert_eq!(answer.header("content-encoding"), "");
    let tag = answer.header("etag").to_owned();
    assert!(tag.len() > 4);

    let all = bytes_at(&ann, &upload["url"]).await;
    let again = Answer::to(ann.request(Method::GET, url).header("if-none-match", &tag)).await.is(304);
    assert_eq!((again.body.as_str(), again.header("cache-control")), ("", "private, no-cache"));
    let part = ann.request(Method::GET, url).header("range", "bytes=4-9").send().await.unwrap();
    assert_eq!(part.status(), 206);
    assert_eq!(part.headers()["content-range"], format!("bytes 4-9/{}", all.len()));
    assert_eq!(part.bytes().await.unwrap(), all[4..=9]);
    Answer::to(ann.request(Method::GET, url).header("range", "bytes=99999999-")).await.is(416);
    let head = Answer::to(ann.request(Method::HEAD, url)).await.is(200);
    assert_eq!((head.body.as_str(), head.header("content-length")), ("", all.len().to_string().as_str()));
    ann.post(url, Value::Null).await.any_of(&[404, 405]);
}

#[tokio::test]
async fn names_that_are_no_pictures_names_find_nothing() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let upload = taken(&ann, "a.png", &small(1)).await;
    let id = upload["id"].as_str().unwrap();
    let odd = [
        format!("/media/{id}"),
        format!("/media/{id}.jpg"),
        format!("/media/{id}.png"),
        format!("/media/{id}.html"),
        format!("/media/{id}-t.png"),
        format!("/media/{id}-s.webp"),
        format!("/media/{id}-.webp"),
        format!("/media/avatars/{id}.jpg"),
        "/media/".into(),
        "/media/..%2f..%2fparlor.db".into(),
        "/media/%2e%2e/parlor.db".into(),
        "/media/tmp/x".into(),
        "/media/store/images".into(),
        "/media/avatars/..%2f..%2fx.jpg".into(),
        "/media/ééééééééééééééééééééééé.jpg".into(),
        "/media/%00.jpg".into(),
    ];
    for path in odd {
        ann.get(&path).await.is(404);
    }
    // The name of the files is not the name in the address.
    let stored = super::files(&server);
    assert!(stored.iter().all(|path| !path.contains(id)), "{stored:?}");
}
