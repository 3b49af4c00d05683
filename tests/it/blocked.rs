//! Blocks, where messages are: no word passes between the two in private, and nothing changes for anybody else.

use serde_json::{Value, json};

use crate::support::{
    doors::{Act, DOORS, Door, Person},
    frame::id_of,
    fresh_id,
    server::Server,
};

struct Quarrel {
    server: Server,
    ann: Person,
    bob: Person,
    direct: i64,
}

impl Quarrel {
    /// Two people with a room of two. Nobody is blocked yet.
    async fn between() -> Self {
        let server = Server::start();
        let (ann, bob) = (server.member("ann").await, server.member("bob").await);
        let direct = ann.post("directs", json!({"user": bob.id})).await.is(201).room_id();
        Self { direct, ann: Person::of(ann).await, bob: Person::of(bob).await, server }
    }

    async fn block(&self) {
        self.ann.put(&format!("contacts/{}", self.bob.id), json!({"state": "blocked"})).await.is(200);
    }

    async fn make_up(&self) {
        self.ann.delete(&format!("contacts/{}", self.bob.id)).await.is(204);
    }
}

fn words() -> Value {
    json!({"text": "listen to me"})
}

#[tokio::test]
async fn a_block_ends_private_words_both_ways_until_it_ends() {
    let mut quarrel = Quarrel::between().await;
    let direct = quarrel.direct;
    let before = quarrel.bob.does(Door::Http, Act::Send(direct, words())).await;
    quarrel.block().await;
    for door in DOORS {
        quarrel.bob.is_refused(door, Act::Send(direct, words()), "blocked").await;
        quarrel.ann.is_refused(door, Act::Send(direct, words()), "blocked").await;
    }
    let form = [("text", "by the form then"), ("client_id", "form-1")];
    quarrel.bob.submit(&format!("/r/{direct}"), &form).await.is(403);
    for person in [&quarrel.ann, &quarrel.bob] {
        let page = person.page(direct, "").await.is(200);
        assert_eq!(page.messages().len(), 1, "what was said before stays, and nothing was added: {}", page.body);
        assert_eq!(person.room(direct).await["last_seq"], before.seq);
    }
    quarrel.make_up().await;
    for door in DOORS {
        quarrel.bob.does(door, Act::Send(direct, words())).await;
        quarrel.ann.does(door, Act::Send(direct, words())).await;
    }
}

#[tokio::test]
async fn a_block_by_each_ends_with_the_second_end() {
    let mut quarrel = Quarrel::between().await;
    quarrel.block().await;
    quarrel.bob.put(&format!("contacts/{}", quarrel.ann.id), json!({"state": "blocked"})).await.is(200);
    quarrel.make_up().await;
    for door in DOORS {
        quarrel.ann.is_refused(door, Act::Send(quarrel.direct, words()), "blocked").await;
        quarrel.bob.is_refused(door, Act::Send(quarrel.direct, words()), "blocked").await;
    }
    quarrel.bob.delete(&format!("contacts/{}", quarrel.ann.id)).await.is(204);
    quarrel.ann.does(Door::Socket, Act::Send(quarrel.direct, words())).await;
}

#[tokio::test]
async fn nobody_opens_a_room_of_two_over_a_block() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    ann.put(&format!("contacts/{}", bob.id), json!({"state": "blocked"})).await.is(200);
    bob.post("directs", json!({"user": ann.id})).await.refuses(403, "blocked");
    ann.post("directs", json!({"user": bob.id})).await.refuses(403, "blocked");
    ann.delete(&format!("contacts/{}", bob.id)).await.is(204);
    bob.post("directs", json!({"user": ann.id})).await.is(201);
}

#[tokio::test]
async fn what_was_stored_before_the_block_stays_acknowledged() {
    let mut quarrel = Quarrel::between().await;
    let direct = quarrel.direct;
    let body = json!({"client_id": fresh_id(), "text": "before"});
    let sent = quarrel.bob.does(Door::Socket, Act::Send(direct, body.clone())).await;
    quarrel.block().await;
    for door in DOORS {
        assert_eq!(quarrel.bob.does(door, Act::Send(direct, body.clone())).await, sent);
    }
    quarrel.bob.does(Door::Socket, Act::Recall(sent.id)).await;
}

#[tokio::test]
async fn rooms_of_many_go_on_as_before() {
    let mut quarrel = Quarrel::between().await;
    let lobby = quarrel.ann.lobby().await;
    let crew = quarrel.ann.private_room("crew", &[&quarrel.bob]).await;
    quarrel.block().await;
    for room in [lobby, crew] {
        for door in DOORS {
            let sent = quarrel.bob.does(door, Act::Send(room, words())).await;
            let heard = quarrel.ann.tab.take("his words", |frame| frame["message"]["id"] == sent.id).await;
            assert_eq!(heard["message"]["text"], "listen to me");
            quarrel.ann.does(door, Act::React(sent.id, "👎")).await;
            let answer = json!({"text": "no", "reply_to": sent.id});
            let answer = quarrel.ann.does(door, Act::Send(room, answer)).await;
            quarrel.bob.tab.take("her words", |frame| frame["message"]["id"] == answer.id).await;
        }
    }
    let eve = quarrel.server.member("eve").await;
    let other = quarrel.bob.post("directs", json!({"user": eve.id})).await.is(201).room_id();
    quarrel.bob.does(Door::Http, Act::Send(other, words())).await;
}

#[tokio::test]
async fn whom_i_blocked_does_not_call_me() {
    let mut quarrel = Quarrel::between().await;
    let eve = quarrel.server.member("eve").await;
    let room = quarrel.ann.private_room("crew", &[&quarrel.bob, &eve]).await;
    let counts = async |quarrel: &Quarrel| {
        let of = async |person: &Person| person.room(room).await["my"]["mentions"].as_i64().unwrap();
        (of(&quarrel.ann).await, of(&quarrel.bob).await)
    };
    quarrel.block().await;
    for (number, door) in DOORS.into_iter().enumerate() {
        let number = i64::try_from(number).unwrap();
        let sent = quarrel.bob.does(door, Act::Send(room, json!({"text": "@ann @eve come"}))).await;
        assert_eq!(counts(&quarrel).await, (0, 0), "{door:?}");
        assert_eq!(eve.room(room).await["my"]["mentions"], 2 * number + 1, "for others it counts");
        let plain = quarrel.bob.does(door, Act::Send(room, words())).await;
        quarrel.bob.does(door, Act::Edit(plain.id, "@ann @eve come at once")).await;
        assert_eq!(counts(&quarrel).await, (0, 0), "nor by an edit over {door:?}");
        assert_eq!(eve.room(room).await["my"]["mentions"], 2 * number + 2);
        let shown = quarrel.ann.get(&format!("messages/{}", sent.id)).await.is(200)["message"]["spans"].to_string();
        assert!(shown.contains(r#""type":"mention""#), "it is shown as what it is: {shown}");
    }
    quarrel.make_up().await;
    id_of(&quarrel.bob.say(room, "@ann peace").await);
    assert_eq!(counts(&quarrel).await, (1, 0));
    quarrel.ann.does(Door::Socket, Act::Send(room, json!({"text": "@bob peace"}))).await;
    assert_eq!(counts(&quarrel).await.1, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_word_follows_a_block_that_was_answered() {
    let quarrel = Quarrel::between().await;
    for _ in 0..10 {
        let acts = [Act::Send(quarrel.direct, words()), Act::Send(quarrel.direct, words())];
        let (_, one, two) =
            tokio::join!(quarrel.block(), quarrel.bob.requests(&acts[0]), quarrel.ann.requests(&acts[1]));
        for outcome in [&one, &two] {
            assert!(
                outcome.as_ref().is_ok_and(|done| done.seq > 0) || *outcome == Err("blocked".into()),
                "{outcome:?}"
            );
        }
        let stored = quarrel.ann.room(quarrel.direct).await["last_seq"].clone();
        assert_eq!(quarrel.bob.requests(&acts[0]).await, Err("blocked".into()));
        assert_eq!(quarrel.ann.requests(&acts[1]).await, Err("blocked".into()));
        assert_eq!(quarrel.ann.room(quarrel.direct).await["last_seq"], stored);
        quarrel.make_up().await;
    }
}
