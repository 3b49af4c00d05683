//! Floors, and what lies beneath them, in SQL.

use std::collections::HashMap;

use chrono::NaiveDateTime;
use diesel::{dsl::exists, prelude::*};

use crate::{
    db::{
        connection::AnyConnection,
        schema::{mentions, messages, rooms, sent_keys},
        time::now,
    },
    error::AppResult,
    id::{MessageId, RoomId, UserId},
    on_each,
    room::eraser::Forget,
};

/// Rooms that do not keep everything: those with a rule of their own, and with `by_default` those without.
pub fn ruled(conn: &mut AnyConnection, by_default: bool) -> QueryResult<Vec<RoomId>> {
    let mut rules = vec!["days", "count"];
    if by_default {
        rules.push("default");
    }
    let ruled = rooms::deleted_at.is_null().and(rooms::retention.eq_any(rules));
    rooms::table.filter(ruled).order(rooms::id).select(rooms::id).load(conn)
}

/// A room's rule and its number.
pub fn rule(conn: &mut AnyConnection, room: RoomId) -> QueryResult<(String, i64)> {
    rooms::table.find(room).select((rooms::retention, rooms::retention_value)).first(conn)
}

/// When the oldest message above a room's floor was sent.
pub fn oldest(conn: &mut AnyConnection, room: RoomId, floor: i64) -> QueryResult<Option<NaiveDateTime>> {
    let kept = messages::table.filter(messages::room_id.eq(room).and(messages::seq.gt(floor)));
    kept.order(messages::seq).select(messages::created_at).first(conn).optional()
}

/// Raises a floor; it never sinks.
pub fn set_floor(conn: &mut AnyConnection, room: RoomId, floor: i64) -> QueryResult<usize> {
    let lower = rooms::table.filter(rooms::id.eq(room).and(rooms::floor_seq.lt(floor)));
    diesel::update(lower).set(rooms::floor_seq.eq(floor)).execute(conn)
}

/// A room with messages beneath its floor.
pub fn beneath(conn: &mut AnyConnection) -> QueryResult<Option<RoomId>> {
    let message = messages::table.filter(messages::room_id.eq(rooms::id).and(messages::seq.le(rooms::floor_seq)));
    let with = rooms::floor_seq.gt(0).and(rooms::deleted_at.is_null()).and(exists(message));
    rooms::table.filter(with).select(rooms::id).first(conn).optional()
}

/// Erases at most `limit` messages beneath a room's floor; the names of their sends are kept.
///
/// # Errors
/// When the database fails.
pub fn erase_some(conn: &mut AnyConnection, room: RoomId, limit: i64, forget: Forget) -> AppResult<()> {
    let floor: i64 = rooms::table.find(room).select(rooms::floor_seq).first(conn)?;
    let some: Vec<(MessageId, i64, UserId, String, Vec<u8>)> = messages::table
        .filter(messages::room_id.eq(room).and(messages::seq.le(floor)))
        .order(messages::seq)
        .limit(limit)
        .select((messages::id, messages::seq, messages::sender_id, messages::client_id, messages::body_hash))
        .load(conn)?;
    let Some((_, highest, ..)) = some.last() else { return Ok(()) };
    forget(conn, &some.iter().map(|(id, ..)| *id).collect::<Vec<_>>())?;
    let at = now();
    let keys: Vec<_> = some
        .iter()
        .map(|(_, _, sender, client_id, hash)| {
            (
                sent_keys::sender_id.eq(sender.0),
                sent_keys::client_id.eq(client_id),
                sent_keys::body_hash.eq(hash),
                sent_keys::pruned_at.eq(at),
            )
        })
        .collect();
    on_each!(conn, |conn| diesel::insert_into(sent_keys::table)
        .values(&keys)
        .on_conflict_do_nothing()
        .execute(conn)?);
    diesel::delete(mentions::table.filter(mentions::room_id.eq(room).and(mentions::seq.le(*highest)))).execute(conn)?;
    diesel::delete(messages::table.filter(messages::room_id.eq(room).and(messages::seq.le(*highest)))).execute(conn)?;
    Ok(())
}

/// By sender and `client_id`: the hash of what was first sent.
pub type Pruned = HashMap<(UserId, String), Vec<u8>>;

/// Which of these sends were stored once and pruned since.
pub fn pruned_before(conn: &mut AnyConnection, sends: &[(UserId, &str)]) -> QueryResult<Pruned> {
    // Most sites prune nothing: one glance spares the question.
    if !diesel::select(exists(sent_keys::table.select(sent_keys::sender_id))).get_result::<bool>(conn)? {
        return Ok(Pruned::new());
    }
    let mut query =
        sent_keys::table.select((sent_keys::sender_id, sent_keys::client_id, sent_keys::body_hash)).into_boxed();
    for (sender, client_id) in sends {
        query = query.or_filter(sent_keys::sender_id.eq(sender.0).and(sent_keys::client_id.eq(*client_id)));
    }
    let rows: Vec<(i64, String, Vec<u8>)> = query.load(conn)?;
    Ok(rows.into_iter().map(|(sender, client_id, hash)| ((UserId(sender), client_id), hash)).collect())
}

/// Are there names older than this?
pub fn has_old_keys(conn: &mut AnyConnection, oldest: NaiveDateTime) -> QueryResult<bool> {
    diesel::select(exists(sent_keys::table.filter(sent_keys::pruned_at.lt(oldest)))).get_result(conn)
}

/// Forgets them.
pub fn delete_old_keys(conn: &mut AnyConnection, oldest: NaiveDateTime) -> QueryResult<usize> {
    diesel::delete(sent_keys::table.filter(sent_keys::pruned_at.lt(oldest))).execute(conn)
}
