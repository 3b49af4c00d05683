//! Requests a second, by class.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;

use super::{from, proxied, set};
use crate::support::{
    client::{Answer, Member},
    eventually,
    server::Server,
};

/// Answers to the same question asked so many times at once.
async fn at_once(member: &Member, count: usize, path: &str) -> Vec<Answer> {
    join_all((0..count).map(|_| member.get(path))).await
}

fn granted(answers: &[Answer]) -> usize {
    answers.iter().filter(|answer| answer.status == 200).count()
}

#[tokio::test]
async fn a_person_reads_so_much_at_once_and_then_so_much_a_second() {
    let server = Server::setup().limits().start();
    let (admin, ann, bob) = (server.admin("founder").await, server.member("ann").await, server.member("bob").await);
    assert_eq!(granted(&at_once(&ann, 100, "me").await), 100, "half of what she may");
    set(&admin, json!({"read_burst": 10, "read_per_second": 1})).await;
    let answers = at_once(&ann, 30, "me").await;
    // Whoever is slow gets one a second more.
    assert!((10..20).contains(&granted(&answers)), "{}", granted(&answers));
    let refused = answers.into_iter().find(|answer| answer.status != 200).expect("there is a limit");
    let refused = refused.meets("read_per_second", 429, "rate_limited", true);
    assert!(refused["retry_after"].as_f64() <= Some(1.0), "{}", refused.body);
    // She goes on changing, her pictures come by themselves, and the others notice nothing.
    ann.patch("me", json!({"bio": "calm"})).await.is(200);
    ann.get("/media/nothing.png").await.is(404);
    bob.get("me").await.is(200);
    server.guest().get("/healthz").await.is(200);
    eventually("she reads on", async || ann.get("me").await.status == 200).await;
    set(&admin, json!({"read_burst": 100, "read_per_second": 100})).await;
    assert_eq!(granted(&at_once(&ann, 50, "me").await), 50, "the new limit counts at once");
}

#[tokio::test]
async fn a_page_says_in_the_readers_language_which_limit_was_met_and_when_to_come_back() {
    let server = Server::setup().limits().start();
    let (admin, ann) = (server.admin("founder").await, server.member("ann").await);
    set(&admin, json!({"read_burst": 10, "read_per_second": 1})).await;
    let page = |language| ann.request(Method::GET, "/account/").header("accept-language", language);
    for (language, limit, again) in [
        ("en", "You asked for too much in a second.", "Try again in one second"),
        ("zh-CN", "你一秒内请求得太多了", "请在 1 秒后再试"),
    ] {
        let answers = join_all((0..30).map(|_| Answer::to(page(language)))).await;
        let refused = answers.into_iter().find(|answer| answer.status != 200).expect("there is a limit").is(429);
        assert_eq!(refused.header("retry-after"), "1");
        assert!(refused.body.contains(limit) && refused.body.contains(again), "{}", refused.body);
    }
}

#[tokio::test]
async fn a_page_full_of_pictures_is_one_request_in_five() {
    let server = Server::setup().limits().start();
    let (admin, ann, bob) = (server.admin("founder").await, server.member("ann").await, server.member("bob").await);
    set(&admin, json!({"read_burst": 10, "read_per_second": 1})).await;
    let answers = at_once(&ann, 100, "/media/nothing.png").await;
    let found = answers.iter().filter(|answer| answer.status == 404).count();
    assert!((50..100).contains(&found), "{found}");
    let refused = answers.iter().find(|answer| answer.status != 404).expect("there is a limit");
    assert_eq!((refused.status, refused.header("retry-after")), (429, "1"));
    ann.get("me").await.is(200);
    bob.get("/media/nothing.png").await.is(404);
}

#[tokio::test]
async fn a_person_changes_so_much_at_once_and_then_so_much_a_second() {
    let server = Server::setup().limits().start();
    let (admin, ann, bob) = (server.admin("founder").await, server.member("ann").await, server.member("bob").await);
    set(&admin, json!({"change_burst": 5, "change_per_second": 1})).await;
    let answers = join_all((0..20).map(|_| ann.patch("me", json!({"bio": "busy"})))).await;
    assert!((5..15).contains(&granted(&answers)), "{}", granted(&answers));
    let refused = answers.into_iter().find(|answer| answer.status != 200).expect("there is a limit");
    refused.meets("change_per_second", 429, "rate_limited", true);
    assert_eq!(ann.get("me").await.is(200)["user"]["bio"], "busy");
    bob.patch("me", json!({"bio": "calm"})).await.is(200);
}

#[tokio::test]
async fn a_person_searches_so_often_in_a_minute() {
    let server = Server::setup().limits().start();
    let (admin, ann, bob) = (server.admin("founder").await, server.member("ann").await, server.member("bob").await);
    set(&admin, json!({"search_per_minute": 2})).await;
    ann.get("search?q=lunch").await.is(200);
    ann.get("search?q=lunch").await.is(200);
    ann.get("search?q=lunch").await.meets("search_per_minute", 429, "rate_limited", true);
    ann.get("me").await.is(200);
    bob.get("search?q=lunch").await.is(200);
}

#[tokio::test]
async fn the_guests_of_an_address_ask_so_often() {
    let server = proxied(Server::setup()).start();
    let admin = server.admin("founder").await;
    let room = admin.make_room("public", "open").await;
    admin.patch(&format!("rooms/{room}"), json!({"public_read": true})).await.is(200);
    set(&admin, json!({"guests": true, "guest_burst": 5, "guest_per_second": 1})).await;
    let (guest, path) = (server.guest(), format!("rooms/{room}"));
    let answers = join_all((0..30).map(|_| Answer::to(from(&guest, "2001:db8::1", &path)))).await;
    assert!((5..20).contains(&granted(&answers)), "{}", granted(&answers));
    let refused = answers.into_iter().find(|answer| answer.status != 200).expect("there is a limit");
    refused.meets("guest_per_second", 429, "rate_limited", true);
    // The same household, another one, and somebody with an account.
    let neighbours = join_all((0..30).map(|_| Answer::to(from(&guest, "2001:db8::2", &path)))).await;
    assert!(neighbours.iter().any(|answer| answer.status == 429), "a /64 is one household");
    Answer::to(from(&guest, "2001:db8:0:1::1", &path)).await.is(200);
    Answer::to(from(&admin, "2001:db8::1", &path)).await.is(200);
}
