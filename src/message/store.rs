//! Messages in SQL.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDateTime;
use diesel::prelude::*;
use serde_json::value::RawValue;

use crate::{
    account::{
        store::{CARD, CardRow, card},
        wire::Card,
    },
    db::{
        connection::AnyConnection,
        schema::{memberships, mentions, messages, rooms, users},
        time::now,
    },
    id::{MessageId, RoomId, UserId},
    message::wire::MessageView,
    on_each,
    room::wire::RoomKind,
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = messages)]
struct Row {
    id: MessageId,
    room_id: RoomId,
    seq: i64,
    rev: i64,
    client_id: String,
    kind: String,
    text: String,
    spans: String,
    created_at: NaiveDateTime,
    edited_at: Option<NaiveDateTime>,
    deleted_at: Option<NaiveDateTime>,
}

type RowColumns = (
    messages::id,
    messages::room_id,
    messages::seq,
    messages::rev,
    messages::client_id,
    messages::kind,
    messages::text,
    messages::spans,
    messages::created_at,
    messages::edited_at,
    messages::deleted_at,
);

const ROW: RowColumns = (
    messages::id,
    messages::room_id,
    messages::seq,
    messages::rev,
    messages::client_id,
    messages::kind,
    messages::text,
    messages::spans,
    messages::created_at,
    messages::edited_at,
    messages::deleted_at,
);

fn view((row, sender): (Row, CardRow)) -> MessageView {
    let Row { id, room_id: room, seq, rev, client_id, kind, text, spans, created_at, edited_at, deleted_at } = row;
    let sender = card(sender);
    MessageView {
        id,
        room,
        seq,
        rev,
        kind,
        sender,
        client_id,
        text,
        spans: raw(spans),
        uploads: Vec::new(),
        reply_to: None,
        reactions: Vec::new(),
        recalled_at: None,
        created_at,
        edited_at,
        deleted_at,
    }
}

/// Spans go out as they are stored.
pub fn raw(spans: String) -> Box<RawValue> {
    RawValue::from_string(spans).unwrap_or_else(|_| {
        tracing::error!("a message has spans that are no JSON");
        RawValue::from_string("[]".to_owned()).expect("an empty list is JSON")
    })
}

/// A message to be stored. Without `treat_none_as_default_value = false` Diesel would insert row by row on SQLite.
#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = messages, treat_none_as_default_value = false)]
pub struct NewMessage<'a> {
    /// Where.
    pub room_id: RoomId,
    /// The room's next number.
    pub seq: i64,
    /// The room's next change.
    pub rev: i64,
    /// Who.
    pub sender_id: UserId,
    /// Unique for the sender.
    pub client_id: &'a str,
    /// See [`super::post::Fingerprint`].
    pub body_hash: &'a [u8],
    /// `text`.
    pub kind: &'a str,
    /// As typed.
    pub text: &'a str,
    /// JSON.
    pub spans: &'a str,
    /// Now.
    pub created_at: NaiveDateTime,
}

/// Stores messages in one statement and returns their ids by room and `seq`.
pub fn insert_all(conn: &mut AnyConnection, new: &[NewMessage<'_>]) -> QueryResult<HashMap<(RoomId, i64), MessageId>> {
    let rows: Vec<(MessageId, RoomId, i64)> = on_each!(conn, |conn| diesel::insert_into(messages::table)
        .values(new)
        .returning((messages::id, messages::room_id, messages::seq))
        .get_results(conn)?);
    Ok(rows.into_iter().map(|(id, room, seq)| ((room, seq), id)).collect())
}

/// A room's counters, and who may know of it.
#[derive(Debug, Clone, Copy)]
pub struct Counters {
    /// Number of the newest message.
    pub last_seq: i64,
    /// Number of the newest change.
    pub rev: i64,
    /// May everybody know that it exists?
    pub public: bool,
}

/// Counters of rooms that are not deleted. On PostgreSQL they are locked, in the order of their ids, so that two processes number
/// a room one after the other and never wait for each other in a circle.
pub fn lock_counters(conn: &mut AnyConnection, ids: &[RoomId]) -> QueryResult<HashMap<RoomId, Counters>> {
    let found = rooms::table.filter(rooms::id.eq_any(ids).and(rooms::deleted_at.is_null())).order(rooms::id).select((
        rooms::id,
        rooms::last_seq,
        rooms::rev,
        rooms::kind,
    ));
    let rows: Vec<(RoomId, i64, i64, String)> = match conn {
        AnyConnection::Pg(conn) => found.for_no_key_update().load(conn)?,
        AnyConnection::Sqlite(conn) => found.load(conn)?,
    };
    let counters = |last_seq, rev, kind: String| Counters { last_seq, rev, public: kind == RoomKind::Public.as_str() };
    Ok(rows.into_iter().map(|(id, last_seq, rev, kind)| (id, counters(last_seq, rev, kind))).collect())
}

/// Writes counters back, all in one statement.
pub fn store_counters<'a>(
    conn: &mut AnyConnection,
    counters: impl Iterator<Item = (&'a RoomId, &'a Counters)>,
) -> QueryResult<usize> {
    // All values are numbers of ours, so nothing needs quoting; both databases name the columns so.
    let values: Vec<String> = counters.map(|(id, c)| format!("({id},{},{})", c.last_seq, c.rev)).collect();
    diesel::sql_query(format!(
        "UPDATE rooms SET last_seq = counters.column2, rev = counters.column3 FROM (VALUES {}) AS counters \
         WHERE rooms.id = counters.column1",
        values.join(",")
    ))
    .execute(conn)
}

/// Which of these people are members of which of these rooms.
pub fn memberships_among(
    conn: &mut AnyConnection,
    rooms: &[RoomId],
    people: &[UserId],
) -> QueryResult<HashSet<(RoomId, UserId)>> {
    let rows: Vec<(RoomId, UserId)> = memberships::table
        .filter(memberships::room_id.eq_any(rooms).and(memberships::user_id.eq_any(people)))
        .select((memberships::room_id, memberships::user_id))
        .load(conn)?;
    Ok(rows.into_iter().collect())
}

/// By sender and `client_id`: the hash of what was first sent, and the message as it is now.
pub type SentBefore = HashMap<(UserId, String), (Vec<u8>, MessageView)>;

/// What was stored under these senders' `client_id`s before.
pub fn sent_before(conn: &mut AnyConnection, sends: &[(UserId, &str)]) -> QueryResult<SentBefore> {
    let mut query = messages::table.inner_join(users::table).select(((ROW, CARD), messages::body_hash)).into_boxed();
    // An OR of equalities uses the unique index on both databases; row values in IN would scan SQLite's table.
    for (sender, client_id) in sends {
        query = query.or_filter(messages::sender_id.eq(*sender).and(messages::client_id.eq(*client_id)));
    }
    let rows: Vec<((Row, CardRow), Vec<u8>)> = query.load(conn)?;
    Ok(rows
        .into_iter()
        .map(|(row, hash)| {
            let message = view(row);
            ((message.sender.id, message.client_id.clone()), (hash, message))
        })
        .collect())
}

/// Members of these rooms by their folded names.
pub fn members_by_key(
    conn: &mut AnyConnection,
    rooms: &[RoomId],
    keys: &[String],
) -> QueryResult<Vec<(RoomId, String, Card)>> {
    let rows: Vec<(RoomId, String, CardRow)> = memberships::table
        .inner_join(users::table)
        .filter(users::username_key.eq_any(keys).and(memberships::room_id.eq_any(rooms)))
        .select((memberships::room_id, users::username_key, CARD))
        .load(conn)?;
    Ok(rows.into_iter().map(|(room, key, row)| (room, key, card(row))).collect())
}

/// Who is mentioned where.
#[derive(Debug, Clone, Insertable, PartialEq, Eq, Hash)]
#[diesel(table_name = mentions)]
pub struct Mention {
    /// Who.
    pub user_id: UserId,
    /// Where.
    pub room_id: RoomId,
    /// In which message.
    pub seq: i64,
}

/// Stores mentions.
pub fn insert_mentions(conn: &mut AnyConnection, new: &[Mention]) -> QueryResult<usize> {
    if new.is_empty() {
        return Ok(0);
    }
    on_each!(conn, |conn| diesel::insert_into(mentions::table).values(new).execute(conn))
}

/// Forgets the mentions of a message.
pub fn delete_mentions(conn: &mut AnyConnection, room: RoomId, seq: i64) -> QueryResult<usize> {
    diesel::delete(mentions::table.filter(mentions::room_id.eq(room).and(mentions::seq.eq(seq)))).execute(conn)
}

/// By id.
pub fn find(conn: &mut AnyConnection, id: MessageId) -> QueryResult<Option<MessageView>> {
    let row = messages::table.inner_join(users::table).filter(messages::id.eq(id)).select((ROW, CARD)).first(conn);
    Ok(row.optional()?.map(view))
}

/// By ids, in no order.
pub fn find_all(conn: &mut AnyConnection, ids: &[MessageId]) -> QueryResult<Vec<MessageView>> {
    let found = messages::table.inner_join(users::table).filter(messages::id.eq_any(ids)).select((ROW, CARD));
    let rows: Vec<(Row, CardRow)> = found.load(conn)?;
    Ok(rows.into_iter().map(view).collect())
}

/// The room's next `rev`, taken.
pub fn take_rev(conn: &mut AnyConnection, room: RoomId) -> QueryResult<i64> {
    diesel::update(rooms::table.find(room)).set(rooms::rev.eq(rooms::rev + 1)).returning(rooms::rev).get_result(conn)
}

/// Replaces a text.
pub fn set_text(conn: &mut AnyConnection, id: MessageId, rev: i64, text: &str, spans: &str) -> QueryResult<usize> {
    diesel::update(messages::table.find(id))
        .set((
            messages::rev.eq(rev),
            messages::text.eq(text),
            messages::spans.eq(spans),
            messages::edited_at.eq(Some(now())),
        ))
        .execute(conn)
}

/// Leaves of a message only that it was.
pub fn set_deleted(conn: &mut AnyConnection, id: MessageId, rev: i64) -> QueryResult<usize> {
    diesel::update(messages::table.find(id))
        .set((
            messages::rev.eq(rev),
            messages::text.eq(""),
            messages::spans.eq("[]"),
            messages::deleted_at.eq(Some(now())),
        ))
        .execute(conn)
}

/// How far a room is.
#[derive(Debug, Clone, Copy)]
pub struct Head {
    /// Number of the newest change.
    pub rev: i64,
    /// Number of the newest message.
    pub last_seq: i64,
}

/// The head of a room; read before any page, so that nothing slips between.
pub fn head(conn: &mut AnyConnection, room: RoomId) -> QueryResult<Head> {
    let (rev, last_seq) = rooms::table.find(room).select((rooms::rev, rooms::last_seq)).first(conn)?;
    Ok(Head { rev, last_seq })
}

/// Messages below `seq`, the newest of them, oldest first.
pub fn page_before(conn: &mut AnyConnection, room: RoomId, seq: i64, limit: i64) -> QueryResult<Vec<MessageView>> {
    let rows: Vec<(Row, CardRow)> = messages::table
        .inner_join(users::table)
        .filter(messages::room_id.eq(room).and(messages::seq.lt(seq)))
        .order(messages::seq.desc())
        .limit(limit)
        .select((ROW, CARD))
        .load(conn)?;
    Ok(rows.into_iter().rev().map(view).collect())
}

/// Messages above `seq`, the oldest of them, oldest first.
pub fn page_after(conn: &mut AnyConnection, room: RoomId, seq: i64, limit: i64) -> QueryResult<Vec<MessageView>> {
    let rows: Vec<(Row, CardRow)> = messages::table
        .inner_join(users::table)
        .filter(messages::room_id.eq(room).and(messages::seq.gt(seq)))
        .order(messages::seq)
        .limit(limit)
        .select((ROW, CARD))
        .load(conn)?;
    Ok(rows.into_iter().map(view).collect())
}

/// Messages new or changed after `rev`, in the order of their changes.
pub fn changes_after(conn: &mut AnyConnection, room: RoomId, rev: i64, limit: i64) -> QueryResult<Vec<MessageView>> {
    let rows: Vec<(Row, CardRow)> = messages::table
        .inner_join(users::table)
        .filter(messages::room_id.eq(room).and(messages::rev.gt(rev)))
        .order(messages::rev)
        .limit(limit)
        .select((ROW, CARD))
        .load(conn)?;
    Ok(rows.into_iter().map(view).collect())
}
