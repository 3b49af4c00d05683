//! What guests hear and ask: rooms that are marked for them, reduced, and nothing of people.

use reqwest::Method;
use serde_json::{Value, json};

use super::ask;
use crate::support::{
    client::{Guest, Member},
    frame::id_of,
    program::Program,
    server::Server,
    stream::Stream,
};

/// A site with a room that guests may read.
struct Square {
    server: Server,
    admin: Member,
    ann: Member,
    room: i64,
}

impl Square {
    async fn build() -> Self {
        let server = Server::start();
        let (admin, ann) = (server.admin("founder").await, server.member("ann").await);
        let room = ann.make_room("public", "market").await;
        let square = Self { server, admin, ann, room };
        square.open(true).await;
        square.allow(true).await;
        square
    }

    async fn allow(&self, guests: bool) {
        self.admin.patch("admin/settings", json!({"guests": guests})).await.is(200);
    }

    async fn open(&self, public_read: bool) {
        self.ann.patch(&format!("rooms/{}", self.room), json!({"public_read": public_read})).await.is(200);
    }

    async fn listen(&self, guest: &Guest) -> Stream {
        Stream::open(guest, &format!("?room={}", self.room)).await
    }
}

#[tokio::test]
async fn a_guest_hears_messages_without_what_is_said_of_people() {
    let square = Square::build().await;
    let (guest, room) = (square.server.guest(), square.room);
    let mut stream = square.listen(&guest).await;
    let mut keys: Vec<_> = stream.hello.as_object().unwrap().keys().cloned().collect();
    keys.sort();
    assert_eq!(keys, ["countdowns", "epoch", "protocol", "rooms", "server_time", "type"]);
    assert!(stream.hello["rooms"][0].get("my").is_none(), "{}", stream.hello);
    square.admin.post(&format!("rooms/{room}/join"), Value::Null).await.is(200);
    let mut anns = square.ann.connect().await;
    let ack = anns.say(room, "hello **there**").await;
    anns.send(json!({"type": "typing", "room": room})).await;
    anns.ask(json!({"type": "read", "room": room, "seq": 1})).await;
    square.admin.put(&format!("messages/{}/reactions/%F0%9F%91%8D", ack["id"]), Value::Null).await.is(200);
    square.ann.patch("me", json!({"nickname": "Ann B."})).await.is(200);
    square.admin.patch("admin/settings", json!({"text_max": 900})).await.is(200);
    square.ann.patch(&format!("rooms/{room}"), json!({"topic": "fruit"})).await.is(200);
    let said = stream.next("message").await;
    let reacted = stream.next("message").await;
    assert_eq!(stream.next("room").await["room"]["topic"], "fruit");
    // The same as by request.
    let changes = guest.get(&format!("rooms/{room}/changes?after=0")).await.is(200);
    let mut asked = changes.messages()[0].clone();
    assert_eq!(asked, {
        let mut heard = reacted["message"].clone();
        heard["sender"]["nickname"] = asked["sender"]["nickname"].clone();
        heard
    });
    asked["reactions"] = json!([]);
    assert_eq!((&said["message"]["spans"], said.get("client_id")), (&asked["spans"], None));
    square.ann.say(room, "end").await;
    stream.message("end").await;
    let kinds: Vec<_> = stream.heard().iter().map(|frame| frame["type"].as_str().unwrap()).collect();
    assert!(kinds.iter().all(|kind| ["heads", "room"].contains(kind)), "{:?}", stream.heard());
    square.ann.post(&format!("messages/{}/recall", ack["id"]), Value::Null).await.is(200);
    let recalled = stream.take("the recall", |frame| !frame["message"]["recalled_at"].is_null()).await;
    assert_eq!(recalled["message"]["text"], "");
}

#[tokio::test]
async fn a_guest_sees_that_a_bot_is_one_and_that_an_admin_is_nothing_else() {
    let square = Square::build().await;
    let (guest, room) = (square.server.guest(), square.room);
    let body = json!({"username": "menubot", "nickname": "Menu", "role": "bot"});
    let bot = square.admin.post("admin/users", body).await.is(201)["user"]["id"].as_i64().unwrap();
    let program = Program::of_bot(&square.admin, bot, "write").await;
    let mut stream = square.listen(&guest).await;
    for path in ["join", "messages"] {
        let body = if path == "join" { Value::Null } else { json!({"client_id": "menu", "text": "tea"}) };
        program.post(&format!("rooms/{room}/{path}"), body).await.any_of(&[200, 201]);
    }
    square.admin.post(&format!("rooms/{room}/join"), Value::Null).await.is(200);
    square.admin.say(room, "thanks").await;
    let asked = guest.get(&format!("rooms/{room}/changes?after=0")).await.is(200);
    for (message, role) in asked.messages().iter().zip([json!("bot"), Value::Null]) {
        let heard = stream.next("message").await;
        assert_eq!((&heard["message"]["sender"], &heard["message"]["sender"]["role"]), (&message["sender"], &role));
    }
}

#[tokio::test]
async fn a_guest_is_nobody_to_the_others() {
    let square = Square::build().await;
    let mut tab = square.ann.connect().await;
    let count = square.admin.get("admin/overview").await.is(200)["sockets"].clone();
    let stream = square.listen(&square.server.guest()).await;
    ask(&square.server.guest(), &format!("?room={}", square.room), "").await.is(200);
    tab.say(square.room, "anybody?").await;
    assert_eq!(square.admin.get("admin/overview").await.is(200)["sockets"], count);
    assert!(tab.heard().iter().all(|frame| frame["type"] != "presence"), "{:?}", tab.heard());
    drop(stream);
}

#[tokio::test]
async fn a_guest_asks_how_one_room_stands() {
    let square = Square::build().await;
    let (guest, query) = (square.server.guest(), format!("?room={}", square.room));
    square.ann.say(square.room, "one").await;
    let first = ask(&guest, &format!("{query}&presence=1&state=1"), "").await.is(200);
    assert_eq!(first["rooms"], json!([{"id": square.room, "seq": 1, "rev": 1}]));
    let mut keys: Vec<_> = first.json.as_object().unwrap().keys().cloned().collect();
    keys.sort();
    assert_eq!(keys, ["cursor", "epoch", "rooms"]);
    let tag = first.header("etag").to_owned();
    ask(&guest, &query, &tag).await.is(304);
    let patient = format!("{query}&wait=15");
    let (answer, _) = tokio::join!(ask(&guest, &patient, &tag), square.ann.say(square.room, "two"));
    assert_eq!(answer.is(200)["rooms"][0]["rev"], 2);
    ask(&guest, "", "").await.refuses(422, "invalid");
    guest.get("events").await.refuses(422, "invalid");
}

#[tokio::test]
async fn each_switch_ends_streams_and_waits_at_once() {
    let square = Square::build().await;
    let (guest, query) = (square.server.guest(), format!("?room={}", square.room));
    for switch in ["guests", "room", "deleted"] {
        let mut stream = square.listen(&guest).await;
        let tag = ask(&guest, &query, "").await.is(200).header("etag").to_owned();
        let patient = format!("{query}&wait=20");
        let waiting = async { ask(&guest, &patient, &tag).await };
        let switching = async {
            match switch {
                "guests" => square.allow(false).await,
                "room" => square.open(false).await,
                _ => {
                    square.ann.delete(&format!("rooms/{}", square.room)).await.is(204);
                }
            }
            stream.expect_bye(4001).await;
        };
        let (answer, ()) = tokio::join!(waiting, switching);
        // A wait may see the change of the room before it sees its end.
        answer.any_of(&[200, 401]);
        ask(&guest, &query, &tag).await.refuses(401, "session_ended");
        assert_eq!(Stream::of(guest.request(Method::GET, &format!("events{query}"))).await.err(), Some(401));
        if switch != "deleted" {
            square.allow(true).await;
            square.open(true).await;
        }
    }
}

#[tokio::test]
async fn rooms_that_are_not_for_guests_are_not_heard() {
    let square = Square::build().await;
    let (public, private) =
        (square.ann.make_room("public", "workshop").await, square.ann.make_room("private", "cellar").await);
    let guest = square.server.guest();
    let absent = guest.get("events?room=999999").await.refuses(401, "session_ended");
    for room in [public, private, square.ann.lobby().await] {
        let hidden = guest.get(&format!("events?room={room}")).await.is(401);
        assert_eq!((hidden.body.as_str(), hidden.fields()), (absent.body.as_str(), absent.fields()));
        ask(&guest, &format!("?room={room}"), "").await.refuses(401, "session_ended");
    }
    let mut stream = square.listen(&guest).await;
    square.ann.say(public, "not for guests").await;
    square.ann.say(private, "not for guests either").await;
    let end = square.ann.say(square.room, "for guests").await;
    assert_eq!(id_of(&stream.next("message").await["message"]), id_of(&end));
}

#[tokio::test]
async fn an_address_has_sixty_four_streams_of_guests() {
    let square = Square::build().await;
    let guest = square.server.guest();
    let mut streams = Vec::new();
    for _ in 0..64 {
        streams.push(square.listen(&guest).await);
    }
    guest.get(&format!("events?room={}", square.room)).await.refuses(429, "rate_limited");
    // Members are not counted among them.
    let mut member = Stream::open(&square.ann, "").await;
    square.ann.say(square.room, "full house").await;
    member.message("full house").await;
    for stream in &mut streams {
        stream.message("full house").await;
    }
}

#[tokio::test]
async fn a_guest_comes_back_with_a_cursor() {
    let square = Square::build().await;
    let guest = square.server.guest();
    let _company = square.ann.connect().await;
    let mut stream = square.listen(&guest).await;
    square.ann.say(square.room, "one").await;
    stream.message("one").await;
    square.ann.say(square.room, "two").await;
    stream.message("two").await;
    let cursor = stream.cursor.clone();
    drop(stream);
    square.ann.say(square.room, "three").await;
    let mut stream = Stream::open(&guest, &format!("?room={}&cursor={cursor}", square.room)).await;
    let missed = stream.message("three").await;
    assert!(missed["message"].get("client_id").is_none(), "{missed}");
    assert_eq!(stream.next("ack").await["fetch"], json!([]));
}
