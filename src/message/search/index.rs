//! Keeping the index in step with the messages: each function runs in the transaction that changes them.
//!
//! Exactly the messages from `since_id` on are in the index, tombstones apart; what is older the [backfill](super::backfill) adds as it
//! is by then. SQLite's index can only forget what it is told word for word, so that must stay exact.

use crate::{
    db::connection::AnyConnection,
    error::AppResult,
    id::MessageId,
    message::{
        search::{
            store::{self, Entry, Source},
            tokens::Tokens,
        },
        wire::MessageView,
    },
};

/// Adds messages just stored, all in one statement.
///
/// # Errors
/// When the database fails.
pub fn insert_all(conn: &mut AnyConnection, mut entries: Vec<Entry>) -> AppResult<()> {
    entries.sort_unstable_by_key(|entry| entry.id);
    Ok(store::insert(conn, &entries)?)
}

/// Replaces what a message is found by; `before` is the message as it was.
///
/// # Errors
/// When the database fails.
pub fn replace(conn: &mut AnyConnection, before: &MessageView, tokens: &Tokens) -> AppResult<()> {
    if !reaches(conn, before.id)? {
        return Ok(());
    }
    let MessageView { id, room, ref sender, ref uploads, ref text, .. } = *before;
    let old = Entry { id, room, sender: sender.id, image: !uploads.is_empty(), tokens: Tokens::of(text) };
    store::delete(conn, std::slice::from_ref(&old))?;
    Ok(store::insert(conn, &[Entry { tokens: tokens.clone(), ..old }])?)
}

/// Takes messages out. To be called while their text and images still stand there: before they are emptied, or the rows are erased.
///
/// # Errors
/// When the database fails.
pub fn remove(conn: &mut AnyConnection, ids: &[MessageId]) -> AppResult<()> {
    let since = since(conn)?;
    let sources = store::sources(conn, ids)?;
    let there: Vec<Entry> = sources.iter().filter(|source| source.id.0 >= since).map(Source::entry).collect();
    Ok(store::delete(conn, &there)?)
}

fn reaches(conn: &mut AnyConnection, id: MessageId) -> AppResult<bool> {
    Ok(id.0 >= since(conn)?)
}

fn since(conn: &mut AnyConnection) -> AppResult<i64> {
    Ok(store::progress(conn)?.map_or(i64::MAX, |progress| progress.since_id))
}
