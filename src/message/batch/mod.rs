//! Storing many sends in one transaction: each is judged by itself, all that stand are numbered and inserted together.
//!
//! `known` reads what must be known of all of them, `slow` remembers who has to wait, `plan` judges each, and here they are written.

mod known;
mod plan;
pub mod slow;

use std::collections::HashMap;

use crate::{
    db::{connection::AnyConnection, time::now},
    error::AppResult,
    id::{MessageId, RoomId},
    message::{
        batch::{
            known::Known,
            plan::{Entry, Fate},
            slow::LastSends,
        },
        body::Body,
        mentions::{self, Calling},
        post::{Post, Posted},
        search::index,
        store::{self, Counters, NewMessage},
        wire::MessageView,
    },
    upload::store as uploads,
};

/// What became of each post, in their order.
pub type Verdicts = Vec<AppResult<Posted>>;

/// Stores what may be stored. Everything is checked before the first row is written, so a refused post never touches the others;
/// an error of the database concerns all of them, and then nothing is stored.
///
/// # Errors
/// When the database fails.
pub fn store(conn: &mut AnyConnection, posts: &[&Post], slow: &mut LastSends) -> AppResult<Verdicts> {
    let mut known = Known::read(conn, posts)?;
    let created_at = now();
    slow.learn(conn, &known.counters, created_at)?;
    let plan = plan::plan(posts, &mut known, slow, created_at);
    let fresh: Vec<&Entry<'_>> = plan.iter().filter_map(Fate::entry).collect();
    let ids = match fresh.is_empty() {
        true => HashMap::new(),
        false => write(conn, &fresh, &known.counters)?,
    };
    Ok(conclude(plan, &ids))
}

/// Ids by room and `seq`.
type Ids = HashMap<(RoomId, i64), MessageId>;

fn write(conn: &mut AnyConnection, fresh: &[&Entry<'_>], counters: &HashMap<RoomId, Counters>) -> AppResult<Ids> {
    let new: Vec<NewMessage<'_>> = fresh.iter().map(|entry| new_message(entry)).collect();
    let ids = store::insert_all(conn, &new)?;
    store::store_counters(conn, counters.iter())?;
    index::insert_all(conn, fresh.iter().map(|entry| entry.to_index(id_of(entry, &ids))).collect())?;
    let carrying = fresh.iter().filter(|entry| !entry.uploads.is_empty());
    uploads::link(conn, carrying.map(|entry| (id_of(entry, &ids), entry.uploads.as_slice())))?;
    let callings: Vec<Calling<'_>> = fresh.iter().map(|entry| entry.calling()).collect();
    mentions::insert(conn, &callings)?;
    Ok(ids)
}

fn new_message<'e>(entry: &'e Entry<'_>) -> NewMessage<'e> {
    NewMessage {
        room_id: entry.post.room,
        seq: entry.seq,
        rev: entry.rev,
        sender_id: entry.post.author.id,
        client_id: entry.post.client_id.as_str(),
        body_hash: &entry.post.body_hash,
        kind: entry.kind(),
        text: entry.body.text(),
        spans: &entry.spans,
        reply_to: entry.reply_to.map(|quoted| quoted.id),
        reply_seq: entry.reply_to.map(|quoted| quoted.seq),
        created_at: entry.created_at,
    }
}

fn id_of(entry: &Entry<'_>, ids: &Ids) -> MessageId {
    *ids.get(&(entry.post.room, entry.seq)).expect("the insert returned every row")
}

/// Spans as they are stored and sent.
pub(super) fn spans_json(body: &Body) -> String {
    serde_json::to_string(body.spans()).expect("spans have only strings and numbers")
}

fn conclude(plan: Vec<Fate<'_>>, ids: &Ids) -> Verdicts {
    let mut verdicts: Verdicts = Vec::with_capacity(plan.len());
    for fate in plan {
        let verdict = match fate {
            Fate::Decided(verdict) => *verdict,
            Fate::Fresh(entry) => Ok(Posted { message: view(*entry, ids), fresh: true }),
            Fate::Repeats(earlier) => {
                let posted = verdicts[earlier].as_ref().expect("only a fresh post is repeated");
                Ok(Posted { message: posted.message.clone(), fresh: false })
            }
        };
        verdicts.push(verdict);
    }
    verdicts
}

fn view(entry: Entry<'_>, ids: &Ids) -> MessageView {
    let (id, kind) = (id_of(&entry, ids), entry.kind().to_owned());
    let Entry { post, sender, body, spans, uploads, reply_to, seq, rev, created_at } = entry;
    MessageView {
        id,
        room: post.room,
        seq,
        rev,
        kind,
        sender,
        client_id: post.client_id.as_str().to_owned(),
        text: body.text().to_owned(),
        spans: store::raw(spans),
        uploads,
        reply_to,
        reactions: Vec::new(),
        created_at,
        edited_at: None,
        recalled_at: None,
        deleted_at: None,
    }
}
