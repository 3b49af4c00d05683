//! Connections that stay open, and what comes over them.

use reqwest::Method;
use serde_json::json;

use super::{from, proxied, set};
use crate::support::{
    client::Answer,
    eventually,
    raw::{Raw, upgrade},
    server::Server,
    socket::{Ended, Socket},
    stream::Stream,
};

#[tokio::test]
async fn a_persons_oldest_socket_goes_when_they_open_one_too_many() {
    let server = Server::start();
    let (admin, ann, bob) = (server.admin("founder").await, server.member("ann").await, server.member("bob").await);
    let lobby = ann.lobby().await;
    let (mut first, mut second, mut bobs) = (ann.connect().await, ann.connect().await, bob.connect().await);
    set(&admin, json!({"sockets_per_person": 2})).await;
    let mut third = ann.connect().await;
    first.expect_close(1013).await;
    second.say(lobby, "still here").await;
    third.message("still here").await;
    bobs.message("still here").await;
    set(&admin, json!({"sockets_per_person": 3})).await;
    let _fourth = ann.connect().await;
    second.say(lobby, "and here").await;
}

#[tokio::test]
async fn an_address_has_so_many_sockets_streams_and_waits_and_another_is_not_concerned() {
    let server = proxied(Server::setup().flag(&["--sockets-per-address", "3"])).start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let tag = ann.get("sync").await.is(200).header("etag").to_owned();
    let (socket, stream) = (ann.connect().await, Stream::open(&bob, "").await);
    let waiting = async {
        loop {
            let answer = Answer::to(ann.request(Method::GET, "sync?wait=15").header("if-none-match", &tag)).await;
            // One of the sockets below was first, and lets its place go.
            if answer.status != 429 {
                return answer;
            }
        }
    };
    let others = async {
        // As soon as the wait has its place; a socket that finds one first lets it go.
        eventually("there is no place left", async || Socket::open(&ann).await.err() == Some(429)).await;
        let refused = bob.get("events").await.meets("sockets_per_address", 429, "rate_limited", true);
        assert_eq!(refused["retry_after"], 30.0);
        bob.get("sync?wait=1").await.meets("sockets_per_address", 429, "rate_limited", true);
        // Nothing is looked up for it, not even who asks.
        server.guest().get("events").await.meets("sockets_per_address", 429, "rate_limited", true);
        let mut raw = Raw::to(server.site()).await;
        raw.send(upgrade(&bob, "Connection: close\r\n")).await;
        let said = raw.head().await;
        assert!(said.starts_with("HTTP/1.1 429") && said.contains("retry-after: 30"), "{said}");
        assert!(said.contains("application/problem+json"), "{said}");
        // What does not stay is not counted, and another address has places of its own.
        bob.get("sync").await.is(200);
        bob.get("sync?wait=0").await.is(200);
        // However it is written.
        for disguised in ["%65vents", "sync?w%61it=1"] {
            bob.get(disguised).await.meets("sockets_per_address", 429, "rate_limited", true);
        }
        ann.get("me").await.is(200);
        drop(Stream::of(from(&bob, "192.0.2.7", "events")).await.expect("another address"));
        ann.say(ann.lobby().await, "that ends the wait").await;
    };
    let (answer, ()) = tokio::join!(waiting, others);
    answer.is(200);
    let again = Socket::open(&bob).await.expect("the place of the wait");
    drop((socket, stream, again));
    eventually("the places are free", async || Stream::of(bob.request(Method::GET, "events")).await.is_ok()).await;
}

#[tokio::test]
async fn the_server_has_so_many_sockets_in_all_and_serves_the_rest() {
    let server = Server::setup().flag(&["--max-sockets", "2"]).start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let (mut anns, bobs) = (ann.connect().await, bob.connect().await);
    assert_eq!(Socket::open(&bob).await.err(), Some(503));
    let refused = bob.get("events").await.meets("max_sockets", 503, "busy", true);
    assert_eq!(refused["retry_after"], 30.0);
    anns.say(ann.lobby().await, "undisturbed").await;
    bob.get("me").await.is(200);
    bobs.close().await;
    eventually("there is a place", async || Stream::of(bob.request(Method::GET, "events")).await.is_ok()).await;
}

#[tokio::test]
async fn a_socket_sends_so_many_frames_a_second_and_loses_none_that_was_taken() {
    let server = Server::setup().limits().flag(&["--frames-per-second", "2"]).start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let lobby = ann.lobby().await;
    let (mut anns, mut other, mut bobs) = (ann.connect().await, ann.connect().await, bob.connect().await);
    let mut taken = 0;
    let refused = loop {
        let answer = anns.ask(json!({"type": "send", "room": lobby, "text": format!("number {taken}")})).await;
        if answer["type"] == "error" {
            break answer;
        }
        taken += 1;
        assert!(taken < 60, "nobody stops her");
    };
    assert!(taken >= 6, "{taken}");
    assert_eq!((&refused["code"], &refused["retry"]), (&json!("rate_limited"), &json!("later")));
    assert!(refused["message"].as_str().unwrap().contains("frames"), "{refused}");
    assert!(refused["retry_after"].as_f64() <= Some(0.5), "{refused}");
    for number in 0..taken {
        bobs.message(&format!("number {number}")).await;
    }
    // It is the socket's limit, not its person's.
    other.say(lobby, "from another window").await;
    bobs.say(lobby, "from somebody else").await;
    let mut answer = refused;
    while answer["type"] == "error" {
        answer = anns.ask(json!({"type": "read", "room": lobby, "seq": 1})).await;
    }
}

#[tokio::test]
async fn a_socket_that_floods_on_is_closed_after_it_was_told() {
    let server = Server::setup().limits().flag(&["--frames-per-second", "2"]).start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let (mut tab, mut bobs) = (ann.connect().await, bob.connect().await);
    let (lobby, mut told) = (ann.lobby().await, 0);
    let ended = loop {
        tab.send(json!({"type": "read", "ref": "x", "room": lobby, "seq": 0})).await;
        match tab.recv().await {
            Ok(frame) => told += usize::from(frame["code"] == "rate_limited"),
            Err(ended) => break ended,
        }
    };
    assert_eq!(ended, Ended::Closed(1008));
    assert!(told > 10, "{told}");
    bobs.say(lobby, "undisturbed").await;
    ann.connect().await.say(lobby, "and back").await;
}
