//! What is kept and what is shown: floors rise, what lies beneath them is gone at once for everybody, and later for good.

use serde_json::{Value, json};

use crate::support::{client::Member, eventually, picture::png, server::Server};

async fn keep(admin: &Member, rule: Value) {
    admin.patch("admin/settings", rule).await.is(200);
}

fn seqs(page: &Value) -> Vec<i64> {
    page["messages"].as_array().unwrap().iter().map(|message| message["seq"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn what_lies_beneath_the_floor_is_gone_for_everybody_at_once_and_then_for_good() {
    let server = Server::start();
    let admin = server.admin("founder").await;
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let room = ann.private_room("purchasing", &[&bob]).await;
    let upload = ann.upload("ink.png", &png(40, 30, [200, 30, 30])).await.is(201)["upload"].clone();
    let picture = upload["url"].as_str().unwrap().to_owned();
    let body = json!({"client_id": "first", "text": "@bob azure ink", "uploads": [upload["id"]]});
    let first = ann.post(&format!("rooms/{room}/messages"), body.clone()).await.is(201)["message"].clone();
    for count in 2..=10 {
        ann.say(room, &format!("azure {count}")).await;
    }
    assert_eq!(
        (bob.room(room).await["my"]["mentions"].clone(), bob.room(room).await["my"]["read_seq"].clone()),
        (json!(1), json!(0))
    );
    bob.get(&picture).await.is(200);
    let mut tab = bob.connect().await;

    keep(&admin, json!({"retention": "count", "retention_value": 3})).await;
    tab.take("the floor", |frame| {
        frame["type"] == "room" && frame["room"]["id"] == room && frame["room"]["floor_seq"] == 7
    })
    .await;

    let page = bob.page(room, "").await.is(200);
    assert_eq!((seqs(&page.json), &page["more_before"]), (vec![8, 9, 10], &json!(false)));
    assert_eq!(seqs(&bob.page(room, "around=2").await.is(200).json), [8, 9, 10]);
    assert_eq!(seqs(&bob.page(room, "after=0").await.is(200).json), [8, 9, 10]);
    assert_eq!(seqs(&bob.page(room, "before=5").await.is(200).json), Vec::<i64>::new());
    let changes = bob.changes(room, "after=0").await.is(200);
    assert_eq!((seqs(&changes.json), &changes["floor_seq"]), (vec![8, 9, 10], &json!(7)));
    bob.get(&format!("messages/{}", first["id"])).await.refuses(404, "not_found");
    bob.get(&picture).await.is(404);
    ann.get(&picture).await.is(404);
    assert_eq!(bob.get("search?q=azure").await.is(200)["hits"].as_array().unwrap().len(), 3);
    let reply = json!({"client_id": "late", "text": "what was that?", "reply_to": first["id"]});
    bob.post(&format!("rooms/{room}/messages"), reply).await.refuses(422, "invalid");
    bob.put(&format!("messages/{}/reactions/%F0%9F%91%8D", first["id"]), Value::Null).await.refuses(404, "not_found");
    let seen = bob.room(room).await;
    assert_eq!(
        (&seen["my"]["read_seq"], &seen["my"]["mentions"], &seen["floor_seq"]),
        (&json!(7), &json!(0), &json!(7))
    );

    // A send that is repeated late is known, before its row is erased and after.
    let messages = format!("rooms/{room}/messages");
    ann.post(&messages, body.clone()).await.refuses(409, "gone");
    let rows = format!("SELECT count(*) AS number FROM messages WHERE room_id = {room}");
    eventually("the rows are erased", async || server.database().number(&server.data(), &rows) == 3).await;
    ann.post(&messages, body).await.refuses(409, "gone");
    ann.post(&messages, json!({"client_id": "first", "text": "another"})).await.refuses(409, "client_id_reused");
    assert_eq!(ann.say(room, "next").await["seq"], 11, "numbers go on");
    let files = server.data().join("media");
    eventually("the files are gone", async || !has_picture(&files)).await;
}

fn has_picture(folder: &std::path::Path) -> bool {
    let inside = std::fs::read_dir(folder).into_iter().flatten().flatten();
    inside.map(|entry| entry.path()).any(|path| match path.is_dir() {
        true => has_picture(&path),
        false => {
            path.extension().is_some_and(|ending| ["jpg", "png", "webp", "gif"].iter().any(|known| ending == *known))
        }
    })
}

#[tokio::test]
async fn days_are_counted_from_when_a_message_was_sent() {
    let server = Server::start();
    let admin = server.admin("founder").await;
    let ann = server.member("ann").await;
    let room = ann.make_room("public", "diary").await;
    for (text, days) in [("long ago", 9), ("last week", 8), ("yesterday", 1)] {
        let message = ann.say(room, text).await;
        server.age(message["id"].as_i64().unwrap(), days * 86_400);
    }
    let mut tab = ann.connect().await;
    keep(&admin, json!({"retention": "days", "retention_value": 7})).await;
    tab.take("the floor", |frame| frame["room"]["id"] == room && frame["room"]["floor_seq"] == 2).await;
    assert_eq!(ann.page(room, "").await.is(200)["messages"][0]["text"], "yesterday");
    keep(&admin, json!({"retention": "forever"})).await;
    assert_eq!(seqs(&ann.page(room, "").await.is(200).json), [3], "what has gone does not come back");
}

#[tokio::test]
async fn a_pruned_room_survives_a_restart_even_where_nothing_is_left() {
    let mut server = Server::start();
    let admin = server.admin("founder").await;
    let ann = server.member("ann").await;
    let room = ann.make_room("public", "diary").await;
    let kept = ann.make_room("public", "kept").await;
    for target in [room, kept] {
        for text in ["one", "two"] {
            let message = ann.say(target, text).await;
            server.age(message["id"].as_i64().unwrap(), 40 * 86_400);
        }
    }
    let latest = ann.say(kept, "three").await;
    ann.patch(&format!("messages/{}", ann.page(kept, "").await["messages"][0]["id"]), json!({"text": "one!"}))
        .await
        .is(200);
    let mut tab = ann.connect().await;
    keep(&admin, json!({"retention": "days", "retention_value": 30})).await;
    tab.take("the floor", |frame| frame["room"]["id"] == room && frame["room"]["floor_seq"] == 2).await;
    let rows = "SELECT count(*) AS number FROM messages";
    eventually("the rows are erased", async || server.database().number(&server.data(), rows) == 1).await;
    server.stop();
    server.restart();
    assert_eq!(ann.say(room, "four").await["seq"], 3);
    assert_eq!(ann.page(kept, "").await.is(200)["messages"][0]["id"], latest["id"]);
    assert_eq!(ann.room(room).await["last"]["text"], "four");
}

#[tokio::test]
async fn a_window_shows_the_newest_and_search_finds_the_rest() {
    let server = Server::start();
    let admin = server.admin("founder").await;
    let ann = server.member("ann").await;
    let room = ann.make_room("public", "news").await;
    for count in 1..=10 {
        let message = ann.say(room, &format!("number {count}")).await;
        if count <= 4 {
            server.age(message["id"].as_i64().unwrap(), 3 * 3_600);
        }
    }
    let newest = async |query: &str| {
        let page = ann.page(room, query).await.is(200);
        (seqs(&page.json), page["more_before"] == true, page["windowed"] == true)
    };
    assert_eq!(newest("").await, ((1..=10).collect(), false, false));
    keep(&admin, json!({"window_hours": 2})).await;
    assert_eq!(newest("").await, ((5..=10).collect(), false, true));
    assert_eq!(newest("before=8").await, (vec![5, 6, 7], false, true));
    keep(&admin, json!({"window_count": 3})).await;
    assert_eq!(newest("").await, (vec![8, 9, 10], false, true), "the narrower of the two");
    assert_eq!(newest("limit=2").await, (vec![9, 10], true, true));
    assert_eq!(newest("around=2").await.0, (1..=10).collect::<Vec<_>>(), "a link leads beyond it");
    assert_eq!(newest("before=3").await, (vec![1, 2], false, false), "and whoever is there goes on");
    assert_eq!(ann.get("search?q=number").await.is(200)["hits"].as_array().unwrap().len(), 10);
    let page = ann.get(&format!("/r/{room}")).await.is(200).body;
    assert!(page.contains("number 8") && !page.contains("number 7"), "the page brings what is shown");
    assert!(page.contains("Older ones are found by search"));
}
