//! People as the console lists them, in SQL.

use std::collections::HashMap;

use chrono::{NaiveDate, NaiveDateTime, TimeDelta};
use diesel::{
    dsl::{case_when, count_star},
    prelude::*,
    sql_types::{Nullable, Text, Timestamp},
};

use crate::{
    account::{
        store::{CARD, CardRow, card, escape_like},
        wire::{Card, Status},
    },
    admin::{
        table::{Page, cursor::Cursor},
        users::{By, Filter, Seen, State},
    },
    db::{
        connection::AnyConnection,
        schema::{invites, messages, sessions, users},
        time::now,
    },
    id::UserId,
    keyset,
};

diesel::define_sql_function! {
    /// The first that is not null.
    fn coalesce(time: Nullable<Timestamp>, otherwise: Timestamp) -> Timestamp;
}

diesel::define_sql_function! {
    /// In lower case, as far as the database knows letters.
    fn lower(text: Nullable<Text>) -> Nullable<Text>;
}

/// Who is connected stands above the others as long as no more are: each takes a parameter in each place of the query where the
/// key stands, and SQLite takes 32,766.
const ABOVE: usize = 5_000;

/// Seven days.
const WEEK: TimeDelta = TimeDelta::days(7);

/// A person as the table shows them.
#[derive(Debug, Clone)]
pub struct Row {
    /// Who.
    pub card: Card,
    /// Shown to admins alone.
    pub email: Option<String>,
    /// May they come in?
    pub status: Status,
    /// Why not.
    pub reason: String,
    /// They write nowhere until then; it may have passed.
    pub silenced_until: Option<NaiveDateTime>,
    /// When they were last connected.
    pub last_seen_at: Option<NaiveDateTime>,
    /// When they registered.
    pub created_at: NaiveDateTime,
    /// The user name, folded.
    key: String,
    /// Now for who is connected, the beginning of time for who never was.
    seen: NaiveDateTime,
}

impl Row {
    /// Its place in the table.
    pub fn place(&self, by: By) -> Cursor {
        let id = self.card.id.0;
        match by {
            By::Name => Cursor::text(self.key.as_str(), id),
            By::Role => Cursor::text(self.card.role.as_str(), id),
            By::Seen => Cursor::time(self.seen, id),
            By::Joined => Cursor::time(self.created_at, id),
        }
    }
}

type Columns = (
    CardRow,
    Option<String>,
    String,
    String,
    Option<NaiveDateTime>,
    Option<NaiveDateTime>,
    NaiveDateTime,
    String,
    NaiveDateTime,
);

fn row(columns: Columns) -> Row {
    let (row, email, status, reason, silenced_until, last_seen_at, created_at, key, seen) = columns;
    // The column has a CHECK: another value cannot be stored.
    let status = status.parse().unwrap_or(Status::Active);
    Row { card: card(row), email, status, reason, silenced_until, last_seen_at, created_at, key, seen }
}

/// Later than everything.
pub fn for_ever() -> NaiveDateTime {
    NaiveDate::from_ymd_opt(9999, 12, 31).map(|day| day.and_time(chrono::NaiveTime::MIN)).unwrap_or_default()
}

/// A page of people, and one row more if there is more.
pub fn page(conn: &mut AnyConnection, filter: &Filter, page: &Page<By>) -> QueryResult<Vec<Row>> {
    let above: Vec<UserId> = filter.online.iter().copied().take(ABOVE).collect();
    let seen = || {
        case_when(users::id.eq_any(above.clone()), for_ever().into_sql::<Timestamp>())
            .otherwise(coalesce(users::last_seen_at, NaiveDateTime::default()))
    };
    let mut query = users::table
        .select((
            CARD,
            users::email,
            users::status,
            users::status_reason,
            users::silenced_until,
            users::last_seen_at,
            users::created_at,
            users::username_key,
            seen(),
        ))
        .limit(page.reads())
        .into_boxed();
    if !filter.needle.is_empty() {
        let pattern = format!("%{}%", escape_like(&filter.needle));
        let email = lower(users::email).like(pattern.clone()).escape('\\').assume_not_null();
        query = query.filter(
            users::username_key
                .like(pattern.clone())
                .escape('\\')
                .or(users::nickname_key.like(pattern).escape('\\'))
                .or(users::email.is_not_null().and(email)),
        );
    }
    if let Some(role) = filter.role {
        query = query.filter(users::role.eq(role.as_str()));
    }
    let silenced = users::silenced_until.is_not_null().and(users::silenced_until.assume_not_null().gt(now()));
    query = match filter.state {
        None => query,
        Some(State::Normal) => query.filter(users::status.eq("active").and(diesel::dsl::not(silenced))),
        Some(State::Silenced) => query.filter(users::status.eq("active").and(silenced)),
        Some(State::Out(status)) => query.filter(users::status.eq(status.as_str())),
    };
    let since = now() - WEEK;
    query = match filter.seen {
        None => query,
        Some(Seen::Now) => query.filter(users::id.eq_any(above.clone())),
        Some(Seen::Week) => query.filter(seen().ge(since)),
        Some(Seen::Earlier) => query.filter(seen().lt(since)),
    };
    let query = match page.column {
        By::Name => keyset!(query, users::username_key, users::id, page, as_text, UserId),
        By::Role => keyset!(query, users::role, users::id, page, as_text, UserId),
        By::Seen => keyset!(query, seen(), users::id, page, as_time, UserId),
        By::Joined => keyset!(query, users::created_at, users::id, page, as_time, UserId),
    };
    Ok(query.load::<Columns>(conn)?.into_iter().map(row).collect())
}

/// One person as the table shows them.
pub fn find(conn: &mut AnyConnection, id: UserId) -> QueryResult<Option<Row>> {
    let found = many(conn, &[id])?;
    Ok(found.into_iter().next())
}

/// Several people as the table shows them, by id.
pub fn many(conn: &mut AnyConnection, ids: &[UserId]) -> QueryResult<Vec<Row>> {
    let rows = users::table
        .filter(users::id.eq_any(ids))
        .order(users::id)
        .select((
            CARD,
            users::email,
            users::status,
            users::status_reason,
            users::silenced_until,
            users::last_seen_at,
            users::created_at,
            users::username_key,
            coalesce(users::last_seen_at, NaiveDateTime::default()),
        ))
        .load::<Columns>(conn)?;
    Ok(rows.into_iter().map(row).collect())
}

/// How many messages these people sent, deleted ones included; read off the index of `(sender_id, client_id)`.
pub fn messages_of(conn: &mut AnyConnection, ids: &[UserId]) -> QueryResult<HashMap<UserId, i64>> {
    let counts: Vec<(i64, i64)> = messages::table
        .filter(messages::sender_id.eq_any(ids.iter().map(|id| id.0)))
        .group_by(messages::sender_id)
        .select((messages::sender_id, count_star()))
        .load(conn)?;
    Ok(counts.into_iter().map(|(id, count)| (UserId(id), count)).collect())
}

/// How many sessions these people have.
pub fn sessions_of(conn: &mut AnyConnection, ids: &[UserId]) -> QueryResult<HashMap<UserId, i64>> {
    let counts: Vec<(UserId, i64)> = sessions::table
        .filter(sessions::user_id.eq_any(ids))
        .group_by(sessions::user_id)
        .select((sessions::user_id, count_star()))
        .load(conn)?;
    Ok(counts.into_iter().collect())
}

/// How many accounts there are, and how many of them are banned.
pub fn totals(conn: &mut AnyConnection) -> QueryResult<(i64, i64)> {
    let all = users::table.count().get_result(conn)?;
    let banned = users::table.filter(users::status.eq("banned")).count().get_result(conn)?;
    Ok((all, banned))
}

/// What only one person's page shows: phone, language, and by whose invitation they came.
pub type More = (Option<String>, Option<String>, Option<(i64, String, UserId)>);

/// By id.
pub fn more(conn: &mut AnyConnection, id: UserId) -> QueryResult<More> {
    let (phone, locale, invite): (_, _, Option<i64>) =
        users::table.find(id).select((users::phone, users::locale, users::invite_id)).first(conn)?;
    let invite = match invite {
        Some(invite) => invites::table
            .find(invite)
            .select((invites::id, invites::note, invites::created_by))
            .first::<(i64, String, i64)>(conn)
            .optional()?,
        None => None,
    };
    Ok((phone, locale, invite.map(|(id, note, by)| (id, note, UserId(by)))))
}
