//! Taking a message back: who may, how long, and that nothing of it stays anywhere.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{
    client::Member,
    doors::{Act, DOORS, Door, Person},
    frame::{has, id_of, numbers, with_id},
    fresh_id,
    server::Server,
    workshop::Workshop,
};

impl Workshop {
    async fn window(&self, seconds: Value) {
        self.owner.patch(&format!("rooms/{}", self.room), json!({"recall_seconds": seconds})).await.is(200);
    }

    /// A message that ann sent so many seconds ago.
    async fn message(&self, age: i64) -> i64 {
        let id = id_of(&self.ann.say(self.room, "words of ann").await);
        if age > 0 {
            self.server.age(id, age);
        }
        id
    }

    async fn shows(&self, message: i64) -> Value {
        self.bob.get(&format!("messages/{message}")).await.is(200)["message"].clone()
    }
}

#[tokio::test]
async fn an_author_takes_a_message_back_within_the_rooms_window() {
    let mut shop = Workshop::open().await;
    assert_eq!(shop.bob.room(shop.room).await["recall_seconds"], Value::Null, "the site's default");
    // A message on the edge would depend on how busy the machine is: each stands well on its side.
    let table = [
        (Value::Null, 0, true),
        (Value::Null, 31, false),
        (json!(3600), 3500, true),
        (json!(3600), 3601, false),
        (json!(86_400), 86_300, true),
        (json!(86_400), 86_401, false),
        (json!(0), 1, false),
        (Value::Null, 31, false),
    ];
    for (seconds, age, may) in table {
        shop.window(seconds.clone()).await;
        for door in DOORS {
            let message = shop.message(age).await;
            if may {
                shop.ann.does(door, Act::Recall(message)).await;
                assert!(shop.shows(message).await["recalled_at"].is_string(), "{door:?} after {age} of {seconds} s");
            } else {
                shop.ann.is_refused(door, Act::Recall(message), "too_late").await;
                assert_eq!(shop.shows(message).await["text"], "words of ann");
            }
        }
    }
}

#[tokio::test]
async fn the_window_that_counts_is_todays() {
    let mut shop = Workshop::open().await;
    let (early, late) = (shop.message(100).await, shop.message(100).await);
    shop.ann.is_refused(Door::Http, Act::Recall(early), "too_late").await;
    shop.window(json!(600)).await;
    shop.ann.does(Door::Http, Act::Recall(early)).await;
    shop.window(json!(60)).await;
    shop.ann.is_refused(Door::Socket, Act::Recall(late), "too_late").await;
}

#[tokio::test]
async fn an_edit_does_not_make_a_message_younger() {
    let mut shop = Workshop::open().await;
    let message = shop.message(100).await;
    shop.ann.does(Door::Http, Act::Edit(message, "other words")).await;
    shop.ann.is_refused(Door::Http, Act::Recall(message), "too_late").await;
}

#[tokio::test]
async fn who_keeps_order_recalls_anybodys_message_at_any_time() {
    let mut shop = Workshop::open().await;
    shop.window(json!(0)).await;
    for door in DOORS {
        for age in [0, 100_000] {
            let messages = [shop.message(age).await, shop.message(age).await, shop.message(age).await];
            for (person, message) in [&mut shop.moderator, &mut shop.owner, &mut shop.admin].into_iter().zip(messages) {
                person.does(door, Act::Recall(message)).await;
            }
            for message in messages {
                let shown = shop.shows(message).await;
                assert_eq!((&shown["text"], shown["recalled_at"].is_string()), (&json!(""), true), "{shown}");
            }
        }
        let own = id_of(&shop.moderator.say(shop.room, "my own").await);
        shop.server.age(own, 100_000);
        shop.moderator.does(door, Act::Recall(own)).await;
        let of_the_owner = id_of(&shop.owner.say(shop.room, "the owner's").await);
        shop.moderator.does(door, Act::Recall(of_the_owner)).await;
    }
}

#[tokio::test]
async fn others_do_not_recall_my_message() {
    let mut shop = Workshop::open().await;
    let elsewhere = shop.bob.make_room("private", "his own").await;
    let message = shop.message(0).await;
    let mut eve = Person::of(shop.server.member("eve").await).await;
    for door in DOORS {
        shop.bob.is_refused(door, Act::Recall(message), "forbidden").await;
        eve.is_refused(door, Act::Recall(message), "not_found").await;
    }
    assert_eq!(shop.bob.room(elsewhere).await["my"]["role"], "owner", "which counts only there");
    let moderator = format!("rooms/{}/members/{}", shop.room, shop.moderator.id);
    shop.owner.patch(&moderator, json!({"role": "member"})).await.is(200);
    shop.owner.delete(&format!("rooms/{}/members/{}", shop.room, shop.admin.id)).await.is(204);
    for door in DOORS {
        shop.moderator.is_refused(door, Act::Recall(message), "forbidden").await;
        shop.admin.is_refused(door, Act::Recall(message), "not_found").await;
    }
    assert_eq!(shop.shows(message).await["text"], "words of ann");
}

#[tokio::test]
async fn a_message_of_a_room_of_two_is_its_authors_alone() {
    let server = Server::start();
    let (mut ann, mut bob) =
        (Person::of(server.member("ann").await).await, Person::of(server.member("bob").await).await);
    let room = ann.post("directs", json!({"user": bob.id})).await.is(201).room_id();
    ann.patch(&format!("rooms/{room}"), json!({"recall_seconds": 86_400})).await.any_of(&[403, 409]);
    for door in DOORS {
        let (old, new) = (id_of(&ann.say(room, "old").await), id_of(&ann.say(room, "new").await));
        server.age(old, 31);
        bob.is_refused(door, Act::Recall(new), "forbidden").await;
        ann.is_refused(door, Act::Recall(old), "too_late").await;
        ann.does(door, Act::Recall(new)).await;
    }
}

#[tokio::test]
async fn the_window_is_set_by_who_keeps_the_room_and_told_to_all() {
    let mut shop = Workshop::open().await;
    let path = format!("rooms/{}", shop.room);
    shop.bob.patch(&path, json!({"recall_seconds": 5})).await.refuses(403, "forbidden");
    for bad in [json!(-1), json!(86_401), json!(i64::MAX), json!(u64::MAX), json!(1.5), json!("30"), json!([1])] {
        shop.owner.patch(&path, json!({"recall_seconds": bad})).await.any_of(&[400, 422]);
    }
    assert_eq!(shop.bob.room(shop.room).await["recall_seconds"], Value::Null);
    for seconds in [json!(86_400), json!(0), Value::Null] {
        let answer = shop.moderator.patch(&path, json!({"recall_seconds": seconds})).await.is(200);
        assert_eq!(answer["room"]["recall_seconds"], seconds);
        let told = |frame: &Value| frame["type"] == "room" && frame["room"]["recall_seconds"] == seconds;
        shop.bob.tab.take("the window", told).await;
        assert_eq!(shop.bob.room(shop.room).await["recall_seconds"], seconds);
    }
    shop.owner.patch(&path, json!({"recall_seconds": 77})).await.is(200);
    shop.owner.patch(&path, json!({"topic": "wood"})).await.is(200);
    let hello = shop.bob.connect().await.hello;
    assert_eq!(with_id(&hello["rooms"], shop.room)["recall_seconds"], 77, "another change leaves it");
}

#[tokio::test]
async fn what_was_taken_back_is_nowhere_any_more() {
    let mut shop = Workshop::open().await;
    let dan = shop.server.member("dan").await;
    shop.owner.post(&format!("rooms/{}/members", shop.room), json!({"user": dan.id})).await.is(201);
    let quoted = shop.message(0).await;
    let lives = DOORS.iter().flat_map(|door| [(*door, true), (*door, false)]);
    for (door, recall) in lives {
        check_vanishing(&mut shop, &dan, quoted, door, recall).await;
    }
}

/// Writes a message with everything one can carry, takes it back, and looks for it everywhere.
async fn check_vanishing(shop: &mut Workshop, dan: &Member, quoted: i64, door: Door, recall: bool) {
    let room = shop.room;
    let before = dan.room(room).await["rev"].clone();
    let body = json!({"text": "regretted words @dan", "reply_to": quoted});
    let sent = shop.ann.does(door, Act::Send(room, body)).await;
    shop.bob.does(door, Act::React(sent.id, "🦩")).await;
    let between = shop.bob.does(door, Act::React(sent.id, "🛟")).await.rev;
    let shown = shop.shows(sent.id).await;
    assert_eq!((&shown["reply_to"]["id"], shown["reactions"].as_array().map(Vec::len)), (&json!(quoted), Some(2)));
    assert_eq!(dan.room(room).await["my"]["mentions"], 1);

    let act = if recall { Act::Recall(sent.id) } else { Act::Delete(sent.id) };
    let done = shop.ann.does(door, act).await;
    assert_eq!((done.id, done.seq, done.rev), (sent.id, sent.seq, between + 1), "{door:?}");
    let frame =
        shop.bob.tab.take("the tombstone", |frame| frame["type"] == "message" && frame["rev"] == done.rev).await;
    let tombstone = frame["message"].clone();
    let (set, unset) = if recall { ("recalled_at", "deleted_at") } else { ("deleted_at", "recalled_at") };
    assert!(tombstone[set].is_string() && tombstone[unset].is_null(), "{tombstone}");
    assert_eq!((&tombstone["text"], &tombstone["reply_to"]), (&json!(""), &Value::Null));
    for list in ["spans", "uploads", "reactions"] {
        assert_eq!(tombstone[list], json!([]), "{list}");
    }
    for kept in ["id", "room", "seq", "kind", "sender", "client_id", "created_at"] {
        assert_eq!(tombstone[kept], shown[kept], "{kept}");
    }
    assert_eq!(dan.room(room).await["my"]["mentions"], 0, "nobody is mentioned any more");

    let histories = [
        dan.page(room, "").await.is(200),
        dan.page(room, &format!("around={}", sent.seq)).await.is(200),
        dan.changes(room, &format!("after={before}")).await.is(200),
        dan.changes(room, &format!("after={between}")).await.is(200),
        dan.get(&format!("messages?ids={quoted},{}", sent.id)).await.is(200),
    ];
    for history in &histories {
        assert_eq!(with_id(&history["messages"], sent.id), &tombstone, "the same for who was away");
    }
    assert_eq!(shop.shows(sent.id).await, tombstone);
    assert_eq!(
        dan.get(&format!("messages/{}/reactions", sent.id)).await["reactions"].as_array().map_or(0, Vec::len),
        0
    );

    let mut places: Vec<String> = histories.into_iter().map(|answer| answer.body).collect();
    for path in ["rooms".to_owned(), format!("rooms/{room}"), format!("/r/{room}")] {
        places.push(dan.get(&path).await.is(200).body);
    }
    let mut tab = dan.connect().await;
    places.push(tab.hello.to_string());
    let ack = tab.ask(json!({"type": "resume", "rooms": {room.to_string(): before}})).await;
    if !ack["fetch"].as_array().unwrap().contains(&json!(room)) {
        tab.take("the tombstone", |frame| frame["rev"] == done.rev).await;
    }
    places.extend(tab.heard().iter().map(Value::to_string));
    for place in places {
        for word in ["regretted", "🦩", "🛟"] {
            assert!(!place.contains(word), "{word} after {door:?}, recall {recall}: {place}");
        }
    }
    for word in ["regretted", "🦩", "🛟"] {
        let rows = shop.server.database().places_of(&shop.server.data(), word);
        assert!(rows.is_empty(), "{word} stands in {rows:?}");
    }
}

#[tokio::test]
async fn recalling_twice_changes_nothing() {
    let mut shop = Workshop::open().await;
    for door in DOORS {
        let message = shop.message(0).await;
        let once = shop.ann.does(door, Act::Recall(message)).await;
        let tombstone = shop.shows(message).await;
        shop.window(json!(0)).await;
        for again in DOORS {
            assert_eq!(shop.ann.does(again, Act::Recall(message)).await, once, "even when the window is over");
            assert_eq!(shop.moderator.does(again, Act::Recall(message)).await, once);
        }
        shop.window(Value::Null).await;
        assert_eq!(shop.shows(message).await, tombstone);
        assert_eq!(shop.bob.room(shop.room).await["rev"], once.rev);
    }
}

#[tokio::test]
async fn what_was_taken_back_takes_nothing_more() {
    let mut shop = Workshop::open().await;
    for door in DOORS {
        for recall in [true, false] {
            let message = shop.message(0).await;
            shop.bob.does(door, Act::React(message, "👍")).await;
            let act = if recall { Act::Recall(message) } else { Act::Delete(message) };
            let rev = shop.ann.does(door, act).await.rev;
            let tombstone = shop.shows(message).await;
            shop.ann.is_refused(door, Act::Edit(message, "back again"), "gone").await;
            shop.bob.is_refused(door, Act::React(message, "👍"), "gone").await;
            shop.bob.is_refused(door, Act::Unreact(message, "👍"), "gone").await;
            let reply = json!({"text": "what was that?", "reply_to": message});
            shop.bob.is_refused(door, Act::Send(shop.room, reply), "gone").await;
            let other = if recall { Act::Delete(message) } else { Act::Recall(message) };
            let outcome = shop.ann.tries(door, &other).await;
            assert!(outcome.as_ref().map_or_else(|code| code == "gone", |done| done.rev == rev), "{outcome:?}");
            assert_eq!(shop.shows(message).await, tombstone, "taken back once, in one way");
            assert_eq!(shop.bob.room(shop.room).await["rev"], rev);
        }
    }
}

#[tokio::test]
async fn a_send_repeated_after_its_recall_brings_nothing_back() {
    let mut shop = Workshop::open().await;
    for door in DOORS {
        let body = json!({"client_id": fresh_id(), "text": "once"});
        let sent = shop.ann.does(door, Act::Send(shop.room, body.clone())).await;
        let rev = shop.ann.does(door, Act::Recall(sent.id)).await.rev;
        for again in DOORS {
            let repeated = shop.ann.does(again, Act::Send(shop.room, body.clone())).await;
            assert_eq!((repeated.id, repeated.seq), (sent.id, sent.seq));
        }
        assert_eq!(
            (&shop.shows(sent.id).await["text"], &shop.bob.room(shop.room).await["rev"]),
            (&json!(""), &json!(rev))
        );
    }
}

#[tokio::test]
async fn recalls_outlive_the_server() {
    let mut shop = Workshop::open().await;
    shop.window(json!(300)).await;
    let message = shop.message(0).await;
    shop.ann.does(Door::Socket, Act::Recall(message)).await;
    let tombstone = shop.shows(message).await;
    shop.server.kill();
    shop.server.restart();
    assert_eq!(shop.shows(message).await, tombstone);
    assert_eq!(shop.bob.room(shop.room).await["recall_seconds"], 300);
}

#[tokio::test]
async fn nonsense_is_not_recalled() {
    let mut shop = Workshop::open().await;
    for id in [json!("1"), json!(1.5), json!(null), json!([1]), json!(u64::MAX)] {
        shop.ann.tab.refuses(json!({"type": "recall", "id": id}), "bad_frame").await;
    }
    for id in [0, -1, 999_999, i64::MAX] {
        for door in DOORS {
            shop.ann.is_refused(door, Act::Recall(id), "not_found").await;
        }
    }
    for path in ["messages/abc/recall", "messages/%00/recall", "messages/99999999999999999999/recall"] {
        shop.ann.post(path, Value::Null).await.any_of(&[400, 404, 422]);
    }
}

const ROUNDS: usize = 25;

/// What a client ends with: every message by its id.
type Shown = BTreeMap<i64, Value>;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn recalls_that_race_edits_deletions_and_reactions_end_the_same_for_all() {
    let mut shop = Workshop::open().await;
    let room = shop.room;
    let start = shop.bob.room(room).await["rev"].as_i64().unwrap();
    let messages = join_all((0..ROUNDS).map(|_| shop.message(0))).await;
    for (round, some) in messages.chunks(5).enumerate() {
        race(&mut shop, some, round).await;
    }
    let head = shop.bob.room(room).await["rev"].as_i64().unwrap();
    let stored = shop.bob.changes(room, "after=0").await.is(200);
    assert_eq!((&stored["rev"], &stored["more"]), (&json!(head), &json!(false)));
    let stored: Shown = stored.messages().iter().map(|message| (id_of(message), message.clone())).collect();
    assert_eq!(stored.len(), ROUNDS);
    for message in stored.values() {
        let ends = ["recalled_at", "deleted_at"].iter().filter(|field| message[**field].is_string()).count();
        assert_eq!((ends, &message["text"], &message["reactions"]), (1, &json!(""), &json!([])), "{message}");
    }
    for person in [&mut shop.ann, &mut shop.bob, &mut shop.moderator, &mut shop.admin] {
        let heard = person.hears_upto(room, head).await;
        assert_eq!(numbers(&heard, "rev"), (start + 1..=head).collect::<Vec<_>>(), "live frames without holes");
        assert_eq!(replay(&heard), stored, "{}", person.member.username);
    }
    let page = shop.bob.page(room, "limit=100").await.is(200);
    assert!(page.messages().iter().all(|message| stored[&id_of(message)] == *message));
}

/// Everything at once at each of some messages.
async fn race(shop: &mut Workshop, messages: &[i64], round: usize) {
    let (ann, bob) = (shop.ann.member.clone(), shop.bob.member.clone());
    let (moderator, admin) = (shop.moderator.member.clone(), shop.admin.member.clone());
    let acts = |message: i64| -> Vec<(&Member, Act<'static>)> {
        vec![
            (&ann, Act::Edit(message, "edited once")),
            (&bob, Act::React(message, "👍")),
            (&moderator, Act::Recall(message)),
            (&ann, Act::Delete(message)),
            (&bob, Act::Unreact(message, "👍")),
            (&admin, Act::React(message, "🎉")),
            (&ann, Act::Recall(message)),
            (&ann, Act::Edit(message, "edited twice")),
        ]
    };
    // Another one goes first at each message.
    let acts: Vec<_> = messages
        .iter()
        .enumerate()
        .flat_map(|(at, message)| acts(*message).into_iter().cycle().skip(at + 5 * round).take(8))
        .collect();
    let requests = join_all(acts.iter().map(|(person, act)| person.requests(act)));
    let by_frame = async {
        let mut outcomes = Vec::new();
        for message in messages {
            outcomes.push(shop.ann.tries(Door::Socket, &Act::Edit(*message, "edited by frame")).await);
        }
        outcomes
    };
    let (outcomes, last) = tokio::join!(requests, by_frame);
    for outcome in outcomes.into_iter().chain(last) {
        assert!(outcome.as_ref().map_or_else(|code| code == "gone", |done| messages.contains(&done.id)), "{outcome:?}");
    }
}

/// What a client shows after these frames. Once a message is taken back, it stays so.
fn replay(frames: &[Value]) -> Shown {
    let mut shown = Shown::new();
    for message in frames.iter().map(|frame| &frame["message"]) {
        let before = shown.insert(id_of(message), message.clone());
        let ended = before.is_some_and(|before| before["recalled_at"].is_string() || before["deleted_at"].is_string());
        assert!(!ended, "a change after the end: {message}");
    }
    shown
}

#[tokio::test]
async fn a_room_without_its_last_message_says_so_in_the_list() {
    let mut shop = Workshop::open().await;
    shop.message(0).await;
    let last = shop.ann.say(shop.room, "a secret for the list").await;
    assert_eq!(shop.bob.room(shop.room).await["last"]["text"], "a secret for the list");
    shop.ann.does(Door::Http, Act::Recall(id_of(&last))).await;
    let room = shop.bob.room(shop.room).await;
    assert!(room["last"]["text"].as_str().is_none_or(str::is_empty), "{room}");
    assert_eq!(room["last_seq"], 2, "its number stays taken");
    assert!(has(&shop.bob.get("rooms").await["rooms"], "id", shop.room));
}
