//! Rooms as the console lists them, in SQL.

use std::collections::HashMap;

use chrono::{NaiveDateTime, NaiveTime};
use diesel::{
    dsl::count_star,
    prelude::*,
    sql_query,
    sql_types::{BigInt, Nullable, Timestamp},
};

use crate::{
    account::{store::escape_like, wire::Card},
    admin::{
        messages::store as chats,
        rooms::{
            list::{By, Filter},
            wire::{Counts, Listed},
        },
        table::{Page, cursor::Cursor},
    },
    db::{
        connection::AnyConnection,
        schema::{messages, rooms},
        time::now,
    },
    id::RoomId,
    keyset,
    message::store as said,
    room::{
        store::{self, INFO, InfoColumns, InfoRow},
        wire::{Keeping, RoomKind},
    },
};

diesel::define_sql_function! {
    /// The first that is not null.
    fn coalesce(time: Nullable<Timestamp>, otherwise: Timestamp) -> Timestamp;
}

/// A room of a page.
#[derive(Debug, Clone)]
pub struct Row {
    /// The room.
    pub room: Listed,
    key: String,
}

impl Row {
    /// Its place in the table.
    pub fn place(&self, by: By) -> Cursor {
        let id = self.room.info.id.0;
        match by {
            By::Name => Cursor::text(self.key.as_str(), id),
            By::Members => Cursor::number(self.room.info.member_count, id),
            By::Messages => Cursor::number(self.room.info.last_seq, id),
            By::Last => Cursor::time(self.room.last_at.unwrap_or(self.room.info.created_at), id),
        }
    }
}

type More = (String, String, i64, Option<i64>, Option<i64>, Option<NaiveDateTime>);

type MoreColumns = (
    rooms::name_key,
    rooms::retention,
    rooms::retention_value,
    rooms::window_hours,
    rooms::window_count,
    diesel::dsl::Nullable<messages::created_at>,
);

fn more() -> MoreColumns {
    (
        rooms::name_key,
        rooms::retention,
        rooms::retention_value,
        rooms::window_hours,
        rooms::window_count,
        messages::created_at.nullable(),
    )
}

const COLUMNS: fn() -> (InfoColumns, MoreColumns) = || (INFO, more());

/// A page of rooms, and one row more if there is more.
pub fn page(conn: &mut AnyConnection, filter: &Filter, page: &Page<By>) -> QueryResult<Vec<Row>> {
    let newest = messages::room_id.eq(rooms::id).and(messages::seq.eq(rooms::last_seq));
    let mut query = rooms::table
        .left_join(messages::table.on(newest))
        .filter(rooms::deleted_at.is_null())
        .select(COLUMNS())
        .limit(page.reads())
        .into_boxed();
    query = match filter.kind {
        Some(kind) => query.filter(rooms::kind.eq(kind.as_str())),
        None => query.filter(rooms::kind.ne(RoomKind::Direct.as_str())),
    };
    query = match filter.archived {
        Some(true) => query.filter(rooms::archived_at.is_not_null()),
        Some(false) => query.filter(rooms::archived_at.is_null()),
        None => query,
    };
    if filter.public_read {
        query = query.filter(rooms::public_read);
    }
    if !filter.needle.is_empty() {
        query = query.filter(rooms::name_key.like(format!("%{}%", escape_like(&filter.needle))).escape('\\'));
    }
    let last = || coalesce(messages::created_at.nullable(), rooms::created_at);
    query = match page.column {
        By::Name => keyset!(query, rooms::name_key, rooms::id, page, as_text),
        By::Members => keyset!(query, rooms::member_count, rooms::id, page, as_number),
        By::Messages => keyset!(query, rooms::last_seq, rooms::id, page, as_number),
        By::Last => keyset!(query, last(), rooms::id, page, as_time),
    };
    let rows = query.load(conn)?;
    with_owners(conn, rows)
}

/// One room that is not deleted and no private chat.
pub fn find(conn: &mut AnyConnection, room: RoomId) -> QueryResult<Option<Row>> {
    let newest = messages::room_id.eq(rooms::id).and(messages::seq.eq(rooms::last_seq));
    let rows = rooms::table
        .left_join(messages::table.on(newest))
        .filter(rooms::id.eq(room).and(rooms::deleted_at.is_null()).and(rooms::kind.ne(RoomKind::Direct.as_str())))
        .select(COLUMNS())
        .load(conn)?;
    Ok(with_owners(conn, rows)?.pop())
}

fn with_owners(conn: &mut AnyConnection, rows: Vec<(InfoRow, More)>) -> QueryResult<Vec<Row>> {
    let rows: Vec<Row> = rows.into_iter().map(row).collect();
    let of = |direct: bool| {
        let some = rows.iter().filter(move |row| (row.room.info.kind == RoomKind::Direct) == direct);
        some.map(|row| row.room.info.id).collect::<Vec<_>>()
    };
    let mut owners: HashMap<RoomId, Vec<Card>> = chats::pairs(conn, &of(true))?;
    for (room, card) in store::owners_of(conn, &of(false))? {
        owners.entry(room).or_default().push(card);
    }
    let owned = |mut row: Row| {
        row.room.owners = owners.remove(&row.room.info.id).unwrap_or_default();
        row
    };
    Ok(rows.into_iter().map(owned).collect())
}

fn row((info, (key, rule, value, window_hours, window_count, last_at)): (InfoRow, More)) -> Row {
    let keeping = Keeping::of(&rule, value);
    let room = Listed {
        info: store::info(info),
        owners: Vec::new(),
        last_at,
        retention: keeping.rule(),
        retention_value: keeping.value(),
        window_hours,
        window_count,
    };
    Row { room, key }
}

/// Rooms that are listed, those of them that are archived, and private chats.
pub fn totals(conn: &mut AnyConnection) -> QueryResult<(i64, i64, i64)> {
    let listed = || rooms::table.filter(rooms::deleted_at.is_null().and(rooms::kind.ne("direct")));
    let all = listed().select(count_star()).first(conn)?;
    let archived = listed().filter(rooms::archived_at.is_not_null()).select(count_star()).first(conn)?;
    let directs = rooms::deleted_at.is_null().and(rooms::kind.eq("direct"));
    Ok((all, archived, rooms::table.filter(directs).select(count_star()).first(conn)?))
}

#[derive(QueryableByName)]
struct Pictures {
    #[diesel(sql_type = BigInt)]
    number: i64,
    #[diesel(sql_type = BigInt)]
    bytes: i64,
}

/// What is counted for one room.
pub fn counts(conn: &mut AnyConnection, room: RoomId, last_seq: i64) -> QueryResult<Counts> {
    let midnight = now().date().and_time(NaiveTime::MIN);
    let today = last_seq + 1 - said::first_since(conn, room, midnight, last_seq)?;
    // A number of ours, so nothing needs quoting. From the uploads, of which there are fewer than messages.
    let found: Pictures = sql_query(format!(
        "SELECT count(*) AS number, CAST(COALESCE(sum(blobs.stored_bytes), 0) AS BIGINT) AS bytes FROM uploads \
         JOIN blobs ON blobs.id = uploads.blob_id JOIN messages ON messages.id = uploads.message_id \
         WHERE messages.room_id = {room}"
    ))
    .get_result(conn)?;
    Ok(Counts { today, pictures: found.number, picture_bytes: found.bytes })
}
