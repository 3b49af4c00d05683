//! Slow mode: members wait between messages, over all their sockets, within one batch and beyond a restart.

use serde_json::json;

use super::{says, words};
use crate::support::{
    doors::{Act, DOORS, Door, Person},
    fresh_id,
    workshop::Workshop,
};

async fn slow(by: &Person, room: i64, seconds: i64) {
    by.patch(&format!("rooms/{room}"), json!({"slow_seconds": seconds})).await.is(200);
}

#[tokio::test]
async fn a_member_waits_between_messages_over_every_socket_and_door() {
    let Workshop { server: _server, room, owner, mut ann, mut bob, .. } = Workshop::open().await;
    slow(&owner, room, 60).await;
    let shared = ann.tab.take("the rules", |frame| frame["room"]["slow_seconds"] == 60).await;
    assert_eq!(shared["room"]["id"], room);
    let mut other = ann.member.other_device().await.connect().await;
    let first = says(&mut ann, Door::Socket, room, "one").await;
    for door in DOORS {
        ann.is_refused(door, Act::Send(room, words("two")), "slow_mode").await;
    }
    let refusal = other.ask(json!({"type": "send", "room": room, "text": "two"})).await;
    assert_eq!(refusal["code"], "slow_mode");
    let wait = refusal["retry_after"].as_f64().unwrap();
    assert!((50.0..=60.0).contains(&wait), "{refusal}");
    let refusal = ann.post(&format!("rooms/{room}/messages"), json!({"client_id": "c", "text": "two"})).await;
    assert!(!refusal.refuses(429, "slow_mode").header("retry-after").is_empty());

    says(&mut bob, Door::Socket, room, "another is not concerned").await;
    let lobby = ann.lobby().await;
    says(&mut ann, Door::Socket, lobby, "nor is another room").await;
    ann.does(Door::Socket, Act::Edit(first, "one, better")).await;
    ann.does(Door::Socket, Act::React(first, "👍")).await;
    slow(&owner, room, 0).await;
    says(&mut ann, Door::Socket, room, "two").await;
}

#[tokio::test]
async fn of_many_sent_at_once_one_stands() {
    let Workshop { server: _server, room, owner, mut ann, mut bob, .. } = Workshop::open().await;
    slow(&owner, room, 60).await;
    let mut other = ann.member.other_device().await.connect().await;
    let mut ids = Vec::new();
    for number in 0..20 {
        let id = fresh_id();
        let frame = json!({"type": "send", "client_id": id, "room": room, "text": format!("{number}")});
        if number % 2 == 0 {
            ann.tab.send(frame).await
        } else {
            other.send(frame).await
        }
        ids.push(id);
    }
    let mut stored = Vec::new();
    for (number, id) in ids.iter().enumerate() {
        let answer = if number % 2 == 0 { ann.tab.answer(id).await } else { other.answer(id).await };
        match answer["type"].as_str() {
            Some("ack") => stored.push(id.clone()),
            _ => assert_eq!(answer["code"], "slow_mode", "{answer}"),
        }
    }
    assert_eq!(stored.len(), 1, "{stored:?}");
    let again = json!({"type": "send", "client_id": stored[0], "room": room, "text": ids.iter().position(|id| *id == stored[0]).unwrap().to_string()});
    ann.tab.send(again).await;
    assert_eq!(ann.tab.answer(&stored[0]).await["type"], "ack", "a repetition is no second message");
    says(&mut bob, Door::Socket, room, "mine").await;
    assert_eq!(bob.room(room).await["last_seq"], 2);
}

#[tokio::test]
async fn who_repeats_an_old_send_waits_no_shorter() {
    let Workshop { server, room, owner, ann, .. } = Workshop::open().await;
    let old = json!({"client_id": fresh_id(), "text": "one"});
    let send = async |body: &serde_json::Value| ann.post(&format!("rooms/{room}/messages"), body.clone()).await;
    let first = send(&old).await.is(201);
    server.age(first["message"]["id"].as_i64().unwrap(), 500);
    slow(&owner, room, 60).await;
    send(&json!({"client_id": fresh_id(), "text": "two"})).await.is(201);
    send(&old).await.is(200);
    send(&json!({"client_id": fresh_id(), "text": "three"})).await.refuses(429, "slow_mode");
}

#[tokio::test]
async fn what_was_refused_costs_nobody_their_turn() {
    let Workshop { server: _server, room, owner, mut ann, .. } = Workshop::open().await;
    slow(&owner, room, 60).await;
    let bad = json!({"text": "with a picture", "uploads": ["Zk3vN0qJb2w9xYtR5mHc1A"]});
    for door in DOORS {
        ann.is_refused(door, Act::Send(room, bad.clone()), "bad_upload").await;
    }
    says(&mut ann, Door::Socket, room, "now").await;
    ann.is_refused(Door::Socket, Act::Send(room, bad), "slow_mode").await;
}

#[tokio::test]
async fn those_who_keep_order_do_not_wait() {
    let Workshop { server: _server, room, mut owner, mut moderator, mut admin, .. } = Workshop::open().await;
    slow(&moderator, room, 3_600).await;
    for person in [&mut owner, &mut moderator, &mut admin] {
        for door in DOORS {
            says(person, door, room, "at once").await;
            says(person, door, room, "and again").await;
        }
    }
}

#[tokio::test]
async fn the_wait_counts_from_what_was_sent_before_slow_mode_and_before_a_restart() {
    let Workshop { mut server, room, owner, mut ann, mut bob, .. } = Workshop::open().await;
    let old = says(&mut bob, Door::Socket, room, "long before").await;
    let sent = says(&mut ann, Door::Socket, room, "before").await;
    server.age(old, 500);
    slow(&owner, room, 60).await;
    ann.is_refused(Door::Socket, Act::Send(room, words("too soon")), "slow_mode").await;
    says(&mut bob, Door::Socket, room, "he has waited").await;
    server.stop();
    server.restart();
    let (mut ann, mut bob) = (Person::of(ann.member).await, Person::of(bob.member).await);
    ann.is_refused(Door::Socket, Act::Send(room, words("still too soon")), "slow_mode").await;
    bob.is_refused(Door::Http, Act::Send(room, words("he too")), "slow_mode").await;
    // All that was said since is older by a minute now.
    server.age(old, 600);
    server.age(sent, 61);
    server.stop();
    server.restart();
    let mut ann = Person::of(ann.member).await;
    says(&mut ann, Door::Http, room, "now").await;
}

#[tokio::test]
async fn a_longer_wait_looks_farther_back() {
    let Workshop { mut server, room, owner, mut ann, .. } = Workshop::open().await;
    let sent = says(&mut ann, Door::Socket, room, "before").await;
    server.age(sent, 100);
    slow(&owner, room, 60).await;
    server.stop();
    server.restart();
    let (owner, mut bob) = (Person::of(owner.member).await, Person::of(server.member("eve").await).await);
    owner.post(&format!("rooms/{room}/members"), json!({"user": bob.id})).await.is(201);
    says(&mut bob, Door::Socket, room, "so that the room is known").await;
    slow(&owner, room, 600).await;
    let mut ann = Person::of(ann.member).await;
    ann.is_refused(Door::Socket, Act::Send(room, words("too soon now")), "slow_mode").await;
}

#[tokio::test]
async fn a_room_is_slowed_by_its_moderators_within_an_hour() {
    let Workshop { server: _server, room, moderator, admin, ann, .. } = Workshop::open().await;
    let path = format!("rooms/{room}");
    ann.patch(&path, json!({"slow_seconds": 5})).await.refuses(403, "forbidden");
    for seconds in [-1, 3_601, i64::MAX] {
        moderator.patch(&path, json!({"slow_seconds": seconds})).await.refuses(422, "invalid");
    }
    for (person, seconds) in [(&moderator, 3_600), (&admin, 1)] {
        assert_eq!(
            person.patch(&path, json!({"slow_seconds": seconds})).await.is(200)["room"]["slow_seconds"],
            seconds
        );
    }
}
