//! What people are to each other: requests, friends, blocks; always the same to both, and told to both.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{
    client::{Answer, Member},
    frame::has,
    server::Server,
    socket::Socket,
};

/// An id that nobody has.
const ABSENT: i64 = 999_999;

async fn put(me: &Member, them: &Member, state: &str) -> Answer {
    me.put(&format!("contacts/{}", them.id), json!({"state": state})).await
}

async fn part(me: &Member, them: &Member) {
    me.delete(&format!("contacts/{}", them.id)).await.is(204);
}

async fn make_friends(one: &Member, other: &Member) {
    put(one, other, "friend").await.is(200);
    assert_eq!(put(other, one, "friend").await.is(200)["contact"]["state"], "friend");
}

/// What they are to me, as every route says it.
async fn state(me: &Member, them: &Member) -> String {
    let profile = me.get(&format!("users/{}", them.id)).await.is(200);
    let state = profile["user"]["contact"].as_str().unwrap().to_owned();
    let listed = me.get("contacts").await.is(200);
    let listed = listed["contacts"].as_array().unwrap().iter().find(|contact| contact["user"]["id"] == them.id);
    assert_eq!(listed.map_or("none", |contact| contact["state"].as_str().unwrap()), state);
    state
}

/// What each is to the other.
async fn states(one: &Member, other: &Member) -> (String, String) {
    (state(one, other).await, state(other, one).await)
}

fn pair(one: &str, other: &str) -> (String, String) {
    (one.to_owned(), other.to_owned())
}

/// The next `contact` frame: about whom, and what they are now.
async fn told(tab: &mut Socket) -> (i64, String) {
    let frame = tab.next("contact").await;
    (frame["contact"]["user"]["id"].as_i64().unwrap(), frame["contact"]["state"].as_str().unwrap().to_owned())
}

/// Everything that was told before now, of one kind.
async fn heard_so_far(tab: &mut Socket, speaker: &Member, kind: &str) -> Vec<Value> {
    let lobby = speaker.lobby().await;
    let marker = crate::support::fresh_id();
    speaker.say(lobby, &marker).await;
    tab.message(&marker).await;
    tab.heard().iter().filter(|frame| frame["type"] == kind).cloned().collect()
}

#[tokio::test]
async fn a_request_is_accepted_and_ended_and_every_socket_of_both_hears_each_step() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let phone = bob.other_device().await;
    let mut tabs = [ann.connect().await, bob.connect().await, phone.connect().await];
    let asked = put(&ann, &bob, "friend").await.is(200);
    assert_eq!((&asked["contact"]["state"], &asked["contact"]["user"]["id"]), (&json!("requested"), &json!(bob.id)));
    assert_eq!(states(&ann, &bob).await, pair("requested", "incoming"));
    put(&ann, &bob, "friend").await.is(200);
    assert_eq!(put(&bob, &ann, "friend").await.is(200)["contact"]["state"], "friend");
    assert_eq!(states(&ann, &bob).await, pair("friend", "friend"));
    put(&bob, &ann, "friend").await.is(200);
    part(&ann, &bob).await;
    part(&ann, &bob).await;
    assert_eq!(states(&ann, &bob).await, pair("none", "none"));
    for (tab, steps) in tabs.iter_mut().zip([
        ["requested", "friend", "none"],
        ["incoming", "friend", "none"],
        ["incoming", "friend", "none"],
    ]) {
        let other = if steps[0] == "requested" { bob.id } else { ann.id };
        for step in steps {
            assert_eq!(told(tab).await, (other, step.to_owned()));
        }
        assert_eq!(heard_so_far(tab, &ann, "contact").await, [] as [Value; 0], "what changes nothing is not told");
    }
}

#[tokio::test]
async fn a_request_is_declined_or_taken_back_for_both_at_once() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    for who_ends in [&ann, &bob] {
        put(&ann, &bob, "friend").await.is(200);
        part(who_ends, if who_ends.id == ann.id { &bob } else { &ann }).await;
        assert_eq!(states(&ann, &bob).await, pair("none", "none"));
    }
}

#[tokio::test]
async fn contacts_stand_in_the_hello_the_page_and_the_list_with_presence() {
    let server = Server::start();
    let (ann, bob, eve) = (server.member("ann").await, server.member("bob").await, server.member("eve").await);
    make_friends(&ann, &bob).await;
    put(&ann, &eve, "blocked").await.is(200);
    let mut tab = bob.connect().await;
    tab.hears_of(bob.id).await;
    let hello = ann.connect().await.hello;
    let expected = [(bob.id, json!("friend")), (eve.id, json!("blocked"))];
    for (id, state) in expected {
        let contacts = hello["contacts"].as_array().unwrap();
        let contact = contacts.iter().find(|contact| contact["user"]["id"] == id).unwrap();
        assert_eq!(contact["state"], state);
        assert_eq!(contact.as_object().unwrap().len(), 2, "{contact}");
    }
    let page = ann.get("/").await.is(200).body;
    let (_, page) = page.split_once("id=\"state\"").unwrap();
    let script = page.split_once('>').unwrap().1.split("</script>").next().unwrap();
    let state: Value = serde_json::from_str(script).unwrap();
    assert_eq!(state["contacts"], hello["contacts"]);
    let list = ann.get("contacts").await.is(200);
    let online = |id: i64| {
        let contacts = list["contacts"].as_array().unwrap();
        contacts.iter().find(|contact| contact["user"]["id"] == id).unwrap()["online"].clone()
    };
    assert_eq!((online(bob.id), online(eve.id)), (json!(true), json!(false)));
    assert!(has(&list["contacts"], "last_seen_at", Value::Null), "{}", list.body);
    assert_eq!(eve.connect().await.hello["contacts"], json!([]), "nobody is told that they were blocked");
}

#[tokio::test]
async fn a_friend_who_shares_no_other_room_is_seen_coming() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let mut tab = ann.connect().await;
    make_friends(&ann, &bob).await;
    let bobs = bob.connect().await;
    tab.hears_of(bob.id).await;
    bobs.close().await;
    let gone = tab.take("bob's going", |frame| has(&frame["offline"], "user", bob.id)).await;
    assert!(gone["offline"][0]["last_seen"].is_string());
    let profile = ann.get(&format!("users/{}", bob.id)).await.is(200);
    assert_eq!((&profile["user"]["contact"], &profile["user"]["online"]), (&json!("friend"), &json!(false)));
}

#[tokio::test]
async fn requests_that_cross_make_friends() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let mut tab = ann.connect().await;
    for _ in 0..10 {
        let both = tokio::join!(put(&ann, &bob, "friend"), put(&bob, &ann, "friend"));
        both.0.is(200);
        both.1.is(200);
        assert_eq!(states(&ann, &bob).await, pair("friend", "friend"));
        part(&bob, &ann).await;
        tab.take("the end", |frame| frame["contact"]["state"] == "none").await;
    }
}

#[tokio::test]
async fn whatever_crosses_leaves_both_with_one_truth() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let (to_bob, to_ann) = (format!("contacts/{}", bob.id), format!("contacts/{}", ann.id));
    for _ in 0..10 {
        put(&ann, &bob, "friend").await.is(200);
        let (taken_back, accepted) = tokio::join!(ann.delete(&to_bob), put(&bob, &ann, "friend"));
        taken_back.is(204);
        let accepted = accepted.is(200)["contact"]["state"].clone();
        // Either he accepted and she left him, or she took it back and he asked anew.
        let end = if accepted == "friend" { pair("none", "none") } else { pair("incoming", "requested") };
        assert_eq!(states(&ann, &bob).await, end);
        part(&bob, &ann).await;
    }
    for _ in 0..10 {
        let (asked, blocked) = tokio::join!(put(&ann, &bob, "friend"), put(&bob, &ann, "blocked"));
        assert_eq!(asked.is(200)["contact"]["state"], "requested");
        assert_eq!(blocked.is(200)["contact"]["state"], "blocked");
        let (hers, his) = states(&ann, &bob).await;
        assert!(["none", "requested"].contains(&hers.as_str()), "{hers}");
        assert_eq!(his, "blocked");
        tokio::join!(ann.delete(&to_bob), bob.delete(&to_ann)).0.is(204);
        assert_eq!(states(&ann, &bob).await, pair("none", "none"));
    }
    for _ in 0..5 {
        let many = (0..12).map(|number| {
            let (me, them) = if number % 2 == 0 { (&ann, &bob) } else { (&bob, &ann) };
            async move {
                match number % 3 {
                    0 => me.delete(&format!("contacts/{}", them.id)).await.is(204),
                    _ => put(me, them, "friend").await.is(200),
                }
            }
        });
        join_all(many).await;
        let (hers, his) = states(&ann, &bob).await;
        let mirror = match hers.as_str() {
            "requested" => "incoming",
            "incoming" => "requested",
            same => same,
        };
        assert_eq!(his, mirror);
        part(&ann, &bob).await;
    }
}

#[tokio::test]
async fn asking_who_blocked_me_looks_like_asking_anybody_and_reaches_nobody() {
    let server = Server::start();
    let (ann, bob, cat) = (server.member("ann").await, server.member("bob").await, server.member("cat").await);
    put(&bob, &ann, "blocked").await.is(200);
    let (mut anns, mut bobs) = (ann.connect().await, bob.connect().await);
    let refused = put(&ann, &bob, "friend").await.is(200);
    let open = put(&ann, &cat, "friend").await.is(200);
    assert_eq!(refused.fields(), open.fields());
    let plain = |answer: &Answer, them: &Member| {
        answer.body.replace(&format!("\"id\":{}", them.id), "").replace(&them.username, "")
    };
    assert_eq!(plain(&refused, &bob), plain(&open, &cat));
    assert_eq!(told(&mut anns).await, (bob.id, "requested".to_owned()));
    assert_eq!(states(&ann, &bob).await, pair("requested", "blocked"));
    let (his, hers) =
        (ann.get(&format!("users/{}", bob.id)).await.is(200), ann.get(&format!("users/{}", cat.id)).await.is(200));
    let keys = |answer: &Answer| answer["user"].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!((keys(&his), &his["user"]["contact"]), (keys(&hers), &hers["user"]["contact"]));
    assert_eq!(heard_so_far(&mut bobs, &cat, "contact").await, [] as [Value; 0]);
    part(&bob, &ann).await;
    assert_eq!(told(&mut bobs).await, (ann.id, "none".to_owned()));
    assert_eq!(states(&ann, &bob).await, pair("requested", "none"), "a block that ends gives nothing back");
    put(&ann, &bob, "friend").await.is(200);
    assert_eq!(told(&mut bobs).await, (ann.id, "incoming".to_owned()));
    assert_eq!(states(&ann, &bob).await, pair("requested", "incoming"));
}

#[tokio::test]
async fn who_unblocks_and_then_asks_somebody_who_had_asked_gets_a_friend() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    put(&bob, &ann, "blocked").await.is(200);
    put(&ann, &bob, "friend").await.is(200);
    part(&bob, &ann).await;
    assert_eq!(put(&bob, &ann, "friend").await.is(200)["contact"]["state"], "friend");
    assert_eq!(states(&ann, &bob).await, pair("friend", "friend"));
}

#[tokio::test]
async fn a_block_ends_what_there_was_for_both_and_its_end_brings_nothing_back() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let (mut anns, mut bobs) = (ann.connect().await, bob.connect().await);
    make_friends(&ann, &bob).await;
    for (tab, states) in [(&mut anns, ["requested", "friend"]), (&mut bobs, ["incoming", "friend"])] {
        for state in states {
            assert_eq!(told(tab).await.1, state);
        }
    }
    assert_eq!(put(&ann, &bob, "blocked").await.is(200)["contact"]["state"], "blocked");
    assert_eq!(told(&mut anns).await, (bob.id, "blocked".to_owned()));
    assert_eq!(told(&mut bobs).await, (ann.id, "none".to_owned()), "as if the friendship had ended");
    assert_eq!(states(&ann, &bob).await, pair("blocked", "none"));
    put(&ann, &bob, "friend").await.refuses(403, "blocked");
    put(&ann, &bob, "blocked").await.is(200);
    put(&bob, &ann, "blocked").await.is(200);
    assert_eq!(states(&ann, &bob).await, pair("blocked", "blocked"), "both may");
    assert_eq!(told(&mut bobs).await, (ann.id, "blocked".to_owned()));
    part(&ann, &bob).await;
    assert_eq!(told(&mut anns).await, (bob.id, "none".to_owned()));
    assert_eq!(states(&ann, &bob).await, pair("none", "blocked"));
    part(&bob, &ann).await;
    assert_eq!(states(&ann, &bob).await, pair("none", "none"));
    put(&ann, &bob, "blocked").await.is(200);
    let bobs_frames = heard_so_far(&mut bobs, &bob, "contact").await;
    assert_eq!(bobs_frames.len(), 1, "his own unblocking alone: {bobs_frames:?}");
}

#[tokio::test]
async fn requests_in_either_direction_end_with_a_block() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    put(&ann, &bob, "friend").await.is(200);
    put(&ann, &bob, "blocked").await.is(200);
    assert_eq!(states(&ann, &bob).await, pair("blocked", "none"));
    part(&ann, &bob).await;
    put(&bob, &ann, "friend").await.is(200);
    put(&ann, &bob, "blocked").await.is(200);
    assert_eq!(states(&ann, &bob).await, pair("blocked", "none"));
}

#[tokio::test]
async fn what_makes_no_sense_is_refused() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let (own, absent) = (format!("contacts/{}", ann.id), format!("contacts/{ABSENT}"));
    for state in ["friend", "blocked"] {
        ann.put(&own, json!({"state": state})).await.refuses(422, "invalid");
        ann.put(&absent, json!({"state": state})).await.refuses(404, "not_found");
    }
    ann.delete(&own).await.refuses(422, "invalid");
    ann.delete(&absent).await.refuses(404, "not_found");
    let path = format!("contacts/{}", bob.id);
    for body in [
        json!({}),
        json!([]),
        json!({"state": null}),
        json!({"state": "incoming"}),
        json!({"state": "none"}),
        json!({"state": "friend\u{0}"}),
        json!({"state": "friend", "user": ABSENT}),
    ] {
        ann.put(&path, body).await.any_of(&[400, 422]);
    }
    for id in ["0", "-1", "x", "9223372036854775807", "9223372036854775808", "%00"] {
        ann.put(&format!("contacts/{id}"), json!({"state": "friend"})).await.any_of(&[400, 404]);
        ann.delete(&format!("contacts/{id}")).await.any_of(&[400, 404]);
    }
    server.guest().get("contacts").await.is(401);
    assert_eq!(states(&ann, &bob).await, pair("none", "none"));
}

/// People who never log in, behind the server's back.
fn crowd(server: &Server, count: i64) {
    let sql = format!(
        "INSERT INTO users (username, username_key, skeleton, nickname, nickname_key, password_hash, role, bio, created_at)
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})
         SELECT 'crowd' || i, 'crowd' || i, 'crowd' || i, 'c', 'c', '-', 'member', '', '2026-01-01 00:00:00' FROM n"
    );
    // PostgreSQL takes the time as text only where it is told that it is one.
    let sql = match server.database().url() {
        Some(_) => sql.replace("'2026-01-01 00:00:00'", "TIMESTAMP '2026-01-01 00:00:00'"),
        None => sql,
    };
    server.database().execute(&server.data(), &sql);
}

fn fill(server: &Server, columns: &str, values: &str) {
    server.database().execute(
        &server.data(),
        &format!("INSERT INTO {columns} SELECT {values}, created_at FROM users WHERE nickname = 'c'"),
    );
}

#[tokio::test]
async fn a_thousand_contacts_are_the_most_and_what_is_full_gives_way() {
    let server = Server::start();
    let (ann, bob, carol) = (server.member("ann").await, server.member("bob").await, server.member("carol").await);
    crowd(&server, 999);
    let requested = format!("{}, id, 'requested'", ann.id);
    fill(&server, "contacts (user_id, peer_id, state, created_at)", &requested);
    assert_eq!(ann.get("contacts").await.is(200)["contacts"].as_array().unwrap().len(), 999);
    put(&bob, &ann, "friend").await.is(200);
    assert_eq!(put(&ann, &carol, "blocked").await.is(200)["contact"]["state"], "blocked", "the thousandth");
    put(&ann, &bob, "friend").await.refuses(409, "too_many");
    put(&ann, &bob, "blocked").await.refuses(409, "too_many");
    assert_eq!(states(&ann, &bob).await, pair("incoming", "requested"));
    part(&ann, &carol).await;
    assert_eq!(put(&ann, &bob, "friend").await.is(200)["contact"]["state"], "friend");
    put(&ann, &bob, "blocked").await.is(200);
    put(&ann, &carol, "friend").await.refuses(409, "too_many");
}

#[tokio::test]
async fn a_request_beyond_a_thousand_that_wait_is_kept_by_who_asks_alone() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    crowd(&server, 1_000);
    fill(&server, "contacts (user_id, peer_id, state, created_at)", &format!("{}, id, 'incoming'", bob.id));
    assert_eq!(put(&ann, &bob, "friend").await.is(200)["contact"]["state"], "requested");
    assert_eq!(states(&ann, &bob).await, pair("requested", "none"));
    let one = bob.get("contacts").await.is(200)["contacts"][0]["user"]["id"].clone();
    bob.delete(&format!("contacts/{one}")).await.is(204);
    put(&ann, &bob, "friend").await.is(200);
    assert_eq!(states(&ann, &bob).await, pair("requested", "incoming"));
}

#[tokio::test]
async fn who_asks_too_many_people_must_wait_and_may_still_accept() {
    let server = Server::setup().limits().start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    crowd(&server, 21);
    put(&bob, &ann, "friend").await.is(200);
    let users = ann.get("users?q=crowd").await.is(200);
    let ids: Vec<i64> = users["users"].as_array().unwrap().iter().map(|user| user["id"].as_i64().unwrap()).collect();
    for id in &ids[..20] {
        ann.put(&format!("contacts/{id}"), json!({"state": "friend"})).await.is(200);
    }
    let answer =
        ann.put(&format!("contacts/{}", ids[20]), json!({"state": "friend"})).await.refuses(429, "rate_limited");
    assert!(answer["retry_after"].as_f64().unwrap() > 10.0, "an hour for twenty: {}", answer.body);
    ann.put(&format!("contacts/{}", ids[0]), json!({"state": "friend"})).await.is(200);
    assert_eq!(put(&ann, &bob, "friend").await.is(200)["contact"]["state"], "friend");
    ann.put(&format!("contacts/{}", ids[20]), json!({"state": "blocked"})).await.is(200);
}

#[tokio::test]
async fn no_private_chat_begins_where_one_has_blocked_the_other() {
    let server = Server::start();
    let (ann, bob, carol) = (server.member("ann").await, server.member("bob").await, server.member("carol").await);
    let room = ann.post("directs", json!({"user": bob.id})).await.is(201).room_id();
    ann.say(room, "before").await;
    put(&ann, &bob, "blocked").await.is(200);
    put(&ann, &carol, "blocked").await.is(200);
    for (one, other) in [(&ann, &bob), (&bob, &ann)] {
        let found = one.post("directs", json!({"user": other.id})).await.is(200);
        assert_eq!(found.room_id(), room, "what was said can still be read");
        assert_eq!(one.page(room, "").await.is(200).messages()[0]["text"], "before");
    }
    for (one, other) in [(&ann, &carol), (&carol, &ann)] {
        one.post("directs", json!({"user": other.id})).await.refuses(403, "blocked");
    }
    part(&ann, &carol).await;
    carol.post("directs", json!({"user": ann.id})).await.is(201);
}

#[tokio::test]
async fn nobody_brings_who_blocked_them_or_whom_they_blocked_into_a_room() {
    let server = Server::start();
    let (ann, bob, carol) = (server.member("ann").await, server.member("bob").await, server.member("carol").await);
    let room = ann.private_room("purchasing", &[&carol]).await;
    let path = format!("rooms/{room}/members");
    put(&ann, &bob, "blocked").await.is(200);
    ann.post(&path, json!({"user": bob.id})).await.refuses(403, "blocked");
    part(&ann, &bob).await;
    put(&bob, &ann, "blocked").await.is(200);
    ann.post(&path, json!({"user": bob.id})).await.refuses(403, "blocked");
    bob.get(&format!("rooms/{room}")).await.is(404);
    put(&carol, &ann, "blocked").await.is(200);
    ann.post(&path, json!({"user": carol.id})).await.is(200);
    part(&bob, &ann).await;
    ann.post(&path, json!({"user": bob.id})).await.is(201);
}

#[tokio::test]
async fn contacts_outlive_the_server() {
    let mut server = Server::start();
    let (ann, bob, carol) = (server.member("ann").await, server.member("bob").await, server.member("carol").await);
    make_friends(&ann, &bob).await;
    put(&ann, &carol, "blocked").await.is(200);
    server.stop();
    server.restart();
    assert_eq!(states(&ann, &bob).await, pair("friend", "friend"));
    assert_eq!(states(&ann, &carol).await, pair("blocked", "none"));
}
