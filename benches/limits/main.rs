//! How near Parlor comes to what this machine can do: the same loads, in one run, on Parlor, on two programs that do nothing but
//! deliver, and on a loop that does nothing but store. `cargo bench --bench limits`, with `-- --database-url postgres://…` for storing on
//! an empty database there; see `docs/performance.md`.
//!
//! Figures of one run are compared with each other alone. Nothing else should be running.

mod rows;
mod server;

use std::{io::Write as _, num::NonZeroU32, process::Command};

use parlor::bench::{
    args::{Load, Place},
    load::Stage,
    report::{Outcome, table},
    server::Server,
};
use parlor::config::Target;
use server::{Limit, Mode};

/// What is delivered to: rooms, members of each, and how many people send in all.
type Crowd = (usize, usize, usize);

/// One large room.
const HALL: Crowd = (1, 1_000, 10);

/// Many small ones, in which everybody sends.
const TABLES: Crowd = (100, 10, 1_000);

/// Rooms with one member each, in which storing is measured.
const ROOMS: usize = 64;

/// How often the two are measured in turn, of which the middle one counts: what a processor's second is worth changes from one minute to
/// the next where others have the machine too.
const TURNS: usize = 5;

/// Length of a text.
const BYTES: usize = 100;

fn main() -> anyhow::Result<()> {
    let words: Vec<String> = std::env::args().collect();
    let url = words.iter().position(|word| word == "--database-url").and_then(|at| words.get(at + 1));
    match (words.iter().find_map(|word| mode(word)), url) {
        (Some(mode), _) => serve(mode),
        (None, Some(url)) => storing(Some(url)),
        (None, None) => delivering().and_then(|()| storing(None)),
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

fn delivering() -> anyhow::Result<()> {
    let quiet = Load { rate: 50.0, seconds: NonZeroU32::MIN.saturating_add(9), bytes: BYTES, max: false };
    let busy = Load { rate: 400.0, max: true, seconds: NonZeroU32::MIN.saturating_add(4), ..quiet };
    let (single, parlor) = (Subject::limit("single", HALL)?, Subject::parlor(HALL)?);
    let mut turns = (0..TURNS)
        .map(|_| Ok((single.measure(&quiet)?, parlor.measure(&quiet)?)))
        .collect::<anyhow::Result<Vec<(Outcome, Outcome)>>>()?;
    turns.sort_by(|one, other| cheapness(one).total_cmp(&cheapness(other)));
    drop(single);
    let coalesced = Subject::limit("coalesced", HALL)?.measure(&busy)?;
    let most = parlor.measure(&busy)?;
    drop(parlor);
    let many = Load { rate: 4_000.0, ..busy };
    let tables = Subject::limit("coalesced", TABLES)?.measure(&many)?;
    let seated = Subject::parlor(TABLES)?.measure(&many)?;
    let (bare, still) = turns[TURNS / 2].clone();
    let out = &mut std::io::stdout();
    writeln!(out, "Quiet: one frame a write\n{}\n", table(&[bare, still]))?;
    writeln!(out, "Busy: the highest rate that is borne\n{}\n", table(&[coalesced.clone(), most.clone()]))?;
    writeln!(out, "Small rooms: the highest rate that is borne\n{}\n", table(&[tables.clone(), seated.clone()]))?;
    let quiet: Vec<String> = turns.iter().map(|turn| format!("{:.2}", cheapness(turn))).collect();
    writeln!(out, "quiet deliveries/s, Parlor to limit: {} (of {})", quiet[TURNS / 2], quiet.join(", "))?;
    let busy = ratio(most.get("deliveries_per_s"), coalesced.get("deliveries_per_s"));
    writeln!(out, "busy deliveries/s, Parlor to limit: {busy:.2}")?;
    let tables = ratio(seated.get("deliveries_per_s"), tables.get("deliveries_per_s"));
    writeln!(out, "deliveries/s in small rooms, Parlor, which stores, to limit, which does not: {tables:.2}")?;
    Ok(())
}

/// At a quiet rate neither is at its limit, so that what a delivery costs says how many there could be: of the limit program, to Parlor.
fn cheapness((limit, parlor): &(Outcome, Outcome)) -> f64 {
    ratio(limit.get("cpu_s_per_million"), parlor.get("cpu_s_per_million"))
}

fn ratio(one: Option<f64>, other: Option<f64>) -> f64 {
    one.zip(other).map_or(f64::NAN, |(one, other)| one / other)
}

/// Sends that are stored before they are acknowledged and delivered to their sender alone, then the rows alone on what is there by then.
fn storing(url: Option<&String>) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data");
    let place = Place { data: Some(data.clone()), database_url: url.cloned() };
    let server = Server::parlor(env!("CARGO_BIN_EXE_parlor").as_ref(), &place)?;
    let stage = Stage::set("durable", &server, ROOMS, 1, ROOMS)?;
    let load = Load { rate: 2_000.0, seconds: NonZeroU32::MIN.saturating_add(4), bytes: BYTES, max: true };
    let most = stage.measure(&server, &load)?;
    let half = most.get("deliveries_per_s").unwrap_or(load.rate) / 2.0;
    let at_half = stage.measure(&server, &Load { rate: half, max: false, ..load })?;
    drop(server);
    let target = url.map_or_else(|| Target::Sqlite(data.join("parlor.db")), |url| Target::Postgres(url.clone()));
    let rows = rows::measure(target, BYTES)?;
    let out = &mut std::io::stdout();
    writeln!(out, "Storing\n{}\n{}\n", table(&[most.clone(), at_half]), table(std::slice::from_ref(&rows)))?;
    let stored = ratio(most.get("deliveries_per_s"), rows.get("acks_per_s"));
    writeln!(out, "durable sends/s, Parlor to rows: {stored:.2}")?;
    Ok(())
}

/// A server, and the crowd before it.
struct Subject {
    server: Server,
    stage: Stage,
}

impl Subject {
    fn limit(scenario: &'static str, (rooms, members, senders): Crowd) -> anyhow::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg(format!("serve-{scenario}"));
        Ok(Self { server: Server::start(command)?, stage: Stage::bare(scenario, rooms, members, senders) })
    }

    fn parlor((rooms, members, senders): Crowd) -> anyhow::Result<Self> {
        let server = Server::parlor(env!("CARGO_BIN_EXE_parlor").as_ref(), &Place::default())?;
        let stage = Stage::set("parlor", &server, rooms, members, senders)?;
        Ok(Self { server, stage })
    }

    fn measure(&self, load: &Load) -> anyhow::Result<Outcome> {
        self.stage.measure(&self.server, load)
    }
}
