//! Sending and changing messages over REST; see the table in `docs/protocol.md`.

use std::{collections::HashSet, sync::Arc};

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use tokio::sync::oneshot;

use crate::{
    account::{current_user::CurrentUser, wire::Card},
    error::{AppError, AppResult},
    id::{MessageId, RoomId, UserId},
    message::{
        MessageDesk, UPLOADS,
        body::Body,
        client_id::ClientId,
        post::{Answer, Draft, Origin, Post, Posted},
        revise,
        search::tokens::Tokens,
        wire::{MessageBody, MessageView},
        words::Verdict,
    },
    upload::key::Key,
    web::body::Json,
};

/// A text as sent, parsed.
///
/// # Errors
/// [`AppError::Invalid`].
fn parse(desk: &MessageDesk, text: &str) -> AppResult<Body> {
    Body::parse(text, desk.live.get().text_max as usize).map_err(|error| AppError::Invalid(error.to_string()))
}

/// The same where images may stand alone.
fn parse_caption(desk: &MessageDesk, text: &str) -> AppResult<Body> {
    if text.trim().is_empty() { Ok(Body::blank()) } else { parse(desk, text) }
}

/// Makes a post out of what a person sent, if they are not too fast.
///
/// # Errors
/// [`AppError::Invalid`], [`AppError::BadUpload`], [`AppError::TooFast`].
pub fn post(desk: &MessageDesk, author: Arc<Card>, draft: Draft, answer: Answer) -> AppResult<Post> {
    let Draft { room, client_id, text, uploads, reply_to } = draft;
    let client_id = ClientId::parse(&client_id)
        .ok_or_else(|| AppError::Invalid("client_id has 1 to 64 characters of A-Z, a-z, 0-9, _ and -.".into()))?;
    desk.pace.check(&author.id)?;
    check_uploads(&uploads)?;
    let body = if uploads.is_empty() { parse(desk, &text)? } else { parse_caption(desk, &text)? };
    // Of what was sent, not of what is left of it: the words may be others when it is sent again.
    let body_hash = desk.fingerprint.of(room, body.text(), &uploads, reply_to);
    let (body, unwanted) = match desk.words.judge(&body) {
        Verdict::Fine => (body, false),
        Verdict::Masked(masked) => (masked, false),
        Verdict::Unwanted => (body, true),
    };
    let candidates = body.mention_candidates();
    let tokens = Tokens::of(body.text());
    let origin = Origin::Written;
    Ok(Post {
        author,
        room,
        client_id,
        origin,
        body,
        uploads,
        reply_to,
        candidates,
        tokens,
        unwanted,
        body_hash,
        answer,
    })
}

fn check_uploads(ids: &[String]) -> AppResult<()> {
    if ids.len() > UPLOADS {
        return Err(AppError::Invalid("A message has at most 9 images.".into()));
    }
    let distinct: HashSet<&String> = ids.iter().collect();
    let named = ids.iter().all(|id| Key::parse(id).is_some());
    if named && distinct.len() == ids.len() { Ok(()) } else { Err(AppError::BadUpload) }
}

/// Sends a message and waits until it is stored.
///
/// # Errors
/// Whatever refuses it.
pub async fn submit(desk: &MessageDesk, author: Arc<Card>, draft: Draft) -> AppResult<Posted> {
    let (sender, outcome) = oneshot::channel();
    desk.inbox.submit(post(desk, author, draft, Answer::Caller(sender))?)?;
    outcome.await.map_err(|_| AppError::ShuttingDown)?
}

/// Body of `POST rooms/{id}/messages`.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMessage {
    /// My name for it: 1 to 64 of `A-Z`, `a-z`, `0-9`, `_` and `-`.
    client_id: String,
    /// May be empty beside uploads.
    #[serde(default)]
    text: String,
    /// Ids of my own that are in no message, at most 9.
    #[serde(default)]
    uploads: Vec<String>,
    /// A message of the same room.
    reply_to: Option<MessageId>,
}

/// `POST rooms/{id}/messages`
#[utoipa::path(
    post, path = "/api/v1/rooms/{id}/messages", tag = "messages",
    summary = "Send a message",
    description = "`client_id` names the message for its sender, once and for ever: sent again, it stores nothing.",
    params(("id" = RoomId, Path)),
    request_body = NewMessage,
    responses(
        (status = 201, body = MessageBody, description = "It is stored."),
        (status = 200, body = MessageBody, description = "The same message was sent before."),
        (status = 403, description = "`forbidden`, `blocked`, `archived`, `post_policy`, `silenced`"),
        (status = 404),
        (status = 409, description = "`client_id_reused`, `gone`"),
    ),
)]
pub async fn create(
    desk: web::Data<MessageDesk>,
    user: CurrentUser,
    room: web::Path<RoomId>,
    body: Json<NewMessage>,
) -> AppResult<HttpResponse> {
    let NewMessage { client_id, text, uploads, reply_to } = body.0;
    let draft = Draft { room: *room, client_id, text, uploads, reply_to };
    let Posted { message, fresh } = submit(&desk, user.card, draft).await?;
    let mut response = if fresh { HttpResponse::Created() } else { HttpResponse::Ok() };
    Ok(response.json(MessageBody { message }))
}

/// Body of `PATCH messages/{id}`.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewText {
    /// The whole of it.
    text: String,
}

/// `PATCH messages/{id}`
#[utoipa::path(
    patch, path = "/api/v1/messages/{id}", tag = "messages",
    summary = "Change the text of my message",
    params(("id" = MessageId, Path)),
    request_body = NewText,
    responses(
        (status = 200, body = MessageBody),
        (status = 403, description = "`forbidden`, `blocked`, `archived`, `post_policy`, `silenced`"),
        (status = 404),
        (status = 409, description = "`gone`"),
    ),
)]
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
    let body = parse_caption(desk, text)?;
    let body = match desk.words.judge(&body) {
        Verdict::Fine => body,
        Verdict::Masked(masked) => masked,
        Verdict::Unwanted => return Err(AppError::Words),
    };
    desk.db.ordered(move |conn| revise::edit(conn, user, id, &body)).await
}

/// `POST messages/{id}/recall`
#[utoipa::path(
    post, path = "/api/v1/messages/{id}/recall", tag = "messages",
    summary = "Recall a message",
    params(("id" = MessageId, Path)),
    responses(
        (status = 200, body = MessageBody, description = "What is left of it."),
        (status = 403, description = "`forbidden`"),
        (status = 404),
        (status = 409, description = "`too_late`"),
    ),
)]
pub async fn recall(
    desk: web::Data<MessageDesk>,
    user: CurrentUser,
    id: web::Path<MessageId>,
) -> AppResult<HttpResponse> {
    let message = recall_message(&desk, user.id(), *id).await?;
    Ok(HttpResponse::Ok().json(MessageBody { message }))
}

/// Recalls a message, for REST and socket alike.
///
/// # Errors
/// Whatever refuses it.
pub async fn recall_message(desk: &MessageDesk, user: UserId, id: MessageId) -> AppResult<MessageView> {
    let window = desk.live.get().recall_seconds;
    let message = desk.db.ordered(move |conn| revise::recall(conn, user, id, window)).await?;
    desk.sweeper.notify_one();
    Ok(message)
}

/// `DELETE messages/{id}`
#[utoipa::path(
    delete, path = "/api/v1/messages/{id}", tag = "messages",
    summary = "Delete my message",
    params(("id" = MessageId, Path)),
    responses(
        (status = 200, body = MessageBody, description = "What is left of it."),
        (status = 403, description = "`forbidden`"),
        (status = 404),
    ),
)]
pub async fn delete(
    desk: web::Data<MessageDesk>,
    user: CurrentUser,
    id: web::Path<MessageId>,
) -> AppResult<HttpResponse> {
    let message = delete_message(&desk, user.id(), *id).await?;
    Ok(HttpResponse::Ok().json(MessageBody { message }))
}

/// Deletes a person's own message, for REST and socket alike.
///
/// # Errors
/// Whatever refuses it.
pub async fn delete_message(desk: &MessageDesk, user: UserId, id: MessageId) -> AppResult<MessageView> {
    let message = desk.db.ordered(move |conn| revise::delete(conn, user, id)).await?;
    desk.sweeper.notify_one();
    Ok(message)
}
