//! A socket, a stream and somebody who asks, in one room: all of them end with the same messages in the same order.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::ask;
use crate::support::{
    client::Member,
    frame::{id_of, with_id},
    fresh_id,
    server::Server,
    socket::Socket,
    stream::Stream,
};

/// What a client has of the room.
struct Copy<'a> {
    member: &'a Member,
    room: i64,
    cursor: i64,
    messages: BTreeMap<i64, Value>,
    /// How often it had to ask for what it missed.
    repairs: usize,
}

impl<'a> Copy<'a> {
    fn empty(member: &'a Member, room: i64) -> Self {
        Self { member, room, cursor: 0, messages: BTreeMap::new(), repairs: 0 }
    }

    fn upsert(&mut self, message: &Value) {
        let known = self.messages.entry(message["seq"].as_i64().unwrap()).or_default();
        if message["rev"].as_i64() > known["rev"].as_i64() {
            *known = message.clone();
        }
    }

    async fn hear(&mut self, frame: &Value) {
        if frame["type"] == "heads" && frame["rooms"][self.room.to_string()].as_i64() > Some(self.cursor) {
            return self.repair().await;
        }
        if frame["type"] != "message" || frame["room"] != self.room {
            return;
        }
        self.upsert(&frame["message"]);
        let rev = frame["rev"].as_i64().unwrap();
        if rev == self.cursor + 1 {
            self.cursor = rev;
        } else if rev > self.cursor {
            self.repair().await;
        }
    }

    async fn repair(&mut self) {
        self.repairs += 1;
        loop {
            let page = self.member.changes(self.room, &format!("after={}", self.cursor)).await.is(200);
            page.messages().iter().for_each(|message| self.upsert(message));
            self.cursor = page["rev"].as_i64().unwrap();
            if page["more"] == false {
                return;
            }
        }
    }

    fn view(&self) -> Vec<(i64, i64, String, bool)> {
        let line = |(seq, message): (&i64, &Value)| {
            let text = message["text"].as_str().unwrap().to_owned();
            (*seq, id_of(message), text, message["recalled_at"].is_null())
        };
        self.messages.iter().map(line).collect()
    }
}

/// Five hundred messages of one person, some of which change afterwards; the room's last `rev`.
async fn talk(author: &Member, room: i64) -> i64 {
    for tens in 0..50 {
        let said = join_all((0..10).map(|one| async move {
            author.send(room, &fresh_id(), &format!("number {tens}-{one}")).await.is(201)["message"].clone()
        }));
        let said = said.await;
        let (edited, recalled) = (id_of(&said[3]), id_of(&said[7]));
        author.patch(&format!("messages/{edited}"), json!({"text": "better"})).await.is(200);
        if tens % 2 == 0 {
            author.post(&format!("messages/{recalled}/recall"), Value::Null).await.is(200);
        }
    }
    author.room(room).await["rev"].as_i64().unwrap()
}

async fn by_socket(member: &Member, room: i64, end: i64) -> Vec<(i64, i64, String, bool)> {
    let (mut copy, mut socket) = (Copy::empty(member, room), Socket::open(member).await.unwrap());
    copy.repair().await;
    while copy.cursor < end {
        copy.hear(&socket.recv().await.unwrap()).await;
    }
    copy.view()
}

/// Leaves after some hundred changes and comes back with the cursor, twice.
async fn by_stream(member: &Member, room: i64, end: i64) -> (Vec<(i64, i64, String, bool)>, usize) {
    let (mut copy, mut stream) = (Copy::empty(member, room), Stream::open(member, "").await);
    copy.repair().await;
    for leave_at in [150, 400, end] {
        while copy.cursor < leave_at {
            copy.hear(&stream.recv().await.unwrap()).await;
        }
        let cursor = stream.cursor.clone();
        drop(stream);
        stream = Stream::back(member, &cursor).await;
        let ack = stream.next("ack").await;
        assert_eq!(ack["ref"], "cursor");
        if ack["fetch"].as_array().unwrap().contains(&json!(room)) {
            copy.repair().await;
        }
    }
    (copy.view(), copy.repairs)
}

async fn by_asking(member: &Member, room: i64, end: i64) -> Vec<(i64, i64, String, bool)> {
    let (mut copy, mut tag) = (Copy::empty(member, room), String::new());
    while copy.cursor < end {
        let answer = ask(member, "?wait=5", &tag).await.any_of(&[200, 304]);
        answer.header("etag").clone_into(&mut tag);
        if answer.status == 200 && with_id(&answer["rooms"], room)["rev"].as_i64() > Some(copy.cursor) {
            copy.repair().await;
        }
    }
    copy.view()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_a_stream_and_a_poller_end_with_the_same_five_hundred_messages() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let (cat, dan) = (server.member("cat").await, server.member("dan").await);
    let room = ann.private_room("crew", &[&bob, &cat, &dan]).await;
    // 500 messages, 50 edits, 25 recalls.
    let end = 575;
    let (said, socket, (stream, repairs), asked) = tokio::join!(
        talk(&ann, room),
        by_socket(&bob, room, end),
        by_stream(&cat, room, end),
        by_asking(&dan, room, end)
    );
    assert_eq!(said, end);
    let mut truth = Copy::empty(&ann, room);
    truth.repair().await;
    let truth = truth.view();
    assert_eq!(truth.len(), 500);
    assert_eq!(truth.iter().filter(|line| line.2 == "better").count(), 50);
    assert_eq!(truth.iter().filter(|line| !line.3).count(), 25);
    assert_eq!(socket, truth, "by the socket");
    assert_eq!(stream, truth, "by the stream");
    assert_eq!(asked, truth, "by asking");
    assert!(repairs < 10, "what was missed while the stream was away came by the stream: {repairs}");
}

#[tokio::test]
async fn one_cursor_leads_from_one_door_to_the_next() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let room = ann.private_room("crew", &[&bob]).await;
    // Keeps the room in memory.
    let _company = ann.connect().await;
    let asked = ask(&bob, "", "").await.is(200);
    ann.say(room, "one").await;
    let mut stream = Stream::open(&bob, &format!("?cursor={}", asked["cursor"].as_str().unwrap())).await;
    stream.message("one").await;
    assert_eq!(stream.next("ack").await["fetch"], json!([]));
    ann.say(room, "two").await;
    stream.message("two").await;
    ann.say(room, "three").await;
    stream.message("three").await;
    let newest = ask(&bob, "", "").await.is(200)["cursor"].as_str().unwrap().to_owned();
    // It comes behind what it covers, also behind what was missed.
    stream.reaches(&newest).await;
    let cursor = stream.cursor.clone();
    drop(stream);
    ann.say(room, "four").await;
    let mut socket = bob.connect().await;
    let ack = socket.ask(json!({"type": "resume", "cursor": cursor})).await;
    assert_eq!((&ack["type"], &ack["fetch"]), (&json!("ack"), &json!([])));
    socket.message("four").await;
    socket.refuses(json!({"type": "resume", "cursor": "1.x.!"}), "invalid").await;
    socket.refuses(json!({"type": "resume", "rooms": {}, "cursor": cursor}), "bad_frame").await;
    let other = format!("1.other.{}", cursor.rsplit_once('.').unwrap().1);
    let ack = socket.ask(json!({"type": "resume", "cursor": other})).await;
    assert!(ack["fetch"].as_array().unwrap().contains(&json!(room)), "of another life: {ack}");
}
