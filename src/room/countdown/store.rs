//! Running countdowns in SQL.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::{
    account::store::{CARD, CardRow, card},
    db::{
        connection::AnyConnection,
        schema::{countdowns, memberships, presets, rooms, users},
    },
    id::{CountdownId, RoomId, UserId},
    room::countdown::Countdown,
};

type Row = (CountdownId, RoomId, String, CardRow, NaiveDateTime, NaiveDateTime, Option<String>);

/// Those that run, of one room or of all rooms of a person.
fn running(conn: &mut AnyConnection, room: Option<RoomId>, member: Option<UserId>) -> QueryResult<Vec<Countdown>> {
    let mut query = countdowns::table
        .inner_join(users::table.on(users::id.eq(countdowns::started_by)))
        .inner_join(rooms::table.on(rooms::id.eq(countdowns::room_id)))
        .left_join(presets::table.on(countdowns::next_id.eq(presets::id.nullable())))
        .filter(countdowns::ended_at.is_null().and(rooms::deleted_at.is_null()))
        .order(countdowns::ends_at)
        .select((
            countdowns::id,
            countdowns::room_id,
            countdowns::label,
            CARD,
            countdowns::started_at,
            countdowns::ends_at,
            presets::label.nullable(),
        ))
        .into_boxed();
    if let Some(room) = room {
        query = query.filter(countdowns::room_id.eq(room));
    }
    if let Some(user) = member {
        let mine = memberships::table.filter(memberships::user_id.eq(user)).select(memberships::room_id);
        query = query.filter(countdowns::room_id.eq_any(mine));
    }
    let rows: Vec<Row> = query.load(conn)?;
    let view = |(id, room, label, by, started_at, ends_at, next): Row| Countdown {
        room,
        id,
        label,
        started_by: card(by),
        started_at,
        ends_at,
        next,
    };
    Ok(rows.into_iter().map(view).collect())
}

/// The one that runs in a room, if any.
pub fn running_in(conn: &mut AnyConnection, room: RoomId) -> QueryResult<Option<Countdown>> {
    Ok(running(conn, Some(room), None)?.pop())
}

/// Those that run in a person's rooms.
pub fn running_for(conn: &mut AnyConnection, user: UserId) -> QueryResult<Vec<Countdown>> {
    running(conn, None, Some(user))
}

/// All that run.
pub fn all_running(conn: &mut AnyConnection) -> QueryResult<Vec<Countdown>> {
    running(conn, None, None)
}
