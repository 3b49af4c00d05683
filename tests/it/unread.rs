//! What is unread: computed from two numbers, so that it cannot drift, and the same on every device.

use serde_json::{Value, json};

use crate::support::server::Server;

#[tokio::test]
async fn unread_and_mentions_are_counted_apart_and_agree_on_all_devices() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let phone = bob.other_device().await;
    let lobby = ann.lobby().await;
    let (mut desk, mut pocket) = (bob.connect().await, phone.connect().await);
    for text in ["one", "two @bob", "three @BOB and @bob", "four @bobby @nobody1", "mail@bob"] {
        ann.say(lobby, text).await;
    }
    let my = |room: &Value| {
        (room["last_seq"].as_i64().unwrap(), room["my"]["read_seq"].as_i64().unwrap(), room["my"]["mentions"].clone())
    };
    let before = my(&bob.room(lobby).await);
    assert_eq!(before, (5, before.1, json!(2)), "five messages, two of them about bob");
    assert_eq!(my(&phone.room(lobby).await), before);
    assert_eq!(my(&phone.connect().await.hello["rooms"][0]), before);
    let ack = desk.ask(json!({"type": "read", "room": lobby, "seq": 2})).await;
    assert_eq!((&ack["room"], &ack["seq"]), (&json!(lobby), &json!(2)));
    let told = pocket.take("my mark", |frame| frame["type"] == "read" && frame["user"] == bob.id).await;
    assert_eq!((&told["room"], &told["seq"]), (&json!(lobby), &json!(2)));
    for device in [&bob, &phone] {
        assert_eq!(my(&device.room(lobby).await), (5, 2, json!(1)));
    }
    let back = bob.post(&format!("rooms/{lobby}/read"), json!({"seq": 1})).await.is(200);
    assert_eq!(back["read_seq"], 2, "it never goes back");
    let beyond = bob.post(&format!("rooms/{lobby}/read"), json!({"seq": 4_000_000})).await.any_of(&[200, 422]);
    assert!(beyond.status == 422 || beyond["read_seq"] == 5, "it never passes the last message");
    bob.post(&format!("rooms/{lobby}/read"), json!({"seq": 5})).await.is(200);
    assert_eq!(my(&phone.room(lobby).await), (5, 5, json!(0)));
    bob.say(lobby, "six").await;
    assert_eq!(my(&bob.room(lobby).await), (6, 6, json!(0)), "what I wrote I have read");
}

#[tokio::test]
async fn read_marks_outlive_the_server() {
    let mut server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let lobby = ann.lobby().await;
    ann.say(lobby, "one").await;
    ann.say(lobby, "two").await;
    bob.post(&format!("rooms/{lobby}/read"), json!({"seq": 2})).await.is(200);
    server.stop();
    server.restart();
    assert_eq!(bob.room(lobby).await["my"]["read_seq"], 2);
}

#[tokio::test]
async fn who_joins_starts_with_everything_read() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let room = ann.make_room("public", "old").await;
    ann.say(room, "one").await;
    ann.say(room, "two @bob").await;
    let joined = bob.post(&format!("rooms/{room}/join"), Value::Null).await.is(200);
    assert_eq!(
        joined["room"]["my"],
        json!({"role": "member", "read_seq": 2, "mentions": 0, "notify": "all", "muted": false, "silenced_until": null})
    );
}
