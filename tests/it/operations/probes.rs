//! `/healthz` and `/readyz`.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::support::{eventually, server::Server};

#[tokio::test]
async fn a_server_that_is_well_says_so_check_by_check() {
    let server = Server::start();
    let answer = server.guest().get("/readyz").await.is(200);
    let checks = json!({"server": "ok", "database": "ok", "disk": "ok", "queue": "ok"});
    assert_eq!(answer.json, json!({"ready": true, "checks": checks}));
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(server.guest().get("/healthz").await.is(200).body, "ok");
}

#[tokio::test]
async fn a_disk_that_is_nearly_full_is_told_and_the_process_still_lives() {
    let server = Server::setup().flag(&["--disk-reserve", &u64::MAX.to_string()]).start();
    let answer = server.guest().get("/readyz").await.is(503);
    assert_eq!((&answer["ready"], &answer["checks"]["database"]), (&json!(false), &json!("ok")));
    let disk = answer["checks"]["disk"].as_str().unwrap();
    assert!(disk.contains("MB are free"), "{disk}");
    server.guest().get("/healthz").await.is(200);
}

#[tokio::test]
async fn a_queue_that_is_nearly_full_is_told_until_it_is_not() {
    /// More than may wait, though a batch or two are in the writer's hands; what is too much is told so.
    const SENDS: usize = 4_600;
    let server = Server::start();
    let (ann, guest) = (server.member("ann").await, server.guest());
    let (lobby, mut tab) = (ann.lobby().await, ann.connect().await);
    let held = server.database().hold_writes(&server.data());
    for number in 0..SENDS {
        let id = format!("waits-{number}");
        tab.send(json!({"type": "send", "client_id": id, "room": lobby, "text": "in a row"})).await;
    }
    eventually("it is told", async || {
        let answer = guest.get("/readyz").await.any_of(&[200, 503]);
        answer.status == 503 && answer["checks"]["queue"].as_str().is_some_and(|told| told.contains("sends wait"))
    })
    .await;
    drop(held);
    eventually("it is ready", async || guest.get("/readyz").await.status == 200).await;
    ann.say(lobby, "it stores again").await;
}

/// Stands before PostgreSQL, and falls silent without a word.
async fn freezer(database: String, is_frozen: Arc<AtomicBool>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let server = TcpStream::connect(&database).await.unwrap();
            let ((client_in, client_out), (server_in, server_out)) = (client.into_split(), server.into_split());
            tokio::spawn(carry(client_in, server_out, is_frozen.clone()));
            tokio::spawn(carry(server_in, client_out, is_frozen.clone()));
        }
    });
    port
}

async fn carry(mut from: impl AsyncReadExt + Unpin, mut to: impl AsyncWriteExt + Unpin, is_frozen: Arc<AtomicBool>) {
    let mut chunk = vec![0; 64 * 1024];
    while let Ok(length @ 1..) = from.read(&mut chunk).await {
        while is_frozen.load(Ordering::Relaxed) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        if to.write_all(&chunk[..length]).await.is_err() {
            return;
        }
    }
}

// The start of a server blocks its thread.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_hangs_is_told_within_seconds_and_so_is_its_return() {
    let mut server = Server::start();
    // SQLite is in the process, and does not hang by itself.
    let Some(url) = server.database().url() else { return };
    let url = url::Url::parse(&url).unwrap();
    let database = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap_or(5432));
    let is_frozen = Arc::new(AtomicBool::new(false));
    let port = freezer(database, is_frozen.clone()).await;
    server.stop();
    server.reach_database_through(port);
    server.restart();
    let guest = server.guest();
    guest.get("/readyz").await.is(200);
    is_frozen.store(true, Ordering::Relaxed);
    eventually("it is told", async || {
        let answer = guest.get("/readyz").await.any_of(&[200, 503]);
        answer.status == 503 && answer["checks"]["database"] != "ok" && answer["checks"]["disk"] == "ok"
    })
    .await;
    guest.get("/healthz").await.is(200);
    is_frozen.store(false, Ordering::Relaxed);
    eventually("it is back", async || guest.get("/readyz").await.status == 200).await;
}
