//! What the overview counts, in SQL.

use chrono::NaiveDateTime;
use diesel::{
    dsl::count_star,
    prelude::*,
    sql_query,
    sql_types::{BigInt, Double, Nullable, Text},
};

use crate::{
    db::{
        connection::AnyConnection,
        schema::{daily_stats, messages, meta, rooms, users},
    },
    id::{MessageId, RoomId},
    on_each,
    room::wire::RoomKind,
};

/// Messages of a day.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct DayCount {
    /// `YYYY-MM-DD`, UTC.
    #[diesel(sql_type = Text)]
    pub day: String,
    /// How many.
    #[diesel(sql_type = BigInt)]
    pub messages: i64,
}

/// Messages up to this id are in `daily_stats`.
pub fn counted_id(conn: &mut AnyConnection) -> QueryResult<i64> {
    meta::table.select(meta::counted_id).first(conn)
}

/// The same, held until the transaction ends: nobody else counts meanwhile.
pub fn hold(conn: &mut AnyConnection) -> QueryResult<i64> {
    diesel::update(meta::table).set(meta::counted_id.eq(meta::counted_id)).returning(meta::counted_id).get_result(conn)
}

/// Moves it; to be called by who [holds](hold) it.
pub fn set_counted_id(conn: &mut AnyConnection, id: i64) -> QueryResult<usize> {
    diesel::update(meta::table).set(meta::counted_id.eq(id)).execute(conn)
}

/// Messages with ids above `after` and up to `upto`, by their days.
pub fn per_day(conn: &mut AnyConnection, after: i64, upto: i64) -> QueryResult<Vec<DayCount>> {
    by_day(conn, &format!("id > {after} AND id <= {upto}"))
}

/// These messages, by their days.
pub fn per_day_of(conn: &mut AnyConnection, ids: &[MessageId]) -> QueryResult<Vec<DayCount>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    by_day(conn, &format!("id IN ({})", ids.join(", ")))
}

/// The condition has numbers of ours alone, so nothing needs quoting.
fn by_day(conn: &mut AnyConnection, condition: &str) -> QueryResult<Vec<DayCount>> {
    let day = match conn {
        AnyConnection::Sqlite(_) => "substr(created_at, 1, 10)",
        AnyConnection::Pg(_) => "to_char(created_at, 'YYYY-MM-DD')",
    };
    sql_query(format!("SELECT {day} AS day, count(*) AS messages FROM messages WHERE {condition} GROUP BY 1"))
        .load(conn)
}

/// Adds what was counted to its days.
pub fn add(conn: &mut AnyConnection, counts: &[DayCount]) -> QueryResult<()> {
    for DayCount { day, messages } in counts {
        let more = daily_stats::messages.eq(daily_stats::messages + *messages);
        on_each!(conn, |conn| diesel::insert_into(daily_stats::table)
            .values((daily_stats::day.eq(day), daily_stats::messages.eq(*messages), daily_stats::peak_online.eq(0)))
            .on_conflict(daily_stats::day)
            .do_update()
            .set(more)
            .execute(conn)?);
    }
    Ok(())
}

/// Notes how many people are online; the most of a day stay.
pub fn note_online(conn: &mut AnyConnection, day: &str, online: i64) -> QueryResult<()> {
    let raised = diesel::update(daily_stats::table.filter(daily_stats::day.eq(day)))
        .filter(daily_stats::peak_online.lt(online))
        .set(daily_stats::peak_online.eq(online));
    if raised.execute(conn)? == 0 {
        on_each!(conn, |conn| diesel::insert_into(daily_stats::table)
            .values((daily_stats::day.eq(day), daily_stats::messages.eq(0), daily_stats::peak_online.eq(online)))
            .on_conflict_do_nothing()
            .execute(conn)?);
    }
    Ok(())
}

/// Day, messages, most people online at once.
pub type DayRow = (String, i64, i64);

/// Days since this one, the oldest first; those on which nothing was counted are absent.
pub fn days(conn: &mut AnyConnection, since: &str) -> QueryResult<Vec<DayRow>> {
    daily_stats::table
        .filter(daily_stats::day.ge(since))
        .order(daily_stats::day)
        .select((daily_stats::day, daily_stats::messages, daily_stats::peak_online))
        .load(conn)
}

/// Messages sent since a time with ids above `after` and up to `upto`, by their rooms.
pub fn per_room(
    conn: &mut AnyConnection,
    after: i64,
    upto: i64,
    since: NaiveDateTime,
) -> QueryResult<Vec<(RoomId, i64)>> {
    messages::table
        .filter(messages::id.gt(after).and(messages::id.le(upto)).and(messages::created_at.ge(since)))
        .group_by(messages::room_id)
        .select((messages::room_id, count_star()))
        .load(conn)
}

/// Names of those of these rooms that are listed: neither private chats nor deleted.
pub fn listed(conn: &mut AnyConnection, ids: &[RoomId]) -> QueryResult<Vec<(RoomId, String)>> {
    rooms::table
        .filter(rooms::id.eq_any(ids).and(rooms::deleted_at.is_null()).and(rooms::kind.ne(RoomKind::Direct.as_str())))
        .select((rooms::id, rooms::name))
        .load(conn)
}

/// How many accounts there are.
pub fn people(conn: &mut AnyConnection) -> QueryResult<i64> {
    users::table.select(count_star()).first(conn)
}

#[derive(QueryableByName)]
struct Bytes {
    #[diesel(sql_type = Nullable<Double>)]
    bytes: Option<f64>,
}

fn bytes(conn: &mut AnyConnection, statement: &str) -> QueryResult<u64> {
    let found: Bytes = sql_query(statement).get_result(conn)?;
    // A double counts bytes exactly up to 8 PiB, and both databases sum into one.
    Ok(found.bytes.unwrap_or_default() as u64)
}

/// Bytes of all pictures.
pub fn picture_bytes(conn: &mut AnyConnection) -> QueryResult<u64> {
    bytes(conn, "SELECT CAST(sum(stored_bytes) AS DOUBLE PRECISION) AS bytes FROM blobs")
}

/// Bytes of the database.
pub fn database_bytes(conn: &mut AnyConnection) -> QueryResult<u64> {
    let statement = match conn {
        AnyConnection::Sqlite(_) => {
            "SELECT CAST(page_count * page_size AS DOUBLE PRECISION) AS bytes FROM pragma_page_count(), pragma_page_size()"
        }
        AnyConnection::Pg(_) => "SELECT CAST(pg_database_size(current_database()) AS DOUBLE PRECISION) AS bytes",
    };
    bytes(conn, statement)
}

/// Which database it is.
pub fn kind(conn: &AnyConnection) -> &'static str {
    match conn {
        AnyConnection::Sqlite(_) => "sqlite",
        AnyConnection::Pg(_) => "postgres",
    }
}
