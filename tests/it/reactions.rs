//! Reactions: one emoji of one person on one message, counted the same for everybody.

use std::{collections::BTreeSet, time::Instant};

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    client::Member,
    doors::{Act, DOORS, Door, Person, reaction},
    frame::{id_of, numbers, pluck, with_id},
    server::Server,
};

/// Kinds enough for any test.
const KINDS: [&str; 30] = [
    "👍", "👎", "😀", "😂", "🎉", "❤️", "🚀", "👀", "🔥", "🙏", "💯", "😮", "😢", "😡", "🤔", "👏", "🍕", "🐱", "🐶",
    "🌍", "⭐", "🌈", "🍎", "🍌", "🚲", "🏠", "📦", "🔑", "🎁", "🧡",
];

struct Scene {
    server: Server,
    ann: Person,
    bob: Person,
    room: i64,
    message: i64,
}

impl Scene {
    async fn set() -> Self {
        let server = Server::start();
        let (ann, bob) = (server.member("ann").await, server.member("bob").await);
        let room = ann.private_room("crew", &[&bob]).await;
        let message = id_of(&ann.say(room, "shall we?").await);
        Self { ann: Person::of(ann).await, bob: Person::of(bob).await, server, room, message }
    }

    async fn shown(&self) -> Value {
        self.bob.get(&format!("messages/{}", self.message)).await.is(200)["message"].clone()
    }

    async fn rev(&self) -> i64 {
        self.bob.room(self.room).await["rev"].as_i64().unwrap()
    }
}

fn kind(emoji: &str, people: &[&Member]) -> Value {
    let users: Vec<_> = people.iter().map(|person| person.id).collect();
    json!({"emoji": emoji, "count": users.len(), "users": users})
}

#[tokio::test]
async fn a_reaction_is_put_on_and_taken_off_for_everybody() {
    let mut scene = Scene::set().await;
    let before = scene.shown().await;
    assert_eq!(before["reactions"], json!([]));
    for door in DOORS {
        let rev = scene.rev().await;
        let message = scene.message;
        let on = scene.bob.does(door, Act::React(message, "👍")).await;
        assert_eq!((on.id, on.rev), (message, rev + 1));
        let heard = scene.ann.tab.take("the reaction", |frame| frame["rev"] == on.rev).await;
        assert_eq!(heard["message"]["reactions"], json!([kind("👍", &[&scene.bob])]));
        assert_eq!(heard["message"], scene.shown().await, "the same bytes for every reader");
        assert_eq!((&heard["message"]["edited_at"], &heard["message"]["text"]), (&Value::Null, &before["text"]));
        assert_eq!(scene.ann.page(scene.room, "").await.messages(), [heard["message"].clone()]);
        assert_eq!(scene.ann.changes(scene.room, &format!("after={rev}")).await.messages(), [heard["message"].clone()]);
        let off = scene.bob.does(door, Act::Unreact(message, "👍")).await;
        assert_eq!(off.rev, rev + 2);
        let heard = scene.ann.tab.take("its going", |frame| frame["rev"] == off.rev).await;
        assert_eq!(heard["message"]["reactions"], json!([]));
    }
    let room = scene.ann.room(scene.room).await;
    assert_eq!((&room["last_seq"], &room["my"]["read_seq"]), (&json!(1), &json!(1)), "a reaction is nothing unread");
}

#[tokio::test]
async fn what_changes_nothing_takes_no_number() {
    let mut scene = Scene::set().await;
    let message = scene.message;
    for door in DOORS {
        let rev = scene.rev().await;
        assert_eq!(scene.bob.does(door, Act::Unreact(message, "👍")).await.rev, rev, "there was none");
        let on = scene.bob.does(door, Act::React(message, "👍")).await;
        for again in DOORS {
            assert_eq!(scene.bob.does(again, Act::React(message, "👍")).await, on, "it is there already");
            assert_eq!(scene.ann.does(again, Act::Unreact(message, "👍")).await, on, "it is not hers to take");
        }
        assert_eq!((scene.rev().await, scene.shown().await["reactions"][0]["count"].clone()), (on.rev, json!(1)));
        let off = scene.bob.does(door, Act::Unreact(message, "👍")).await;
        assert_eq!(scene.bob.does(door, Act::Unreact(message, "👍")).await, off);
        assert_eq!(scene.rev().await, rev + 2);
    }
}

#[tokio::test]
async fn kinds_stand_in_the_order_in_which_they_came() {
    let mut scene = Scene::set().await;
    let message = scene.message;
    for (emoji, door) in [("🚀", Door::Http), ("👍", Door::Socket), ("🐱", Door::Http)] {
        scene.ann.does(door, Act::React(message, emoji)).await;
    }
    for emoji in ["🐱", "👍"] {
        scene.bob.does(Door::Socket, Act::React(message, emoji)).await;
    }
    let (ann, bob) = (&scene.ann.member.clone(), &scene.bob.member.clone());
    let expected = json!([kind("🚀", &[ann]), kind("👍", &[ann, bob]), kind("🐱", &[ann, bob])]);
    assert_eq!(scene.shown().await["reactions"], expected);
    scene.ann.does(Door::Http, Act::Unreact(message, "🚀")).await;
    scene.ann.does(Door::Http, Act::React(message, "🚀")).await;
    let expected = json!([kind("👍", &[ann, bob]), kind("🐱", &[ann, bob]), kind("🚀", &[ann])]);
    assert_eq!(scene.shown().await["reactions"], expected, "who left and came again stands at the end");
}

#[tokio::test]
async fn a_kind_keeps_its_place_while_anybody_stands_by_it() {
    let mut scene = Scene::set().await;
    let message = scene.message;
    scene.ann.does(Door::Http, Act::React(message, "👍")).await;
    scene.ann.does(Door::Http, Act::React(message, "🐱")).await;
    scene.bob.does(Door::Http, Act::React(message, "👍")).await;
    scene.ann.does(Door::Http, Act::Unreact(message, "👍")).await;
    let expected = json!([kind("👍", &[&scene.bob]), kind("🐱", &[&scene.ann])]);
    assert_eq!(scene.shown().await["reactions"], expected);
}

#[tokio::test]
async fn sixty_people_are_counted_and_fifty_named() {
    let server = Server::start();
    let mut people = Vec::new();
    for number in 0..60 {
        people.push(server.member(&format!("fan_{number:02}")).await);
    }
    let lobby = people[0].lobby().await;
    let message = id_of(&people[0].say(lobby, "who is in?").await);
    let act = Act::React(message, "🙋");
    for outcome in join_all(people.iter().map(|person| person.requests(&act))).await {
        outcome.unwrap();
    }
    let shown = people[7].get(&format!("messages/{message}")).await.is(200)["message"].clone();
    let ids: Vec<_> = people.iter().map(|person| person.id).collect();
    assert_eq!(shown["reactions"].as_array().unwrap().len(), 1);
    assert_eq!((&shown["reactions"][0]["count"], &shown["reactions"][0]["emoji"]), (&json!(60), &json!("🙋")));
    let users: BTreeSet<_> =
        shown["reactions"][0]["users"].as_array().unwrap().iter().map(|user| user.as_i64().unwrap()).collect();
    assert_eq!(users.len(), 50);
    assert!(users.iter().all(|user| ids.contains(user)));
    let cards = people[3].get(&format!("messages/{message}/reactions")).await.is(200);
    let mut named = numbers(cards["reactions"][0]["users"].as_array().unwrap(), "id");
    named.sort_unstable();
    let mut all = ids.clone();
    all.sort_unstable();
    assert_eq!((named, &cards["reactions"][0]["count"]), (all, &json!(60)), "up to a hundred are named where one asks");
    let unnamed = people.iter().find(|person| !users.contains(&person.id)).unwrap();
    let cards = unnamed.get(&format!("messages/{message}/reactions")).await.is(200);
    assert_eq!(cards["reactions"][0]["mine"], true, "whom the message does not name learns it here");
    people[0].requests(&Act::Unreact(message, "🙋")).await.unwrap();
    let shown = people[7].get(&format!("messages/{message}")).await.is(200);
    assert_eq!(shown["message"]["reactions"][0]["count"], 59);
}

#[tokio::test]
async fn who_reacted_is_told_with_names_to_members() {
    let mut scene = Scene::set().await;
    let message = scene.message;
    let path = format!("messages/{message}/reactions");
    assert_eq!(scene.ann.get(&path).await.is(200).json, json!({"reactions": []}));
    scene.ann.does(Door::Http, Act::React(message, "👍")).await;
    scene.bob.does(Door::Http, Act::React(message, "👍")).await;
    scene.bob.does(Door::Http, Act::React(message, "🐱")).await;
    let card = |person: &Person| json!({"id": person.id, "username": person.username, "nickname": person.username, "role": "member"});
    let expected = json!({"reactions": [
        {"emoji": "👍", "count": 2, "mine": true, "users": [card(&scene.ann), card(&scene.bob)]},
        {"emoji": "🐱", "count": 1, "mine": true, "users": [card(&scene.bob)]},
    ]});
    assert_eq!(scene.bob.get(&path).await.is(200).json, expected);
    assert_eq!(pluck(scene.ann.get(&path).await.is(200)["reactions"].as_array().unwrap(), "mine"), [true, false]);
    let eve = scene.server.member("eve").await;
    let (hidden, absent) = (eve.get(&path).await, eve.get("messages/999999/reactions").await);
    assert_eq!((hidden.status, absent.status), (404, 404));
    assert_eq!((&hidden.body, hidden.fields()), (&absent.body, absent.fields()));
    scene.ann.delete(&format!("rooms/{}/members/{}", scene.room, scene.bob.id)).await.is(204);
    scene.bob.get(&path).await.is(404);
}

#[tokio::test]
async fn a_message_has_room_for_twenty_kinds() {
    let mut scene = Scene::set().await;
    let message = scene.message;
    let acts: Vec<_> = KINDS[..20].iter().map(|emoji| Act::React(message, emoji)).collect();
    let people = [&scene.ann.member, &scene.bob.member];
    for outcome in join_all(acts.iter().enumerate().map(|(at, act)| people[at % 2].requests(act))).await {
        outcome.unwrap();
    }
    let full = scene.rev().await;
    for door in DOORS {
        scene.ann.is_refused(door, Act::React(message, KINDS[20]), "too_many").await;
        assert_eq!(scene.rev().await, full, "a refusal takes no number");
    }
    scene.bob.does(Door::Http, Act::React(message, KINDS[0])).await;
    scene.ann.does(Door::Http, Act::Unreact(message, KINDS[0])).await;
    scene.ann.is_refused(Door::Http, Act::React(message, KINDS[20]), "too_many").await;
    scene.bob.does(Door::Http, Act::Unreact(message, KINDS[0])).await;
    scene.ann.does(Door::Socket, Act::React(message, KINDS[20])).await;
    let shown = pluck(scene.shown().await["reactions"].as_array().unwrap(), "emoji");
    assert_eq!((shown.len(), shown.last()), (20, Some(&json!(KINDS[20]))), "there is a place again");
    assert!(!shown.contains(&json!(KINDS[0])), "{shown:?}");
}

#[tokio::test]
async fn thirty_kinds_at_once_are_twenty() {
    let scene = Scene::set().await;
    let acts: Vec<_> = KINDS.iter().map(|emoji| Act::React(scene.message, emoji)).collect();
    let people = [&scene.ann.member, &scene.bob.member];
    let outcomes = join_all(acts.iter().enumerate().map(|(at, act)| people[at % 2].requests(act))).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 20);
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Err("too_many".to_owned())).count(), 10);
    assert_eq!(scene.shown().await["reactions"].as_array().unwrap().len(), 20);
}

#[tokio::test]
async fn every_emoji_of_the_world_is_one() {
    let mut scene = Scene::set().await;
    let message = scene.message;
    let emojis = ["👍🏽", "👨‍👩‍👧‍👦", "👩🏽‍💻", "🇨🇳", "❤️", "1️⃣", "#️⃣", "🏳️‍🌈", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "🧑🏻‍🤝‍🧑🏿", "🫶", "☕"];
    // A message each, for reactions to one message wait for each other.
    let mut messages = Vec::new();
    for emoji in emojis {
        messages.push((id_of(&scene.ann.say(scene.room, emoji).await), emoji));
    }
    let acts: Vec<_> = messages.iter().map(|(message, emoji)| Act::React(*message, emoji)).collect();
    for (outcome, act) in join_all(acts.iter().map(|act| scene.ann.requests(act))).await.iter().zip(&acts) {
        assert!(outcome.is_ok(), "{act:?}: {outcome:?}");
    }
    for act in acts {
        scene.bob.does(Door::Socket, act).await;
    }
    let page = scene.bob.page(scene.room, "").await.is(200);
    for (message, emoji) in messages {
        let reactions = &with_id(&page["messages"], message)["reactions"];
        assert_eq!(*reactions, json!([kind(emoji, &[&scene.ann, &scene.bob])]), "one kind by either door");
    }
    for emoji in ["👍", "👍🏽", "👍🏿"] {
        scene.bob.does(Door::Http, Act::React(message, emoji)).await;
    }
    let shown = pluck(scene.shown().await["reactions"].as_array().unwrap(), "emoji");
    assert_eq!(shown, ["👍", "👍🏽", "👍🏿"], "a skin tone makes another kind");
    scene.ann.does(Door::Http, Act::React(message, "❤")).await;
    scene.bob.does(Door::Socket, Act::React(message, "❤️")).await;
    let shown = scene.shown().await;
    assert_eq!(shown["reactions"][3], kind("❤️", &[&scene.ann, &scene.bob]), "plain or coloured, it is one heart");
}

#[tokio::test]
async fn what_is_no_single_emoji_is_refused() {
    let mut scene = Scene::set().await;
    let message = scene.message;
    let (text, many) = ("a".repeat(10_000), "👍".repeat(2_500));
    let bad = [
        "a",
        "ok",
        "7",
        "#",
        " ",
        "👍👍",
        "👍🎉",
        "👍 ",
        " 👍",
        "👍a",
        "a👍",
        "👍\u{0}",
        "\u{0}",
        "\u{7f}",
        "\u{200d}",
        "\u{fe0f}",
        "👍\u{200d}",
        "👍\u{202e}",
        "🇨",
        "🏽",
        "e\u{301}",
        "字",
        "<b>",
        ":thumbsup:",
        "%F0%9F%91%8D",
        "👍/👍",
        "..",
        "👍\n",
        &text,
        &many,
    ];
    // A skin tone alone and half a flag are shown as something, but are part of an emoji; whoever counts them does no harm.
    let harmless = ["🇨", "🏽"];
    for emoji in bad {
        let cut: String = emoji.chars().take(20).collect();
        let mut putting = scene.ann.tab.ask(json!({"type": "react", "id": message, "emoji": emoji, "on": true})).await;
        if harmless.contains(&emoji) && putting["type"] == "ack" {
            putting = scene.ann.tab.ask(json!({"type": "react", "id": message, "emoji": emoji, "on": false})).await;
            assert_eq!(putting["type"], "ack", "{cut:?}");
            continue;
        }
        assert_eq!((&putting["type"], &putting["code"]), (&json!("error"), &json!("invalid")), "{cut:?}: {putting}");
        for method in [Method::PUT, Method::DELETE] {
            let answer = scene.ann.call(method.clone(), &reaction(message, emoji), Value::Null).await;
            let known = answer.status == 422 && answer["code"] == "invalid";
            let too_long = emoji.len() > 5_000 && [414, 431].contains(&answer.status);
            // Slashes and dots are gone before anybody looks at the emoji.
            let elsewhere = emoji.contains(['/', '.']) && [404, 405].contains(&answer.status);
            assert!(known || too_long || elsewhere, "{method} {cut:?} gave {}: {}", answer.status, answer.body);
        }
    }
    scene.ann.tab.refuses(json!({"type": "react", "id": message, "emoji": "", "on": true}), "invalid").await;
    for raw in ["", "%", "%ZZ", "%FF", "%F0%9F%91", "%C0%80", "%ED%A0%BD", "%00", "👍%00", "%2525", "+", "👍?x=1%00"]
    {
        let path = format!("messages/{message}/reactions/{raw}");
        for method in [Method::PUT, Method::DELETE] {
            let answer = scene.ann.call(method, &path, Value::Null).await;
            let fine = raw.contains("👍?") && answer.status == 200;
            assert!(fine || [400, 404, 405, 422].contains(&answer.status), "{raw} gave {}", answer.status);
        }
    }
    for (emoji, on) in
        [(json!(1), json!(true)), (Value::Null, json!(true)), (json!("👍"), json!("yes")), (json!("👍"), json!(1))]
    {
        scene.ann.tab.refuses(json!({"type": "react", "id": message, "emoji": emoji, "on": on}), "bad_frame").await;
    }
    scene.ann.tab.refuses(json!({"type": "react", "id": message, "emoji": "👍"}), "bad_frame").await;
    assert_eq!(scene.shown().await["reactions"], json!([]));
}

#[tokio::test]
async fn outsiders_do_not_react() {
    let scene = Scene::set().await;
    let mut eve = Person::of(scene.server.member("eve").await).await;
    let (hidden, absent) = (scene.message, 999_999);
    for act in [Act::React, Act::Unreact] {
        for door in DOORS {
            eve.is_refused(door, act(hidden, "👍"), "not_found").await;
            eve.is_refused(door, act(absent, "👍"), "not_found").await;
        }
        let (one, two) = (eve.request_act(&act(hidden, "👍")).await, eve.request_act(&act(absent, "👍")).await);
        assert_eq!((&one.body, one.fields()), (&two.body, two.fields()), "it answers like what does not exist");
    }
    let public = scene.ann.make_room("public", "corner").await;
    let seen = id_of(&scene.ann.say(public, "come in").await);
    for door in DOORS {
        eve.is_refused(door, Act::React(seen, "👍"), "not_found").await;
    }
    eve.get(&format!("messages/{seen}/reactions")).await.is(404);
    eve.post(&format!("rooms/{public}/join"), Value::Null).await.is(200);
    eve.does(Door::Socket, Act::React(seen, "👍")).await;
    scene.server.guest().call(Method::PUT, &reaction(seen, "👍"), Value::Null).await.is(401);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_people_who_toggle_at_once_end_with_true_counts() {
    let mut scene = Scene::set().await;
    let mut messages = vec![scene.message];
    for number in 2..=6 {
        messages.push(id_of(&scene.ann.say(scene.room, &format!("question {number}")).await));
    }
    let start = scene.rev().await;
    let (ann, bob) = (scene.ann.member.clone(), scene.bob.member.clone());
    join_all(messages.iter().map(|message| async {
        tokio::join!(toggle(&ann, *message, 7), toggle(&bob, *message, 8));
    }))
    .await;
    let head = scene.rev().await;
    assert!(head > start && head <= start + 15 * 6, "{} numbers for 90 true changes", head - start);
    let page = scene.ann.page(scene.room, "").await.is(200);
    assert_eq!(page.messages().len(), messages.len());
    for message in page.messages() {
        assert_eq!(message["reactions"], json!([kind("👍", &[&ann])]), "{message}");
    }
    let heard = scene.ann.hears_upto(scene.room, head).await;
    let revs = numbers(&heard, "rev");
    assert_eq!(revs, (revs[0]..=head).collect::<Vec<_>>(), "live frames without holes");
    assert!(revs[0] <= start + 1);
    for frame in &heard {
        for kind in frame["message"]["reactions"].as_array().unwrap() {
            let users = kind["users"].as_array().unwrap();
            let distinct: BTreeSet<_> = users.iter().map(Value::as_i64).collect();
            assert!(!users.is_empty() && kind["count"] == users.len() && distinct.len() == users.len(), "{frame}");
        }
    }
    for message in &messages {
        let last = heard.iter().rfind(|frame| frame["message"]["id"] == *message).unwrap();
        assert_eq!(&last["message"], with_id(&page["messages"], *message), "the last word is the stored one");
    }
}

/// So many changes from off, each asked for twice at once.
async fn toggle(person: &Member, message: i64, changes: usize) {
    for number in 0..changes {
        let act = if number % 2 == 0 { Act::React(message, "👍") } else { Act::Unreact(message, "👍") };
        let (one, two) = tokio::join!(person.requests(&act), person.requests(&act));
        one.unwrap();
        two.unwrap();
    }
}

#[tokio::test]
async fn a_crowd_that_reacts_at_once_is_told_in_few_changes() {
    let server = Server::start();
    let mut people = Vec::new();
    for number in 0..30 {
        people.push(server.member(&format!("fan_{number:02}")).await);
    }
    let lobby = people[0].lobby().await;
    let message = id_of(&people[0].say(lobby, "who is in?").await);
    let start = Instant::now();
    let act = Act::React(message, "🙋");
    for outcome in join_all(people.iter().map(|person| person.requests(&act))).await {
        outcome.unwrap();
    }
    let halves = start.elapsed().as_millis() / 500 + 1;
    let rev = people[0].room(lobby).await["rev"].as_i64().unwrap();
    assert!(
        rev > 1 && i128::from(rev) <= 2 + i128::try_from(halves).unwrap(),
        "{rev} numbers in {halves} half seconds"
    );
    let shown = people[0].get(&format!("messages/{message}")).await.is(200);
    assert_eq!(shown["message"]["reactions"][0]["count"], 30);
}

#[tokio::test]
async fn reactions_outlive_the_server_and_the_member() {
    let mut scene = Scene::set().await;
    let message = scene.message;
    scene.bob.does(Door::Socket, Act::React(message, "👍")).await;
    scene.server.kill();
    scene.server.restart();
    assert_eq!(scene.shown().await["reactions"], json!([kind("👍", &[&scene.bob])]));
    scene.ann.delete(&format!("rooms/{}/members/{}", scene.room, scene.bob.id)).await.is(204);
    let page = scene.ann.page(scene.room, "").await.is(200);
    assert_eq!(with_id(&page["messages"], message)["reactions"][0]["count"], 1, "what was said stays said");
}
