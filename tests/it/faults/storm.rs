//! Everybody loses their line at once, and comes back.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use rand::RngExt;
use serde_json::{Value, json};
use tokio::{
    task::JoinSet,
    time::{sleep, timeout},
};

use super::{count, is_seen_on_sqlite, is_too_quick_for, report::Row};
use crate::support::{client::Member, server::Server, socket::Socket};

/// Sockets that one person may have.
const EACH: usize = 16;

/// Nobody waits so long for a frame: only against hanging for ever.
const FOR_EVER: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_sockets_are_cut_at_once_and_all_come_back_and_miss_nothing() {
    if is_seen_on_sqlite() || is_too_quick_for("thousands of sockets cut at once") {
        return;
    }
    let _ = rlimit::increase_nofile_limit(u64::MAX);
    let sockets = count(0, 320, 5_000);
    // More than a room keeps at hand, and less: the ones ask for what they missed, the others are told.
    let said_meanwhile = count(0, 300, 40);
    let server = Server::start();
    let people = server.members("person", sockets.div_ceil(EACH)).await;
    let lobby = people[0].lobby().await;
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
                (member, socket, start.elapsed())
            });
        }
        tasks.join_all()
    };
    let first = open(false).await;
    let had = people[0].say(lobby, "the last that they hear").await["rev"].as_i64().unwrap();
    let cut = Instant::now();
    drop(first);
    let talk = async {
        let mut said = BTreeMap::new();
        for number in 0..said_meanwhile {
            note(&mut said, &people[0].say(lobby, &format!("said meanwhile: {number}")).await);
        }
        said
    };
    let (again, mut said) = tokio::join!(open(true), talk);
    let back = cut.elapsed();
    note(&mut said, &people[0].say(lobby, "we are all here").await);
    let took: Vec<Duration> = again.iter().map(|(.., took)| *took).collect();
    let heard =
        join_all(again.into_iter().map(|(member, socket, _)| catch_up(member, socket, lobby, had, said.len()))).await;
    let whole = cut.elapsed();
    for heard in heard {
        assert_eq!(heard, said);
    }
    let row = Row::new("Sockets cut at once, all back", &server, sockets).times("all back within", &[back]);
    row.times("all whole within", &[whole]).times("a handshake at most", &took).fact("none refused").write();
}

fn note(messages: &mut BTreeMap<i64, String>, message: &Value) {
    messages.insert(message["rev"].as_i64().unwrap(), message["text"].as_str().unwrap().to_owned());
}

/// What somebody has of a room, up to the last of so many changes, who had all up to `had`: what is told, and what is to be asked for.
async fn catch_up(member: Member, mut socket: Socket, room: i64, had: i64, count: usize) -> BTreeMap<i64, String> {
    let mut messages = BTreeMap::new();
    socket.send(json!({"type": "resume", "ref": "resume", "rooms": {room.to_string(): had}})).await;
    let mut is_resumed = false;
    while !is_resumed || messages.len() < count {
        let Ok(frame) = timeout(FOR_EVER, socket.recv()).await else { break };
        let frame = frame.expect("the line lives");
        if frame["ref"] == "resume" {
            assert_eq!(frame["type"], "ack", "{frame}");
            is_resumed = true;
            if frame["fetch"] == json!([room]) {
                fetch(&member, room, had, &mut messages).await;
            }
        } else if frame["type"] == "message" && frame["room"] == room {
            note(&mut messages, &frame["message"]);
        }
    }
    messages
}

async fn fetch(member: &Member, room: i64, mut after: i64, messages: &mut BTreeMap<i64, String>) {
    loop {
        let page = member.changes(room, &format!("after={after}")).await.is(200);
        page.messages().iter().for_each(|message| note(messages, message));
        after = page["rev"].as_i64().unwrap();
        if page["more"] == false {
            return;
        }
    }
}
