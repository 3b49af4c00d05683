//! Finding: the index proposes, the texts decide. So both databases find the same, and a stale entry shows nothing.

use std::{collections::HashMap, ops::Range};

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};

use crate::{
    db::connection::AnyConnection,
    error::AppResult,
    id::{MessageId, RoomId, UserId},
    message::{
        search::{
            fold::Folded,
            query::Query,
            snippet::{Piece, snippet},
            store::{self, Place, Scope, SearchedRoom},
            wire::{Hit, HitRoom, SearchPage},
        },
        store as messages,
        wire::MessageView,
    },
    room::store as rooms,
};

/// Texts that are compared for one page, and their bytes; then the page ends, be it short.
const BUDGET: (usize, usize) = (2_000, 8 * 1024 * 1024);

/// Candidates asked for at once, at most.
const CHUNK: usize = 500;

/// How far the order of ids may be off the order of times, because a clock was set right.
pub(super) const CLOCK: TimeDelta = TimeDelta::days(1);

/// All times lie between the beginnings of these years, and SQLite compares them as text of four digits.
const YEARS: [i32; 2] = [1, 9999];

/// A kind of message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Sent without images.
    Text,
    /// Sent with images.
    Image,
    /// Sent by an admin with one click.
    Preset,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Text, Self::Image, Self::Preset];

    /// As stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Image => "image",
            Self::Preset => "preset",
        }
    }
}

/// What narrows a search.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only this room.
    pub room: Option<RoomId>,
    /// Only what this person wrote.
    pub from: Option<UserId>,
    /// Only what was sent at this time or later.
    pub since: Option<NaiveDateTime>,
    /// Only what was sent before this time.
    pub until: Option<NaiveDateTime>,
    /// Only what is of this kind.
    pub kind: Option<Kind>,
    /// Only messages with a lower id: where the page before ended.
    pub before: Option<MessageId>,
}

/// The newest hits of a person, at most `limit`.
///
/// # Errors
/// [`crate::error::AppError::NotFound`] for a room they may not see, `Forbidden` for one they may join.
pub fn find(
    conn: &mut AnyConnection,
    user: UserId,
    query: &Query,
    filter: &Filter,
    limit: usize,
) -> AppResult<SearchPage> {
    let mut mine = store::rooms_of(conn, user)?;
    if let Some(room) = filter.room {
        rooms::joined(conn, user, room)?;
        mine.retain(|mine| mine.id == room);
    }
    let ids: Vec<RoomId> = mine.iter().map(|room| room.id).collect();
    let mut walk = Walk::new(query, limit);
    let span = span(conn, filter)?;
    let end = match ids.is_empty() {
        true => None,
        false => walk.through(conn, &scope(query, filter, Place::Rooms(&ids)), span)?,
    };
    // Read anew, and compared anew: somebody may have recalled or edited one since.
    let found = messages::readable(conn, user, &walk.hits)?;
    Ok(walk.page(found, mine, end))
}

pub(super) fn scope<'a>(query: &'a Query, filter: &Filter, place: Place<'a>) -> Scope<'a> {
    let all = YEARS.map(|year| NaiveDate::from_ymd_opt(year, 1, 1).unwrap_or_default().and_time(NaiveTime::MIN));
    let within = |time: NaiveDateTime| time.clamp(all[0], all[1]);
    let time = filter.since.map_or(all[0], within)..filter.until.map_or(all[1], within);
    Scope { asked: query.asked(), place, sender: filter.from, kind: filter.kind, time }
}

/// The ids among which hits can be.
pub(super) fn span(conn: &mut AnyConnection, filter: &Filter) -> AppResult<Range<i64>> {
    let end = store::last_id(conn)? + 1;
    let last = match filter.until.and_then(|until| until.checked_add_signed(CLOCK)) {
        Some(until) => first_since(conn, until, end)?,
        None => end,
    };
    let first = match filter.since.and_then(|since| since.checked_sub_signed(CLOCK)) {
        Some(since) => first_since(conn, since, end)?,
        None => 1,
    };
    let last = filter.before.map_or(last, |before| last.min(before.0));
    Ok(first..last.max(first))
}

/// The lowest id below `end` of a message sent at this time or later, by halving: ids rise with time.
///
/// # Errors
/// When the database fails.
pub fn first_since(conn: &mut AnyConnection, time: NaiveDateTime, end: i64) -> AppResult<i64> {
    let (mut low, mut high) = (1, end);
    while low < high {
        let middle = low + (high - low) / 2;
        match store::first_from(conn, middle)? {
            Some((id, at)) if at < time => low = id + 1,
            _ => high = middle,
        }
    }
    Ok(low)
}

/// One page in the making.
pub(super) struct Walk<'a> {
    query: &'a Query,
    limit: usize,
    pub(super) hits: Vec<MessageId>,
    /// Texts and bytes.
    compared: (usize, usize),
}

impl<'a> Walk<'a> {
    pub(super) fn new(query: &'a Query, limit: usize) -> Self {
        Self { query, limit, hits: Vec::new(), compared: (0, 0) }
    }

    /// Compares candidates, newest first, until there is one hit more than wanted. Returns the id below which to go on; `None` when
    /// everything was looked at.
    pub(super) fn through(
        &mut self,
        conn: &mut AnyConnection,
        scope: &Scope<'_>,
        mut ids: Range<i64>,
    ) -> AppResult<Option<MessageId>> {
        let mut chunk = self.limit + 1;
        loop {
            let candidates = store::candidates(conn, scope, ids.clone(), chunk)?;
            let exhausted = candidates.len() < chunk;
            for candidate in candidates {
                ids.end = candidate.id.0;
                self.compare(candidate.id, &candidate.text);
                if self.hits.len() > self.limit {
                    self.hits.pop();
                    return Ok(self.hits.last().copied());
                }
            }
            match exhausted {
                true => return Ok(None),
                false if self.is_spent() => return Ok(Some(MessageId(ids.end))),
                false => chunk = (4 * chunk).min(CHUNK),
            }
        }
    }

    fn compare(&mut self, id: MessageId, text: &str) {
        self.compared = (self.compared.0 + 1, self.compared.1 + text.len());
        if self.query.hits(Folded::of(text).text()).is_some() {
            self.hits.push(id);
        }
    }

    /// What is shown of a text; `None` for one that is no hit.
    fn snippet(&self, text: &str) -> Option<Vec<Piece>> {
        let folded = Folded::of(text);
        let hits = self.query.hits(folded.text())?;
        Some(snippet(&folded, &hits))
    }

    fn is_spent(&self) -> bool {
        self.compared.0 >= BUDGET.0 || self.compared.1 >= BUDGET.1
    }

    pub(super) fn page(
        self,
        messages: Vec<MessageView>,
        rooms: Vec<SearchedRoom>,
        end: Option<MessageId>,
    ) -> SearchPage {
        let mut messages: HashMap<_, _> = messages.into_iter().map(|message| (message.id, message)).collect();
        let rooms: HashMap<RoomId, SearchedRoom> = rooms.into_iter().map(|room| (room.id, room)).collect();
        let hit = |id: &MessageId| {
            let message = messages.remove(id).filter(|message| !message.is_gone())?;
            let snippet = self.snippet(&message.text)?;
            let SearchedRoom { id, kind, name } = rooms.get(&message.room)?.clone();
            Some(Hit { message, room: HitRoom { id, kind, name }, snippet })
        };
        SearchPage { hits: self.hits.iter().filter_map(hit).collect(), more: end.is_some(), before: end }
    }
}
