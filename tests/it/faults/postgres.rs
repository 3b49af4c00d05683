//! PostgreSQL goes away and comes back. Each test has a PostgreSQL of its own.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    time::{Duration, Instant},
};

use rand::RngExt;
use reqwest::Method;
use serde_json::json;
use tokio::time::sleep;

use super::{
    count,
    disk::SmallDisk,
    is_too_quick_for,
    load::Load,
    report::{Row, not_run},
    usual,
};
use crate::support::{client::Answer, cluster::Cluster, database, eventually, fresh_id, server::Server};

/// One of a test's own, in a run on PostgreSQL.
fn own_cluster(what: &str) -> Option<Cluster> {
    if database::postgres_url().is_none() || is_too_quick_for(what) {
        return None;
    }
    let cluster = Cluster::start();
    if cluster.is_none() {
        not_run(what, "PostgreSQL's programs are not to be found");
    }
    cluster
}

/// Kills it as soon as a transaction that has written this table stands, of which nobody has heard.
async fn kill_at_commit(cluster: &mut Cluster, server: &Server, table: &str) {
    eventually("it is committed, and not answered", async || cluster.withholds(server.database(), table)).await;
    cluster.kill();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_is_killed_and_comes_back_and_nothing_is_half_done() {
    let Some(mut cluster) = own_cluster("PostgreSQL killed under load") else { return };
    let cycles = count(0, 4, 20);
    let server = Server::setup().on(cluster.database()).start();
    let load = Load::on(&server, usual()).await;
    let (mut ready, mut healed) = (Vec::new(), Vec::new());
    for cycle in 0..cycles {
        load.goes_on(rand::rng().random_range(20..150)).await;
        if cycle % 2 == 0 {
            cluster.kill()
        } else {
            cluster.stop()
        }
        let start = Instant::now();
        cluster.start_again();
        ready.push(start.elapsed());
        let start = Instant::now();
        load.goes_on(1).await;
        healed.push(start.elapsed());
    }
    load.goes_on(50).await;
    let verdict = load.finish(&server).await;
    let row = Row::new("PostgreSQL killed (half: stopped) under load", &server, cycles).verdict(&verdict);
    row.times("its own start", &ready).times("from then to first ack", &healed).write();
}

/// After a crash PostgreSQL gives the numbers of those transactions again of which nothing was on the disk.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_postgres_forgot_is_not_acknowledged_though_another_has_its_number() {
    let Some(mut cluster) = own_cluster("PostgreSQL killed before a COMMIT is on the disk") else { return };
    let cycles = count(0, 4, 20);
    let server = Server::setup().on(cluster.database()).start();
    let load = Load::on(&server, usual()).await;
    cluster.hesitate();
    for _ in 0..cycles {
        load.goes_on(rand::rng().random_range(5..20)).await;
        cluster.kill();
        cluster.start_again();
        cluster.use_numbers();
        load.goes_on(1).await;
    }
    let verdict = load.finish(&server).await;
    Row::new("PostgreSQL killed before a COMMIT is on the disk", &server, cycles).verdict(&verdict).write();
}

/// Its answer is lost with a server that stays away for longer than anybody waits.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_stands_though_nobody_was_told_is_found_by_all_who_come_back() {
    let Some(mut cluster) = own_cluster("a COMMIT whose answer is lost for long") else { return };
    let server = Server::setup().on(cluster.database()).start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let room = ann.private_room("kitchen", &[&bob]).await;
    let mut tab = bob.connect().await;
    cluster.withhold_answers();
    let path = format!("rooms/{room}/members/{}", bob.id);
    let (answer, ()) = tokio::join!(ann.delete(&path), kill_at_commit(&mut cluster, &server, "memberships"));
    answer.is(500);
    cluster.start_afresh();
    tab.expect_close(1012).await;
    bob.get(&format!("rooms/{room}")).await.is(404);
}

/// Nobody is let in by what may have ended.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_ends_at_once_though_nobody_knows_whether_that_was_committed() {
    let Some(mut cluster) = own_cluster("the end of a session whose COMMIT is lost") else { return };
    let server = Server::setup().on(cluster.database()).start();
    let ann = server.member("ann").await;
    let lost = ann.other_device().await;
    let mut tab = lost.connect().await;
    let sessions = ann.get("me/sessions").await.is(200)["sessions"].clone();
    let other = sessions.as_array().unwrap().iter().find(|session| session["current"] == false).unwrap();
    cluster.withhold_answers();
    let path = format!("me/sessions/{}", other["id"]);
    let (answer, ()) = tokio::join!(ann.delete(&path), kill_at_commit(&mut cluster, &server, "sessions"));
    answer.is(500);
    tab.expect_close(4001).await;
    cluster.start_afresh();
    lost.get("me").await.is(401);
}

/// PostgreSQL says what is wrong in the language of its machine.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_speaks_german_is_understood() {
    let Some(mut cluster) = own_cluster("PostgreSQL that speaks German") else { return };
    cluster.speak("de");
    let server = Server::setup().on(cluster.database()).start();
    let ann = server.member("ann").await;
    let lobby = ann.lobby().await;
    let lock = server.database().lock("messages");
    let send = json!({"client_id": "1", "text": "wait for it"});
    let send = ann.request(Method::POST, &format!("rooms/{lobby}/messages")).json(&send);
    Answer::attempt(send.timeout(Duration::from_secs(120))).await.expect("an answer").refuses(503, "busy");
    drop(lock);
    ann.say(lobby, "now it is free").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_freezes_and_sockets_live_on() {
    let Some(cluster) = own_cluster("PostgreSQL frozen under load") else { return };
    let server = Server::setup().on(cluster.database()).start();
    let load = Load::on(&server, usual()).await;
    load.goes_on(50).await;
    let member = load.member().clone();
    let lobby = member.lobby().await;
    let mut tab = member.connect().await;
    let before = server.memory();
    let frozen = cluster.freeze();
    let start = Instant::now();
    // What needs no database answers as ever; what needs it waits, or says that the server is busy.
    member.get("/healthz").await.is(200);
    tab.send(json!({"type": "nonsense", "ref": "n1"})).await;
    assert_eq!(tab.answer("n1").await["code"], "unknown_type");
    let reads = (0..24).map(|_| async {
        let start = Instant::now();
        let path = format!("rooms/{lobby}/messages");
        let answer = Answer::attempt(member.request(Method::GET, &path).timeout(Duration::from_secs(120))).await;
        (answer.expect("an answer").refuses(503, "busy"), start.elapsed())
    });
    let refused: Vec<_> = futures_util::future::join_all(reads).await.into_iter().map(|(_, took)| took).collect();
    sleep(Duration::from_secs(count(0, 1, 10) as u64)).await;
    let grown = server.memory().saturating_sub(before) / 1024;
    let long = start.elapsed();
    drop(frozen);
    let start = Instant::now();
    load.goes_on(1).await;
    let healed = start.elapsed();
    load.goes_on(50).await;
    let verdict = load.finish(&server).await;
    let row =
        Row::new("PostgreSQL frozen under load", &server, 1).verdict(&verdict).times("reads told busy in", &refused);
    row.times("frozen for", &[long]).times("then first ack", &[healed]).fact(&format!("memory +{grown} KiB")).write();
}

/// Whoever ends it must not have to kill it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_ends_though_postgres_is_frozen() {
    let Some(cluster) = own_cluster("the end while PostgreSQL is frozen") else { return };
    let mut server = Server::setup().on(cluster.database()).start();
    let ann = server.member("ann").await;
    let lobby = ann.lobby().await;
    ann.say(lobby, "before").await;
    let mut tab = ann.connect().await;
    let frozen = cluster.freeze();
    tab.send(json!({"type": "send", "client_id": fresh_id(), "room": lobby, "text": "meanwhile"})).await;
    server.terminate();
    assert_eq!(server.exit_code(Duration::from_secs(120)), Some(70));
    drop(frozen);
    server.restart();
    let page = ann.page(lobby, "").await.is(200);
    assert_eq!(page["messages"].as_array().unwrap().last().unwrap()["text"], "before");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_has_no_space_and_goes_on_when_it_has() {
    let what = "PostgreSQL on a disk that is full (tmpfs)";
    let Some(cluster) = own_cluster(what) else { return };
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o711)).unwrap();
    let place = folder.path().join("disk");
    fs::create_dir(&place).unwrap();
    let Some(disk) = SmallDisk::mount(&place, 64) else { return not_run(what, "no disk can be mounted") };
    let tables = place.join("tables");
    fs::create_dir(&tables).unwrap();
    fs::set_permissions(&place, fs::Permissions::from_mode(0o755)).unwrap();
    cluster.keep_tables_in(&tables);
    let cycles = count(0, 1, 5);
    let server = Server::setup().on(cluster.database()).start();
    let load = Load::on(&server, usual()).await;
    let member = load.member().clone();
    let lobby = member.lobby().await;
    let mut back = Vec::new();
    for _ in 0..cycles {
        load.goes_on(50).await;
        disk.fill(0);
        let before = load.book.refused_with("storage");
        load.until("sends are refused", || load.book.refused_with("storage") > before + 20).await;
        member.page(lobby, "").await.is(200);
        disk.empty();
        let start = Instant::now();
        load.goes_on(1).await;
        back.push(start.elapsed());
    }
    load.goes_on(50).await;
    let verdict = load.finish(&server).await;
    Row::new("Disk of PostgreSQL full (tmpfs)", &server, cycles)
        .verdict(&verdict)
        .times("space to first ack", &back)
        .write();
    // The server that keeps its tables there goes before the disk.
    drop((server, cluster));
}
