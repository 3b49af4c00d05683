//! No file is left to open: a socket is one, too.

use std::{fs, time::Instant};

use rlimit::Resource;
use serde_json::json;
use tokio::time::{Duration, sleep};

use super::{load::Load, report::Row, usual};
use crate::support::{raw::Raw, server::Server};

fn limit(server: &Server, files: u64) {
    let id = i32::try_from(server.process_id()).unwrap();
    rlimit::prlimit(id, Resource::NOFILE, Some((files, 20_000)), None).expect("a limit can be set");
}

fn open_files(server: &Server) -> u64 {
    fs::read_dir(format!("/proc/{}/fd", server.process_id())).unwrap().count() as u64
}

/// Ticks of the processor that it has used.
fn ticks(server: &Server) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{}/stat", server.process_id())).unwrap();
    let after = stat.rsplit_once(") ").unwrap().1.to_owned();
    after.split(' ').skip(11).take(2).map(|ticks| ticks.parse::<u64>().unwrap()).sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_files_to_open_what_is_open_works_on() {
    let server = Server::start();
    let load = Load::on(&server, usual()).await;
    let ann = server.member("ann").await;
    let lobby = ann.lobby().await;
    let mut tab = ann.connect().await;
    load.goes_on(20).await;
    limit(&server, open_files(&server) + 4);
    let mut others = Vec::new();
    for _ in 0..64 {
        others.push(Raw::to(server.site()).await);
    }
    for number in 0..10 {
        let edit = json!({"type": "read", "room": lobby, "seq": number});
        assert_eq!(tab.ask(edit).await["type"], "ack", "an open socket works");
    }
    let before = ticks(&server);
    sleep(Duration::from_secs(1)).await;
    let busy = ticks(&server) - before;
    drop(others);
    limit(&server, 20_000);
    let start = Instant::now();
    ann.get("me").await.is(200);
    let back = start.elapsed();
    load.goes_on(20).await;
    let verdict = load.finish(&server).await;
    let row = Row::new("No file left to open", &server, 1).verdict(&verdict).times("first request after", &[back]);
    row.fact(&format!("{busy} ticks of processor in a second of it")).write();
}
