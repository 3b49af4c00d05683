//! Everybody loses their line at once, and comes back.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use rand::RngExt;
use tokio::{task::JoinSet, time::sleep};

use super::{count, is_seen_on_sqlite, is_too_quick_for, report::Row};
use crate::support::{server::Server, socket::Socket};

/// Sockets that one person may have.
const EACH: usize = 16;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_sockets_are_cut_at_once_and_all_come_back() {
    if is_seen_on_sqlite() || is_too_quick_for("thousands of sockets cut at once") {
        return;
    }
    let _ = rlimit::increase_nofile_limit(u64::MAX);
    let sockets = count(0, 320, 5_000);
    let server = Server::start();
    let people = server.members("person", sockets.div_ceil(EACH)).await;
    let open = |wait: bool| {
        let mut tasks = JoinSet::new();
        for number in 0..sockets {
            let member = people[number % people.len()].clone();
            // As the client does: the first try after a random part of five seconds.
            let delay = if wait { rand::rng().random_range(0..5_000) } else { number as u64 };
            tasks.spawn(async move {
                sleep(Duration::from_millis(delay)).await;
                let start = Instant::now();
                let socket = Socket::open(&member).await.unwrap_or_else(|status| panic!("got {status}"));
                (socket, start.elapsed())
            });
        }
        tasks.join_all()
    };
    let first = open(false).await;
    let cut = Instant::now();
    drop(first);
    let (again, took): (Vec<Socket>, Vec<_>) = open(true).await.into_iter().unzip();
    let back = cut.elapsed();
    let lobby = people[0].lobby().await;
    let said = people[0].say(lobby, "we are all here").await;
    let heard =
        again.into_iter().map(|mut socket| async move { socket.message("we are all here").await["rev"].clone() });
    for rev in join_all(heard).await {
        assert_eq!(rev, said["rev"]);
    }
    let row = Row::new("Sockets cut at once, all back", &server, sockets).times("all back within", &[back]);
    row.times("a handshake at most", &took).fact("none refused").write();
}
