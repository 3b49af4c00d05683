//! Searching as an admin: all rooms that [`Oversight`] covers, and also without a word to search for.

use std::{collections::BTreeSet, ops::Range};

use crate::{
    db::connection::AnyConnection,
    error::{AppError, AppResult},
    id::{MessageId, RoomId},
    message::{
        search::{
            find::{CLOCK, Filter, Walk, scope, span},
            query::Query,
            store::{self, Number, Place, Scope},
            wire::SearchPage,
        },
        store as messages,
    },
    room::{oversight::Oversight, store as rooms, wire::RoomInfo},
};

/// Numbers walked through in one query, where no index says what to look at.
const WINDOW: i64 = 20_000;

/// Such queries for one page; then it ends, be it short.
const WINDOWS: usize = 10;

/// Searches one after the other for [`ids`].
const ROUNDS: usize = 20;

/// What an admin looks for. Without words, a person or images the newest messages are walked through.
#[derive(Debug, Clone)]
pub struct Looking {
    /// What the messages say; none for anything.
    pub query: Option<Query>,
    /// What narrows it.
    pub filter: Filter,
}

/// The newest messages that an admin finds, at most `limit`.
///
/// # Errors
/// [`AppError::NotFound`] for a room that they do not see.
pub fn find(conn: &mut AnyConnection, oversight: Oversight, looking: &Looking, limit: usize) -> AppResult<SearchPage> {
    let anything = Query::anything();
    let mut walk = Walk::new(looking.query.as_ref().unwrap_or(&anything), limit);
    let end = step(conn, oversight, looking, &looking.filter, &mut walk, limit)?;
    let found = messages::among(conn, &walk.hits)?;
    let rooms: BTreeSet<RoomId> = found.iter().map(|message| message.room).collect();
    let rooms = store::overseen(conn, oversight, &rooms.into_iter().collect::<Vec<_>>())?;
    Ok(walk.page(found, rooms, end))
}

/// All that a search finds, at most so many, newest first.
///
/// # Errors
/// As for [`find`].
pub fn ids(
    conn: &mut AnyConnection,
    oversight: Oversight,
    looking: &Looking,
    most: usize,
) -> AppResult<Vec<MessageId>> {
    let anything = Query::anything();
    let mut found = Vec::new();
    let mut filter = looking.filter.clone();
    for _ in 0..ROUNDS {
        let limit = most - found.len();
        let mut walk = Walk::new(looking.query.as_ref().unwrap_or(&anything), limit);
        filter.before = step(conn, oversight, looking, &filter, &mut walk, limit)?;
        found.append(&mut walk.hits);
        if filter.before.is_none() || found.len() >= most {
            break;
        }
    }
    Ok(found)
}

fn step(
    conn: &mut AnyConnection,
    oversight: Oversight,
    looking: &Looking,
    filter: &Filter,
    walk: &mut Walk<'_>,
    limit: usize,
) -> AppResult<Option<MessageId>> {
    let anything = Query::anything();
    let query = looking.query.as_ref().unwrap_or(&anything);
    let only = filter.room.map(|room| [room]);
    if let Some(room) = filter.room {
        oversight.sees(conn, room)?.ok_or(AppError::NotFound)?;
    }
    let place = only.as_ref().map_or(Place::Overseen(oversight), |only| Place::Rooms(only));
    let scope = scope(query, filter, place);
    match (&looking.query, filter.room) {
        (Some(_), _) => {
            let span = span(conn, filter)?;
            walk.through(conn, &scope, span)
        }
        (None, None) => {
            let span = span(conn, filter)?;
            let (found, end) = newest(conn, &scope, Number::Id, span, limit)?;
            walk.hits = found;
            Ok(end.map(MessageId))
        }
        (None, Some(room)) => {
            let span = room_span(conn, room, filter)?;
            let (found, end) = newest(conn, &scope, Number::Seq, span, limit)?;
            // The next page begins at the message with this number.
            let next = match (found.last(), end) {
                (_, None) => None,
                (Some(last), Some(_)) if found.len() == limit => Some(*last),
                (_, Some(end)) => store::first_of_room(conn, room, end)?,
            };
            walk.hits = found;
            Ok(next)
        }
    }
}

/// At most `limit` messages with numbers in this range, newest first, and the number below which to go on.
fn newest(
    conn: &mut AnyConnection,
    scope: &Scope<'_>,
    number: Number,
    range: Range<i64>,
    limit: usize,
) -> AppResult<(Vec<MessageId>, Option<i64>)> {
    let mut found = Vec::new();
    let mut end = range.end;
    for _ in 0..WINDOWS {
        let start = range.start.max(end - WINDOW);
        found.extend(store::newest(conn, scope, number, start..end, limit + 1 - found.len())?);
        if found.len() > limit {
            found.truncate(limit);
            let last = found.last().map_or(end, |id| id.0);
            return Ok((found, Some(last)));
        }
        if start == range.start {
            return Ok((found, None));
        }
        end = start;
    }
    Ok((found, Some(end)))
}

/// The numbers in a room among which hits can be.
fn room_span(conn: &mut AnyConnection, room: RoomId, filter: &Filter) -> AppResult<Range<i64>> {
    let RoomInfo { last_seq, floor_seq, .. } = rooms::find(conn, room)?.ok_or(AppError::NotFound)?;
    let first = match filter.since.and_then(|since| since.checked_sub_signed(CLOCK)) {
        Some(since) => messages::first_since(conn, room, since, last_seq)?,
        None => 1,
    };
    let first = first.max(floor_seq + 1);
    let last = match filter.until.and_then(|until| until.checked_add_signed(CLOCK)) {
        Some(until) => messages::first_since(conn, room, until, last_seq)?,
        None => last_seq + 1,
    };
    let before = match filter.before {
        Some(id) => store::seq_of(conn, room, id)?,
        None => None,
    };
    let last = before.map_or(last, |before| last.min(before));
    Ok(first..last.max(first))
}
