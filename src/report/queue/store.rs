//! The queue in SQL.

use std::collections::HashMap;

use chrono::NaiveDateTime;
use diesel::{
    dsl::{count, min},
    prelude::*,
    sql_query,
    sql_types::BigInt,
};

use crate::{
    account::{
        store::{CARD, CardRow, card},
        wire::Card,
    },
    db::{
        connection::AnyConnection,
        schema::{messages, reports, users},
        time::now,
    },
    id::{MessageId, ReportId, RoomId, UserId},
    report::{queue::Tab, wire::Reason},
};

/// Since when the oldest report waits.
pub fn oldest_open(conn: &mut AnyConnection) -> QueryResult<Option<NaiveDateTime>> {
    reports::table.filter(reports::settled_at.is_null()).select(min(reports::created_at)).first(conn)
}

/// How many messages have reports that were settled.
pub fn count_settled(conn: &mut AnyConnection) -> QueryResult<i64> {
    let settled = reports::table.filter(reports::settled_at.is_not_null());
    settled.select(count(reports::message_id).aggregate_distinct()).first(conn)
}

/// A reported message, and the newest of its reports in a tab.
#[derive(Debug, Clone, Copy, QueryableByName)]
pub struct Place {
    /// The message.
    #[diesel(sql_type = BigInt)]
    pub message: MessageId,
    /// The report.
    #[diesel(sql_type = BigInt)]
    pub newest: i64,
}

/// Which reports stand in a tab.
fn condition(tab: Tab) -> String {
    match tab {
        Tab::Open => "settled_at IS NULL".to_owned(),
        Tab::Settled => "settled_at IS NOT NULL".to_owned(),
        // A number of ours, so nothing needs quoting.
        Tab::Mine(admin) => format!("settled_at IS NOT NULL AND settled_by = {admin}"),
    }
}

/// The reported messages of a tab whose newest report has an id below `before`, the newest first.
pub fn places(conn: &mut AnyConnection, tab: Tab, before: Option<i64>, limit: i64) -> QueryResult<Vec<Place>> {
    let before = before.unwrap_or(i64::MAX);
    sql_query(format!(
        "SELECT message_id AS message, max(id) AS newest FROM reports WHERE {} \
         GROUP BY message_id HAVING max(id) < {before} ORDER BY max(id) DESC LIMIT {limit}",
        condition(tab)
    ))
    .load(conn)
}

/// A report as admins see it.
#[derive(Debug, Clone)]
pub struct Filed {
    /// Its id.
    pub id: ReportId,
    /// About which message.
    pub message: MessageId,
    /// Where that is.
    pub room: RoomId,
    /// Who reports.
    pub reporter: Card,
    /// Why.
    pub reason: Reason,
    /// In their own words.
    pub note: String,
    /// When.
    pub created_at: NaiveDateTime,
    /// When it was settled.
    pub settled_at: Option<NaiveDateTime>,
    /// By whom.
    pub settled_by: Option<UserId>,
    /// How.
    pub outcome: Option<String>,
}

type FiledRow =
    ((i64, i64, i64, String, String, NaiveDateTime), (Option<NaiveDateTime>, Option<i64>, Option<String>), CardRow);

/// The reports of these messages, the oldest first: those that wait, or those that were settled.
pub fn filed(conn: &mut AnyConnection, tab: Tab, of: &[MessageId]) -> QueryResult<Vec<Filed>> {
    let ids: Vec<i64> = of.iter().map(|id| id.0).collect();
    let mut found = reports::table
        .inner_join(users::table.on(users::id.eq(reports::reporter_id)))
        .filter(reports::message_id.eq_any(ids))
        .order(reports::id)
        .select((
            (reports::id, reports::message_id, reports::room_id, reports::reason, reports::note, reports::created_at),
            (reports::settled_at, reports::settled_by, reports::outcome),
            CARD,
        ))
        .into_boxed();
    found = match tab {
        Tab::Open => found.filter(reports::settled_at.is_null()),
        _ => found.filter(reports::settled_at.is_not_null()),
    };
    let rows: Vec<FiledRow> = found.load(conn)?;
    let filed =
        |((id, message, room, reason, note, created_at), (settled_at, settled_by, outcome), row): FiledRow| Filed {
            id: ReportId(id),
            message: MessageId(message),
            room: RoomId(room),
            reporter: card(row),
            reason: reason.parse().unwrap_or(Reason::Other),
            note,
            created_at,
            settled_at,
            settled_by: settled_by.map(UserId),
            outcome,
        };
    Ok(rows.into_iter().map(filed).collect())
}

/// What is known about a person whose messages were reported.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Record {
    /// How many of their messages were.
    pub reported: i64,
    /// For how many something was done.
    pub upheld: i64,
}

/// The records of these people.
pub fn records(conn: &mut AnyConnection, people: &[UserId]) -> QueryResult<HashMap<UserId, Record>> {
    let of = || reports::table.inner_join(messages::table).filter(messages::sender_id.eq_any(people.to_vec()));
    let number = || count(reports::message_id).aggregate_distinct();
    let reported: Vec<(UserId, i64)> =
        of().group_by(messages::sender_id).select((messages::sender_id, number())).load(conn)?;
    let upheld: Vec<(UserId, i64)> = of()
        .filter(reports::settled_at.is_not_null().and(reports::outcome.ne("dismissed")))
        .group_by(messages::sender_id)
        .select((messages::sender_id, number()))
        .load(conn)?;
    let mut records: HashMap<UserId, Record> = HashMap::new();
    for (user, count) in reported {
        records.entry(user).or_default().reported = count;
    }
    for (user, count) in upheld {
        records.entry(user).or_default().upheld = count;
    }
    Ok(records)
}

/// Where a message is whose reports wait, and how many do. `None` where none does.
pub fn waiting(conn: &mut AnyConnection, message: MessageId) -> QueryResult<Option<(RoomId, i64)>> {
    let open = reports::message_id.eq(message.0).and(reports::settled_at.is_null());
    let rooms: Vec<i64> = reports::table.filter(open).select(reports::room_id).load(conn)?;
    Ok(rooms.first().map(|room| (RoomId(*room), i64::try_from(rooms.len()).unwrap_or(i64::MAX))))
}

/// Settles all reports of a message that wait.
pub fn settle(conn: &mut AnyConnection, message: MessageId, by: Option<UserId>, outcome: &str) -> QueryResult<usize> {
    diesel::update(reports::table.filter(reports::message_id.eq(message.0).and(reports::settled_at.is_null())))
        .set((
            reports::settled_at.eq(Some(now())),
            reports::settled_by.eq(by.map(|by| by.0)),
            reports::outcome.eq(Some(outcome)),
        ))
        .execute(conn)
}
