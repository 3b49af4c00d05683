//! What a start finds: migrations that were interrupted, files that are damaged.

use std::{collections::BTreeSet, fs, ops::Range, path::Path, time::Duration};

use rand::{RngExt, SeedableRng, rngs::StdRng};

use super::{count, report::Row};
use crate::support::{client::Member, server::Server};

/// How many of the newest migrations are taken back to have an older database.
const OLDER: usize = 4;

fn dice() -> (u64, StdRng) {
    let seed = std::env::var("PARLOR_FAULTS_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(|| rand::rng().random());
    (seed, StdRng::seed_from_u64(seed))
}

/// What Ann said in the lobby.
async fn said(ann: &Member) -> BTreeSet<String> {
    let lobby = ann.lobby().await;
    let page = ann.page(lobby, "limit=100").await.is(200);
    page.messages().iter().map(|message| message["text"].as_str().unwrap().to_owned()).collect()
}

async fn say_some(ann: &Member, count: usize) -> BTreeSet<String> {
    let lobby = ann.lobby().await;
    let mut all = BTreeSet::new();
    for number in 0..count {
        let text = format!("message {number} {}", "x".repeat(200));
        ann.say(lobby, &text).await;
        all.insert(text);
    }
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn migrations_that_are_killed_half_way_are_done_by_the_next_start() {
    let cycles = count(2, 4, 20);
    let server = Server::setup().prepare();
    let mut server = server;
    for _ in 0..cycles {
        server.start_and_kill(Duration::from_millis(rand::rng().random_range(10..250)));
    }
    server.restart();
    let ann = server.member("ann").await;
    let all = say_some(&ann, 5).await;
    server.stop();
    server.database().take_back_migrations(&server.data(), OLDER);
    for _ in 0..cycles {
        server.start_and_kill(Duration::from_millis(rand::rng().random_range(10..250)));
    }
    server.restart();
    assert_eq!(said(&ann).await, all);
    ann.say(ann.lobby().await, "and on").await;
    Row::new("SIGKILL during migrations", &server, 2 * cycles).fact("the next start completes them").write();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_first_start_that_was_killed_between_two_migrations_is_done_by_the_next() {
    let mut server = Server::setup().prepare();
    fs::create_dir_all(server.data()).expect("a folder");
    server.database().begin_migrations(&server.data(), 2);
    server.restart();
    let ann = server.member("ann").await;
    ann.say(ann.lobby().await, "there is nothing to copy").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_migration_that_fails_changes_nothing_and_says_so() {
    let mut server = Server::start();
    let ann = server.member("ann").await;
    let all = say_some(&ann, 3).await;
    server.stop();
    let (database, data) = (server.database(), server.data());
    database.take_back_migrations(&data, 2);
    // The last migration but one makes this table.
    database.execute(&data, "CREATE TABLE upload_hours (owner_id BIGINT)");
    let text = server.refuses_to_start(&[]);
    assert!(text.contains("upload_hours"), "it says what went wrong: {text}");
    database.execute(&data, "DROP TABLE upload_hours");
    server.restart();
    assert_eq!(said(&ann).await, all);
}

/// A way to damage the files of an SQLite database.
#[derive(Debug)]
enum Damage {
    /// Other bytes there.
    Scribble(&'static str, Range<usize>),
    /// Its end is cut off, down to this length.
    Cut(&'static str, usize),
    /// The file is gone.
    Gone(&'static str),
}

impl Damage {
    fn inflict(&self, data: &Path) {
        match self {
            Self::Scribble(name, range) => {
                let mut bytes = fs::read(data.join(name)).unwrap();
                bytes[range.clone()].iter_mut().for_each(|byte| *byte ^= 0xa5);
                fs::write(data.join(name), bytes).unwrap();
            }
            Self::Cut(name, length) => {
                fs::File::options().write(true).open(data.join(name)).unwrap().set_len(*length as u64).unwrap();
            }
            Self::Gone(name) => fs::remove_file(data.join(name)).unwrap(),
        }
    }
}

/// What is done to a database of these lengths.
fn damages(file: usize, log: usize, dice: &mut StdRng) -> Vec<Damage> {
    const FILE: &str = "parlor.db";
    const LOG: &str = "parlor.db-wal";
    let mut all = vec![
        Damage::Gone(FILE),
        Damage::Cut(FILE, 0),
        Damage::Cut(FILE, file / 2),
        Damage::Cut(FILE, 50),
        Damage::Scribble(FILE, 0..16),
        Damage::Scribble(FILE, 0..file),
    ];
    if log > 64 {
        all.extend([Damage::Gone(LOG), Damage::Cut(LOG, 0), Damage::Cut(LOG, log / 2), Damage::Cut(LOG, log - 1_000)]);
        all.extend([Damage::Scribble(LOG, 0..32), Damage::Scribble(LOG, 0..log)]);
    }
    for _ in 0..count(4, 10, 50) {
        if log > 64 {
            let at = dice.random_range(0..log - 64);
            all.push(Damage::Scribble(LOG, at..at + 64));
        }
        // The head of a page of the file: what stands in it is lost.
        let page = dice.random_range(1..file / 4096) * 4096;
        all.push(Damage::Scribble(FILE, page..page + 64));
    }
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_database_is_named_and_never_served_short() {
    let mut server = Server::start();
    if server.database().url().is_some() {
        return; // PostgreSQL guards its own files.
    }
    let ann = server.member("ann").await;
    let mut all = say_some(&ann, 40).await;
    server.stop();
    server.restart();
    all.extend(say_some(&ann, 20).await);
    server.kill();
    let data = server.data();
    let names = ["parlor.db", "parlor.db-wal", "parlor.db-shm", "mark"];
    let whole = names.map(|name| (data.join(name), fs::read(data.join(name)).unwrap_or_default()));
    let (seed, mut dice) = dice();
    let damages = damages(whole[0].1.len(), whole[1].1.len(), &mut dice);
    let (mut refused, mut harmless) = (0, 0);
    for damage in &damages {
        whole.iter().for_each(|(path, bytes)| fs::write(path, bytes).unwrap());
        damage.inflict(&data);
        match server.try_restart() {
            Err(log) => {
                let says = ["Restore a backup", "restore a backup"].iter().any(|words| log.contains(words));
                assert!(says, "{damage:?} (seed {seed}) was refused with: {log}");
                refused += 1;
            }
            Ok(()) => {
                // It hit what nobody needs: then nothing may be missing.
                assert_eq!(said(&ann).await, all, "{damage:?} (seed {seed}) was served");
                harmless += 1;
                server.kill();
            }
        }
    }
    whole.iter().for_each(|(path, bytes)| fs::write(path, bytes).unwrap());
    server.restart();
    assert_eq!(said(&ann).await, all, "what was refused was left alone");
    assert!(refused > 0);
    let row = Row::new("Damaged SQLite files", &server, damages.len());
    row.fact(&format!("{refused} refused by name, {harmless} harmless, 0 served short")).write();
}
