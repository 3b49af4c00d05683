//! The overview of the console.

use std::cell::Cell;

use futures_util::future::join_all;
use serde_json::json;

use crate::support::{client::Answer, eventually, server::Server};

/// Messages that the days count.
fn counted(server: &Server) -> i64 {
    let sum = "SELECT CAST(COALESCE(SUM(messages), 0) AS BIGINT) AS number FROM daily_stats";
    server.database().number(&server.data(), sum)
}

#[tokio::test]
async fn only_an_admin_sees_the_overview() {
    let server = Server::start();
    let admin = server.admin("founder").await;
    let ann = server.member("ann").await;
    server.guest().get("admin/overview").await.refuses(401, "session_ended");
    ann.get("admin/overview").await.refuses(403, "forbidden");
    admin.get("admin/overview").await.is(200);
    let page = server.guest().get("/admin/").await.any_of(&[302, 303, 401]);
    assert!(!page.body.contains("class=\"tiles\""), "{}", page.body);
    let page = ann.get("/admin/").await.is(403);
    assert!(!page.body.contains("class=\"tiles\""), "{}", page.body);
    assert!(admin.get("/admin/").await.is(200).body.contains("class=\"tiles\""));
}

#[tokio::test]
async fn a_fresh_server_has_thirty_days_of_nothing() {
    let server = Server::start();
    let admin = server.admin("founder").await;
    let overview = admin.get("admin/overview").await.is(200);
    let days = overview["days"].as_array().unwrap();
    assert_eq!(days.len(), 30);
    assert!(days.iter().all(|day| day["messages"] == 0), "{days:?}");
    let today = chrono::Utc::now().format("%Y-%m-%d").to_string();
    assert_eq!(days[29]["day"], json!(today));
    let first = chrono::Utc::now().date_naive() - chrono::TimeDelta::days(29);
    assert_eq!(days[0]["day"], json!(first.to_string()));
    assert_eq!((&overview["people"], &overview["busiest"]), (&json!(1), &json!([])));
    assert_eq!(overview["reports"], json!({"open": 0, "oldest": null}));
    assert_eq!(overview["version"], env!("CARGO_PKG_VERSION"));
    let kind = if server.database().url().is_some() { "postgres" } else { "sqlite" };
    assert_eq!(overview["database"], kind);
    assert!(overview["storage"]["database"].as_u64().unwrap() > 0, "{}", overview.body);
    assert!(
        overview["storage"]["disk"]["free"].as_u64().unwrap() <= overview["storage"]["disk"]["total"].as_u64().unwrap()
    );
    let page = admin.get("/admin/").await.is(200).body;
    assert_eq!(page.matches("class=\"chart-column\"").count(), 60);
}

#[tokio::test]
async fn what_is_said_now_counts_at_once_and_only_listed_rooms_are_named() {
    let mut server = Server::start();
    let admin = server.admin("founder").await;
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let quiet = ann.make_room("public", "quiet corner").await;
    let loud = ann.private_room("loud hall", &[&bob]).await;
    let direct = ann.post("directs", json!({"user": bob.id})).await.is(201).room_id();
    for _ in 0..3 {
        ann.say(direct, "between us").await;
    }
    for _ in 0..2 {
        ann.say(loud, "hey").await;
    }
    ann.say(quiet, "psst").await;
    let overview = admin.get("admin/overview").await.is(200);
    assert_eq!(overview["days"][29]["messages"], 6);
    let expected = json!([
        {"id": loud, "name": "loud hall", "messages": 2}, {"id": quiet, "name": "quiet corner", "messages": 1}
    ]);
    assert_eq!(overview["busiest"], expected);
    ann.say(quiet, "and more").await;
    ann.say(quiet, "and more").await;
    let overview = admin.get("admin/overview").await.is(200);
    assert_eq!(
        (&overview["days"][29]["messages"], &overview["busiest"][0]["name"]),
        (&json!(8), &json!("quiet corner"))
    );
    ann.delete(&format!("rooms/{quiet}")).await.is(204);
    let overview = admin.get("admin/overview").await.is(200);
    assert_eq!(
        overview["busiest"],
        json!([{"id": loud, "name": "loud hall", "messages": 2}]),
        "a deleted room is gone"
    );
    assert_eq!(overview["days"][29]["messages"], 8, "what was said stays said");
    let rows = format!("SELECT count(*) AS number FROM messages WHERE room_id = {quiet}");
    eventually("it is erased", async || server.database().number(&server.data(), &rows) == 0).await;
    assert_eq!(admin.get("admin/overview").await["days"][29]["messages"], 8, "also when nothing of it is left");
    server.stop();
    server.restart();
    eventually("the rest is counted", async || counted(&server) == 8).await;
    assert_eq!(admin.get("admin/overview").await["days"][29]["messages"], 8, "each of them once");
    let _tab = ann.connect().await;
    eventually("she counts as online", async || {
        let overview = admin.get("admin/overview").await.is(200);
        overview["online"] == 1 && overview["sockets"] == 1 && overview["days"][29]["peak_online"] == 1
    })
    .await;
}

#[tokio::test]
async fn what_is_erased_while_somebody_looks_is_counted_once() {
    let server = Server::start();
    let admin = server.admin("founder").await;
    let mut rooms = Vec::new();
    for number in 0..20 {
        let room = admin.make_room("public", &format!("room {number}")).await;
        for _ in 0..3 {
            admin.say(room, "here today").await;
        }
        rooms.push(room);
    }
    let is_over = Cell::new(false);
    let erase = async {
        for room in rooms {
            admin.delete(&format!("rooms/{room}")).await.is(204);
        }
        let left = "SELECT count(*) AS number FROM messages";
        eventually("all are erased", async || server.database().number(&server.data(), left) == 0).await;
        is_over.set(true);
    };
    let look = async || {
        while !is_over.get() {
            assert_eq!(admin.get("admin/overview").await.is(200)["days"][29]["messages"], 60);
        }
    };
    // Many at once keep each other waiting between two queries.
    tokio::join!(erase, join_all((0..16).map(|_| look())));
}

#[tokio::test]
async fn every_message_is_counted_once_however_often_the_server_starts() {
    let mut server = Server::start();
    let admin = server.admin("founder").await;
    let lobby = admin.lobby().await;
    let message = admin.say(lobby, "yesterday's").await;
    server.age(message["id"].as_i64().unwrap(), 86_400);
    admin.say(lobby, "today's").await;
    for _ in 0..3 {
        server.stop();
        server.restart();
        eventually("both are counted", async || counted(&server) == 2).await;
        let overview = admin.get("admin/overview").await.is(200);
        assert_eq!((&overview["days"][28]["messages"], &overview["days"][29]["messages"]), (&json!(1), &json!(1)));
    }
    admin.say(lobby, "one more").await;
    assert_eq!(admin.get("admin/overview").await["days"][29]["messages"], 2, "before it is stored");
    server.stop();
    server.restart();
    eventually("it is counted", async || counted(&server) == 3).await;
    assert_eq!(admin.get("admin/overview").await["days"][29]["messages"], 2, "and after");
}

#[tokio::test]
async fn the_most_people_of_a_day_stay_and_gaps_are_drawn_as_nothing() {
    let server = Server::start();
    let admin = server.admin("founder").await;
    let day = |back: i64| (chrono::Utc::now().date_naive() - chrono::TimeDelta::days(back)).to_string();
    let (gone, kept) = (day(40), day(3));
    server.database().execute(
        &server.data(),
        &format!("INSERT INTO daily_stats (day, messages, peak_online) VALUES ('{gone}', 9, 9), ('{kept}', 1466, 55)"),
    );
    let overview = admin.get("admin/overview").await.is(200);
    assert_eq!(overview["days"][26], json!({"day": kept, "messages": 1466, "peak_online": 55}));
    assert!(overview["days"].as_array().unwrap().iter().all(|day| day["messages"] != 9));
    let page: Answer = admin.get("/admin/").await.is(200);
    assert!(page.body.contains("1,466"), "the number stands in the table");
}
