//! What must hold when things break: processes that are killed, databases that go away, disks that fill, lines that go dead, clocks that
//! jump. One load, one book of what its clients know, one judgement over all of it: what was acknowledged is stored, once, in one order
//! for everybody.
//!
//! `cargo test` runs a few cycles of what needs only Rust. `PARLOR_FAULTS=short` (in `./check`) runs a few of everything, and
//! `PARLOR_FAULTS=whole` (`./check --faults`) many. The times that are measured stand in the table (`target/faults.txt`); no test fails by
//! them. `PARLOR_FAULTS_SEED` repeats the dice of a run.

mod book;
mod clock;
mod disk;
mod files;
mod lines;
mod load;
mod opening;
mod player;
mod postgres;
mod process;
mod report;
mod storm;
mod uploads;

use load::Size;

use crate::support::database::is_seen_on_sqlite;

/// How much is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scale {
    /// A few cycles of what takes seconds and needs only Rust.
    Quick,
    /// A few cycles of everything.
    Short,
    /// All of it.
    Whole,
}

fn scale() -> Scale {
    match std::env::var("PARLOR_FAULTS").as_deref() {
        Err(_) | Ok("") => Scale::Quick,
        Ok("short") => Scale::Short,
        Ok("whole") => Scale::Whole,
        Ok(other) => panic!("PARLOR_FAULTS={other} is neither short nor whole"),
    }
}

/// The number for this run.
fn count(quick: usize, short: usize, whole: usize) -> usize {
    match scale() {
        Scale::Quick => quick,
        Scale::Short => short,
        Scale::Whole => whole,
    }
}

/// Is this a run that leaves out what takes long? Says so if it is.
fn is_too_quick_for(what: &str) -> bool {
    let is_quick = scale() == Scale::Quick;
    if is_quick {
        report::not_run(what, "PARLOR_FAULTS is not set");
    }
    is_quick
}

/// The usual load of this run.
fn usual() -> Size {
    Size { sockets: count(8, 12, 48), requests: count(4, 6, 16), rooms: count(3, 4, 16), drops: 0.0 }
}
