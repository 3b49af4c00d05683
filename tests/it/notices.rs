//! What a room is to one member: notices; how far its members have read; how long they may recall.

use serde_json::{Value, json};

use crate::support::{client::Member, frame::numbers, server::Server};

/// How far the members have read, as one of them sees it.
async fn reads(me: &Member, room: i64) -> Vec<(i64, i64)> {
    let answer = me.get(&format!("rooms/{room}/reads")).await.is(200);
    let reads = answer["reads"].as_array().unwrap();
    numbers(reads, "user").into_iter().zip(numbers(reads, "seq")).collect()
}

#[tokio::test]
async fn notices_are_mine_alone_and_the_same_on_all_my_devices() {
    let mut server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let phone = bob.other_device().await;
    let room = ann.private_room("purchasing", &[&bob]).await;
    ann.say(room, "one").await;
    let (mut anns, mut desk, mut pocket) = (ann.connect().await, bob.connect().await, phone.connect().await);
    let before = bob.room(room).await["my"].clone();
    assert_eq!((&before["notify"], &before["muted"]), (&json!("all"), &json!(false)));
    desk.ask(json!({"type": "read", "room": room, "seq": 1})).await;
    let path = format!("rooms/{room}/me");
    for (patch, notify, muted) in [
        (json!({"notify": "mentions"}), "mentions", false),
        (json!({"muted": true}), "mentions", true),
        (json!({"notify": "none", "muted": false}), "none", false),
        (json!({}), "none", false),
    ] {
        let answer = bob.patch(&path, patch.clone()).await.is(200);
        let my = &answer["room"]["my"];
        assert_eq!(
            (&my["notify"], &my["muted"], &my["read_seq"]),
            (&json!(notify), &json!(muted), &json!(1)),
            "{patch}"
        );
        for tab in [&mut desk, &mut pocket] {
            let told = tab.next("room").await;
            assert_eq!((&told["room"]["id"], &told["room"]["my"]), (&json!(room), my));
        }
    }
    ann.say(room, "marker").await;
    anns.message("marker").await;
    assert!(!anns.heard().iter().any(|frame| frame["type"] == "room"), "{:?}", anns.heard());
    assert_eq!(ann.room(room).await["my"]["notify"], "all");
    server.stop();
    server.restart();
    assert_eq!(phone.room(room).await["my"]["notify"], "none");
}

#[tokio::test]
async fn notices_of_a_private_chat_keep_the_other_one_in_sight() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let room = ann.post("directs", json!({"user": bob.id})).await.is(201).room_id();
    let _bobs = bob.connect().await;
    let mut tab = ann.connect().await;
    tab.hears_of(bob.id).await;
    ann.patch(&format!("rooms/{room}/me"), json!({"muted": true})).await.is(200);
    let told = tab.next("room").await;
    assert_eq!((&told["room"]["peer"]["id"], &told["room"]["peer"]["online"]), (&json!(bob.id), &json!(true)));
}

#[tokio::test]
async fn notices_that_make_no_sense_are_refused() {
    let server = Server::start();
    let (ann, eve) = (server.member("ann").await, server.member("eve").await);
    let (private, public) = (ann.make_room("private", "quiet").await, ann.make_room("public", "loud").await);
    for body in [
        json!([]),
        json!({"notify": "some"}),
        json!({"notify": 1}),
        json!({"muted": "yes"}),
        json!({"role": "owner"}),
        json!({"read_seq": 9}),
    ] {
        ann.patch(&format!("rooms/{private}/me"), body).await.any_of(&[400, 422]);
    }
    eve.patch(&format!("rooms/{private}/me"), json!({"muted": true})).await.refuses(404, "not_found");
    eve.patch(&format!("rooms/{public}/me"), json!({"muted": true})).await.refuses(403, "forbidden");
}

#[tokio::test]
async fn how_long_a_message_can_be_recalled_is_the_rooms_own() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let room = ann.private_room("purchasing", &[&bob]).await;
    let path = format!("rooms/{room}");
    let mut tab = bob.connect().await;
    assert_eq!(bob.room(room).await["recall_seconds"], Value::Null, "as the site");
    for wanted in [json!(120), json!(0), json!(86_400), Value::Null] {
        let answer = ann.patch(&path, json!({"recall_seconds": wanted})).await.is(200);
        assert_eq!(answer["room"]["recall_seconds"], wanted);
        let told = tab.next("room").await;
        assert_eq!((&told["room"]["recall_seconds"], &told["room"]["name"]), (&wanted, &json!("purchasing")));
    }
    ann.patch(&path, json!({"recall_seconds": 60})).await.is(200);
    ann.patch(&path, json!({"topic": "paper"})).await.is(200);
    assert_eq!(bob.room(room).await["recall_seconds"], 60, "what was not named stays");
    for wanted in [json!(-1), json!(86_401), json!("60"), json!(1.5), json!(i64::MAX)] {
        ann.patch(&path, json!({"recall_seconds": wanted})).await.any_of(&[400, 422]);
    }
    bob.patch(&path, json!({"recall_seconds": 1})).await.is(403);
    ann.patch(&format!("{path}/members/{}", bob.id), json!({"role": "moderator"})).await.is(200);
    bob.patch(&path, json!({"recall_seconds": 1})).await.is(200);
    let direct = ann.post("directs", json!({"user": bob.id})).await.is(201).room_id();
    ann.patch(&format!("rooms/{direct}"), json!({"recall_seconds": 1})).await.refuses(409, "direct");
}

#[tokio::test]
async fn members_see_how_far_the_others_have_read_this_moment() {
    let server = Server::start();
    let (ann, bob, eve) = (server.member("ann").await, server.member("bob").await, server.member("eve").await);
    let room = ann.private_room("purchasing", &[&bob]).await;
    for text in ["one", "two", "three"] {
        ann.say(room, text).await;
    }
    assert_eq!(reads(&bob, room).await, [(ann.id, 3), (bob.id, 0)]);
    let mut tab = bob.connect().await;
    for seq in 1..=3 {
        tab.ask(json!({"type": "read", "room": room, "seq": seq})).await;
        assert_eq!(reads(&ann, room).await, [(ann.id, 3), (bob.id, seq)]);
    }
    bob.say(room, "four").await;
    assert_eq!(reads(&ann, room).await, [(ann.id, 3), (bob.id, 4)]);
    eve.get(&format!("rooms/{room}/reads")).await.refuses(404, "not_found");
    let public = ann.make_room("public", "loud").await;
    eve.get(&format!("rooms/{public}/reads")).await.refuses(403, "forbidden");
    let sql = |count: i64| format!("UPDATE rooms SET member_count = {count} WHERE id = {room}");
    server.database().execute(&server.data(), &sql(50));
    reads(&ann, room).await;
    server.database().execute(&server.data(), &sql(51));
    ann.get(&format!("rooms/{room}/reads")).await.refuses(409, "too_many");
}

#[tokio::test]
async fn what_i_wrote_i_have_read_whatever_a_late_frame_says() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let room = ann.private_room("purchasing", &[&bob]).await;
    let (mut anns, mut bobs) = (ann.connect().await, bob.connect().await);
    for text in ["one", "two", "three"] {
        anns.say(room, text).await;
    }
    let ack = anns.ask(json!({"type": "read", "room": room, "seq": 1})).await;
    assert_eq!(ack["seq"], 3);
    bobs.message("three").await;
    assert!(!bobs.heard().iter().any(|frame| frame["type"] == "read"), "{:?}", bobs.heard());
}
