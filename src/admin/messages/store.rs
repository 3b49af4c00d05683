//! What the messages' pages need beside messages, in SQL.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;

use crate::{
    account::store::{CARD, CardRow, card},
    account::wire::Card,
    db::{
        connection::AnyConnection,
        schema::{memberships, rooms, users},
    },
    id::{RoomId, UserId},
};

/// Who is in these private chats.
pub fn pairs(conn: &mut AnyConnection, directs: &[RoomId]) -> QueryResult<HashMap<RoomId, Vec<Card>>> {
    let rows: Vec<(RoomId, CardRow)> = memberships::table
        .inner_join(users::table)
        .filter(memberships::room_id.eq_any(directs))
        .order(memberships::user_id)
        .select((memberships::room_id, CARD))
        .load(conn)?;
    let mut pairs: HashMap<RoomId, Vec<Card>> = HashMap::new();
    for (room, row) in rows {
        pairs.entry(room).or_default().push(card(row));
    }
    Ok(pairs)
}

/// Those of these rooms that a person is in.
pub fn joined(conn: &mut AnyConnection, user: UserId, rooms: &[RoomId]) -> QueryResult<HashSet<RoomId>> {
    let mine = memberships::user_id.eq(user).and(memberships::room_id.eq_any(rooms));
    Ok(memberships::table.filter(mine).select(memberships::room_id).load(conn)?.into_iter().collect())
}

/// Rooms to choose from, by their names: not deleted, no private chats, at most so many.
pub fn choices(conn: &mut AnyConnection, most: i64) -> QueryResult<Vec<(RoomId, String)>> {
    rooms::table
        .filter(rooms::deleted_at.is_null().and(rooms::kind.ne("direct")))
        .order((rooms::lobby.desc(), rooms::name_key, rooms::id))
        .limit(most)
        .select((rooms::id, rooms::name))
        .load(conn)
}
