//! Reading messages over REST: pages, changes, single ones; see the table in `docs/protocol.md`.

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{NaiveDateTime, TimeDelta};
use serde::{Deserialize, Serialize};

use crate::{
    account::{current_user::CurrentUser, reader::Reader},
    db::{connection::AnyConnection, page, time},
    error::{AppError, AppResult},
    id::{MessageId, RoomId},
    message::{
        MessageDesk,
        guest::{self, ChangesAnswer, MessagesAnswer},
        revise, store,
        wire::{MessageBody, MessageView},
    },
    room::store as rooms,
    setting::values::Values,
};

/// Messages on a page when nothing else is said.
const PAGE: i64 = 50;

/// Most messages on a page.
const LONGEST_PAGE: i64 = 100;

/// Most changes on a page.
const LONGEST_CHANGES: i64 = 500;

/// Query of a page of messages: at most one of the first four.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// Messages before this number.
    before: Option<i64>,
    /// Messages after this number.
    after: Option<i64>,
    /// Messages around this number.
    around: Option<i64>,
    /// Around the first message since this time (RFC 3339).
    at: Option<String>,
    /// At most 100; 50 by default.
    limit: Option<i64>,
}

impl PageQuery {
    /// The page around one message.
    pub fn around(seq: i64, limit: i64) -> Self {
        Self { around: Some(seq), limit: Some(limit), ..Self::default() }
    }

    /// The newest messages.
    pub fn newest(limit: i64) -> Self {
        Self { limit: Some(limit), ..Self::default() }
    }
}

/// A page of messages.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct MessagePage {
    /// Oldest first.
    pub messages: Vec<MessageView>,
    /// The room's head before the page was read.
    pub rev: i64,
    /// Are there older ones?
    pub more_before: bool,
    /// Are there newer ones?
    pub more_after: bool,
    /// The room shows no more than this window of it: older messages are found by search.
    pub windowed: bool,
}

/// The number of the first message that a room shows when nothing else is asked for.
fn shown_from(conn: &mut AnyConnection, room: RoomId, window: Window, head: store::Head) -> AppResult<i64> {
    let (hours, count) = rooms::window(conn, room)?;
    let (hours, count) = (hours.unwrap_or(window.hours), count.unwrap_or(window.count));
    let by_count = if count > 0 { head.last_seq - count + 1 } else { 1 };
    let by_time = match TimeDelta::try_hours(hours).filter(|hours| *hours > TimeDelta::zero()) {
        Some(hours) => store::first_since(conn, room, time::now() - hours, head.last_seq)?,
        None => 1,
    };
    Ok(by_count.max(by_time))
}

/// What a room shows where it says nothing else; 0 for all.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    /// The last so many hours.
    pub hours: i64,
    /// At most so many messages.
    pub count: i64,
}

impl From<&Values> for Window {
    fn from(values: &Values) -> Self {
        Self { hours: values.window_hours, count: values.window_count }
    }
}

/// Reads a page; the caller has checked the membership.
///
/// # Errors
/// When the database fails.
pub fn read_page(conn: &mut AnyConnection, room: RoomId, window: Window, query: &PageQuery) -> AppResult<MessagePage> {
    let limit = query.limit.unwrap_or(PAGE).clamp(1, LONGEST_PAGE);
    let head = store::head(conn, room)?;
    let around = match (&query.at, query.around) {
        (Some(time), None) => {
            Some(store::first_since(conn, room, parse_time(time)?, head.last_seq)?.min(head.last_seq))
        }
        (None, around) => around,
        (Some(_), Some(_)) => return Err(one_of()),
    };
    let mut floor = head.floor_seq;
    let messages = match (query.before, query.after, around) {
        (before, None, None) => {
            let before = before.unwrap_or(i64::MAX);
            let shown = shown_from(conn, room, window, head)? - 1;
            // Whoever is beyond the window already, by a link or a search, goes on there.
            floor = if before > shown { shown.max(floor) } else { floor };
            store::page_before(conn, room, floor, before, limit)?
        }
        (None, Some(after), None) => store::page_after(conn, room, after.max(floor), limit)?,
        (None, None, Some(seq)) => {
            let mut messages = store::page_before(conn, room, floor, seq, limit / 2)?;
            // The message itself belongs to the newer half.
            messages.append(&mut store::page_after(conn, room, seq.saturating_sub(1).max(floor), limit - limit / 2)?);
            messages
        }
        _ => return Err(one_of()),
    };
    // Numbers are dense, so the ends of the page say what lies beyond; an empty one lies wholly beyond one end.
    let first = messages.first().map_or(query.after.map_or(floor + 1, |_| head.last_seq + 1), |first| first.seq);
    let last = messages.last().map_or(query.after.map_or(0, |_| head.last_seq), |last| last.seq);
    Ok(MessagePage {
        messages,
        rev: head.rev,
        more_before: first > floor + 1,
        more_after: last < head.last_seq,
        windowed: floor > head.floor_seq,
    })
}

fn one_of() -> AppError {
    AppError::Invalid("Give one of before, after, around and at.".into())
}

/// A time as in RFC 3339.
fn parse_time(text: &str) -> AppResult<NaiveDateTime> {
    time::parse(text).ok_or_else(|| AppError::Invalid("at is a time such as 2026-11-20T10:00:00Z.".into()))
}

/// `GET rooms/{id}/messages`
#[utoipa::path(
    get, path = "/api/v1/rooms/{id}/messages", tag = "messages",
    summary = "A page of messages",
    params(("id" = RoomId, Path), PageQuery),
    responses(
        (status = 200, body = MessagesAnswer, description = "The newest 50, if nothing else is asked for."),
        (status = 403, description = "`forbidden`"),
        (status = 404),
    ),
    security((), ("session" = []), ("token" = ["read"])),
)]
pub async fn list(
    desk: web::Data<MessageDesk>,
    reader: Reader,
    room: web::Path<RoomId>,
    query: web::Query<PageQuery>,
) -> AppResult<HttpResponse> {
    let window = Window::from(&*desk.live.get());
    let Reader::Person(user) = reader else {
        let page = desk.db.read(move |conn| guest::page(conn, *room, window, &query)).await?;
        return Ok(HttpResponse::Ok().json(page));
    };
    let page = desk
        .db
        .read(move |conn| {
            rooms::joined(conn, user.id(), *room)?;
            read_page(conn, *room, window, &query)
        })
        .await?;
    Ok(HttpResponse::Ok().json(page))
}

/// Query of `GET rooms/{id}/changes`.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ChangesQuery {
    /// The cursor: the `rev` up to which I have everything.
    after: i64,
    /// The `epoch` of the `hello` that the cursor is of.
    epoch: Option<String>,
    /// At most 500, and by default.
    limit: Option<i64>,
}

/// What a client has, and how much it wants at once.
#[derive(Debug)]
pub struct Since {
    /// Everything up to this change.
    pub after: i64,
    /// At most so many messages.
    pub limit: i64,
    /// It was of another life of the database.
    pub other_life: bool,
    /// This life.
    pub epoch: String,
}

impl ChangesQuery {
    fn check(self, epoch: &Epoch) -> AppResult<Since> {
        if self.after < 0 {
            return Err(AppError::Invalid("after counts from 0.".into()));
        }
        let limit = self.limit.unwrap_or(LONGEST_CHANGES).clamp(1, LONGEST_CHANGES);
        let other_life = self.epoch.is_some_and(|known| known != epoch.0);
        Ok(Since { after: self.after, limit, other_life, epoch: epoch.0.clone() })
    }
}

/// What changed in a room.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(untagged)]
pub enum Changes {
    /// The client's cursor is of another life, or from the future: it begins anew.
    Reset {
        /// Always true.
        reset: bool,
        /// The room's head.
        rev: i64,
        /// Messages up to this one are gone.
        floor_seq: i64,
    },
    /// Messages in their newest state, in the order of their changes.
    Page {
        /// At most as many as were asked for.
        messages: Vec<MessageView>,
        /// The cursor to use next.
        rev: i64,
        /// Are there more?
        more: bool,
        /// Messages up to this one are gone.
        floor_seq: i64,
    },
}

/// Reads what changed; the caller has checked who asks, and has read the head before.
///
/// # Errors
/// When the database fails.
pub fn read_changes(conn: &mut AnyConnection, room: RoomId, head: store::Head, since: &Since) -> AppResult<Changes> {
    let store::Head { rev: head, floor_seq, .. } = head;
    let Since { after, limit, other_life, .. } = *since;
    if other_life || after > head {
        return Ok(Changes::Reset { reset: true, rev: head, floor_seq });
    }
    let mut messages = store::changes_after(conn, room, floor_seq, after, limit + 1)?;
    let more = page::cut(&mut messages, limit);
    let last = messages.last().map_or(after, |message| message.rev);
    let rev = if more { last } else { head.max(last) };
    Ok(Changes::Page { messages, rev, more, floor_seq })
}

/// The database's life, to be compared with what a client remembers.
#[derive(Debug, Clone)]
pub struct Epoch(pub String);

/// `GET rooms/{id}/changes`
#[utoipa::path(
    get, path = "/api/v1/rooms/{id}/changes", tag = "messages",
    summary = "What changed in a room since",
    params(("id" = RoomId, Path), ChangesQuery),
    responses(
        (status = 200, body = ChangesAnswer),
        (status = 304, description = "Nothing did, since the `ETag` in `If-None-Match`; for guests."),
        (status = 403, description = "`forbidden`"),
        (status = 404),
    ),
    security((), ("session" = []), ("token" = ["read"])),
)]
pub async fn changes(
    desk: web::Data<MessageDesk>,
    epoch: web::Data<Epoch>,
    reader: Reader,
    room: web::Path<RoomId>,
    query: web::Query<ChangesQuery>,
    req: HttpRequest,
) -> AppResult<HttpResponse> {
    let since = query.into_inner().check(&epoch)?;
    let Reader::Person(user) = reader else { return guest::changes(&desk, &req, *room, since).await };
    let changes = desk
        .db
        .read(move |conn| {
            rooms::joined(conn, user.id(), *room)?;
            let head = store::head(conn, *room)?;
            read_changes(conn, *room, head, &since)
        })
        .await?;
    Ok(HttpResponse::Ok().json(changes))
}

/// `GET messages/{id}`
#[utoipa::path(
    get, path = "/api/v1/messages/{id}", tag = "messages",
    summary = "A message",
    params(("id" = MessageId, Path)),
    responses(
        (status = 200, body = MessageBody),
        (status = 404),
    ),
)]
pub async fn show(
    desk: web::Data<MessageDesk>,
    user: CurrentUser,
    id: web::Path<MessageId>,
) -> AppResult<HttpResponse> {
    let message = desk.db.read(move |conn| revise::visible(conn, user.id(), *id)).await?;
    Ok(HttpResponse::Ok().json(MessageBody { message }))
}

/// Messages named in one request at most.
const MANY: usize = 50;

/// Query of `GET messages`.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ManyQuery {
    /// At most 50, separated by commas.
    ids: String,
}

/// Body of its answer.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Messages)]
pub struct Many {
    /// In any order.
    messages: Vec<MessageView>,
}

/// `GET messages`
#[utoipa::path(
    get, path = "/api/v1/messages", tag = "messages",
    summary = "Some messages",
    params(ManyQuery),
    responses(
        (status = 200, body = Many, description = "Those that I may see."),
    ),
)]
pub async fn many(
    desk: web::Data<MessageDesk>,
    user: CurrentUser,
    query: web::Query<ManyQuery>,
) -> AppResult<HttpResponse> {
    let ids: Result<Vec<MessageId>, _> = query.ids.split(',').map(|id| id.trim().parse().map(MessageId)).collect();
    let ids = ids.ok().filter(|ids| ids.len() <= MANY);
    let ids = ids.ok_or_else(|| AppError::Invalid("ids are at most 50 numbers, separated by commas.".into()))?;
    let messages = desk.db.read(move |conn| Ok(store::readable(conn, user.id(), &ids)?)).await?;
    Ok(HttpResponse::Ok().json(Many { messages }))
}
