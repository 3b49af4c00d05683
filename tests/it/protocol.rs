//! docs/protocol.md is true: its client frames are understood, its server frames look like real ones, its routes exist.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{client::Member, frame::has, server::Server, socket::Socket};

const DOCUMENT: &str = include_str!("../../docs/protocol.md");

#[tokio::test]
async fn the_client_frames_of_the_document_are_understood() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let lobby = ann.lobby().await;
    let mut tab = ann.connect().await;
    let examples = examples("client");
    let kinds: BTreeSet<_> = examples.iter().map(|frame| frame["type"].as_str().unwrap().to_owned()).collect();
    let all = ["delete", "edit", "react", "read", "recall", "resume", "send", "typing"];
    assert_eq!(kinds, all.map(str::to_owned).into());
    let answered = ann.say(lobby, "before").await["id"].clone();
    for mut frame in examples {
        if frame["reply_to"].is_number() {
            frame["reply_to"] = answered.clone();
        }
        if frame["room"].is_number() {
            frame["room"] = json!(lobby);
        }
        tab.send(frame.clone()).await;
        let id = frame.get("client_id").or_else(|| frame.get("ref"));
        if let Some(id) = id {
            let answer = tab.answer(id.as_str().unwrap()).await;
            let code = answer["code"].as_str().unwrap_or_default();
            assert!(!["bad_frame", "unknown_type", "invalid"].contains(&code), "{frame} got {answer}");
        }
    }
    tab.say(lobby, "marker").await;
    assert!(!tab.heard().iter().any(|frame| frame["type"] == "error"), "{:?}", tab.heard());
}

#[tokio::test]
async fn the_server_frames_of_the_document_look_like_real_ones() {
    let real = one_of_each().await;
    let examples = examples("server");
    for example in &examples {
        let kind = &example["type"];
        let same_kind: Vec<_> = real.iter().filter(|frame| frame["type"] == *kind).collect();
        assert!(!same_kind.is_empty(), "no {kind} was heard");
        let alike = same_kind.iter().any(|frame| shape(frame, example));
        assert!(alike, "no real frame looks like\n{example}\nheard\n{}", lines(&same_kind));
    }
    for frame in &real {
        let known = examples.iter().any(|example| example["type"] == frame["type"] && shape(frame, example));
        assert!(known, "the document has no example like\n{frame}");
    }
}

fn lines(frames: &[&Value]) -> String {
    frames.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// Have both the same keys and types, all the way down? Null fits everything; of lists the first elements are compared.
fn shape(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Null, _) | (_, Value::Null) => true,
        (Value::Object(one), Value::Object(other)) if is_map(one) && is_map(other) => true,
        (Value::Object(one), Value::Object(other)) => {
            // Who has no picture has no address of one.
            let keys = |object: &serde_json::Map<String, Value>| -> Vec<String> {
                object.keys().filter(|key| *key != "avatar_url").cloned().collect()
            };
            let alike = |(key, value): (&String, &Value)| {
                key == "spans" || other.get(key).is_none_or(|other| shape(value, other))
            };
            keys(one) == keys(other) && one.iter().all(alike)
        }
        (Value::Array(one), Value::Array(other)) => {
            one.first().zip(other.first()).is_none_or(|(one, other)| shape(one, other))
        }
        _ => std::mem::discriminant(one) == std::mem::discriminant(other),
    }
}

/// An object whose keys are ids.
fn is_map(object: &serde_json::Map<String, Value>) -> bool {
    object.keys().all(|key| key.parse::<i64>().is_ok())
}

/// Frames of every type, as a server sent them.
async fn one_of_each() -> Vec<Value> {
    let server = Server::setup().limits().start();
    let founder = server.admin("founder").await;
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let lobby = ann.lobby().await;
    let (mut anns, bobs) = (ann.connect().await, bob.connect().await);
    let mut frames = vec![anns.hello.clone()];
    frames.push(anns.take("bob's coming", |frame| has(&frame["online"], "id", bob.id)).await);
    bobs.close().await;
    ann.put(&format!("contacts/{}", bob.id), json!({"state": "friend"})).await.is(200);
    let mut bobs = bob.connect().await;
    frames.push(bobs.hello.clone());
    ann.delete(&format!("contacts/{}", bob.id)).await.is(204);
    anns.take("the end", |frame| frame["contact"]["state"] == "none").await;
    let room = talk(&mut frames, &ann, &bob, &mut anns, &mut bobs).await;
    live(&mut frames, &ann, &bob, room, &mut anns, &mut bobs).await;
    announcements(&mut frames, &founder, &mut anns, &bob).await;
    refusals(&mut frames, lobby, &mut bobs).await;
    console(&mut frames, &founder, &ann, &mut anns).await;
    presets(&mut frames, &founder, lobby, &mut anns).await;
    bobs.close().await;
    frames.push(anns.take("bob's going", |frame| has(&frame["offline"], "user", bob.id)).await);
    frames.push(anns.take("heads", |frame| frame["type"] == "heads" && frame["rooms"] != json!({})).await);
    frames
}

/// A room, and messages in it.
async fn talk(frames: &mut Vec<Value>, ann: &Member, bob: &Member, anns: &mut Socket, bobs: &mut Socket) -> i64 {
    let room = ann.private_room("purchasing", &[bob]).await;
    frames.push(bobs.take("the room", |frame| frame["type"] == "room" && frame["room"]["my"].is_object()).await);
    let ack = anns.say(room, "hello **there**").await;
    frames.push(bobs.message("hello **there**").await);
    frames.push(anns.ask(json!({"type": "edit", "id": ack["id"], "text": "hello"})).await);
    frames.push(bobs.message("hello").await);
    frames.push(anns.ask(json!({"type": "delete", "id": ack["id"]})).await);
    frames.push(bobs.message("").await);
    frames.push(bobs.ask(json!({"type": "read", "room": room, "seq": 1})).await);
    frames.push(anns.take("bob's mark", |frame| frame["type"] == "read" && frame["user"] == bob.id).await);
    frames.push(bobs.ask(json!({"type": "resume", "rooms": {room.to_string(): 3}})).await);
    frames.push(ack);
    room
}

/// Everything that is told without being stored as a message.
async fn live(frames: &mut Vec<Value>, ann: &Member, bob: &Member, room: i64, anns: &mut Socket, bobs: &mut Socket) {
    bobs.send(json!({"type": "typing", "room": room})).await;
    frames.push(anns.next("typing").await);
    let member = format!("rooms/{room}/members/{}", bob.id);
    let rules = json!({"name": "buying", "slow_seconds": 30, "post_policy": "moderators"});
    ann.patch(&format!("rooms/{room}"), rules).await.is(200);
    frames.push(bobs.take("the new name", |frame| frame["type"] == "room" && frame["room"]["name"] == "buying").await);
    ann.patch(&member, json!({"silenced_until": "2099-01-01T00:00:00Z"})).await.is(200);
    frames.push(bobs.take("his silence", |frame| frame["room"]["my"]["silenced_until"].is_string()).await);
    frames.push(bobs.ask(json!({"type": "send", "room": room, "text": "let me"})).await);
    ann.patch(&member, json!({"silenced_until": null})).await.is(200);
    ann.patch(&member, json!({"role": "moderator"})).await.is(200);
    frames.push(anns.take("his rise", |frame| frame["type"] == "member" && frame["role"] == "moderator").await);
    bob.put(&format!("contacts/{}", ann.id), json!({"state": "friend"})).await.is(200);
    frames.push(anns.next("contact").await);
    bob.patch(&format!("rooms/{room}/me"), json!({"muted": true})).await.is(200);
    frames
        .push(bobs.take("his notices", |frame| frame["type"] == "room" && frame["room"]["my"]["muted"] == true).await);
    bob.patch("me", json!({"nickname": "Bobby"})).await.is(200);
    frames.push(anns.next("user").await);
    ann.delete(&member).await.is(204);
    frames.push(bobs.next("room_gone").await);
    frames.push(anns.take("his going", |frame| frame["type"] == "member" && frame["role"].is_null()).await);
}

/// What admins do that everybody is told.
async fn console(frames: &mut Vec<Value>, founder: &Member, ann: &Member, anns: &mut Socket) {
    founder.patch("admin/settings", json!({"recall_seconds": 60})).await.is(200);
    frames.push(anns.next("limits").await);
    let silence = format!("admin/users/{}/silence", ann.id);
    founder.put(&silence, json!({"until": "2099-01-01T00:00:00Z"})).await.is(200);
    frames.push(anns.next("silenced").await);
    founder.delete(&silence).await.is(200);
    frames.push(anns.next("silenced").await);
}

/// One that is published, closed by bob, and withdrawn.
async fn announcements(frames: &mut Vec<Value>, admin: &Member, anns: &mut Socket, bob: &Member) {
    let picture = admin.picture().await;
    let draft = json!({"text": "Orders close at 11:10.", "upload": picture["id"]});
    let draft = admin.post("admin/announcements", draft).await.is(201)["announcement"].clone();
    let path = format!("admin/announcements/{}", draft["id"]);
    admin.post(&format!("{path}/publish"), Value::Null).await.is(200);
    frames.push(anns.next("announcement").await);
    let mut other = bob.connect().await;
    frames.push(other.hello.clone());
    bob.put(&format!("announcement/{}/seen", draft["id"]), Value::Null).await.is(204);
    frames.push(other.next("announcement_seen").await);
    admin.post(&format!("{path}/withdraw"), Value::Null).await.is(200);
    frames.push(anns.next("announcement").await);
    other.close().await;
}

/// What an admin sends with one click.
async fn presets(frames: &mut Vec<Value>, admin: &Member, lobby: i64, anns: &mut Socket) {
    let mut founders = admin.connect().await;
    let first = admin.get("admin/presets").await.is(200)["presets"][0]["id"].clone();
    admin.patch(&format!("admin/presets/{first}"), json!({"text": "Hungry?"})).await.is(200);
    frames.push(founders.next("presets").await);
    let press = json!({"room": lobby, "client_id": "press"});
    let pressed = admin.post(&format!("admin/presets/{first}/send"), press).await.is(201);
    frames.push(anns.next("countdown").await);
    frames.push(founders.message("Hungry?").await);
    admin.post(&format!("admin/countdowns/{}/stop", pressed["countdown"]["id"]), Value::Null).await.is(204);
    frames.push(anns.next("countdown").await);
}

async fn refusals(frames: &mut Vec<Value>, lobby: i64, bobs: &mut Socket) {
    frames.push(bobs.ask(json!({"type": "delete", "id": 999_999})).await);
    for _ in 0..40 {
        let answer = bobs.ask(json!({"type": "send", "room": lobby, "text": "hurry"})).await;
        if answer["type"] == "error" {
            frames.push(answer);
            return;
        }
    }
    panic!("nobody was too fast");
}

#[tokio::test]
async fn the_routes_of_the_document_exist() {
    let server = Server::start();
    let guest = server.guest();
    guest.get("no/such/route").await.is(404);
    let routes = routes();
    assert!(routes.len() > 30, "{routes:?}");
    for (method, path) in routes {
        let path = path
            .replace("{id}", "1")
            .replace("{user}", "1")
            .replace("{session}", "1")
            .replace("{emoji}", "%F0%9F%91%8D");
        let body = if method == Method::GET || method == Method::DELETE { Value::Null } else { json!({}) };
        let answer = guest.call(method.clone(), &path, body).await;
        assert!(![404, 405, 500, 501].contains(&answer.status), "{method} {path}: {} {}", answer.status, answer.body);
        let open = ["register", "register/code", "login", "setup", "reset", "recovery", "recovery/password"]
            .contains(&path.as_str());
        assert!(open || answer.status == 401, "{method} {path} answers a stranger with {}", answer.status);
    }
    for path in ["/healthz", "/readyz"] {
        guest.get(path).await.is(200);
    }
}

/// What stands in backticks in the first column of the table of routes.
fn routes() -> Vec<(Method, String)> {
    let rows = DOCUMENT.lines().filter_map(|line| line.strip_prefix("| ")).filter_map(|line| line.split(" |").next());
    let words = rows.flat_map(|cell| cell.split('`').skip(1).step_by(2));
    words
        .filter_map(|word| word.split_once(' '))
        .filter_map(|(method, path)| Some((Method::from_bytes(method.as_bytes()).ok()?, path.to_owned())))
        .filter(|(method, _)| ["GET", "POST", "PUT", "PATCH", "DELETE"].contains(&method.as_str()))
        .collect()
}

/// The JSON blocks that are marked as frames of this side.
fn examples(side: &str) -> Vec<Value> {
    let mark = format!("```json {side}\n");
    let blocks = DOCUMENT.split(&mark).skip(1).map(|rest| rest.split("```").next().unwrap());
    blocks.map(|block| serde_json::from_str(block).unwrap_or_else(|error| panic!("{error}: {block}"))).collect()
}
