//! What one may not see: it answers like what does not exist, and says nothing by itself.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{client::Member, frame::has, server::Server};

/// An id that nothing has.
const ABSENT: i64 = 999_999;

#[tokio::test]
async fn what_one_may_not_see_answers_like_what_does_not_exist() {
    let server = Server::start();
    let (ann, bob, eve) = (server.member("ann").await, server.member("bob").await, server.member("eve").await);
    let private = ann.private_room("hidden", &[&bob]).await;
    let hidden = ann.say(private, "nobody's business").await["id"].as_i64().unwrap();
    let direct = ann.post("directs", json!({"user": bob.id})).await.room_id();
    for room in [private, direct] {
        for ((method, seen, body), (_, unseen, _)) in
            requests(room, hidden, &bob).into_iter().zip(requests(ABSENT, ABSENT, &bob))
        {
            let hidden = eve.call(method.clone(), &seen, body.clone()).await;
            let absent = eve.call(method.clone(), &unseen, body).await;
            assert_eq!(absent.status, 404, "{method} {unseen}: {}", absent.body);
            assert_eq!((hidden.status, &hidden.body), (404, &absent.body), "{method} {seen}");
            assert_eq!(hidden.fields(), absent.fields(), "{method} {seen}");
        }
    }
    for id in [private, direct, ABSENT] {
        eve.get(&format!("/r/{id}")).await.is(404);
        eve.submit(&format!("/r/{id}"), &[("text", "hello"), ("client_id", "f")]).await.is(404);
    }
    assert_eq!(ann.page(private, "").await.messages().len(), 1);
}

/// Every request that names a room or a message.
fn requests(room: i64, message: i64, person: &Member) -> Vec<(Method, String, Value)> {
    let (at, note) = (format!("rooms/{room}"), format!("messages/{message}"));
    let member = format!("{at}/members/{}", person.id);
    vec![
        (Method::GET, at.clone(), Value::Null),
        (Method::PATCH, at.clone(), json!({"name": "mine"})),
        (Method::DELETE, at.clone(), Value::Null),
        (Method::POST, format!("{at}/join"), Value::Null),
        (Method::POST, format!("{at}/leave"), Value::Null),
        (Method::GET, format!("{at}/members"), Value::Null),
        (Method::GET, format!("{at}/members?online=1&q=a"), Value::Null),
        (Method::POST, format!("{at}/members"), json!({"user": person.id})),
        (Method::PATCH, member.clone(), json!({"role": "member"})),
        (Method::DELETE, member, Value::Null),
        (Method::POST, format!("{at}/messages"), json!({"client_id": "same-one", "text": "hello"})),
        (Method::GET, format!("{at}/messages"), Value::Null),
        (Method::GET, format!("{at}/messages?before=9"), Value::Null),
        (Method::GET, format!("{at}/messages?after=0"), Value::Null),
        (Method::GET, format!("{at}/messages?around=1"), Value::Null),
        (Method::GET, format!("{at}/changes?after=0"), Value::Null),
        (Method::GET, format!("{at}/changes?after=99"), Value::Null),
        (Method::GET, format!("{at}/changes?after=0&epoch=other"), Value::Null),
        (Method::GET, format!("{at}/messages?at=2020-01-01T00:00:00Z"), Value::Null),
        (Method::POST, format!("{at}/read"), json!({"seq": 1})),
        (Method::GET, format!("{at}/reads"), Value::Null),
        (Method::PATCH, format!("{at}/me"), json!({"muted": true})),
        (Method::PATCH, at.clone(), json!({"recall_seconds": 60})),
        (Method::GET, format!("search?q=business&room={room}"), Value::Null),
        (Method::POST, format!("{note}/recall"), Value::Null),
        (Method::GET, format!("{note}/reactions"), Value::Null),
        (Method::PUT, format!("{note}/reactions/👍"), Value::Null),
        (Method::DELETE, format!("{note}/reactions/👍"), Value::Null),
        (Method::GET, note.clone(), Value::Null),
        (Method::PATCH, note.clone(), json!({"text": "changed"})),
        (Method::DELETE, note, Value::Null),
    ]
}

#[tokio::test]
async fn frames_about_the_invisible_are_answered_like_frames_about_nothing() {
    let server = Server::start();
    let (ann, eve) = (server.member("ann").await, server.member("eve").await);
    let room = ann.make_room("private", "hidden").await;
    let message = ann.say(room, "nobody's business").await["id"].as_i64().unwrap();
    let mut tab = eve.connect().await;
    let frames = |room: i64, message: i64| {
        [
            json!({"type": "send", "room": room, "text": "hello"}),
            json!({"type": "send", "room": room, "text": "hello", "reply_to": message}),
            json!({"type": "edit", "id": message, "text": "changed"}),
            json!({"type": "delete", "id": message}),
            json!({"type": "recall", "id": message}),
            json!({"type": "react", "id": message, "emoji": "👍", "on": true}),
            json!({"type": "read", "room": room, "seq": 1}),
            json!({"type": "resume", "rooms": {room.to_string(): 0}}),
            json!({"type": "resume", "rooms": {room.to_string(): 999}}),
        ]
    };
    for (seen, unseen) in frames(room, message).into_iter().zip(frames(ABSENT, ABSENT)) {
        let mut hidden = tab.ask(seen.clone()).await;
        let mut absent = tab.ask(unseen).await;
        for answer in [&mut hidden, &mut absent] {
            answer["ref"] = Value::Null;
        }
        let same = absent.to_string().replace(&ABSENT.to_string(), &room.to_string());
        assert_eq!(hidden.to_string(), same, "{seen}");
    }
    tab.refuses(json!({"type": "send", "room": room, "text": "hello"}), "not_found").await;
}

#[tokio::test]
async fn an_outsider_is_neither_heard_typing_nor_reading() {
    let server = Server::start();
    let (ann, eve) = (server.member("ann").await, server.member("eve").await);
    let room = ann.make_room("private", "hidden").await;
    let (mut inside, mut outside) = (ann.connect().await, eve.connect().await);
    outside.send(json!({"type": "typing", "room": room})).await;
    outside.ask(json!({"type": "read", "room": room, "seq": 1})).await;
    let lobby = ann.lobby().await;
    outside.say(lobby, "marker").await;
    inside.message("marker").await;
    let leaked = inside.heard().iter().find(|frame| frame["room"] == room);
    assert_eq!(leaked, None);
}

#[tokio::test]
async fn who_was_removed_hears_and_says_no_further_word() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let room = ann.private_room("hidden", &[&bob]).await;
    let lobby = ann.lobby().await;
    let (mut tab, mut anns) = (bob.connect().await, ann.connect().await);
    anns.say(room, "before").await;
    tab.message("before").await;
    ann.delete(&format!("rooms/{room}/members/{}", bob.id)).await.is(204);
    anns.say(room, "after").await;
    anns.send(json!({"type": "typing", "room": room})).await;
    ann.patch(&format!("rooms/{room}"), json!({"topic": "who stays"})).await.is(200);
    anns.say(lobby, "marker").await;
    let gone = tab.next("room_gone").await;
    assert_eq!(gone["room"], room);
    tab.message("marker").await;
    let leaked = tab.heard().iter().find(|frame| frame["room"] == room || frame["room"]["id"] == room);
    assert!(leaked.is_none_or(|frame| frame["type"] == "member" || frame["type"] == "read"), "{leaked:?}");
    assert!(!format!("{:?}", tab.heard()).contains("after"));
    tab.refuses(json!({"type": "send", "room": room, "text": "let me in"}), "not_found").await;
    bob.page(room, "").await.is(404);
    bob.changes(room, "after=0").await.is(404);
    assert!(!has(&bob.connect().await.hello["rooms"], "id", room));
}
