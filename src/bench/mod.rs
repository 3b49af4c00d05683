//! `parlor bench`: a load generator for this server, lean enough not to be what is measured.
//!
//! One thread holds all sockets with epoll and counts what reaches each of them, so that a result says what was lost, doubled and out
//! of order beside how fast it was. Loads are open loops: everything is due at a time fixed beforehand, and lateness counts from then.
//! It knows the server from outside alone, by the wire: whatever it does, a client can do.

pub mod api;
pub mod args;
pub mod crowd;
pub mod history;
pub mod idle;
pub mod load;
pub mod net;
pub mod picture;
pub mod questions;
pub mod report;
pub mod requests;
pub mod server;
pub mod storm;
pub mod tally;
pub mod wire;
pub mod words;

use std::{num::NonZeroU32, time::Duration};

use crate::bench::{
    api::Api,
    args::{Args, Place, Scenario},
    history::Archive,
    load::Stage,
    report::Outcome,
    server::Server,
};

/// Starts or finds the server, measures, and gives what came out, in order.
///
/// # Errors
/// A server that cannot be started, reached or set up; one that breaks under the load.
pub fn run(args: &Args, place: &Place) -> anyhow::Result<Vec<Outcome>> {
    // Every socket is a file.
    let _ = rlimit::increase_nofile_limit(u64::MAX);
    let server = Server::of(args, place)?;
    match &args.scenario {
        Scenario::Fanout { members, senders, load } => {
            let stage = Stage::set("fanout", &server, 1, size(*members), size(*senders))?;
            Ok(vec![stage.measure(&server, load)?])
        }
        Scenario::Rooms { rooms, members, load } => {
            let (rooms, members) = (size(*rooms), size(*members));
            let stage = Stage::set("rooms", &server, rooms, members, rooms * members)?;
            Ok(vec![stage.measure(&server, load)?])
        }
        Scenario::Idle { sockets, people, settle } => {
            Ok(vec![idle::measure(&server, size(*sockets), size(people.unwrap_or(*sockets)), *settle)?])
        }
        Scenario::Storm { sockets, people, messages } => {
            let people = size(people.unwrap_or(*sockets));
            Ok(vec![storm::measure(&server, size(*sockets), people, size(*messages))?])
        }
        Scenario::Poll { clients, every, seconds } => {
            let cookies = Api::of(&server).people(&server, size(*clients))?;
            let every = Duration::from_millis(every.get().into());
            Ok(vec![questions::poll(&server, &cookies, every, time(*seconds))?])
        }
        Scenario::History { messages, questions } => {
            let rooms = [Archive::of(&server, history::SHORT)?, Archive::of(&server, size(*messages))?];
            history::measure(&server, &rooms, questions)
        }
        Scenario::Search { messages, questions } => {
            history::search(&server, &Archive::of(&server, size(*messages))?, questions)
        }
        Scenario::Upload { rate, seconds } => {
            let cookies = Api::of(&server).people(&server, 1)?;
            let outcome = questions::upload(&server, &cookies[0], &picture::photograph()?, *rate, time(*seconds))?;
            Ok(vec![outcome])
        }
    }
}

fn size(count: NonZeroU32) -> usize {
    usize::try_from(count.get()).unwrap_or(usize::MAX)
}

fn time(seconds: NonZeroU32) -> Duration {
    Duration::from_secs(seconds.get().into())
}
