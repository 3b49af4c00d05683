//! Rooms a person, members a room.

use futures_util::future::join_all;
use serde_json::json;

use super::set;
use crate::support::{client::Member, frame::with_id, fresh_id, server::Server};

#[tokio::test]
async fn a_person_owns_so_many_rooms_until_one_is_deleted_or_handed_over() {
    let server = Server::setup().limits().start();
    let (admin, ann, bob) = (server.admin("founder").await, server.member("ann").await, server.member("bob").await);
    set(&admin, json!({"rooms_owned_max": 2})).await;
    let (first, second) = (ann.make_room("public", "first").await, ann.make_room("private", "second").await);
    let third = json!({"kind": "public", "name": "third"});
    ann.post("rooms", third.clone()).await.meets("rooms_owned_max", 409, "too_many_own_rooms", false);
    ann.post("directs", json!({"user": bob.id})).await.is(201);
    bob.make_room("public", "bob's").await;
    ann.delete(&format!("rooms/{first}")).await.is(204);
    ann.post("rooms", third.clone()).await.is(201);
    ann.post("rooms", third.clone()).await.meets("rooms_owned_max", 409, "too_many_own_rooms", false);
    ann.post(&format!("rooms/{second}/members"), json!({"user": bob.id})).await.is(201);
    ann.patch(&format!("rooms/{second}/members/{}", bob.id), json!({"role": "owner"})).await.is(200);
    ann.post(&format!("rooms/{second}/leave"), json!(null)).await.is(204);
    let third = ann.post("rooms", third).await.is(201)["room"]["id"].as_i64().unwrap();
    assert_eq!(ann.get("rooms").await.is(200)["rooms"].as_array().unwrap().len(), 4, "the lobby, bob and two");
    // Nobody gets more by what others hand them.
    ann.post(&format!("rooms/{third}/members"), json!({"user": bob.id})).await.is(201);
    let handed = ann.patch(&format!("rooms/{third}/members/{}", bob.id), json!({"role": "owner"})).await;
    handed.meets("rooms_owned_max", 409, "too_many_own_rooms", false);
    ann.patch(&format!("rooms/{third}/members/{}", bob.id), json!({"role": "moderator"})).await.is(200);
}

#[tokio::test]
async fn a_person_is_in_so_many_rooms_however_they_would_get_in() {
    let server = Server::setup().limits().start();
    let (admin, ann, bob) = (server.admin("founder").await, server.member("ann").await, server.member("bob").await);
    set(&admin, json!({"rooms_joined_max": 2})).await;
    let (open, closed) = (bob.make_room("public", "open").await, bob.make_room("private", "closed").await);
    ann.make_room("public", "ann's").await;
    ann.post(&format!("rooms/{open}/join"), json!(null)).await.is(200);
    let full = |answer: crate::support::client::Answer| answer.meets("rooms_joined_max", 409, "too_many_rooms", false);
    full(ann.post("rooms", json!({"kind": "public", "name": "one more"})).await);
    full(bob.post(&format!("rooms/{closed}/members"), json!({"user": ann.id})).await);
    full(invite(&bob, closed, "@ann").await);
    // Who is in already stays so, and what is no room of this kind does not count.
    ann.post(&format!("rooms/{open}/join"), json!(null)).await.is(200);
    bob.post("directs", json!({"user": ann.id})).await.is(201);
    ann.say(ann.lobby().await, "still here").await;
    ann.post(&format!("rooms/{open}/leave"), json!(null)).await.is(204);
    bob.post(&format!("rooms/{closed}/members"), json!({"user": ann.id})).await.is(201);
}

/// `/invite` by somebody in a room.
async fn invite(by: &Member, room: i64, whom: &str) -> crate::support::client::Answer {
    let body = json!({"text": format!("/invite {whom}"), "client_id": fresh_id()});
    by.post(&format!("rooms/{room}/commands"), body).await
}

#[tokio::test]
async fn a_room_has_so_many_members_also_when_twenty_join_at_once() {
    let server = Server::setup().limits().start();
    let admin = server.admin("founder").await;
    set(&admin, json!({"room_members_max": 10, "registrations_per_hour": 100})).await;
    let ann = server.member("ann").await;
    let crowd = join_all((0..20).map(|number| server.guest().register(format!("friend{number}").leak()))).await;
    let (room, other) = (ann.make_room("public", "small").await, ann.make_room("public", "other").await);
    let path = format!("rooms/{room}/join");
    let mut tab = ann.connect().await;
    let answers = join_all(crowd.iter().map(|friend| friend.post(&path, json!(null)))).await;
    let inside = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(inside, 9, "she is the tenth");
    for refused in answers.into_iter().filter(|answer| answer.status != 200) {
        refused.meets("room_members_max", 409, "room_full", false);
    }
    assert_eq!(ann.room(room).await["member_count"], 10);
    for _ in 0..inside {
        tab.take("somebody's joining", |frame| frame["type"] == "member" && frame["room"] == room).await;
    }
    let members = ann.get(&format!("rooms/{room}/members")).await.is(200)["members"].clone();
    let is_in = |friend: &&Member| members.as_array().unwrap().iter().any(|one| one["user"]["id"] == friend.id);
    let (inner, outer): (Vec<&Member>, Vec<&Member>) = crowd.iter().partition(is_in);
    // By no way in; who is in stays in, and other rooms have places of their own, the lobby without end.
    let add = ann.post(&format!("rooms/{room}/members"), json!({"user": outer[0].id})).await;
    add.meets("room_members_max", 409, "room_full", false);
    let named = invite(&ann, room, &format!("@{}", outer[0].username)).await;
    named.meets("room_members_max", 409, "room_full", false);
    inner[0].post(&path, json!(null)).await.is(200);
    outer[0].post(&format!("rooms/{other}/join"), json!(null)).await.is(200);
    let late = server.member("late").await;
    assert_eq!(with_id(&late.get("rooms").await.is(200)["rooms"], late.lobby().await)["member_count"], 23);
    inner[0].post(&format!("rooms/{room}/leave"), json!(null)).await.is(204);
    outer[0].post(&path, json!(null)).await.is(200);
    outer[1].post(&path, json!(null)).await.meets("room_members_max", 409, "room_full", false);
}
