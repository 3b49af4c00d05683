//! How near Parlor comes to what this machine can do: the same loads, in one run, on Parlor and on two programs that do nothing but
//! deliver. `cargo bench --bench limits`; see `docs/performance.md`.
//!
//! Figures of one run are compared with each other alone. Nothing else should be running.

mod server;

use std::{io::Write as _, num::NonZeroU32, process::Command};

use parlor::bench::{
    args::{Load, Place},
    load::Stage,
    report::{Outcome, table},
    server::Server,
};
use server::{Limit, Mode};

/// Members of the room that everything is measured in, and how many of them send.
const MEMBERS: usize = 1_000;
const SENDERS: usize = 10;

fn main() -> anyhow::Result<()> {
    let words: Vec<String> = std::env::args().collect();
    match words.iter().find_map(|word| mode(word)) {
        Some(mode) => serve(mode),
        None => compare(),
    }
}

/// The word by which this program starts itself as one of the two.
fn mode(word: &str) -> Option<Mode> {
    match word {
        "serve-single" => Some(Mode::Single),
        "serve-coalesced" => Some(Mode::Coalesced),
        _ => None,
    }
}

fn serve(mode: Mode) -> anyhow::Result<()> {
    let limit = Limit::bind(mode)?;
    writeln!(std::io::stdout(), "Limit listens on http://{}", limit.address()?)?;
    Ok(limit.run()?)
}

fn compare() -> anyhow::Result<()> {
    let quiet = Load { rate: 50.0, seconds: NonZeroU32::MIN.saturating_add(9), bytes: 100, max: false };
    let busy = Load { rate: 400.0, max: true, seconds: NonZeroU32::MIN.saturating_add(4), ..quiet };
    let single = of_limit("single", &quiet)?;
    let coalesced = of_limit("coalesced", &busy)?;
    let (still, most) = of_parlor(&quiet, &busy)?;
    let out = &mut std::io::stdout();
    writeln!(out, "Quiet: one frame a write\n{}\n", table(&[single.clone(), still.clone()]))?;
    writeln!(out, "Busy: the highest rate that is borne\n{}\n", table(&[coalesced.clone(), most.clone()]))?;
    let ratio = |name: &str, one: &Outcome, other: &Outcome| {
        one.get(name).zip(other.get(name)).map_or(f64::NAN, |(one, other)| one / other)
    };
    // At a quiet rate neither is at its limit, so that what a delivery costs says how many there could be.
    writeln!(out, "quiet deliveries/s, Parlor to limit: {:.2}", ratio("cpu_s_per_million", &single, &still))?;
    writeln!(out, "busy deliveries/s, Parlor to limit: {:.2}", ratio("deliveries_per_s", &most, &coalesced))?;
    Ok(())
}

fn of_limit(scenario: &'static str, load: &Load) -> anyhow::Result<Outcome> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg(format!("serve-{scenario}"));
    Stage::bare(scenario, MEMBERS, SENDERS).measure(&Server::start(command)?, load)
}

fn of_parlor(quiet: &Load, busy: &Load) -> anyhow::Result<(Outcome, Outcome)> {
    let server = Server::parlor(env!("CARGO_BIN_EXE_parlor").as_ref(), &Place::default())?;
    let stage = Stage::set("parlor", &server, 1, MEMBERS, SENDERS)?;
    Ok((stage.measure(&server, quiet)?, stage.measure(&server, busy)?))
}
