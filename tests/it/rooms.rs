//! Rooms: who finds them, who may do what in them, and what the others hear of it.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    client::{Answer, Member},
    frame::{has, numbers, pluck, with_id},
    fresh_id,
    server::Server,
};

/// An id that nobody has.
const ABSENT: i64 = 999_999;

#[tokio::test]
async fn everybody_is_in_the_lobby() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let lobby = ann.lobby().await;
    assert_eq!(lobby, bob.lobby().await);
    let room = ann.room(lobby).await;
    assert_eq!(
        (&room["kind"], &room["member_count"], &room["my"]["role"]),
        (&json!("public"), &json!(2), &json!("member"))
    );
    let members = ann.get(&format!("rooms/{lobby}/members")).await.is(200);
    assert_eq!((&members["total"], &members["more"]), (&json!(2), &json!(false)));
    ann.post(&format!("rooms/{lobby}/leave"), Value::Null).await.refuses(409, "lobby");
    ann.delete(&format!("rooms/{lobby}")).await.any_of(&[403, 409]);
    server.admin("founder").await.delete(&format!("rooms/{lobby}")).await.is(409);
}

#[tokio::test]
async fn a_public_room_is_found_joined_and_left() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let room = ann.make_room("public", "Gardening").await;
    assert_eq!(ann.room(room).await["my"]["role"], "owner");
    let listed = bob.get("rooms/public").await.is(200);
    assert_eq!(with_id(&listed["rooms"], room)["my"], Value::Null);
    assert_eq!(bob.room(room).await["my"], Value::Null);
    let joined = bob.post(&format!("rooms/{room}/join"), Value::Null).await.is(200);
    assert_eq!((&joined["room"]["my"]["role"], &joined["room"]["member_count"]), (&json!("member"), &json!(2)));
    bob.post(&format!("rooms/{room}/join"), Value::Null).await.is(200);
    assert_eq!(bob.room(room).await["member_count"], 2, "joining twice counts once");
    bob.say(room, "lovely").await;
    bob.post(&format!("rooms/{room}/leave"), Value::Null).await.is(204);
    assert!(!has(&bob.get("rooms").await["rooms"], "id", room));
    assert_eq!(ann.room(room).await["member_count"], 1);
    bob.send(room, &fresh_id(), "one more thing").await.any_of(&[403, 404]);
}

#[tokio::test]
async fn public_rooms_are_searched_and_paged() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let named = |name: &'static str| {
        let ann = ann.clone();
        async move { ann.make_room("public", name).await }
    };
    let (percent, under, plain) = (named("100% wool").await, named("snake_case").await, named("plain").await);
    for (query, found) in
        [("WOOL", vec![percent]), ("%25", vec![percent]), ("_", vec![under]), ("plain", vec![plain]), ("zz", vec![])]
    {
        let answer = ann.get(&format!("rooms/public?q={query}")).await.is(200);
        assert_eq!(numbers(answer["rooms"].as_array().unwrap(), "id"), found, "{query}");
    }
    let mut seen: Vec<i64> = Vec::new();
    let mut after = 0;
    loop {
        let page = ann.get(&format!("rooms/public?limit=2&after={after}")).await.is(200);
        let ids = numbers(page["rooms"].as_array().unwrap(), "id");
        assert!(ids.len() <= 2);
        seen.extend(&ids);
        if page["more"] == false {
            break;
        }
        after = *ids.last().unwrap();
    }
    let mut sorted = seen.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(seen.len(), 4, "the lobby and three more: {seen:?}");
    assert_eq!(sorted.len(), 4, "each once: {seen:?}");
}

#[tokio::test]
async fn a_private_room_is_entered_by_invitation_only() {
    let server = Server::start();
    let (ann, bob, eve) = (server.member("ann").await, server.member("bob").await, server.member("eve").await);
    let mut tab = bob.connect().await;
    let room = ann.private_room("purchasing", &[&bob]).await;
    let told = tab.take("the new room", |frame| frame["type"] == "room" && frame["room"]["id"] == room).await;
    assert_eq!(told["room"]["my"]["role"], "member");
    let again = ann.post(&format!("rooms/{room}/members"), json!({"user": bob.id})).await.is(200);
    assert_eq!(again["member"]["user"]["id"], bob.id);
    for path in ["rooms", "rooms/public", "rooms/public?q=purchasing"] {
        assert!(!has(&eve.get(path).await.is(200)["rooms"], "id", room), "{path}");
    }
    assert!(!has(&eve.connect().await.hello["rooms"], "id", room));
    eve.post(&format!("rooms/{room}/join"), Value::Null).await.refuses(404, "not_found");
    ann.post(&format!("rooms/{room}/members"), json!({"user": ABSENT})).await.is(404);
    tab.say(room, "thanks").await;
}

#[tokio::test]
async fn two_people_have_one_direct_room_even_when_both_ask_twenty_times_at_once() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let requests = (0..20).map(|number| {
        let (asking, asked) = if number % 2 == 0 { (&ann, bob.id) } else { (&bob, ann.id) };
        asking.post("directs", json!({"user": asked}))
    });
    let answers = join_all(requests).await;
    let rooms: Vec<_> = answers.iter().map(Answer::room_id).collect();
    assert!(rooms.iter().all(|room| *room == rooms[0]), "{rooms:?}");
    let made = answers.iter().filter(|answer| answer.status == 201).count();
    let found = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!((made, found), (1, 19));
    let room = ann.room(rooms[0]).await;
    assert_eq!(
        (&room["kind"], &room["member_count"], &room["peer"]["id"]),
        (&json!("direct"), &json!(2), &json!(bob.id))
    );
    assert_eq!(bob.room(rooms[0]).await["peer"]["id"], ann.id);
}

#[tokio::test]
async fn a_direct_room_stays_a_room_of_two() {
    let server = Server::start();
    let (ann, bob, eve) = (server.member("ann").await, server.member("bob").await, server.member("eve").await);
    let mut tab = bob.connect().await;
    let room = ann.post("directs", json!({"user": bob.id})).await.is(201).room_id();
    tab.take("the direct room", |frame| frame["type"] == "room" && frame["room"]["id"] == room).await;
    ann.post(&format!("rooms/{room}/leave"), Value::Null).await.refuses(409, "direct");
    ann.post(&format!("rooms/{room}/members"), json!({"user": eve.id})).await.any_of(&[403, 409]);
    ann.delete(&format!("rooms/{room}/members/{}", bob.id)).await.any_of(&[403, 409]);
    ann.patch(&format!("rooms/{room}"), json!({"name": "ours"})).await.any_of(&[403, 409]);
    ann.delete(&format!("rooms/{room}")).await.any_of(&[403, 409]);
    eve.get(&format!("rooms/{room}")).await.is(404);
    assert_eq!(ann.room(room).await["member_count"], 2);
    ann.post("directs", json!({"user": ann.id})).await.any_of(&[409, 422]);
    ann.post("directs", json!({"user": ABSENT})).await.is(404);
}

#[tokio::test]
async fn each_role_may_do_its_own() {
    let server = Server::start();
    let (owner, moderator) = (server.member("owen").await, server.member("moira").await);
    let (member, fellow) = (server.member("max").await, server.member("fay").await);
    let room = owner.private_room("workshop", &[&moderator, &member, &fellow]).await;
    let path = format!("rooms/{room}");
    let of = |person: &Member| format!("rooms/{room}/members/{}", person.id);
    owner.patch(&of(&moderator), json!({"role": "moderator"})).await.is(200);
    let table = [
        (&member, Method::PATCH, path.clone(), json!({"name": "mine"}), 403),
        (&member, Method::DELETE, path.clone(), Value::Null, 403),
        (&member, Method::POST, format!("{path}/members"), json!({"user": fellow.id}), 403),
        (&member, Method::PATCH, of(&member), json!({"role": "owner"}), 403),
        (&member, Method::DELETE, of(&fellow), Value::Null, 403),
        (&member, Method::DELETE, of(&owner), Value::Null, 403),
        (&moderator, Method::PATCH, path.clone(), json!({"topic": "sawdust"}), 200),
        (&moderator, Method::DELETE, path.clone(), Value::Null, 403),
        (&moderator, Method::PATCH, of(&moderator), json!({"role": "owner"}), 403),
        (&moderator, Method::PATCH, of(&fellow), json!({"role": "moderator"}), 403),
        (&moderator, Method::DELETE, of(&owner), Value::Null, 403),
        (&moderator, Method::DELETE, of(&fellow), Value::Null, 204),
        (&owner, Method::PATCH, of(&member), json!({"role": "emperor"}), 422),
        (&owner, Method::PATCH, of(&fellow), json!({"role": "member"}), 404),
        (&owner, Method::PATCH, path.clone(), json!({"name": "the workshop"}), 200),
        (&owner, Method::DELETE, of(&moderator), Value::Null, 204),
        (&owner, Method::DELETE, path.clone(), Value::Null, 204),
    ];
    for (caller, method, target, body, status) in table {
        let answer = caller.call(method.clone(), &target, body.clone()).await;
        assert_eq!(answer.status, status, "{} {method} {target} {body}: {}", caller.username, answer.body);
    }
}

#[tokio::test]
async fn a_site_admin_deletes_a_room_that_is_in_the_way() {
    let server = Server::start();
    let admin = server.admin("founder").await;
    let ann = server.member("ann").await;
    let room = ann.make_room("public", "spam spam").await;
    admin.delete(&format!("rooms/{room}")).await.is(204);
    ann.get(&format!("rooms/{room}")).await.is(404);
}

#[tokio::test]
async fn a_room_never_loses_its_last_owner() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let room = ann.private_room("two keys", &[&bob]).await;
    let of = |person: &Member| format!("rooms/{room}/members/{}", person.id);
    ann.post(&format!("rooms/{room}/leave"), Value::Null).await.refuses(409, "last_owner");
    ann.patch(&of(&ann), json!({"role": "member"})).await.refuses(409, "last_owner");
    for _ in 0..5 {
        ann.patch(&of(&bob), json!({"role": "owner"})).await.any_of(&[200, 403]);
        bob.patch(&of(&ann), json!({"role": "owner"})).await.any_of(&[200, 403]);
        let down = json!({"role": "member"});
        let (from_ann, from_bob) = (of(&ann), of(&bob));
        let both = tokio::join!(ann.patch(&from_ann, down.clone()), bob.patch(&from_bob, down));
        both.0.any_of(&[200, 409]);
        both.1.any_of(&[200, 409]);
        let members = ann.get(&format!("rooms/{room}/members")).await.is(200);
        let roles = pluck(members["members"].as_array().unwrap(), "role");
        assert_eq!(roles.iter().filter(|role| *role == "owner").count(), 1, "{roles:?}");
    }
}

#[tokio::test]
async fn those_who_stay_hear_who_came_rose_and_left() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let room = ann.make_room("public", "corner").await;
    let mut tab = ann.connect().await;
    bob.post(&format!("rooms/{room}/join"), Value::Null).await.is(200);
    ann.patch(&format!("rooms/{room}/members/{}", bob.id), json!({"role": "moderator"})).await.is(200);
    bob.post(&format!("rooms/{room}/leave"), Value::Null).await.is(204);
    for (role, count) in [(json!("member"), 2), (json!("moderator"), 2), (Value::Null, 1)] {
        let told = tab.next("member").await;
        assert_eq!((&told["room"], &told["user"]["id"], &told["role"]), (&json!(room), &json!(bob.id), &role));
        assert_eq!(told["member_count"], count);
    }
}

#[tokio::test]
async fn a_deleted_room_is_gone_for_everybody_at_once() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let room = ann.private_room("short lived", &[&bob]).await;
    let message = bob.say(room, "hello").await["id"].clone();
    let (mut anns, mut bobs) = (ann.connect().await, bob.connect().await);
    ann.delete(&format!("rooms/{room}")).await.is(204);
    assert_eq!(anns.next("room_gone").await["room"], room);
    assert_eq!(bobs.next("room_gone").await["room"], room);
    for person in [&ann, &bob] {
        person.get(&format!("rooms/{room}")).await.is(404);
        person.page(room, "").await.is(404);
        person.get(&format!("messages/{message}")).await.is(404);
        person.send(room, &fresh_id(), "anybody?").await.is(404);
        assert!(!has(&person.get("rooms").await["rooms"], "id", room));
    }
    bobs.refuses(json!({"type": "send", "room": room, "text": "anybody?"}), "not_found").await;
    ann.delete(&format!("rooms/{room}")).await.is(404);
}

#[tokio::test]
async fn a_new_name_is_told_to_everybody_in_the_room() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let room = ann.private_room("purchasing", &[&bob]).await;
    let mut tab = bob.connect().await;
    ann.patch(&format!("rooms/{room}"), json!({"name": "buying", "topic": "paper and ink"})).await.is(200);
    let told = tab.take("the new name", |frame| frame["type"] == "room" && frame["room"]["name"] == "buying").await;
    assert_eq!((&told["room"]["id"], &told["room"]["topic"]), (&json!(room), &json!("paper and ink")));
    assert_eq!(bob.room(room).await["name"], "buying");
}

#[tokio::test]
async fn names_and_topics_of_rooms_have_their_rules() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let room = ann.make_room("public", "fine").await;
    let long = "x".repeat(10_000);
    for name in ["", "   ", "a\u{0}b", "a\u{7}b", "a\nb", "a\u{202e}b", "\u{200b}", &long] {
        ann.post("rooms", json!({"kind": "public", "name": name})).await.is(422);
        ann.patch(&format!("rooms/{room}"), json!({"name": name})).await.is(422);
    }
    ann.patch(&format!("rooms/{room}"), json!({"topic": "\u{0}"})).await.is(422);
    ann.patch(&format!("rooms/{room}"), json!({"topic": long})).await.is(422);
    for kind in ["direct", "lobby", "secret", ""] {
        ann.post("rooms", json!({"kind": kind, "name": "x y"})).await.any_of(&[400, 422]);
    }
    for extra in ["lobby", "owner", "id", "last_seq", "direct_key"] {
        let mut body = json!({"kind": "public", "name": "x y"});
        body[extra] = json!(1);
        ann.post("rooms", body).await.any_of(&[400, 422]);
    }
    for body in [json!({}), json!([]), json!("x"), json!({"kind": 1, "name": 2}), json!({"name": "x y"})] {
        ann.post("rooms", body).await.any_of(&[400, 422]);
    }
    assert_eq!(ann.get("rooms").await["rooms"].as_array().unwrap().len(), 2);
    assert_eq!(ann.room(room).await["name"], "fine");
}

#[tokio::test]
async fn members_are_listed_in_pages_with_who_is_online() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let bob = server.member("bob").await;
    let carol = server.member("carol").await;
    let room = ann.private_room("crew", &[&bob, &carol]).await;
    let mut tab = bob.connect().await;
    tab.hears_of(bob.id).await;
    let list = |query: &str| {
        let (ann, path) = (ann.clone(), format!("rooms/{room}/members?{query}"));
        async move { ann.get(&path).await.is(200) }
    };
    let ids = |answer: &Answer| -> Vec<_> {
        answer["members"].as_array().unwrap().iter().map(|member| member["user"]["id"].as_i64().unwrap()).collect()
    };
    let all = list("").await;
    assert_eq!((&all["total"], &all["online_count"], ids(&all).len()), (&json!(3), &json!(1), 3));
    assert_eq!(ids(&list("online=1").await), [bob.id]);
    assert_eq!(ids(&list("q=CAR").await), [carol.id]);
    let first = list("limit=2").await;
    assert_eq!((ids(&first).len(), &first["more"]), (2, &json!(true)));
    let second = list(&format!("limit=2&after={}", ids(&first)[1])).await;
    assert_eq!((ids(&second).len(), &second["more"]), (1, &json!(false)));
    let mut everybody = [ids(&first), ids(&second)].concat();
    everybody.sort_unstable();
    assert_eq!(everybody, [ann.id, bob.id, carol.id]);
}
