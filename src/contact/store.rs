//! Contacts and blocks in SQL.
//!
//! `contacts` has a row for each of the two. Who has blocked somebody has no row about them, and the other one at most the request
//! that never arrived.

use std::collections::HashSet;

use chrono::NaiveDateTime;
use diesel::{dsl::count_star, prelude::*};

use crate::{
    account::store::{CARD, CardRow, card},
    contact::wire::{Contact, ContactState},
    db::{
        connection::AnyConnection,
        schema::{blocks, contacts, users},
        time::now,
    },
    id::UserId,
    on_each,
};

fn state(text: &str) -> ContactState {
    // The column has a CHECK: another value cannot be stored.
    text.parse().unwrap_or(ContactState::None)
}

/// What `peer` is to `user`.
pub fn find(conn: &mut AnyConnection, user: UserId, peer: UserId) -> QueryResult<ContactState> {
    if has_blocked(conn, user, peer)? {
        return Ok(ContactState::Blocked);
    }
    let found: Option<String> = contacts::table.find((user, peer)).select(contacts::state).first(conn).optional()?;
    Ok(found.map_or(ContactState::None, |text| state(&text)))
}

fn has_blocked(conn: &mut AnyConnection, user: UserId, peer: UserId) -> QueryResult<bool> {
    diesel::select(diesel::dsl::exists(blocks::table.find((user, peer)))).get_result(conn)
}

/// Has either of two people blocked the other?
pub fn blocked_between(conn: &mut AnyConnection, one: UserId, other: UserId) -> QueryResult<bool> {
    Ok(has_blocked(conn, one, other)? || has_blocked(conn, other, one)?)
}

/// Who of `people` has blocked whom of `others`: pairs of the one who blocked and the one who is blocked.
pub fn blocks_among(
    conn: &mut AnyConnection,
    people: &[UserId],
    others: &[UserId],
) -> QueryResult<HashSet<(UserId, UserId)>> {
    let rows: Vec<(UserId, UserId)> = blocks::table
        .filter(blocks::user_id.eq_any(people).and(blocks::blocked_id.eq_any(others)))
        .select((blocks::user_id, blocks::blocked_id))
        .load(conn)?;
    Ok(rows.into_iter().collect())
}

/// Stores what `peer` is to `user` from now on.
pub fn set(conn: &mut AnyConnection, user: UserId, peer: UserId, state: ContactState) -> QueryResult<()> {
    if state != ContactState::Blocked {
        diesel::delete(blocks::table.find((user, peer))).execute(conn)?;
    }
    match state {
        ContactState::Blocked => {
            diesel::delete(contacts::table.find((user, peer))).execute(conn)?;
            insert_block(conn, user, peer)?;
        }
        ContactState::None => {
            diesel::delete(contacts::table.find((user, peer))).execute(conn)?;
        }
        ContactState::Friend | ContactState::Requested | ContactState::Incoming => {
            upsert(conn, user, peer, state)?;
        }
    }
    Ok(())
}

fn insert_block(conn: &mut AnyConnection, user: UserId, peer: UserId) -> QueryResult<usize> {
    let values = (blocks::user_id.eq(user), blocks::blocked_id.eq(peer), blocks::created_at.eq(now()));
    on_each!(conn, |conn| diesel::insert_into(blocks::table).values(values).on_conflict_do_nothing().execute(conn))
}

fn upsert(conn: &mut AnyConnection, user: UserId, peer: UserId, state: ContactState) -> QueryResult<usize> {
    let at = now();
    let values = (
        contacts::user_id.eq(user),
        contacts::peer_id.eq(peer),
        contacts::state.eq(state.as_str()),
        contacts::created_at.eq(at),
    );
    on_each!(conn, |conn| diesel::insert_into(contacts::table)
        .values(values)
        .on_conflict((contacts::user_id, contacts::peer_id))
        .do_update()
        .set((contacts::state.eq(state.as_str()), contacts::created_at.eq(at)))
        .execute(conn))
}

/// How many friends, requests of their own and blocks a person has; what others ask of them does not count.
pub fn count(conn: &mut AnyConnection, user: UserId) -> QueryResult<i64> {
    let own = contacts::user_id.eq(user).and(contacts::state.ne(ContactState::Incoming.as_str()));
    let contacts: i64 = contacts::table.filter(own).select(count_star()).first(conn)?;
    let blocks: i64 = blocks::table.filter(blocks::user_id.eq(user)).select(count_star()).first(conn)?;
    Ok(contacts + blocks)
}

/// How many requests wait for a person.
pub fn count_incoming(conn: &mut AnyConnection, user: UserId) -> QueryResult<i64> {
    let waiting = contacts::user_id.eq(user).and(contacts::state.eq(ContactState::Incoming.as_str()));
    contacts::table.filter(waiting).select(count_star()).first(conn)
}

/// A contact as listed, and when they were last connected.
pub type ContactRow = (Contact, Option<NaiveDateTime>);

/// Everybody who is something to a person, by id.
pub fn all(conn: &mut AnyConnection, user: UserId) -> QueryResult<Vec<ContactRow>> {
    let known: Vec<(CardRow, String, Option<NaiveDateTime>)> = contacts::table
        .inner_join(users::table.on(users::id.eq(contacts::peer_id)))
        .filter(contacts::user_id.eq(user))
        .select((CARD, contacts::state, users::last_seen_at))
        .load(conn)?;
    let blocked: Vec<(CardRow, Option<NaiveDateTime>)> = blocks::table
        .inner_join(users::table.on(users::id.eq(blocks::blocked_id)))
        .filter(blocks::user_id.eq(user))
        .select((CARD, users::last_seen_at))
        .load(conn)?;
    let known = known.into_iter().map(|(row, text, seen)| (row, state(&text), seen));
    let blocked = blocked.into_iter().map(|(row, seen)| (row, ContactState::Blocked, seen));
    let mut all: Vec<ContactRow> =
        known.chain(blocked).map(|(row, state, seen)| (Contact { user: card(row), state }, seen)).collect();
    all.sort_by_key(|(contact, _)| contact.user.id);
    Ok(all)
}
