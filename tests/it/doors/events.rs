//! The stream of events.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;

use crate::support::{client::Member, eventually, frame::has, fresh_id, raw::Raw, server::Server, stream::Stream};

/// The last message of a room once it is certain that the stream has heard everything.
async fn mark(author: &Member, stream: &mut Stream, room: i64) {
    let text = fresh_id();
    author.say(room, &text).await;
    stream.message(&text).await;
}

#[tokio::test]
async fn a_stream_tells_what_a_socket_tells_in_the_same_frames() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let room = ann.private_room("crew", &[&bob]).await;
    let (mut socket, mut stream) = (bob.connect().await, Stream::open(&bob, "").await);
    assert_eq!(stream.header("cache-control"), "no-store, no-transform");
    assert_eq!(stream.header("x-accel-buffering"), "no");
    assert!(stream.retry >= 1_000);
    assert_eq!(stream.hello["rooms"], socket.hello["rooms"]);
    let mut anns = ann.connect().await;
    let ack = anns.say(room, "你好 **there**\nsecond line").await;
    anns.send(json!({"type": "typing", "room": room})).await;
    anns.ask(json!({"type": "read", "room": room, "seq": 1})).await;
    ann.patch(&format!("messages/{}", ack["id"]), json!({"text": "better"})).await.is(200);
    ann.patch(&format!("rooms/{room}"), json!({"topic": "paper"})).await.is(200);
    ann.patch("me", json!({"nickname": "Ann B."})).await.is(200);
    for kind in ["message", "message", "typing", "room", "user"] {
        let (one, other) = (socket.next(kind).await, stream.next(kind).await);
        assert_eq!(one, other, "{kind}");
    }
    bob.post(&format!("rooms/{room}/read"), json!({"seq": 1})).await.is(200);
    stream.take("my own mark", |frame| frame["type"] == "read" && frame["user"] == bob.id).await;
}

#[tokio::test]
async fn a_stream_is_not_compressed() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let request = ann.request(Method::GET, "events").header("accept-encoding", "gzip, br");
    let stream = Stream::of(request).await.unwrap();
    assert_eq!(stream.header("content-encoding"), "");
}

#[tokio::test]
async fn a_stream_is_a_persons_presence() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let mut tab = bob.connect().await;
    let stream = Stream::open(&ann, "").await;
    tab.hears_of(ann.id).await;
    drop(stream);
    tab.take("her going", |frame| has(&frame["offline"], "user", ann.id)).await;
}

#[tokio::test]
async fn the_seventeenth_client_of_a_person_ends_the_oldest_whatever_it_is() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let (mut first, mut second) = (Stream::open(&ann, "").await, ann.connect().await);
    let mut others = Vec::new();
    for _ in 0..15 {
        others.push(Stream::open(&ann, "").await);
    }
    first.expect_bye(1013).await;
    others.push(Stream::open(&ann, "").await);
    second.expect_close(1013).await;
}

#[tokio::test]
async fn a_session_that_ends_ends_its_streams_and_says_why() {
    let server = Server::start();
    let founder = server.admin("founder").await;
    let ann = server.member("ann").await;
    let phone = ann.other_device().await;
    let (mut here, mut there) = (Stream::open(&ann, "").await, Stream::open(&phone, "").await);
    ann.delete("me/sessions").await.is(204);
    there.expect_bye(4001).await;
    assert_eq!(Stream::of(phone.request(Method::GET, "events")).await.err(), Some(401));
    founder.put(&format!("admin/users/{}/ban", ann.id), json!({"reason": "spam"})).await.is(200);
    here.expect_bye(4003).await;
    assert_eq!(here.bye.as_ref().unwrap()["reason"], "banned");
}

#[tokio::test]
async fn who_is_removed_from_a_room_hears_nothing_more_of_it() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let room = ann.private_room("crew", &[&bob]).await;
    let mut stream = Stream::open(&bob, "").await;
    mark(&ann, &mut stream, room).await;
    ann.delete(&format!("rooms/{room}/members/{}", bob.id)).await.is(204);
    ann.say(room, "without bob").await;
    assert_eq!(stream.next("room_gone").await["room"], room);
    let lobby = ann.lobby().await;
    mark(&ann, &mut stream, lobby).await;
    assert!(!format!("{:?}", stream.heard()).contains("without bob"));
    // A cursor that still names the room opens nothing.
    let mut stream = Stream::back(&bob, &stream.cursor.clone()).await;
    assert!(!has(&stream.hello["rooms"], "id", room));
    mark(&ann, &mut stream, lobby).await;
    assert!(!format!("{:?}", stream.heard()).contains("without bob"));
}

#[tokio::test]
async fn a_room_that_is_joined_later_is_in_the_cursor_too() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let mut stream = Stream::open(&bob, "").await;
    let room = ann.private_room("crew", &[&bob]).await;
    let _company = ann.connect().await;
    mark(&ann, &mut stream, room).await;
    mark(&ann, &mut stream, room).await;
    let cursor = stream.cursor.clone();
    drop(stream);
    ann.say(room, "missed").await;
    let mut stream = Stream::back(&bob, &cursor).await;
    stream.message("missed").await;
    assert_eq!(stream.next("ack").await["fetch"], json!([]));
}

#[tokio::test]
async fn what_is_not_kept_any_more_is_asked_for() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let room = ann.private_room("crew", &[&bob]).await;
    let _company = ann.connect().await;
    let mut stream = Stream::open(&bob, "").await;
    mark(&ann, &mut stream, room).await;
    mark(&ann, &mut stream, room).await;
    let cursor = stream.cursor.clone();
    drop(stream);
    for _ in 0..26 {
        join_all((0..10).map(|_| ann.say(room, "much"))).await;
    }
    let mut stream = Stream::back(&bob, &cursor).await;
    assert_eq!(stream.next("ack").await["fetch"], json!([room]));
    assert!(stream.heard().iter().all(|frame| frame["type"] != "message"), "nothing of what is to be asked for");
    let other_life = format!("?cursor=1.other.{}", cursor.rsplit_once('.').unwrap().1);
    let mut stream = Stream::open(&bob, &other_life).await;
    let fetch = stream.next("ack").await["fetch"].clone();
    assert!(fetch.as_array().unwrap().contains(&json!(room)), "{fetch}");
}

#[tokio::test]
async fn a_cursor_that_was_never_given_out_is_refused_or_a_fresh_start() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let long = "A".repeat(9_000);
    for cursor in ["x", "1.a.!", "0", "1.a.AAE", "%00", "%F0%9F%8D%9C", long.as_str()] {
        ann.get(&format!("events?cursor={cursor}")).await.refuses(422, "invalid");
    }
    for cursor in ["x", "1.a.!", "2.later.AQE", "42"] {
        let mut stream = Stream::back(&ann, cursor).await;
        let lobby = ann.lobby().await;
        mark(&ann, &mut stream, lobby).await;
        assert!(stream.heard().iter().all(|frame| frame["type"] != "ack"), "a fresh start");
    }
    server.guest().get("events").await.refuses(401, "session_ended");
}

#[tokio::test]
async fn a_reader_that_reads_nothing_is_cut_and_costs_nobody_anything() {
    let server = Server::start();
    let (ann, bob, cat) = (server.member("ann").await, server.member("bob").await, server.member("cat").await);
    let room = ann.private_room("crew", &[&bob, &cat]).await;
    let mut deaf = Raw::with_small_buffer(server.site()).await;
    let (host, cookies) = (bob.site().address(), bob.cookies());
    deaf.send(format!("GET /api/v1/events HTTP/1.1\r\nHost: {host}\r\nCookie: {cookies}\r\n\r\n")).await;
    let mut reader = Stream::open(&cat, "").await;
    let text = "字".repeat(3_900);
    let mut revs = Vec::new();
    let mut sent = 0;
    while !server.log().contains("was cut") {
        assert!(sent < 2_000, "nobody cuts it");
        // So few that the other one, who does not read meanwhile, is not behind by too much.
        join_all((0..5).map(|_| ann.say(room, &text))).await;
        sent += 5;
        for _ in 0..5 {
            revs.push(reader.next("message").await["rev"].as_i64().unwrap());
        }
    }
    assert_eq!(revs, (1..=sent).collect::<Vec<_>>(), "the other one heard everything");
    eventually("the server hangs up", async || {
        !ann.get(&format!("users/{}", bob.id)).await["user"]["online"].as_bool().unwrap_or(true)
    })
    .await;
}

#[tokio::test]
async fn a_server_that_ends_says_so_to_its_streams() {
    let mut server = Server::start();
    let ann = server.member("ann").await;
    let mut stream = Stream::open(&ann, "").await;
    server.terminate();
    stream.expect_bye(1012).await;
    assert!(stream.retry < 1_000, "it is back in a moment");
    assert_eq!(server.exit_code(std::time::Duration::from_secs(10)), Some(0));
}

#[tokio::test]
async fn a_quiet_stream_is_told_the_heads() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let room = ann.private_room("crew", &[&bob]).await;
    let mut stream = Stream::open(&bob, "").await;
    mark(&ann, &mut stream, room).await;
    let heads = stream.take("heads", |frame| frame["type"] == "heads" && frame["rooms"] != json!({})).await;
    assert_eq!(heads["rooms"], json!({room.to_string(): 1}));
}
