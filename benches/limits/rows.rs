//! What storing messages costs when nothing is asked first: the rows that a send leaves behind (the message, what the search finds it by,
//! its room's counters), in batches as large as the writer's, each in a transaction of its own that is on the disk when it ends. The log
//! of an SQLite file is kept short as the server does it.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use diesel::prelude::*;
use parlor::{
    bench::{
        report::{Outcome, amount},
        server::pin_to,
        words::Words,
    },
    config::Target,
    db::{
        checkpoint,
        claim::Claim,
        connection::{Access, AnyConnection, connect},
        mark::Mark,
        pen::Pen,
        schema::{memberships, rooms},
        time::now,
        turn::Turn,
    },
    error::AppResult,
    id::{RoomId, UserId},
    message::{
        rules::Terms,
        search::{store as index, tokens::Tokens},
        store::{self, Counters, NewMessage},
    },
    room::wire::{PostPolicy, RoomKind},
};

/// Messages of a transaction: as many as the writer takes at most.
const BATCH: usize = 256;

/// Different texts.
const TEXTS: usize = 1_024;

/// How long is measured.
const TIME: Duration = Duration::from_secs(5);

struct Text {
    text: String,
    spans: String,
    tokens: Tokens,
}

/// Writes into the rooms that a bench of Parlor left behind, on the core that its server had.
///
/// # Errors
/// Those of the database.
pub fn measure(target: Target, bytes: usize) -> anyhow::Result<Outcome> {
    let writer = std::thread::spawn(move || {
        pin_to(0)?;
        let turn = Turn::default();
        let checkpoints = checkpoint::start(&target, turn.clone())?;
        let outcome = write(target, turn, bytes);
        if let Some(checkpoints) = checkpoints {
            checkpoints.finish();
        }
        outcome
    });
    writer.join().ok().context("the writer panicked")?
}

fn write(target: Target, turn: Turn, bytes: usize) -> anyhow::Result<Outcome> {
    let mut words = Words::new(7);
    let texts: Vec<Text> = (0..TEXTS)
        .map(|_| {
            let text = words.text(bytes);
            Ok(Text { spans: serde_json::to_string(&[&text])?, tokens: Tokens::of(&text), text })
        })
        .collect::<serde_json::Result<_>>()?;
    let conn = connect(&target, Access::Write)?;
    let mark = Mark::open(&tempfile::tempdir()?.path().join("mark"), "")?;
    let mut pen = Pen::new(target, conn, Claim::new(1), mark, turn)?;
    let mut places = pen.transact(|conn| Ok(places(conn)?))?;
    let run: u32 = rand::random();
    let (mut number, begin) = (0, Instant::now());
    while begin.elapsed() < TIME {
        let batch: Vec<(usize, String)> = (number..number + BATCH).map(|at| (at, format!("w{run}-{at}"))).collect();
        pen.transact(|conn| store_batch(conn, &mut places, &texts, &batch))?;
        number += BATCH;
    }
    let rate = amount(number.try_into()?) / begin.elapsed().as_secs_f64();
    Ok(Outcome::of("rows", format!("{BATCH} in a transaction")).amount("acks_per_s", Some(rate)))
}

type Place = (RoomId, UserId, i64, i64);

/// The bench's rooms, with somebody who is there and their counters.
fn places(conn: &mut AnyConnection) -> QueryResult<Vec<Place>> {
    memberships::table
        .inner_join(rooms::table)
        .filter(rooms::lobby.eq(false))
        .order(rooms::id)
        .select((rooms::id, memberships::user_id, rooms::last_seq, rooms::rev))
        .load(conn)
}

fn store_batch(
    conn: &mut AnyConnection,
    places: &mut [Place],
    texts: &[Text],
    batch: &[(usize, String)],
) -> AppResult<()> {
    let mut new = Vec::with_capacity(batch.len());
    let mut said = HashMap::with_capacity(batch.len());
    for (at, client_id) in batch {
        let (place, text) = (at % places.len(), &texts[at % texts.len()]);
        let (room_id, sender_id, seq, rev) = &mut places[place];
        (*seq, *rev) = (*seq + 1, *rev + 1);
        said.insert((*room_id, *seq), (*sender_id, &text.tokens));
        new.push(NewMessage {
            room_id: *room_id,
            seq: *seq,
            rev: *rev,
            sender_id: *sender_id,
            client_id,
            body_hash: &[7; 32],
            kind: "text",
            text: &text.text,
            spans: &text.spans,
            reply_to: None,
            reply_seq: None,
            created_at: now(),
        });
    }
    let ids = store::insert_all(conn, &new)?;
    let counters: Vec<(RoomId, Counters)> =
        places.iter().map(|(room, _, seq, rev)| (*room, counters(*seq, *rev))).collect();
    store::store_counters(conn, counters.iter().map(|(room, counters)| (room, counters)))?;
    let mut entries: Vec<index::Entry> = ids
        .iter()
        .map(|((room, seq), id)| {
            let (sender, tokens) = said[&(*room, *seq)];
            index::Entry { id: *id, room: *room, sender, image: false, tokens: tokens.clone() }
        })
        .collect();
    entries.sort_unstable_by_key(|entry| entry.id);
    Ok(index::insert(conn, &entries)?)
}

fn counters(last_seq: i64, rev: i64) -> Counters {
    let terms = Terms { post_policy: PostPolicy::default(), archived: false };
    Counters { last_seq, rev, kind: RoomKind::Public, pair: None, terms, slow_seconds: 0 }
}
