//! Lines that go dead, answers that are lost, readers that do not read.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::json;
use tokio::time::sleep;

use super::{count, is_seen_on_sqlite, is_too_quick_for, load::Load, report::Row, usual};
use crate::support::{client::Member, fresh_id, proxy::Proxy, raw::Raw, server::Server};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_that_are_cut_right_behind_the_commit_double_nothing() {
    let cuts = count(20, 150, 3_000);
    let server = Server::start();
    let proxy = Proxy::before(server.site()).await;
    let load = Load::through(proxy.site(), &server, usual()).await;
    proxy.cut_answers(0.5, load.seed);
    load.until("answers are lost", || proxy.kept_answers() >= cuts).await;
    proxy.cut_answers(0.0, 0);
    load.goes_on(20).await;
    let verdict = load.finish(&server).await;
    Row::new("Answers cut behind the commit", &server, proxy.kept_answers()).verdict(&verdict).write();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_copies_at_once_by_every_door_one_is_stored_and_heard() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let lobby = ann.lobby().await;
    let (mut anns, mut bobs) = (ann.connect().await, bob.connect().await);
    for _ in 0..count(1, 5, 50) {
        let id = fresh_id();
        let copies = join_all((0..20).map(|_| ann.send(lobby, &id, "once")));
        let (answers, ()) = tokio::join!(copies, async {
            anns.send(json!({"type": "send", "client_id": id, "room": lobby, "text": "once"})).await;
        });
        let ack = anns.expect_ack(&id).await;
        assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), usize::from(is_new(&answers)));
        for answer in answers {
            let message = &answer.any_of(&[200, 201])["message"];
            assert_eq!((&message["id"], &message["seq"], &message["rev"]), (&ack["id"], &ack["seq"], &ack["rev"]));
        }
        assert_eq!(bobs.next("message").await["rev"], ack["rev"]);
    }
    let end = ann.say(lobby, "the end").await;
    assert_eq!(bobs.next("message").await["rev"], end["rev"], "nothing was heard twice");
}

/// Was the message stored by one of these requests, and not by the socket's frame?
fn is_new(answers: &[crate::support::client::Answer]) -> bool {
    answers.iter().any(|answer| answer.status == 201)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_that_falls_silent_is_noticed() {
    if is_seen_on_sqlite() || is_too_quick_for("half-open lines (a minute)") {
        return;
    }
    let lines = count(0, 8, 64);
    let server = Server::start();
    let proxy = Proxy::before(server.site()).await;
    let load = Load::on(&server, usual()).await;
    let people: Vec<Member> =
        join_all((0..4).map(|number| server.member(["ann", "bob", "carol", "dave"][number]))).await;
    let mut tabs = Vec::new();
    for number in 0..lines {
        tabs.push(people[number % 4].at_site(proxy.site()).connect().await);
    }
    proxy.go_silent();
    let silent = Instant::now();
    let others = usual().sockets as u64;
    while load.sockets().await > others {
        assert!(silent.elapsed() < Duration::from_secs(180), "{} sockets are open", load.sockets().await);
        sleep(Duration::from_millis(200)).await;
    }
    let noticed = silent.elapsed();
    drop(tabs);
    let verdict = load.finish(&server).await;
    Row::new("Half-open TCP beside a load", &server, lines)
        .verdict(&verdict)
        .times("noticed after", &[noticed])
        .write();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_that_do_not_read_are_cut_and_hold_up_nobody() {
    if is_seen_on_sqlite() || is_too_quick_for("readers that do not read") {
        return;
    }
    let readers = count(0, 40, 400);
    let server = Server::start();
    let people = server.members("reader", readers.div_ceil(10)).await;
    let size = usual();
    let load = Load::on(&server, size).await;
    let (before, began) = (server.memory(), Instant::now());
    let mut stuck = Vec::new();
    for number in 0..readers {
        let raw = Raw::with_small_buffer(server.site()).await;
        stuck.push(raw.upgraded(&people[number % people.len()]).await);
    }
    let mut most = before;
    while load.sockets().await > size.sockets as u64 {
        assert!(began.elapsed() < Duration::from_secs(180), "{} sockets are left", load.sockets().await);
        most = most.max(server.memory());
        sleep(Duration::from_millis(200)).await;
    }
    let cut = began.elapsed();
    drop(stuck);
    let verdict = load.finish(&server).await;
    let grown = (most.saturating_sub(before)) / 1024;
    let row = Row::new("Readers that do not read, in a busy room", &server, readers).verdict(&verdict);
    row.times("all cut within", &[cut]).fact(&format!("memory +{grown} KiB at most")).write();
}
