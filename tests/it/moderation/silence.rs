//! Silence, in a room and everywhere: its person reads and does not write, until its time or until it is lifted.

use serde_json::{Value, json};

use super::{execute, in_seconds, says, stored_in, words};
use crate::support::{
    doors::{Act, DOORS, Door, Person},
    frame::with_id,
    server::Server,
    workshop::Workshop,
};

async fn silence(by: &Person, room: i64, whom: &Person, until: Value) -> u16 {
    by.patch(&format!("rooms/{room}/members/{}", whom.id), json!({"silenced_until": until})).await.status
}

async fn is_silenced(person: &mut Person, room: i64, mine: i64, others: i64) {
    for door in DOORS {
        person.is_refused(door, Act::Send(room, words("may I")), "silenced").await;
        person.is_refused(door, Act::Edit(mine, "may I"), "silenced").await;
        person.is_refused(door, Act::React(others, "👍"), "silenced").await;
    }
}

#[tokio::test]
async fn a_silenced_member_reads_and_writes_nothing_until_it_is_lifted() {
    let Workshop { server: _server, room, mut moderator, mut ann, bob, .. } = Workshop::open().await;
    let mine = says(&mut ann, Door::Socket, room, "before").await;
    let others = says(&mut moderator, Door::Socket, room, "hear me").await;
    let other_room = ann.lobby().await;
    ann.does(Door::Http, Act::React(others, "🎉")).await;

    let until = in_seconds(600);
    assert_eq!(silence(&moderator, room, &ann, json!(until)).await, 200);
    let frame = ann.tab.take("her silence", |frame| frame["room"]["my"]["silenced_until"].is_string()).await;
    assert_eq!(frame["room"]["id"], room);
    is_silenced(&mut ann, room, mine, others).await;
    let refusal = ann.tab.ask(json!({"type": "send", "room": room, "text": "may I"})).await;
    let wait = refusal["retry_after"].as_f64().unwrap();
    assert!((590.0..=600.0).contains(&wait), "{refusal}");
    assert_eq!(refusal["until"], frame["room"]["my"]["silenced_until"]);
    let refusal = ann.post(&format!("rooms/{room}/messages"), json!({"client_id": "c", "text": "may I"})).await;
    assert_eq!(refusal.refuses(403, "silenced")["until"], frame["room"]["my"]["silenced_until"]);
    let form = [("text", "by the form then"), ("client_id", "form-1")];
    assert!(ann.submit(&format!("/r/{room}"), &form).await.is(403).body.contains("by the form then"));

    says(&mut ann, Door::Socket, other_room, "elsewhere I may").await;
    assert_eq!(ann.page(room, "").await.is(200).messages().len(), 2, "she reads on");
    ann.does(Door::Http, Act::Unreact(others, "🎉")).await;
    let second = ann.member.other_device().await.room(room).await["my"].clone();
    assert_eq!(second["silenced_until"], frame["room"]["my"]["silenced_until"]);
    assert_eq!(bob.room(room).await["my"]["silenced_until"], Value::Null, "hers alone");

    assert_eq!(silence(&moderator, room, &ann, Value::Null).await, 200);
    ann.tab
        .take("its end", |frame| frame["room"]["my"].is_object() && frame["room"]["my"]["silenced_until"].is_null())
        .await;
    for door in DOORS {
        says(&mut ann, door, room, "thank you").await;
    }
}

#[tokio::test]
async fn a_silence_ends_by_itself_at_its_time() {
    let Workshop { server, room, moderator, mut ann, .. } = Workshop::open().await;
    assert_eq!(silence(&moderator, room, &ann, json!("9999-12-31T23:59:59Z")).await, 200);
    ann.is_refused(Door::Socket, Act::Send(room, words("may I")), "silenced").await;
    let passed = stored_in(-1);
    execute(&server, &format!("UPDATE memberships SET silenced_until = '{passed}' WHERE user_id = {}", ann.id));
    says(&mut ann, Door::Socket, room, "it is over").await;
    assert_eq!(ann.room(room).await["my"]["silenced_until"], Value::Null);
}

#[tokio::test]
async fn silence_everywhere_holds_in_every_room_and_in_private() {
    let Workshop { server, room, mut ann, bob, .. } = Workshop::open().await;
    let direct = ann.post("directs", json!({"user": bob.id})).await.is(201).room_id();
    let lobby = ann.lobby().await;
    let mine = says(&mut ann, Door::Socket, room, "before").await;
    execute(&server, &format!("UPDATE users SET silenced_until = '{}' WHERE id = {}", stored_in(600), ann.id));
    for place in [room, lobby, direct] {
        for door in DOORS {
            ann.is_refused(door, Act::Send(place, words("may I")), "silenced").await;
        }
    }
    is_silenced(&mut ann, room, mine, mine).await;
    ann.does(Door::Socket, Act::Recall(mine)).await;
    assert!(ann.member.connect().await.hello["silenced_until"].is_string());
    assert!(bob.member.connect().await.hello["silenced_until"].is_null());
    execute(&server, &format!("UPDATE users SET silenced_until = '{}' WHERE id = {}", stored_in(-1), ann.id));
    says(&mut ann, Door::Socket, lobby, "it is over").await;
    assert!(ann.member.connect().await.hello["silenced_until"].is_null());
}

#[tokio::test]
async fn a_message_stored_before_the_silence_stays_acknowledged() {
    let Workshop { server: _server, room, moderator, mut ann, .. } = Workshop::open().await;
    let body = json!({"client_id": "once", "text": "before"});
    let sent = ann.does(Door::Socket, Act::Send(room, body.clone())).await;
    assert_eq!(silence(&moderator, room, &ann, json!(in_seconds(600))).await, 200);
    for door in DOORS {
        assert_eq!(ann.does(door, Act::Send(room, body.clone())).await, sent);
    }
}

#[tokio::test]
async fn who_may_silence_whom() {
    let Workshop { server, room, owner, moderator, admin, ann, bob } = Workshop::open().await;
    let until = || json!(in_seconds(600));
    let table = [
        (&ann, &bob, 403),
        (&moderator, &bob, 200),
        (&moderator, &owner, 403),
        (&moderator, &moderator, 409),
        (&moderator, &admin, 403),
        (&owner, &moderator, 200),
        (&owner, &admin, 403),
        (&admin, &owner, 200),
        (&admin, &moderator, 200),
    ];
    for (number, (by, whom, status)) in table.into_iter().enumerate() {
        assert_eq!(silence(by, room, whom, until()).await, status, "row {number}");
    }
    let eve = Person::of(server.member("eve").await).await;
    assert_eq!(silence(&eve, room, &ann, until()).await, 404, "a stranger does not know the room");
    assert_eq!(silence(&moderator, room, &eve, until()).await, 404, "she is no member");
    let direct = ann.post("directs", json!({"user": bob.id})).await.is(201).room_id();
    assert_eq!(silence(&ann, direct, &bob, until()).await, 403, "nobody stands above the other");
}

#[tokio::test]
async fn a_silence_has_a_time_to_come() {
    let Workshop { server: _server, room, moderator, ann, .. } = Workshop::open().await;
    for until in [json!(in_seconds(-5)), json!("tomorrow"), json!(""), json!("+12000-01-01T00:00:00Z")] {
        assert_eq!(silence(&moderator, room, &ann, until.clone()).await, 422, "{until}");
    }
    let path = format!("rooms/{room}/members/{}", ann.id);
    for body in [json!({}), json!({"silenced_until": 5}), json!({"role": "member", "silenced_until": null})] {
        moderator.patch(&path, body.clone()).await.refuses(422, "invalid");
    }
}

#[tokio::test]
async fn moderators_alone_see_who_is_silenced() {
    let Workshop { server: _server, room, moderator, admin, ann, bob, .. } = Workshop::open().await;
    assert_eq!(silence(&moderator, room, &ann, json!(in_seconds(600))).await, 200);
    let seen_by = async |person: &Person| {
        let members = person.get(&format!("rooms/{room}/members")).await.is(200)["members"].clone();
        let hers = members.as_array().unwrap().iter().find(|member| member["user"]["id"] == ann.id).unwrap().clone();
        hers["silenced_until"].is_string()
    };
    assert!(seen_by(&moderator).await && seen_by(&admin).await);
    assert!(!seen_by(&bob).await);
    let rooms = bob.get("rooms").await.is(200)["rooms"].clone();
    assert_eq!(with_id(&rooms, room)["my"]["silenced_until"], Value::Null);
}

#[tokio::test]
async fn whoever_was_removed_and_comes_back_is_not_silenced_any_more() {
    let server = Server::start();
    let (owner, ann) = (server.member("owen").await, server.member("ann").await);
    let room = owner.private_room("shop", &[&ann]).await;
    let (owner, mut ann) = (Person::of(owner).await, Person::of(ann).await);
    assert_eq!(silence(&owner, room, &ann, json!(in_seconds(600))).await, 200);
    ann.is_refused(Door::Http, Act::Send(room, words("may I")), "silenced").await;
    owner.delete(&format!("rooms/{room}/members/{}", ann.id)).await.is(204);
    owner.post(&format!("rooms/{room}/members"), json!({"user": ann.id})).await.is(201);
    says(&mut ann, Door::Http, room, "a new beginning").await;
}
