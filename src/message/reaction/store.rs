//! Reactions in SQL.

use std::collections::HashMap;

use chrono::NaiveDateTime;
use diesel::{
    dsl::{count_star, exists},
    prelude::*,
    sql_types::{BigInt, Text},
};

use crate::{
    account::{
        store::{CARD, CardRow, card},
        wire::Card,
    },
    db::{
        connection::AnyConnection,
        kept::{kept, within},
        schema::{reactions, users},
        time::now,
    },
    id::{MessageId, UserId},
    message::{
        reaction::Emoji,
        wire::{REACTORS, Reaction},
    },
    on_each,
};

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = BigInt)]
    message_id: i64,
    #[diesel(sql_type = Text)]
    emoji: String,
    #[diesel(sql_type = BigInt)]
    user_id: i64,
    #[diesel(sql_type = BigInt)]
    people: i64,
}

/// The reactions to messages, each message's in the order in which their kinds came; messages without any are absent.
pub fn of_messages(conn: &mut AnyConnection, ids: &[MessageId]) -> QueryResult<HashMap<MessageId, Vec<Reaction>>> {
    // The database counts, so that a message that thousands like costs no more rows.
    let find = format!(
        "SELECT message_id, emoji, user_id, people FROM (SELECT message_id, emoji, user_id, \
         COUNT(*) OVER kind AS people, MIN(created_at) OVER kind AS began, \
         ROW_NUMBER() OVER (PARTITION BY message_id, emoji ORDER BY created_at, user_id) AS place \
         FROM reactions WHERE ? WINDOW kind AS (PARTITION BY message_id, emoji)) AS ranked \
         WHERE place <= {REACTORS} ORDER BY message_id, began, emoji, place",
    );
    let query = kept(find, within(reactions::message_id, ids.iter().map(|id| id.0)));
    let rows: Vec<Row> = on_each!(conn, |conn| query.load(conn)?);
    let mut found: HashMap<MessageId, Vec<Reaction>> = HashMap::new();
    for Row { message_id, emoji, user_id, people } in rows {
        let kinds = found.entry(MessageId(message_id)).or_default();
        match kinds.last_mut().filter(|kind| kind.emoji == emoji) {
            Some(kind) => kind.users.push(UserId(user_id)),
            None => kinds.push(Reaction { emoji, count: people, users: vec![UserId(user_id)] }),
        }
    }
    Ok(found)
}

/// Stores a reaction. False if it was there.
pub fn insert(conn: &mut AnyConnection, message: MessageId, user: UserId, emoji: &Emoji) -> QueryResult<bool> {
    let values = (
        reactions::message_id.eq(message),
        reactions::emoji.eq(emoji.as_str()),
        reactions::user_id.eq(user),
        reactions::created_at.eq(now()),
    );
    let stored = on_each!(conn, |conn| diesel::insert_into(reactions::table)
        .values(values)
        .on_conflict_do_nothing()
        .execute(conn)?);
    Ok(stored == 1)
}

/// Takes a reaction back. False if there was none. If it was the first of its kind, the next one takes its time too, so that the kind
/// keeps its place.
pub fn delete(conn: &mut AnyConnection, message: MessageId, user: UserId, emoji: &Emoji) -> QueryResult<bool> {
    let taken_back = diesel::delete(reactions::table.find((message, emoji.as_str(), user)))
        .returning(reactions::created_at)
        .get_result::<NaiveDateTime>(conn)
        .optional()?;
    let Some(created_at) = taken_back else { return Ok(false) };
    let first: Option<(UserId, NaiveDateTime)> = reactions::table
        .filter(reactions::message_id.eq(message).and(reactions::emoji.eq(emoji.as_str())))
        .order((reactions::created_at, reactions::user_id))
        .select((reactions::user_id, reactions::created_at))
        .first(conn)
        .optional()?;
    if let Some((next, _)) = first.filter(|(_, next)| *next > created_at) {
        diesel::update(reactions::table.find((message, emoji.as_str(), next)))
            .set(reactions::created_at.eq(created_at))
            .execute(conn)?;
    }
    Ok(true)
}

/// Did this person react with an emoji?
pub fn is_of(conn: &mut AnyConnection, message: MessageId, user: UserId, emoji: &str) -> QueryResult<bool> {
    diesel::select(exists(reactions::table.find((message, emoji, user)))).get_result(conn)
}

/// Takes all reactions off a message.
pub fn delete_all(conn: &mut AnyConnection, message: MessageId) -> QueryResult<usize> {
    diesel::delete(reactions::table.filter(reactions::message_id.eq(message))).execute(conn)
}

/// Who reacted with an emoji, the first of them, and how many there are.
pub fn people(conn: &mut AnyConnection, message: MessageId, emoji: &str, limit: i64) -> QueryResult<(Vec<Card>, i64)> {
    let kind = reactions::message_id.eq(message).and(reactions::emoji.eq(emoji));
    let count = reactions::table.filter(kind).select(count_star()).first(conn)?;
    let rows: Vec<CardRow> = reactions::table
        .inner_join(users::table)
        .filter(kind)
        .order((reactions::created_at, reactions::user_id))
        .limit(limit)
        .select(CARD)
        .load(conn)?;
    Ok((rows.into_iter().map(card).collect(), count))
}
