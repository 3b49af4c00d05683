//! Messages in SQL.

use std::collections::HashMap;

use chrono::NaiveDateTime;
use diesel::{
    dsl::AsExprOf,
    prelude::*,
    sql_types::{Array, BigInt, Binary, Nullable, Text, Timestamp},
};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::{
    account::{
        store::{CARD, CardRow, card},
        wire::Card,
    },
    db::{
        connection::AnyConnection,
        kept::{kept, within},
        schema::{memberships, mentions, messages, rooms, users},
        time::now,
    },
    id::{MessageId, RoomId, UserId},
    message::{
        reaction::store as reactions,
        rules::Terms,
        wire::{MessageView, ReplyTo},
    },
    on_each,
    room::{
        direct,
        wire::{RoomKind, RoomRole},
    },
    upload::store as uploads,
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
    reply_to: Option<MessageId>,
    reply_seq: Option<i64>,
    created_at: NaiveDateTime,
    edited_at: Option<NaiveDateTime>,
    recalled_at: Option<NaiveDateTime>,
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
    messages::reply_to,
    messages::reply_seq,
    messages::created_at,
    messages::edited_at,
    messages::recalled_at,
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
    messages::reply_to,
    messages::reply_seq,
    messages::created_at,
    messages::edited_at,
    messages::recalled_at,
    messages::deleted_at,
);

/// A row as readers see it, before [`dress`].
fn view((row, sender): (Row, CardRow)) -> MessageView {
    MessageView {
        id: row.id,
        room: row.room_id,
        seq: row.seq,
        rev: row.rev,
        kind: row.kind,
        sender: card(sender),
        client_id: row.client_id,
        text: row.text,
        spans: raw(row.spans),
        uploads: Vec::new(),
        reply_to: row.reply_to.zip(row.reply_seq).map(|(id, seq)| ReplyTo { id, seq }),
        reactions: Vec::new(),
        created_at: row.created_at,
        edited_at: row.edited_at,
        recalled_at: row.recalled_at,
        deleted_at: row.deleted_at,
    }
}

/// Rows as readers see them: with their images and reactions, each read in one query for all.
fn dress(conn: &mut AnyConnection, rows: Vec<(Row, CardRow)>) -> QueryResult<Vec<MessageView>> {
    let mut views: Vec<MessageView> = rows.into_iter().map(view).collect();
    let standing: Vec<MessageId> = views.iter().filter(|view| !view.is_gone()).map(|view| view.id).collect();
    if standing.is_empty() {
        return Ok(views);
    }
    let mut uploads = uploads::of_messages(conn, &standing)?;
    let mut reactions = reactions::of_messages(conn, &standing)?;
    for view in &mut views {
        view.uploads = uploads.remove(&view.id).unwrap_or_default();
        view.reactions = reactions.remove(&view.id).unwrap_or_default();
    }
    Ok(views)
}

/// Spans go out as they are stored.
pub fn raw(spans: String) -> Box<RawValue> {
    RawValue::from_string(spans).unwrap_or_else(|_| {
        tracing::error!("a message has spans that are no JSON");
        RawValue::from_string("[]".to_owned()).expect("an empty list is JSON")
    })
}

/// A message to be stored. Without `treat_none_as_default_value = false` each choice of what is set would be a statement of its own.
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
    /// `text`, `image` or `preset`.
    pub kind: &'a str,
    /// As typed.
    pub text: &'a str,
    /// JSON.
    pub spans: &'a str,
    /// The message it answers.
    pub reply_to: Option<MessageId>,
    /// The room's number of that one.
    pub reply_seq: Option<i64>,
    /// Now.
    pub created_at: NaiveDateTime,
}

/// Stores messages and returns their ids by room and `seq`.
pub fn insert_all(conn: &mut AnyConnection, new: &[NewMessage<'_>]) -> QueryResult<HashMap<(RoomId, i64), MessageId>> {
    let columns = (messages::id, messages::room_id, messages::seq);
    let rows: Vec<(MessageId, RoomId, i64)> = match conn {
        // A statement that is prepared already, many times, takes less than a long one that is not.
        AnyConnection::Sqlite(conn) => new
            .iter()
            .map(|new| diesel::insert_into(messages::table).values(new).returning(columns).get_result(conn))
            .collect::<QueryResult<_>>()?,
        AnyConnection::Pg(conn) => insert_on_postgres(conn, new)?,
    };
    Ok(rows.into_iter().map(|(id, room, seq)| ((room, seq), id)).collect())
}

/// One statement for any number of messages, which is prepared once.
fn insert_on_postgres(conn: &mut PgConnection, new: &[NewMessage<'_>]) -> QueryResult<Vec<(MessageId, RoomId, i64)>> {
    #[derive(QueryableByName)]
    #[diesel(table_name = messages)]
    struct Stored {
        id: MessageId,
        room_id: RoomId,
        seq: i64,
    }
    let insert = "INSERT INTO messages (room_id, seq, rev, sender_id, client_id, body_hash, kind, text, spans, reply_to, reply_seq, created_at) \
                  SELECT * FROM unnest(?) RETURNING id, room_id, seq";
    let number = |of: fn(&NewMessage<'_>) -> i64| numbers(new.iter().map(of).collect());
    let words =
        |of: for<'a> fn(&NewMessage<'a>) -> &'a str| new.iter().map(of).collect::<Vec<_>>().into_sql::<Array<Text>>();
    let answered = |of: fn(&NewMessage<'_>) -> Option<i64>| {
        new.iter().map(of).collect::<Vec<_>>().into_sql::<Array<Nullable<BigInt>>>()
    };
    let values = (
        number(|new| new.room_id.0),
        number(|new| new.seq),
        number(|new| new.rev),
        number(|new| new.sender_id.0),
        words(|new| new.client_id),
        new.iter().map(|new| new.body_hash).collect::<Vec<_>>().into_sql::<Array<Binary>>(),
        words(|new| new.kind),
        words(|new| new.text),
        words(|new| new.spans),
        answered(|new| new.reply_to.map(|id| id.0)),
        answered(|new| new.reply_seq),
        new.iter().map(|new| new.created_at).collect::<Vec<_>>().into_sql::<Array<Timestamp>>(),
    );
    let stored: Vec<Stored> = kept(insert, values).load(conn)?;
    Ok(stored.into_iter().map(|Stored { id, room_id, seq }| (id, room_id, seq)).collect())
}

/// A room's counters, and who may know of it.
#[derive(Debug, Clone, Copy)]
pub struct Counters {
    /// Number of the newest message.
    pub last_seq: i64,
    /// Number of the newest change.
    pub rev: i64,
    /// Who may know of it.
    pub kind: RoomKind,
    /// The two people of a private chat.
    pub pair: Option<(UserId, UserId)>,
    /// Who may write.
    pub terms: Terms,
    /// Seconds a member waits between messages.
    pub slow_seconds: i64,
}

type CountersRow = (RoomId, i64, i64, String, Option<String>, String, Option<NaiveDateTime>, i64);

/// Counters of rooms that are not deleted. On PostgreSQL they are locked, in the order of their ids, so that two processes number
/// a room one after the other and never wait for each other in a circle.
pub fn lock_counters(conn: &mut AnyConnection, ids: &[RoomId]) -> QueryResult<HashMap<RoomId, Counters>> {
    let found = rooms::table.filter(within(rooms::id, ids.iter().map(|id| id.0)).and(rooms::deleted_at.is_null()));
    let found = found.order(rooms::id).select((
        rooms::id,
        rooms::last_seq,
        rooms::rev,
        rooms::kind,
        rooms::direct_key,
        rooms::post_policy,
        rooms::archived_at,
        rooms::slow_seconds,
    ));
    let rows: Vec<CountersRow> = match conn {
        AnyConnection::Pg(conn) => found.for_no_key_update().load(conn)?,
        AnyConnection::Sqlite(conn) => found.load(conn)?,
    };
    let counters = |(id, last_seq, rev, kind, key, policy, archived, slow_seconds): CountersRow| {
        // The columns have CHECKs: other values cannot be stored.
        let kind = kind.parse().unwrap_or(RoomKind::Private);
        let terms = Terms { post_policy: policy.parse().unwrap_or_default(), archived: archived.is_some() };
        (id, Counters { last_seq, rev, kind, pair: key.as_deref().and_then(direct::pair), terms, slow_seconds })
    };
    Ok(rows.into_iter().map(counters).collect())
}

/// Writes counters back.
pub fn store_counters<'a>(
    conn: &mut AnyConnection,
    counters: impl Iterator<Item = (&'a RoomId, &'a Counters)>,
) -> QueryResult<usize> {
    let rows = counters.map(|(id, counters)| (id.0, counters.last_seq, counters.rev));
    match conn {
        AnyConnection::Sqlite(conn) => {
            let update = "UPDATE rooms SET last_seq = new.value ->> 1, rev = new.value ->> 2 FROM json_each(?) AS new \
                          WHERE rooms.id = new.value ->> 0";
            kept(update, json(&rows.collect::<Vec<_>>())).execute(conn)
        }
        AnyConnection::Pg(conn) => {
            let (ids, (seqs, revs)): (Vec<i64>, (Vec<i64>, Vec<i64>)) =
                rows.map(|(id, seq, rev)| (id, (seq, rev))).unzip();
            let update = "UPDATE rooms SET last_seq = new.seq, rev = new.rev FROM unnest(?) AS new (id, seq, rev) \
                          WHERE rooms.id = new.id";
            kept(update, (numbers(ids), numbers(seqs), numbers(revs))).execute(conn)
        }
    }
}

/// Who sent to a room since a time, and when last. `last_seq` is its newest message.
pub fn last_sends(
    conn: &mut AnyConnection,
    room: RoomId,
    since: NaiveDateTime,
    last_seq: i64,
) -> QueryResult<Vec<(UserId, NaiveDateTime)>> {
    let first = first_since(conn, room, since, last_seq)?;
    let newest = diesel::dsl::max(messages::created_at).assume_not_null();
    messages::table
        .filter(messages::room_id.eq(room).and(messages::seq.ge(first)))
        .group_by(messages::sender_id)
        .select((messages::sender_id, newest))
        .load(conn)
}

/// A membership, as far as it says what may be written.
#[derive(Debug, Clone, Copy)]
pub struct Member {
    /// As what.
    pub role: RoomRole,
    /// Until then they only read there.
    pub silenced_until: Option<NaiveDateTime>,
}

#[derive(QueryableByName)]
#[diesel(table_name = memberships)]
struct MemberRow {
    room_id: RoomId,
    user_id: UserId,
    role: String,
    silenced_until: Option<NaiveDateTime>,
}

/// Many rows at once, as SQLite takes them.
fn json(rows: &impl Serialize) -> AsExprOf<String, Text> {
    serde_json::to_string(rows).expect("numbers and strings are JSON").into_sql::<Text>()
}

/// Many numbers at once, as PostgreSQL takes them.
fn numbers(numbers: Vec<i64>) -> AsExprOf<Vec<i64>, Array<BigInt>> {
    numbers.into_sql::<Array<BigInt>>()
}

/// Which of these people are members of the room they stand beside, and as what.
pub fn memberships_among(
    conn: &mut AnyConnection,
    pairs: &[(RoomId, UserId)],
) -> QueryResult<HashMap<(RoomId, UserId), Member>> {
    let rows: Vec<MemberRow> = match conn {
        AnyConnection::Sqlite(conn) => {
            let pairs: Vec<(i64, i64)> = pairs.iter().map(|(room, user)| (room.0, user.0)).collect();
            let find = "SELECT room_id, user_id, role, silenced_until FROM json_each(?) AS pair CROSS JOIN memberships \
                        ON memberships.room_id = pair.value ->> 0 AND memberships.user_id = pair.value ->> 1";
            kept(find, json(&pairs)).load(conn)?
        }
        AnyConnection::Pg(conn) => {
            let (rooms, users): (Vec<i64>, Vec<i64>) = pairs.iter().map(|(room, user)| (room.0, user.0)).unzip();
            let find = "SELECT room_id, user_id, role, silenced_until FROM unnest(?) AS pair (room, person) JOIN memberships \
                        ON memberships.room_id = pair.room AND memberships.user_id = pair.person";
            kept(find, (numbers(rooms), numbers(users))).load(conn)?
        }
    };
    let member = |MemberRow { room_id, user_id, role, silenced_until }| {
        ((room_id, user_id), Member { role: role.parse().unwrap_or(RoomRole::Member), silenced_until })
    };
    Ok(rows.into_iter().map(member).collect())
}

/// A send that was stored before.
#[derive(Debug)]
pub struct Before {
    /// Of what was first sent.
    pub hash: Vec<u8>,
    /// As it is now.
    pub message: MessageView,
    /// It lies beneath its room's floor.
    pub pruned: bool,
}

/// By sender and `client_id`.
pub type SentBefore = HashMap<(UserId, String), Before>;

#[derive(QueryableByName)]
struct Named {
    #[diesel(sql_type = BigInt)]
    id: MessageId,
}

/// The messages that stand under these names: nearly always none, which costs one look into an index for each.
fn named(conn: &mut AnyConnection, sends: &[(UserId, &str)]) -> QueryResult<Vec<MessageId>> {
    let found: Vec<Named> = match conn {
        AnyConnection::Sqlite(conn) => {
            let names: Vec<(i64, &str)> = sends.iter().map(|(sender, name)| (sender.0, *name)).collect();
            let find = "SELECT messages.id FROM json_each(?) AS sent CROSS JOIN messages \
                        ON messages.sender_id = sent.value ->> 0 AND messages.client_id = sent.value ->> 1";
            kept(find, json(&names)).load(conn)?
        }
        AnyConnection::Pg(conn) => {
            let (senders, names): (Vec<i64>, Vec<&str>) = sends.iter().map(|(sender, name)| (sender.0, *name)).unzip();
            // A join could be planned as one over all of the index, which is the cheaper one while there are few messages.
            let find = "SELECT found.id FROM unnest(?) AS sent (sender, name) CROSS JOIN LATERAL \
                        (SELECT id FROM messages WHERE sender_id = sent.sender AND client_id = sent.name LIMIT 1) AS found";
            kept(find, (numbers(senders), names.into_sql::<Array<Text>>())).load(conn)?
        }
    };
    Ok(found.into_iter().map(|Named { id }| id).collect())
}

/// What was stored under these senders' `client_id`s before.
pub fn sent_before(conn: &mut AnyConnection, sends: &[(UserId, &str)]) -> QueryResult<SentBefore> {
    let ids = named(conn, sends)?;
    if ids.is_empty() {
        return Ok(SentBefore::new());
    }
    let pruned = messages::seq.le(rooms::floor_seq);
    let found = messages::table
        .inner_join(users::table)
        .inner_join(rooms::table)
        .filter(messages::id.eq_any(ids))
        .select(((ROW, CARD), (messages::body_hash, pruned)))
        .load::<((Row, CardRow), (Vec<u8>, bool))>(conn)?;
    let (rows, rest): (Vec<_>, Vec<_>) = found.into_iter().unzip();
    let before =
        dress(conn, rows)?.into_iter().zip(rest).map(|(message, (hash, pruned))| Before { hash, message, pruned });
    Ok(before.map(|before| ((before.message.sender.id, before.message.client_id.clone()), before)).collect())
}

/// A message that another may answer.
#[derive(Debug, Clone, Copy)]
pub struct Quoted {
    /// Where it is.
    pub room: RoomId,
    /// The room's number of it.
    pub seq: i64,
    /// Recalled or deleted?
    pub gone: bool,
}

/// What these messages are as the target of an answer.
pub fn quoted(conn: &mut AnyConnection, ids: &[MessageId]) -> QueryResult<HashMap<MessageId, Quoted>> {
    let gone = messages::recalled_at.is_not_null().or(messages::deleted_at.is_not_null());
    let rows: Vec<(MessageId, RoomId, i64, bool)> = messages::table
        .inner_join(rooms::table)
        .filter(messages::id.eq_any(ids).and(messages::seq.gt(rooms::floor_seq)))
        .select((messages::id, messages::room_id, messages::seq, gone))
        .load(conn)?;
    Ok(rows.into_iter().map(|(id, room, seq, gone)| (id, Quoted { room, seq, gone })).collect())
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

/// Stores mentions, each of three values, as many at once as SQLite's 32,766 parameters allow.
pub fn insert_mentions(conn: &mut AnyConnection, new: &[Mention]) -> QueryResult<()> {
    for new in new.chunks(10_000) {
        on_each!(conn, |conn| diesel::insert_into(mentions::table).values(new).execute(conn)?);
    }
    Ok(())
}

/// Stores that every member but the author, and those who have blocked them, is mentioned.
pub fn insert_mentions_of_all(conn: &mut AnyConnection, author: UserId, room: RoomId, seq: i64) -> QueryResult<usize> {
    // Numbers of ours, so nothing needs quoting.
    diesel::sql_query(format!(
        "INSERT INTO mentions (user_id, room_id, seq) SELECT user_id, room_id, {seq} FROM memberships \
         WHERE room_id = {room} AND user_id <> {author} AND NOT EXISTS \
         (SELECT 1 FROM blocks WHERE blocks.user_id = memberships.user_id AND blocks.blocked_id = {author}) \
         ON CONFLICT DO NOTHING"
    ))
    .execute(conn)
}

/// Forgets the mentions of a message.
pub fn delete_mentions(conn: &mut AnyConnection, room: RoomId, seq: i64) -> QueryResult<usize> {
    diesel::delete(mentions::table.filter(mentions::room_id.eq(room).and(mentions::seq.eq(seq)))).execute(conn)
}

/// By id.
pub fn find(conn: &mut AnyConnection, id: MessageId) -> QueryResult<Option<MessageView>> {
    let rows = messages::table
        .inner_join(users::table)
        .inner_join(rooms::table)
        .filter(messages::id.eq(id).and(messages::seq.gt(rooms::floor_seq)))
        .select((ROW, CARD))
        .load(conn)?;
    Ok(dress(conn, rows)?.pop())
}

/// Those of these messages that are in a person's rooms.
pub fn readable(conn: &mut AnyConnection, user: UserId, ids: &[MessageId]) -> QueryResult<Vec<MessageView>> {
    let member = memberships::table
        .filter(memberships::room_id.eq(messages::room_id).and(memberships::user_id.eq(user)))
        .select(memberships::room_id);
    let rows = messages::table
        .inner_join(users::table)
        .inner_join(rooms::table)
        .filter(messages::id.eq_any(ids).and(messages::seq.gt(rooms::floor_seq)))
        .filter(rooms::deleted_at.is_null().and(diesel::dsl::exists(member)))
        .order(messages::id)
        .select((ROW, CARD))
        .load(conn)?;
    dress(conn, rows)
}

/// Of these, the messages of a room.
pub fn of_room(conn: &mut AnyConnection, room: RoomId, ids: &[MessageId]) -> QueryResult<Vec<MessageView>> {
    let rows = messages::table
        .inner_join(users::table)
        .inner_join(rooms::table)
        .filter(messages::id.eq_any(ids).and(messages::room_id.eq(room)).and(messages::seq.gt(rooms::floor_seq)))
        .order(messages::id)
        .select((ROW, CARD))
        .load(conn)?;
    dress(conn, rows)
}

/// Those of these messages that are in rooms that are not deleted.
pub fn among(conn: &mut AnyConnection, ids: &[MessageId]) -> QueryResult<Vec<MessageView>> {
    let rows = messages::table
        .inner_join(users::table)
        .inner_join(rooms::table)
        .filter(messages::id.eq_any(ids).and(messages::seq.gt(rooms::floor_seq)).and(rooms::deleted_at.is_null()))
        .order(messages::id)
        .select((ROW, CARD))
        .load(conn)?;
    dress(conn, rows)
}

/// A message's new `rev`, where nothing in its own row changed.
pub fn set_rev(conn: &mut AnyConnection, id: MessageId, rev: i64) -> QueryResult<usize> {
    diesel::update(messages::table.find(id)).set(messages::rev.eq(rev)).execute(conn)
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

/// How a message ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Taken back by its author or a moderator.
    Recalled,
    /// Deleted by its author or an admin.
    Deleted,
}

/// Leaves of a message's own row only that it was.
pub fn set_gone(conn: &mut AnyConnection, id: MessageId, rev: i64, end: End) -> QueryResult<usize> {
    let at = |wanted| (end == wanted).then(now);
    diesel::update(messages::table.find(id))
        .set((
            messages::rev.eq(rev),
            messages::text.eq(""),
            messages::spans.eq("[]"),
            messages::reply_to.eq(None::<MessageId>),
            messages::reply_seq.eq(None::<i64>),
            messages::edited_at.eq(None::<NaiveDateTime>),
            messages::recalled_at.eq(at(End::Recalled)),
            messages::deleted_at.eq(at(End::Deleted)),
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
    /// Messages up to this one are gone.
    pub floor_seq: i64,
}

/// The head of a room; read before any page, so that nothing slips between.
pub fn head(conn: &mut AnyConnection, room: RoomId) -> QueryResult<Head> {
    let (rev, last_seq, floor_seq) =
        rooms::table.find(room).select((rooms::rev, rooms::last_seq, rooms::floor_seq)).first(conn)?;
    Ok(Head { rev, last_seq, floor_seq })
}

/// Messages above `floor` and below `seq`, the newest of them, oldest first.
pub fn page_before(
    conn: &mut AnyConnection,
    room: RoomId,
    floor: i64,
    seq: i64,
    limit: i64,
) -> QueryResult<Vec<MessageView>> {
    let rows: Vec<(Row, CardRow)> = messages::table
        .inner_join(users::table)
        .filter(messages::room_id.eq(room).and(messages::seq.lt(seq)).and(messages::seq.gt(floor)))
        .order(messages::seq.desc())
        .limit(limit)
        .select((ROW, CARD))
        .load(conn)?;
    dress(conn, rows.into_iter().rev().collect())
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
    dress(conn, rows)
}

/// Messages above `floor` that are new or changed after `rev`, in the order of their changes.
pub fn changes_after(
    conn: &mut AnyConnection,
    room: RoomId,
    floor: i64,
    rev: i64,
    limit: i64,
) -> QueryResult<Vec<MessageView>> {
    let rows: Vec<(Row, CardRow)> = messages::table
        .inner_join(users::table)
        .filter(messages::room_id.eq(room).and(messages::rev.gt(rev)).and(messages::seq.gt(floor)))
        .order(messages::rev)
        .limit(limit)
        .select((ROW, CARD))
        .load(conn)?;
    dress(conn, rows)
}

/// The number of the first message stored at or after a time; one above the last where there is none. Numbers and times rise together
/// (but for a clock that was set back), so halving finds it without an index of times.
pub fn first_since(conn: &mut AnyConnection, room: RoomId, time: NaiveDateTime, last_seq: i64) -> QueryResult<i64> {
    let (mut low, mut high) = (1, last_seq + 1);
    while low < high {
        let middle = low + (high - low) / 2;
        let found: Option<(i64, NaiveDateTime)> = messages::table
            .filter(messages::room_id.eq(room).and(messages::seq.ge(middle)))
            .order(messages::seq)
            .select((messages::seq, messages::created_at))
            .first(conn)
            .optional()?;
        match found {
            Some((seq, created_at)) if created_at < time => low = seq + 1,
            _ => high = middle,
        }
    }
    Ok(low)
}

/// A message that still says something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Its id.
    pub id: MessageId,
    /// Where.
    pub room: RoomId,
}

/// Those of these messages that still say something, in rooms that are not deleted.
pub fn standing(conn: &mut AnyConnection, ids: &[MessageId]) -> QueryResult<Vec<Standing>> {
    let alive = messages::recalled_at.is_null().and(messages::deleted_at.is_null()).and(rooms::deleted_at.is_null());
    let rows: Vec<(MessageId, RoomId)> = messages::table
        .inner_join(rooms::table)
        .filter(messages::id.eq_any(ids).and(messages::seq.gt(rooms::floor_seq)).and(alive))
        .select((messages::id, messages::room_id))
        .load(conn)?;
    Ok(rows.into_iter().map(|(id, room)| Standing { id, room }).collect())
}

/// Who wrote a message, be it gone or not.
pub fn sender_of(conn: &mut AnyConnection, id: MessageId) -> QueryResult<Option<UserId>> {
    messages::table.find(id).select(messages::sender_id).first(conn).optional()
}
