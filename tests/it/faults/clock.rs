//! The wall clock jumps. Order, resuming and limits do not depend on it; what is a matter of stored times follows it.

use std::{fs, path::PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{count, load::Load, report::Row, usual};
use crate::support::{
    client::Member,
    eventually, fresh_id,
    picture::png,
    server::{Server, Setup},
};

const HOUR: i64 = 3_600;

/// The clock of a server: so many seconds beside the true one.
struct Clock {
    file: PathBuf,
    _folder: TempDir,
}

impl Clock {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Self { file: folder.path().join("clock"), _folder: folder };
        clock.jump_to(0);
        clock
    }

    fn server(&self) -> Server {
        self.before(Server::setup()).start()
    }

    fn before(&self, setup: Setup) -> Setup {
        setup.variable("PARLOR_TEST_CLOCK", self.file.to_str().unwrap())
    }

    fn jump_to(&self, seconds: i64) {
        let new = self.file.with_extension("new");
        fs::write(&new, seconds.to_string()).unwrap();
        fs::rename(new, &self.file).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn order_and_resuming_do_not_see_the_clock_jump() {
    let clock = Clock::new();
    let mut server = clock.server();
    let load = Load::on(&server, usual()).await;
    let mut jumped = 0;
    let jumps = [HOUR, -HOUR, 0, -HOUR, HOUR, 0];
    let jumps = jumps.iter().cycle().take(count(2, 6, 24));
    for seconds in jumps {
        load.goes_on(30).await;
        clock.jump_to(*seconds);
        jumped += 1;
    }
    load.goes_on(30).await;
    server.kill();
    server.restart();
    load.goes_on(30).await;
    let verdict = load.finish(&server).await;
    Row::new("The clock jumps by an hour, either way", &server, jumped).verdict(&verdict).write();
}

/// Ann's room, in which Bob is.
async fn room(server: &Server, settings: Value) -> (Member, i64) {
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let room = ann.private_room("clocks", &[&bob]).await;
    ann.patch(&format!("rooms/{room}"), settings).await.is(200);
    (bob, room)
}

async fn recall(member: &Member, message: &Value) -> u16 {
    member.post(&format!("messages/{}/recall", message["id"]), Value::Null).await.status
}

#[tokio::test]
async fn the_window_for_recalling_goes_by_the_stored_time() {
    let clock = Clock::new();
    let server = clock.server();
    let (bob, room) = room(&server, json!({"recall_seconds": 600})).await;
    for seconds in [HOUR, -HOUR] {
        clock.jump_to(0);
        let (old, own) = (bob.say(room, "before").await, bob.say(room, "before, too").await);
        assert_eq!(recall(&bob, &old).await, 200, "in its time");
        clock.jump_to(seconds);
        let late = recall(&bob, &own).await;
        // An hour has passed, as far as anybody can know; one that is yet to come is no reason to refuse.
        assert_eq!(late, if seconds > 0 { 409 } else { 200 });
        let new = bob.say(room, "after").await;
        assert_eq!(recall(&bob, &new).await, 200, "what was sent after the jump has its whole window");
    }
}

#[tokio::test]
async fn nobody_is_logged_out_and_everybody_can_log_in() {
    let clock = Clock::new();
    let server = clock.server();
    let ann = server.member("ann").await;
    let mut tab = ann.connect().await;
    let lobby = ann.lobby().await;
    for seconds in [HOUR, -HOUR, 48 * HOUR, -48 * HOUR] {
        clock.jump_to(seconds);
        ann.get("me").await.is(200);
        tab.say(lobby, "still here").await;
        ann.other_device().await.get("me").await.is(200);
    }
}

#[tokio::test]
async fn slow_mode_makes_nobody_wait_for_the_hour_by_which_the_clock_was_set_back() {
    let clock = Clock::new();
    let server = clock.server();
    let (bob, room) = room(&server, json!({"slow_seconds": 1})).await;
    clock.jump_to(HOUR);
    bob.say(room, "an hour ahead").await;
    clock.jump_to(0);
    eventually("bob may write again", async || bob.send(room, &fresh_id(), "back").await.status == 201).await;
}

#[tokio::test]
async fn who_was_too_fast_waits_neither_longer_nor_less() {
    let clock = Clock::new();
    let server = clock.before(Server::setup().limits()).start();
    let (admin, ann) = (server.admin("founder").await, server.member("ann").await);
    admin.patch("admin/settings", json!({"search_per_minute": 1})).await.is(200);
    ann.get("search?q=lunch").await.is(200);
    for seconds in [HOUR, -HOUR, 0] {
        clock.jump_to(seconds);
        let refused = ann.get("search?q=lunch").await.refuses(429, "rate_limited");
        assert!(refused["retry_after"].as_f64().is_some_and(|wait| wait <= 60.0), "{}", refused.body);
    }
}

#[tokio::test]
async fn a_days_uploads_are_those_of_the_day_that_the_clock_shows() {
    let clock = Clock::new();
    let server = clock.before(Server::setup().limits()).start();
    let (admin, ann) = (server.admin("founder").await, server.member("ann").await);
    admin.patch("admin/settings", json!({"uploads_per_day": 1})).await.is(200);
    let upload = async || ann.upload("a.png", &png(20, 10, [1, 2, 3])).await;
    upload().await.is(201);
    upload().await.refuses(413, "quota");
    clock.jump_to(HOUR);
    upload().await.refuses(413, "quota");
    // Set to another year by mistake, and set right: what was uploaded meanwhile locks nobody out until then.
    clock.jump_to(365 * 24 * HOUR);
    upload().await.is(201);
    upload().await.refuses(413, "quota");
    clock.jump_to(30 * HOUR);
    upload().await.is(201);
    let refused = upload().await.refuses(413, "quota");
    assert!(refused["retry_after"].as_f64().is_some_and(|wait| wait <= 24.0 * 3_600.0), "{}", refused.body);
}
