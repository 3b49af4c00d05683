//! The index in SQL: FTS5 on SQLite, a `tsvector` with GIN on PostgreSQL. Both hold the same tokens.

use std::ops::Range;

use chrono::NaiveDateTime;
use diesel::{
    dsl::{auto_type, exists, sql},
    prelude::*,
    sql_query,
    sql_types::{Array, BigInt, Bool, Integer, Text, Timestamp},
};

use crate::{
    db::{
        connection::AnyConnection,
        kept::kept,
        schema::{memberships, messages, rooms, uploads},
    },
    id::{MessageId, RoomId, UserId},
    message::search::{find::Kind, query::Asked, tokens::Tokens},
    room::{oversight::Oversight, wire::RoomKind},
};

/// Stands before what is no word of the text; a private character, so that no word can look like it.
const MARK: char = '\u{e000}';

/// Ids just below the cursor that PostgreSQL walks before it asks the GIN index, which knows no order and gives every match there
/// ever was.
const NEAR: i64 = 20_000;

/// Rooms that the index is asked for by name; whoever is in more is mostly found without.
const ROOMS_ASKED: usize = 100;

/// A message as it stands in the index.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its id.
    pub id: MessageId,
    /// Where.
    pub room: RoomId,
    /// Who wrote it.
    pub sender: UserId,
    /// Was it sent with images?
    pub image: bool,
    /// Of its text.
    pub tokens: Tokens,
}

impl Entry {
    fn all_tokens(&self) -> String {
        let Self { room, sender, tokens, .. } = self;
        let image = if self.image { format!(" {}", image_mark()) } else { String::new() };
        format!("{} {} {}{image}", tokens.as_str(), room_mark(*room), sender_mark(*sender))
    }
}

fn room_mark(room: RoomId) -> String {
    format!("{MARK}r{room}")
}

/// Whatever number a client asks with: a minus sign would cut the token in two.
fn sender_mark(sender: UserId) -> String {
    format!("{MARK}u{}", sender.0.cast_unsigned())
}

fn image_mark() -> String {
    format!("{MARK}i")
}

/// Adds messages that are not in the index, in the order of their ids.
pub fn insert(conn: &mut AnyConnection, entries: &[Entry]) -> QueryResult<()> {
    match conn {
        AnyConnection::Sqlite(conn) => {
            write_fts5(conn, "INSERT INTO message_index (rowid, tokens) VALUES (?)", entries)
        }
        AnyConnection::Pg(conn) => write_tsvector(
            conn,
            "INSERT INTO message_index (message_id, tokens) \
             SELECT id, array_to_tsvector(string_to_array(btrim(words), ' ')) FROM unnest(?) AS new (id, words)",
            entries,
        ),
    }
}

/// Takes messages out of the index; the entries must be as they were added.
pub fn delete(conn: &mut AnyConnection, entries: &[Entry]) -> QueryResult<()> {
    match conn {
        AnyConnection::Sqlite(conn) => {
            write_fts5(conn, "INSERT INTO message_index (message_index, rowid, tokens) VALUES ('delete', ?)", entries)
        }
        AnyConnection::Pg(conn) => {
            let ids: Vec<i64> = entries.iter().map(|entry| entry.id.0).collect();
            let delete =
                sql_query("DELETE FROM message_index WHERE message_id = ANY ($1)").bind::<Array<BigInt>, _>(ids);
            delete.execute(conn).map(drop)
        }
    }
}

fn write_fts5(conn: &mut SqliteConnection, statement: &'static str, entries: &[Entry]) -> QueryResult<()> {
    entries.iter().try_for_each(|entry| {
        let values = (entry.id.0.into_sql::<BigInt>(), entry.all_tokens().into_sql::<Text>());
        kept(statement, values).execute(conn).map(drop)
    })
}

fn write_tsvector(conn: &mut PgConnection, statement: &'static str, entries: &[Entry]) -> QueryResult<()> {
    if entries.is_empty() {
        return Ok(());
    }
    let (ids, words): (Vec<i64>, Vec<String>) = entries.iter().map(|entry| (entry.id.0, entry.all_tokens())).unzip();
    let values = (ids.into_sql::<Array<BigInt>>(), words.into_sql::<Array<Text>>());
    kept(statement, values).execute(conn).map(drop)
}

/// Empties the index.
pub fn clear(conn: &mut AnyConnection) -> QueryResult<()> {
    let statement = match conn {
        AnyConnection::Sqlite(_) => "INSERT INTO message_index (message_index) VALUES ('delete-all')",
        AnyConnection::Pg(_) => "TRUNCATE message_index",
    };
    sql_query(statement).execute(conn).map(drop)
}

/// How far the index reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, QueryableByName)]
pub struct Progress {
    /// Version of its tokens.
    #[diesel(sql_type = Integer)]
    pub version: i32,
    /// Messages from this id on are in it; older ones are not, yet.
    #[diesel(sql_type = BigInt)]
    pub since_id: i64,
}

/// How far the index reaches; `None` before the first start.
pub fn progress(conn: &mut AnyConnection) -> QueryResult<Option<Progress>> {
    sql_query("SELECT version, since_id FROM search_progress").get_result(conn).optional()
}

/// Notes how far the index reaches. Numbers of ours, so nothing needs quoting.
pub fn set_progress(conn: &mut AnyConnection, Progress { version, since_id }: Progress) -> QueryResult<()> {
    sql_query(format!(
        "INSERT INTO search_progress (id, version, since_id) VALUES (1, {version}, {since_id}) \
         ON CONFLICT (id) DO UPDATE SET version = excluded.version, since_id = excluded.since_id"
    ))
    .execute(conn)
    .map(drop)
}

/// The highest id of a message; 0 without any.
pub fn last_id(conn: &mut AnyConnection) -> QueryResult<i64> {
    let newest = messages::table.order(messages::id.desc()).select(messages::id).first(conn);
    Ok(newest.optional()?.unwrap_or(0))
}

/// The first message with at least this id, and when it was sent.
pub fn first_from(conn: &mut AnyConnection, id: i64) -> QueryResult<Option<(i64, NaiveDateTime)>> {
    let found = messages::table.filter(messages::id.ge(id)).order(messages::id);
    found.select((messages::id, messages::created_at)).first(conn).optional()
}

/// A message to be indexed, or to be taken out.
#[derive(Debug, Clone, Queryable)]
pub struct Source {
    /// Its id.
    pub id: MessageId,
    room: RoomId,
    sender: UserId,
    image: bool,
    /// As typed.
    pub text: String,
    /// Its last change.
    pub rev: i64,
}

impl Source {
    /// Its entry.
    pub fn entry(&self) -> Entry {
        let Self { id, room, sender, image, .. } = *self;
        Entry { id, room, sender, image, tokens: Tokens::of(&self.text) }
    }
}

/// The columns of a [`Source`]. A preset may have images or none.
#[auto_type]
fn source() -> _ {
    let linked = uploads::table.filter(uploads::message_id.eq(messages::id.nullable()));
    let image = messages::kind.eq("image").or(messages::kind.eq("preset").and(exists(linked)));
    (messages::id, messages::room_id, messages::sender_id, image, messages::text, messages::rev)
}

/// The newest messages below an id, newest first, tombstones included.
pub fn sources_below(conn: &mut AnyConnection, id: i64, limit: i64) -> QueryResult<Vec<Source>> {
    messages::table.filter(messages::id.lt(id)).order(messages::id.desc()).limit(limit).select(source()).load(conn)
}

/// Those of these messages that still say something.
pub fn sources(conn: &mut AnyConnection, ids: &[MessageId]) -> QueryResult<Vec<Source>> {
    let alive = messages::deleted_at.is_null().and(messages::recalled_at.is_null());
    messages::table
        .inner_join(rooms::table)
        .filter(messages::id.eq_any(ids).and(alive).and(messages::seq.gt(rooms::floor_seq)))
        .order(messages::id)
        .select(source())
        .load(conn)
}

/// A room that is searched.
#[derive(Debug, Clone)]
pub struct SearchedRoom {
    /// Its id.
    pub id: RoomId,
    /// Who may enter.
    pub kind: RoomKind,
    /// Empty for a direct room.
    pub name: String,
}

/// All rooms of a person.
pub fn rooms_of(conn: &mut AnyConnection, user: UserId) -> QueryResult<Vec<SearchedRoom>> {
    let rows: Vec<(RoomId, String, String)> = memberships::table
        .inner_join(rooms::table)
        .filter(memberships::user_id.eq(user).and(rooms::deleted_at.is_null()))
        .order(rooms::id)
        .select((rooms::id, rooms::kind, rooms::name))
        .load(conn)?;
    Ok(rows.into_iter().map(searched).collect())
}

fn searched((id, kind, name): (RoomId, String, String)) -> SearchedRoom {
    // The column has a CHECK: other values cannot be stored.
    SearchedRoom { id, kind: kind.parse().unwrap_or(RoomKind::Private), name }
}

/// Those of these rooms that an admin sees.
pub fn overseen(conn: &mut AnyConnection, oversight: Oversight, ids: &[RoomId]) -> QueryResult<Vec<SearchedRoom>> {
    let rows: Vec<(RoomId, String, String)> = rooms::table
        .filter(rooms::id.eq_any(ids).and(sql::<Bool>(&oversight.condition())))
        .select((rooms::id, rooms::kind, rooms::name))
        .load(conn)?;
    Ok(rows.into_iter().map(searched).collect())
}

/// Where messages are looked for.
#[derive(Debug, Clone, Copy)]
pub enum Place<'a> {
    /// In these rooms; not empty.
    Rooms(&'a [RoomId]),
    /// In all that an admin sees.
    Overseen(Oversight),
}

/// What is looked for, and among what.
#[derive(Debug)]
pub struct Scope<'a> {
    /// Tokens that every hit has.
    pub asked: &'a [Asked],
    /// Where.
    pub place: Place<'a>,
    /// Of this person.
    pub sender: Option<UserId>,
    /// Only those of this kind.
    pub kind: Option<Kind>,
    /// Sent within this time.
    pub time: Range<NaiveDateTime>,
}

/// A message that has all the tokens; whether it is a hit, its text says.
#[derive(Debug, QueryableByName)]
pub struct Candidate {
    /// Its id.
    #[diesel(sql_type = BigInt)]
    pub id: MessageId,
    /// As typed.
    #[diesel(sql_type = Text)]
    pub text: String,
}

/// The newest candidates with an id in this range, newest first.
pub fn candidates(
    conn: &mut AnyConnection,
    scope: &Scope<'_>,
    ids: Range<i64>,
    limit: usize,
) -> QueryResult<Vec<Candidate>> {
    match conn {
        AnyConnection::Sqlite(conn) => fts5_candidates(conn, scope, ids, limit),
        AnyConnection::Pg(conn) => {
            let middle = ids.start.max(ids.end.saturating_sub(NEAR));
            let mut found = tsvector_candidates(conn, scope, middle..ids.end, "i.message_id", limit)?;
            if found.len() < limit && middle > ids.start {
                // Ordered by what no index has: the planner would walk the primary key from the newest message on.
                let (far, left) = (ids.start..middle, limit - found.len());
                found.extend(tsvector_candidates(conn, scope, far, "i.message_id + 0", left)?);
            }
            Ok(found)
        }
    }
}

/// The conditions that need no value, only numbers of ours.
fn conditions(scope: &Scope<'_>) -> String {
    let rooms = match scope.place {
        Place::Rooms(rooms) => {
            format!("m.room_id IN ({})", rooms.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
        }
        // The plus keeps SQLite from going through all messages of all these rooms: ids say where to look.
        Place::Overseen(oversight) => {
            format!("+m.room_id IN (SELECT rooms.id FROM rooms WHERE {})", oversight.condition())
        }
    };
    // An image's token says more: a preset may have one, too.
    let kind = scope.kind.filter(|kind| *kind != Kind::Image);
    let kind = kind.map_or_else(String::new, |kind| format!(" AND m.kind = '{}'", kind.as_str()));
    format!("m.recalled_at IS NULL AND m.deleted_at IS NULL AND {rooms}{kind}")
}

/// Tokens of rooms, sender and images, each with those it may stand for.
fn marks(scope: &Scope<'_>) -> Vec<Vec<String>> {
    let rooms = match scope.place {
        Place::Rooms(rooms) if rooms.len() <= ROOMS_ASKED => Some(rooms.iter().copied().map(room_mark).collect()),
        _ => None,
    };
    let sender = scope.sender.map(|sender| vec![sender_mark(sender)]);
    let image = (scope.kind == Some(Kind::Image)).then(|| vec![image_mark()]);
    [rooms, sender, image].into_iter().flatten().collect()
}

fn fts5_candidates(
    conn: &mut SqliteConnection,
    scope: &Scope<'_>,
    ids: Range<i64>,
    limit: usize,
) -> QueryResult<Vec<Candidate>> {
    let statement = format!(
        "SELECT m.id AS id, m.text AS text FROM message_index CROSS JOIN messages AS m ON m.id = message_index.rowid \
         WHERE message_index MATCH ? AND message_index.rowid >= ? AND message_index.rowid < ? \
         AND m.created_at >= ? AND m.created_at < ? AND {} ORDER BY message_index.rowid DESC LIMIT {limit}",
        conditions(scope)
    );
    sql_query(statement)
        .bind::<Text, _>(fts5_query(scope))
        .bind::<BigInt, _>(ids.start)
        .bind::<BigInt, _>(ids.end)
        .bind::<Timestamp, _>(scope.time.start)
        .bind::<Timestamp, _>(scope.time.end)
        .load(conn)
}

/// Tokens have no quotes, so a quoted one is always one token and never an operator.
fn fts5_query(scope: &Scope<'_>) -> String {
    let words = scope.asked.iter().map(|asked| match asked {
        Asked::Whole(token) => format!("\"{token}\""),
        Asked::Beginning(token) => format!("\"{token}\" *"),
    });
    let quoted = |some: Vec<String>| some.iter().map(|token| format!("\"{token}\"")).collect::<Vec<_>>();
    let marks = marks(scope).into_iter().map(|some| format!("({})", quoted(some).join(" OR ")));
    words.chain(marks).collect::<Vec<_>>().join(" AND ")
}

fn tsvector_candidates(
    conn: &mut PgConnection,
    scope: &Scope<'_>,
    ids: Range<i64>,
    order: &str,
    limit: usize,
) -> QueryResult<Vec<Candidate>> {
    let statement = format!(
        "SELECT m.id AS id, m.text AS text FROM message_index AS i JOIN messages AS m ON m.id = i.message_id \
         WHERE i.tokens @@ $1::tsquery AND i.message_id >= $2 AND i.message_id < $3 \
         AND m.created_at >= $4 AND m.created_at < $5 AND {} ORDER BY {order} DESC LIMIT {limit}",
        conditions(scope)
    );
    sql_query(statement)
        .bind::<Text, _>(tsvector_query(scope))
        .bind::<BigInt, _>(ids.start)
        .bind::<BigInt, _>(ids.end)
        .bind::<Timestamp, _>(scope.time.start)
        .bind::<Timestamp, _>(scope.time.end)
        .load(conn)
}

/// Tokens have neither quotes nor backslashes.
fn tsvector_query(scope: &Scope<'_>) -> String {
    let words = scope.asked.iter().map(|asked| match asked {
        Asked::Whole(token) => format!("'{token}'"),
        Asked::Beginning(token) => format!("'{token}':*"),
    });
    let quoted = |some: Vec<String>| some.iter().map(|token| format!("'{token}'")).collect::<Vec<_>>();
    let marks = marks(scope).into_iter().map(|some| format!("({})", quoted(some).join(" | ")));
    words.chain(marks).collect::<Vec<_>>().join(" & ")
}

/// What a walk through the messages themselves is numbered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Number {
    /// Ids, in all rooms.
    Id,
    /// The numbers of the only room of the scope.
    Seq,
}

impl Number {
    fn column(self) -> &'static str {
        match self {
            Self::Id => "m.id",
            Self::Seq => "m.seq",
        }
    }
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = BigInt)]
    id: MessageId,
}

/// The newest messages of the scope with numbers in this range, newest first, whatever their text.
pub fn newest(
    conn: &mut AnyConnection,
    scope: &Scope<'_>,
    number: Number,
    range: Range<i64>,
    limit: usize,
) -> QueryResult<Vec<MessageId>> {
    let column = number.column();
    let [start, end] = match conn {
        AnyConnection::Sqlite(_) => ["?", "?"],
        AnyConnection::Pg(_) => ["$1", "$2"],
    };
    let sender = scope.sender.map_or_else(String::new, |sender| format!(" AND m.sender_id = {sender}"));
    let statement = format!(
        "SELECT m.id AS id FROM messages AS m WHERE m.created_at >= {start} AND m.created_at < {end} AND {column} >= {} \
         AND {column} < {} AND {}{sender} ORDER BY {column} DESC LIMIT {limit}",
        range.start,
        range.end,
        conditions(scope)
    );
    let found: Vec<Found> =
        sql_query(statement).bind::<Timestamp, _>(scope.time.start).bind::<Timestamp, _>(scope.time.end).load(conn)?;
    Ok(found.into_iter().map(|found| found.id).collect())
}

/// The number of a message in its room, if it is in this one.
pub fn seq_of(conn: &mut AnyConnection, room: RoomId, id: MessageId) -> QueryResult<Option<i64>> {
    messages::table.find(id).filter(messages::room_id.eq(room)).select(messages::seq).first(conn).optional()
}

/// The message with at least this number in a room, the first of them.
pub fn first_of_room(conn: &mut AnyConnection, room: RoomId, seq: i64) -> QueryResult<Option<MessageId>> {
    let behind = messages::table.filter(messages::room_id.eq(room).and(messages::seq.ge(seq))).order(messages::seq);
    behind.select(messages::id).first(conn).optional()
}
