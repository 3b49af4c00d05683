//! Messages over REST; see the table in `docs/protocol.md`.

use std::sync::Arc;

use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::oneshot;

use crate::{
    account::{current_user::CurrentUser, wire::Card},
    db::{connection::AnyConnection, page},
    error::{AppError, AppResult},
    id::{MessageId, RoomId, UserId},
    message::{
        MessageDesk,
        body::Body,
        client_id::ClientId,
        post::{Answer, Post, Posted},
        revise,
        search::tokens::Tokens,
        store,
        wire::{MessageBody, MessageView},
    },
    room::store as rooms,
    web::body::Json,
};

/// Messages on a page when nothing else is said.
const PAGE: i64 = 50;

/// Most messages on a page.
const LONGEST_PAGE: i64 = 100;

/// Most changes on a page.
const LONGEST_CHANGES: i64 = 500;

/// A text as sent, parsed.
///
/// # Errors
/// [`AppError::Invalid`].
pub fn parse(text: &str) -> AppResult<Body> {
    Body::parse(text).map_err(|error| AppError::Invalid(error.to_string()))
}

/// Makes a post out of what a person sent, if they are not too fast.
///
/// # Errors
/// [`AppError::Invalid`], [`AppError::TooMany`].
pub fn post(
    desk: &MessageDesk,
    author: Arc<Card>,
    room: RoomId,
    client_id: &str,
    text: &str,
    answer: Answer,
) -> AppResult<Post> {
    let client_id = ClientId::parse(client_id)
        .ok_or_else(|| AppError::Invalid("client_id has 1 to 64 characters of A-Z, a-z, 0-9, _ and -.".into()))?;
    desk.pace.check(&author.id)?;
    let body = parse(text)?;
    let candidates = body.mention_candidates();
    let body_hash = desk.fingerprint.of(room, body.text());
    let tokens = Tokens::of(body.text());
    Ok(Post { author, room, client_id, body, candidates, tokens, body_hash, answer })
}

/// Sends a message and waits until it is stored.
///
/// # Errors
/// Whatever refuses it.
pub async fn submit(
    desk: &MessageDesk,
    author: Arc<Card>,
    room: RoomId,
    client_id: &str,
    text: &str,
) -> AppResult<Posted> {
    let (sender, outcome) = oneshot::channel();
    desk.inbox.submit(post(desk, author, room, client_id, text, Answer::Caller(sender))?)?;
    outcome.await.map_err(|_| AppError::ShuttingDown)?
}

/// Body of `POST rooms/{id}/messages`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewMessage {
    client_id: String,
    text: String,
}

/// `POST rooms/{id}/messages`
pub async fn create(
    desk: web::Data<MessageDesk>,
    user: CurrentUser,
    room: web::Path<RoomId>,
    body: Json<NewMessage>,
) -> AppResult<HttpResponse> {
    let Posted { message, fresh } = submit(&desk, user.card, *room, &body.0.client_id, &body.0.text).await?;
    let mut response = if fresh { HttpResponse::Created() } else { HttpResponse::Ok() };
    Ok(response.json(MessageBody { message }))
}

/// Query of a page of messages: at most one of the first three.
#[derive(Debug, Default, Deserialize)]
pub struct PageQuery {
    before: Option<i64>,
    after: Option<i64>,
    around: Option<i64>,
    limit: Option<i64>,
}

impl PageQuery {
    /// The newest messages.
    pub fn newest(limit: i64) -> Self {
        Self { limit: Some(limit), ..Self::default() }
    }
}

/// A page of messages.
#[derive(Debug, Serialize)]
pub struct MessagePage {
    /// Oldest first.
    pub messages: Vec<MessageView>,
    /// The room's head before the page was read.
    pub rev: i64,
    /// Are there older ones?
    pub more_before: bool,
    /// Are there newer ones?
    pub more_after: bool,
}

/// Reads a page; the caller has checked the membership.
///
/// # Errors
/// When the database fails.
pub fn read_page(conn: &mut AnyConnection, room: RoomId, query: &PageQuery) -> AppResult<MessagePage> {
    let limit = query.limit.unwrap_or(PAGE).clamp(1, LONGEST_PAGE);
    let head = store::head(conn, room)?;
    let messages = match (query.before, query.after, query.around) {
        (before, None, None) => store::page_before(conn, room, before.unwrap_or(i64::MAX), limit)?,
        (None, Some(after), None) => store::page_after(conn, room, after, limit)?,
        (None, None, Some(seq)) => {
            let mut messages = store::page_before(conn, room, seq, limit / 2)?;
            // The message itself belongs to the newer half.
            messages.append(&mut store::page_after(conn, room, seq.saturating_sub(1), limit - limit / 2)?);
            messages
        }
        _ => return Err(AppError::Invalid("Give one of before, after and around.".into())),
    };
    // Numbers are dense, so the ends of the page say what lies beyond; an empty one lies wholly beyond one end.
    let first = messages.first().map_or(query.after.map_or(1, |_| head.last_seq + 1), |first| first.seq);
    let last = messages.last().map_or(query.after.map_or(0, |_| head.last_seq), |last| last.seq);
    Ok(MessagePage { messages, rev: head.rev, more_before: first > 1, more_after: last < head.last_seq })
}

/// `GET rooms/{id}/messages`
pub async fn list(
    desk: web::Data<MessageDesk>,
    user: CurrentUser,
    room: web::Path<RoomId>,
    query: web::Query<PageQuery>,
) -> AppResult<HttpResponse> {
    let page = desk
        .db
        .read(move |conn| {
            rooms::joined(conn, user.id(), *room)?;
            read_page(conn, *room, &query)
        })
        .await?;
    Ok(HttpResponse::Ok().json(page))
}

/// Query of `GET rooms/{id}/changes`.
#[derive(Debug, Deserialize)]
pub struct ChangesQuery {
    after: i64,
    epoch: Option<String>,
    limit: Option<i64>,
}

/// The database's life, to be compared with what a client remembers.
#[derive(Debug, Clone)]
pub struct Epoch(pub String);

/// `GET rooms/{id}/changes`
pub async fn changes(
    desk: web::Data<MessageDesk>,
    epoch: web::Data<Epoch>,
    user: CurrentUser,
    room: web::Path<RoomId>,
    query: web::Query<ChangesQuery>,
) -> AppResult<HttpResponse> {
    let ChangesQuery { after, epoch: known, limit } = query.into_inner();
    if after < 0 {
        return Err(AppError::Invalid("after counts from 0.".into()));
    }
    let limit = limit.unwrap_or(LONGEST_CHANGES).clamp(1, LONGEST_CHANGES);
    let other_life = known.is_some_and(|known| known != epoch.0);
    let (head, mut messages) = desk
        .db
        .read(move |conn| {
            rooms::joined(conn, user.id(), *room)?;
            let head = store::head(conn, *room)?.rev;
            let messages = match other_life || after > head {
                true => Vec::new(),
                false => store::changes_after(conn, *room, after, limit + 1)?,
            };
            Ok((head, messages))
        })
        .await?;
    if other_life || after > head {
        return Ok(HttpResponse::Ok().json(json!({ "reset": true, "rev": head })));
    }
    let more = page::cut(&mut messages, limit);
    let last = messages.last().map_or(after, |message| message.rev);
    let rev = if more { last } else { head.max(last) };
    Ok(HttpResponse::Ok().json(json!({ "messages": messages, "rev": rev, "more": more })))
}

/// `GET messages/{id}`
pub async fn show(
    desk: web::Data<MessageDesk>,
    user: CurrentUser,
    id: web::Path<MessageId>,
) -> AppResult<HttpResponse> {
    let message = desk.db.read(move |conn| revise::visible(conn, user.id(), *id)).await?;
    Ok(HttpResponse::Ok().json(MessageBody { message }))
}

/// Body of `PATCH messages/{id}`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewText {
    text: String,
}

/// `PATCH messages/{id}`
pub async fn edit(
    desk: web::Data<MessageDesk>,
    user: CurrentUser,
    id: web::Path<MessageId>,
    body: Json<NewText>,
) -> AppResult<HttpResponse> {
    let message = edit_text(&desk, user.id(), *id, &body.0.text).await?;
    Ok(HttpResponse::Ok().json(MessageBody { message }))
}

/// Replaces the text of a person's own message, for REST and socket alike.
///
/// # Errors
/// Whatever refuses it.
pub async fn edit_text(desk: &MessageDesk, user: UserId, id: MessageId, text: &str) -> AppResult<MessageView> {
    desk.pace.check(&user)?;
    let body = parse(text)?;
    desk.db.ordered(move |conn| revise::edit(conn, user, id, &body)).await
}

/// `DELETE messages/{id}`
pub async fn delete(
    desk: web::Data<MessageDesk>,
    user: CurrentUser,
    id: web::Path<MessageId>,
) -> AppResult<HttpResponse> {
    let (user, id) = (user.id(), *id);
    let message = desk.db.ordered(move |conn| revise::delete(conn, user, id)).await?;
    Ok(HttpResponse::Ok().json(MessageBody { message }))
}
