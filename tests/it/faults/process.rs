//! The server is killed, or told to end, under load.

use std::time::{Duration, Instant};

use rand::RngExt;
use tokio::time::sleep;

use super::{
    book::State,
    count,
    load::{Load, Size},
    report::Row,
    usual,
};
use crate::support::server::Server;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_load_over_dropping_lines_is_the_same_for_everybody() {
    let server = Server::start();
    let load = Load::on(&server, Size { drops: 0.3, ..usual() }).await;
    load.goes_on(count(150, 500, 5_000)).await;
    let verdict = load.finish(&server).await;
    Row::new("Lines dropped before the answer", &server, verdict.unanswered).verdict(&verdict).write();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_again_and_again_it_loses_and_doubles_nothing() {
    let cycles = count(2, 4, 20);
    let mut server = Server::start();
    let load = Load::on(&server, usual()).await;
    let mut back = Vec::new();
    for _ in 0..cycles {
        load.goes_on(rand::rng().random_range(5..150)).await;
        sleep(Duration::from_millis(rand::rng().random_range(0..50))).await;
        server.kill();
        let start = Instant::now();
        server.restart();
        load.goes_on(1).await;
        back.push(start.elapsed());
    }
    load.goes_on(50).await;
    let verdict = load.finish(&server).await;
    Row::new("SIGKILL under load", &server, cycles).verdict(&verdict).times("start to first ack", &back).write();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn told_to_end_it_keeps_its_word() {
    let cycles = count(1, 2, 10);
    let mut server = Server::start();
    let load = Load::on(&server, usual()).await;
    let mut took = Vec::new();
    for _ in 0..cycles {
        load.goes_on(rand::rng().random_range(50..150)).await;
        let asked = Instant::now();
        server.terminate();
        assert_eq!(server.exit_code(Duration::from_secs(60)), Some(0));
        took.push(asked.elapsed());
        load.until("every line is dead", || load.book.in_flight() == 0).await;
        check_that_each_was_told(&server, &load);
        server.restart();
    }
    load.goes_on(50).await;
    let verdict = load.finish(&server).await;
    Row::new("SIGTERM under load", &server, cycles).verdict(&verdict).times("to its end", &took).write();
}

/// While it is down: nothing is there that was refused, or whose sender heard nothing.
fn check_that_each_was_told(server: &Server, load: &Load) {
    let stored = server.database().messages(&server.data());
    let entries = load.book.entries();
    for row in stored {
        let state = entries[&row.client_id].state;
        assert_eq!(state, State::Acked, "what became of {}, which is stored (seed {})", row.client_id, load.seed);
    }
}
