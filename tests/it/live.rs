//! What a socket tells while it is open: who is here, who types, who read what, and what is missing.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use crate::support::{
    PASSWORD, eventually,
    frame::{has, with_id},
    server::Server,
    socket::Socket,
};

#[tokio::test]
async fn hello_comes_first_and_tells_everything() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let lobby = ann.lobby().await;
    let direct = ann.post("directs", json!({"user": bob.id})).await.room_id();
    let room = ann.private_room("purchasing", &[&bob]).await;
    ann.say(room, "paper @bob").await;
    let mut first = bob.connect().await;
    first.hears_of(bob.id).await;
    let hello = bob.connect().await.hello;
    assert_eq!((&hello["protocol"], &hello["me"]["id"]), (&json!(1), &json!(bob.id)));
    assert!(hello["epoch"].as_str().is_some_and(|epoch| !epoch.is_empty()));
    assert_eq!(hello["limits"]["text"], 4000);
    assert_eq!(hello["rooms"].as_array().unwrap().len(), 3);
    let purchasing = with_id(&hello["rooms"], room);
    let my = json!({"role": "member", "read_seq": 0, "mentions": 1, "notify": "all", "muted": false, "silenced_until": null});
    assert_eq!(purchasing["my"], my);
    assert_eq!(purchasing["last"]["text"], "paper @bob");
    assert_eq!(with_id(&hello["rooms"], direct)["peer"]["id"], ann.id);
    assert_eq!(with_id(&hello["rooms"], lobby)["lobby"], true);
    for listed in hello["rooms"].as_array().unwrap() {
        assert_eq!(listed, &bob.room(listed["id"].as_i64().unwrap()).await, "HTTP tells the same");
    }
    assert!(has(&hello["online"], "id", bob.id), "I am here myself");
    assert_eq!(hello["online_count"], 1);
}

#[tokio::test]
async fn several_tabs_are_one_person_who_leaves_with_the_last() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let mut watch = ann.connect().await;
    let (one, two) = (bob.connect().await, bob.connect().await);
    let came =
        watch.take("bob's coming", |frame| has(&frame["online"], "id", bob.id) && frame["type"] == "presence").await;
    assert_eq!(came["online_count"], 2);
    assert_eq!(ann.connect().await.hello["online_count"], 2);
    one.close().await;
    two.close().await;
    let left = Instant::now();
    let gone = watch.take("bob's going", |frame| has(&frame["offline"], "user", bob.id)).await;
    let after = left.elapsed();
    assert!(after > Duration::from_secs(8), "going is told after a grace, not after {after:?}");
    assert_eq!(gone["online_count"], 1);
    let told = gone["offline"].as_array().unwrap().iter().find(|person| person["user"] == bob.id).unwrap();
    assert!(told["last_seen"].is_string(), "{gone}");
    assert_eq!(watch.heard().iter().filter(|frame| has(&frame["online"], "id", bob.id)).count(), 0, "he came once");
    let user = ann.get(&format!("users/{}", bob.id)).await.is(200);
    assert_eq!(user["user"]["online"], false);
    eventually("the hour is stored", async || {
        ann.get(&format!("users/{}", bob.id)).await["user"]["last_seen_at"].is_string()
    })
    .await;
}

#[tokio::test]
async fn who_reconnects_in_time_never_left() {
    let server = Server::start();
    let (ann, bob, carol) = (server.member("ann").await, server.member("bob").await, server.member("carol").await);
    let mut watch = ann.connect().await;
    let first = bob.connect().await;
    watch.take("bob's coming", |frame| has(&frame["online"], "id", bob.id)).await;
    first.close().await;
    let _second = bob.connect().await;
    let tab = carol.connect().await;
    watch.take("carol's coming", |frame| has(&frame["online"], "id", carol.id)).await;
    tab.close().await;
    watch.take("carol's going", |frame| has(&frame["offline"], "user", carol.id)).await;
    let blinked = watch
        .heard()
        .iter()
        .find(|frame| has(&frame["offline"], "user", bob.id) || has(&frame["online"], "id", bob.id));
    assert_eq!(blinked, None, "carol left after bob came back, so bob's grace is over too");
}

#[tokio::test]
async fn typing_is_heard_in_that_room_by_the_others() {
    let server = Server::start();
    let (ann, bob, eve) = (server.member("ann").await, server.member("bob").await, server.member("eve").await);
    let room = ann.private_room("purchasing", &[&bob]).await;
    let lobby = ann.lobby().await;
    let (mut anns, mut bobs, mut eves) = (ann.connect().await, bob.connect().await, eve.connect().await);
    anns.send(json!({"type": "typing", "room": room})).await;
    assert_eq!(bobs.next("typing").await, json!({"type": "typing", "room": room, "user": ann.id, "nickname": "ann"}));
    anns.say(lobby, "marker").await;
    anns.message("marker").await;
    eves.message("marker").await;
    for tab in [&anns, &eves] {
        assert!(tab.heard().iter().all(|frame| frame["type"] != "typing"), "{:?}", tab.heard());
    }
}

#[tokio::test]
async fn others_see_how_far_i_have_read() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let room = ann.private_room("purchasing", &[&bob]).await;
    let (mut anns, mut bobs) = (ann.connect().await, bob.connect().await);
    anns.say(room, "one").await;
    anns.say(room, "two").await;
    let ack = bobs.ask(json!({"type": "read", "room": room, "seq": 2})).await;
    assert_eq!((&ack["type"], &ack["room"], &ack["seq"]), (&json!("ack"), &json!(room), &json!(2)));
    let told = anns.take("bob's mark", |frame| frame["type"] == "read" && frame["user"] == bob.id).await;
    assert_eq!((&told["room"], &told["seq"]), (&json!(room), &json!(2)));
    let beyond = bobs.ask(json!({"type": "read", "room": room, "seq": 4_000_000})).await;
    assert!(beyond["seq"] == 2 || beyond["code"] == "invalid", "{beyond}");
}

#[tokio::test]
async fn a_new_nickname_is_told_to_those_who_are_here() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let mut tab = bob.connect().await;
    ann.patch("me", json!({"nickname": "Ann B."})).await.is(200);
    let told = tab.next("user").await;
    assert_eq!((&told["user"]["id"], &told["user"]["nickname"]), (&json!(ann.id), &json!("Ann B.")));
    let lobby = bob.lobby().await;
    assert_eq!(ann.say(lobby, "it is me").await["sender"]["nickname"], "Ann B.");
}

#[tokio::test]
async fn a_newcomer_is_told_to_the_lobby() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let lobby = ann.lobby().await;
    let mut tab = ann.connect().await;
    let bob = server.member("bob").await;
    let told = tab.take("bob", |frame| frame["type"] == "member" && frame["user"]["id"] == bob.id).await;
    assert_eq!((&told["room"], &told["role"], &told["member_count"]), (&json!(lobby), &json!("member"), &json!(2)));
}

#[tokio::test]
async fn all_my_tabs_learn_of_a_room_i_made_and_left() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let (mut one, mut two) = (ann.connect().await, ann.connect().await);
    let room = bob.make_room("public", "corner").await;
    ann.post(&format!("rooms/{room}/join"), Value::Null).await.is(200);
    for tab in [&mut one, &mut two] {
        let told = tab.take("the room", |frame| frame["type"] == "room" && frame["room"]["id"] == room).await;
        assert_eq!(told["room"]["my"]["role"], "member");
    }
    bob.say(room, "welcome").await;
    one.message("welcome").await;
    ann.post(&format!("rooms/{room}/leave"), Value::Null).await.is(204);
    for tab in [&mut one, &mut two] {
        assert_eq!(tab.next("room_gone").await["room"], room);
    }
}

#[tokio::test]
async fn a_quiet_line_says_the_heads() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let lobby = ann.lobby().await;
    let mut tab = ann.connect().await;
    tab.say(lobby, "one").await;
    let told =
        tab.take("the head", |frame| frame["type"] == "heads" && frame["rooms"][lobby.to_string()].is_number()).await;
    assert_eq!(told["rooms"][lobby.to_string()], 1);
}

#[tokio::test]
async fn silence_means_a_dead_line() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let mut tab = ann.connect().await;
    let start = Instant::now();
    // Twice the deadline of a frame: an idle line is due one every 20 s.
    let heads = tokio::time::timeout(Duration::from_secs(30), async {
        loop {
            let frame = tab.recv().await.expect("the line lives");
            if frame["type"] == "heads" {
                return frame;
            }
        }
    });
    let heads = heads.await.unwrap_or_else(|_| panic!("nothing was said for {:?}", start.elapsed()));
    assert!(heads["rooms"].is_object());
}

#[tokio::test]
async fn who_comes_back_resumes_without_a_hole() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let room = ann.private_room("purchasing", &[&bob]).await;
    ann.say(room, "heard").await;
    let tab = bob.connect().await;
    tab.close().await;
    for number in 2..=6 {
        ann.say(room, &format!("missed {number}")).await;
    }
    let mut tab = bob.connect().await;
    assert_eq!(with_id(&tab.hello["rooms"], room)["rev"], 6);
    let ack = tab.ask(json!({"type": "resume", "rooms": {room.to_string(): 1}})).await;
    if ack["fetch"].as_array().unwrap().contains(&json!(room)) {
        assert_eq!(bob.changes(room, "after=1").await.messages().len(), 5);
    } else {
        for rev in 2..=6 {
            assert_eq!(tab.next("message").await["rev"], rev);
        }
    }
    ann.say(room, "live again").await;
    assert_eq!(tab.message("live again").await["rev"], 7);
}

#[tokio::test]
async fn a_cursor_the_server_cannot_serve_is_named_for_fetching() {
    let mut server = Server::start();
    let ann = server.member("ann").await;
    let lobby = ann.lobby().await;
    for number in 1..=3 {
        ann.say(lobby, &format!("number {number}")).await;
    }
    server.kill();
    server.restart();
    let mut tab = ann.connect().await;
    let ack = tab.ask(json!({"type": "resume", "rooms": {lobby.to_string(): 0}})).await;
    assert_eq!(ack["fetch"], json!([lobby]), "a fresh process remembers nothing: {ack}");
    let ack = tab.ask(json!({"type": "resume", "rooms": {lobby.to_string(): 3}})).await;
    assert_eq!(ack["fetch"], json!([]), "nothing is missing");
}

#[tokio::test]
async fn hostile_cursors_are_bounded() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let lobby = ann.lobby().await.to_string();
    ann.say(ann.lobby().await, "one").await;
    let mut tab = ann.connect().await;
    for cursor in [json!(-1), json!(i64::MAX), json!(u64::MAX), json!(1e300), json!(9_000_000)] {
        let answer = tab.ask(json!({"type": "resume", "rooms": {&lobby: cursor}})).await;
        assert!(answer["type"] == "ack" || answer["type"] == "error", "{cursor}");
    }
    let many: serde_json::Map<_, _> = (1..6000).map(|room: i64| (room.to_string(), json!(0))).collect();
    let answer = tab.ask(json!({"type": "resume", "rooms": many})).await;
    assert!(answer["type"] == "ack" || answer["type"] == "error");
    assert!(answer.to_string().len() < 64 * 1024);
    ann.say(ann.lobby().await, "still served").await;
    tab.message("still served").await;
}

#[tokio::test]
async fn a_client_may_say_more_than_the_server_knows() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let lobby = ann.lobby().await;
    let mut tab = ann.connect().await;
    let frame = json!({"type": "send", "room": lobby, "text": "hello", "colour": {"a": [1, 2]}, "reply_to": null});
    assert_eq!(tab.ask(frame).await["type"], "ack");
    tab.refuses(json!({"type": "teleport", "room": lobby}), "unknown_type").await;
}

#[tokio::test]
async fn only_so_many_sockets_are_one_persons_due() {
    let server = Server::setup().limits().start();
    let ann = server.member("ann").await;
    let mut tabs: Vec<Socket> = Vec::new();
    for _ in 0..16 {
        tabs.push(ann.connect().await);
    }
    let newest = Socket::open(&ann).await;
    let closing = tabs.iter_mut().map(|tab| Box::pin(tab.end()));
    match newest {
        Ok(_newest) => {
            let (ended, ..) = futures_util::future::select_all(closing).await;
            assert_eq!(ended, crate::support::socket::Ended::Closed(1013), "one of the older ones goes");
        }
        Err(status) => assert!([0, 429, 503].contains(&status), "{status}"),
    }
    server.guest().try_login("ann", PASSWORD).await.is(200);
}
