//! Asking again and again.

use std::time::Duration;

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::{Instant, timeout};

use super::ask;
use crate::support::{
    DEADLINE,
    client::{Answer, Member},
    frame::{has, id_of, numbers, with_id},
    raw::Raw,
    server::Server,
};

#[tokio::test]
async fn the_answer_tells_how_rooms_stand_and_nothing_until_that_changes() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let room = ann.private_room("crew", &[&bob]).await;
    ann.say(room, "one").await;
    ann.say(room, "@bob two").await;
    let first = ask(&bob, "", "").await.is(200);
    let crew = json!({"id": room, "seq": 2, "rev": 2, "read_seq": 0, "unread": 2, "mentions": 1});
    assert_eq!(with_id(&first["rooms"], room), &crew);
    assert_eq!((&first["unread"], &first["mentions"]), (&json!(2), &json!(1)));
    assert_eq!(numbers(first["rooms"].as_array().unwrap(), "id"), [bob.lobby().await, room]);
    let tag = first.header("etag").to_owned();
    let again = ask(&bob, "", &tag).await.is(304);
    assert_eq!((again.body.as_str(), again.header("etag")), ("", tag.as_str()));
    ask(&bob, "", &format!("W/{tag}")).await.is(304);
    bob.post(&format!("rooms/{room}/read"), json!({"seq": 2})).await.is(200);
    let read = changed(&bob, &tag).await;
    let crew = json!({"id": room, "seq": 2, "rev": 2, "read_seq": 2, "unread": 0, "mentions": 0});
    assert_eq!(with_id(&read["rooms"], room), &crew);
    let third = ann.say(room, "@bob three").await;
    let told = changed(&bob, read.header("etag")).await;
    assert_eq!(with_id(&told["rooms"], room)["mentions"], 1);
    ann.patch(&format!("messages/{}", id_of(&third)), json!({"text": "three"})).await.is(200);
    let edited = changed(&bob, told.header("etag")).await;
    let crew = json!({"id": room, "seq": 3, "rev": 4, "read_seq": 2, "unread": 1, "mentions": 0});
    assert_eq!(with_id(&edited["rooms"], room), &crew);
    // One's own message is read.
    bob.say(room, "four").await;
    assert_eq!(with_id(&changed(&bob, edited.header("etag")).await["rooms"], room)["unread"], 0);
    server.guest().get("sync").await.refuses(401, "session_ended");
}

/// Waits until the answer is another one; the wait itself would end too late for it.
async fn changed(member: &Member, tag: &str) -> Answer {
    ask(member, "?wait=30", tag).await.is(200)
}

#[tokio::test]
async fn who_waits_hears_at_once_of_everything_that_concerns_them() {
    let server = Server::start();
    let founder = server.admin("founder").await;
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let (room, phone) = (ann.private_room("crew", &[&bob]).await, bob.other_device().await);
    let message = ann.say(room, "before").await;
    // Longer than an answer is waited for.
    let query = "?wait=30&state=1";
    let mut tag = ask(&bob, query, "").await.is(200).header("etag").to_owned();
    let acts: [(&str, &Member, Method, String, Value); 10] = [
        (
            "a message",
            &ann,
            Method::POST,
            format!("rooms/{room}/messages"),
            json!({"client_id": "wait-1", "text": "hi"}),
        ),
        ("an edit", &ann, Method::PATCH, format!("messages/{}", message["id"]), json!({"text": "after"})),
        ("a reaction", &ann, Method::PUT, format!("messages/{}/reactions/%F0%9F%91%8D", message["id"]), Value::Null),
        ("a recall", &ann, Method::POST, format!("messages/{}/recall", message["id"]), Value::Null),
        ("a read mark of another device", &phone, Method::POST, format!("rooms/{room}/read"), json!({"seq": 1})),
        ("another name of the room", &ann, Method::PATCH, format!("rooms/{room}"), json!({"name": "staff"})),
        ("a request of friendship", &ann, Method::PUT, format!("contacts/{}", bob.id), json!({"state": "friend"})),
        ("other limits", &founder, Method::PATCH, "admin/settings".into(), json!({"text_max": 500})),
        ("a new room", &ann, Method::POST, "directs".into(), json!({"user": bob.id})),
        ("one's removal", &ann, Method::DELETE, format!("rooms/{room}/members/{}", bob.id), Value::Null),
    ];
    for (what, who, method, path, body) in acts {
        let waiting = async { ask(&bob, query, &tag).await };
        let acting = async {
            let answer = who.call(method, &path, body).await;
            assert!(answer.status < 300, "{what}: {}", answer.body);
        };
        let (answer, ()) = tokio::join!(waiting, acting);
        assert_eq!(answer.status, 200, "{what}");
        answer.header("etag").clone_into(&mut tag);
        // What one act tells in two frames is told.
        while let Ok(more) = timeout(Duration::from_millis(300), ask(&bob, query, &tag)).await {
            more.header("etag").clone_into(&mut tag);
        }
    }
    let rooms = ask(&bob, "", "").await.is(200);
    assert!(!has(&rooms["rooms"], "id", room), "not in it any more: {}", rooms.body);
}

#[tokio::test]
async fn a_wait_ends_when_its_time_is_over() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let tag = ask(&ann, "", "").await.is(200).header("etag").to_owned();
    let start = Instant::now();
    ask(&ann, "?wait=2", &tag).await.is(304);
    assert!(start.elapsed() >= Duration::from_secs(2), "{:?}", start.elapsed());
    for query in ["?wait=soon", "?wait=-1", "?presence=yes"] {
        ask(&ann, query, &tag).await.refuses(422, "invalid");
    }
}

#[tokio::test]
async fn a_person_waits_sixteen_times_at_once_and_no_more() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let tag = ask(&ann, "", "").await.is(200).header("etag").to_owned();
    let all = join_all((0..20).map(|_| ask(&ann, "?wait=4", &tag))).await;
    let refused = all.iter().filter(|answer| answer.status == 429).count();
    assert_eq!((refused, all.iter().filter(|answer| answer.status == 304).count()), (4, 16));
    let refusal = all.into_iter().find(|answer| answer.status == 429).unwrap().refuses(429, "rate_limited");
    assert!(refusal["retry_after"].as_f64() > Some(0.0));
    // Their places are free again, and others had theirs all the time.
    ask(&ann, "?wait=1", &tag).await.is(304);
    let tag = ask(&bob, "", "").await.is(200).header("etag").to_owned();
    ask(&bob, "?wait=1", &tag).await.is(304);
}

#[tokio::test]
async fn who_asks_is_online_without_a_break_and_goes_when_they_stop() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let mut tab = bob.connect().await;
    let first = ask(&ann, "?presence=1", "").await.is(200);
    tab.hears_of(ann.id).await;
    // Longer than a break that is told of.
    let tag = ask(&ann, "", "").await.is(200).header("etag").to_owned();
    ask(&ann, "?wait=11", &tag).await.is(304);
    let stopped = Instant::now();
    assert!(tab.heard().iter().all(|frame| !has(&frame["offline"], "user", ann.id)), "{:?}", tab.heard());
    let going = async { while !has(&tab.recv().await.unwrap()["offline"], "user", ann.id) {} };
    assert!(timeout(DEADLINE * 2, going).await.is_ok(), "she never goes");
    assert!(stopped.elapsed() > Duration::from_secs(8), "{:?}", stopped.elapsed());
    let named = first["online"].as_array().unwrap();
    assert!(named.iter().any(|user| user["id"] == bob.id), "{}", first.body);
    assert!(first["online_count"].as_i64() >= Some(1));
    assert!(ask(&ann, "", "").await.is(200).json.get("online").is_none(), "only where it is asked for");
}

#[tokio::test]
async fn a_session_that_ends_ends_its_wait() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let phone = ann.other_device().await;
    let tag = ask(&phone, "", "").await.is(200).header("etag").to_owned();
    let waiting = async { ask(&phone, "?wait=30", &tag).await };
    let ending = async {
        // Not before the wait is known: the other session's own question comes in order behind it.
        ask(&ann, "", "").await.is(200);
        ann.delete("me/sessions").await.is(204);
    };
    let (answer, ()) = tokio::join!(waiting, ending);
    answer.refuses(401, "session_ended");
    ask(&phone, "", &tag).await.is(401);
}

#[tokio::test]
async fn who_waits_while_the_server_ends_is_told_so() {
    let mut server = Server::start();
    let ann = server.member("ann").await;
    let tag = ask(&ann, "", "").await.is(200).header("etag").to_owned();
    // Its answer shows that the connection is taken before the server is asked to end.
    let mut raw = Raw::to(server.site()).await;
    let request = |path: &str, tag: &str| {
        let (host, cookies) = (ann.site().address(), ann.cookies());
        format!("GET /api/v1/{path} HTTP/1.1\r\nHost: {host}\r\nCookie: {cookies}\r\nIf-None-Match: {tag}\r\n\r\n")
    };
    raw.send(request("sync", &tag)).await;
    assert_eq!(raw.status().await, 304);
    raw.send(request("sync?wait=25", &tag)).await;
    server.terminate();
    assert_eq!(raw.status().await, 503);
    assert_eq!(server.exit_code(Duration::from_secs(10)), Some(0));
}

#[tokio::test]
async fn hello_says_by_request_what_the_first_frame_says() {
    let server = Server::start();
    let ann = server.member("ann").await;
    ann.make_room("private", "crew").await;
    let socket = ann.connect().await;
    let mut asked = ann.get("hello").await.is(200).json;
    let mut told = socket.hello.clone();
    for hello in [&mut asked, &mut told] {
        hello["server_time"] = Value::Null;
        hello["online"] = Value::Null;
        hello["online_count"] = Value::Null;
    }
    assert_eq!(asked, told);
    server.guest().get("hello").await.refuses(401, "session_ended");
}
