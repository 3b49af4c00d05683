//! Reactions over REST; see the table in `docs/protocol.md`.

use actix_web::{HttpResponse, web};
use serde::Serialize;

use crate::{
    account::{current_user::CurrentUser, wire::Card},
    error::AppResult,
    id::MessageId,
    message::{
        MessageDesk,
        reaction::{Emoji, store},
        revise,
        wire::MessageBody,
    },
};

/// People told of each kind.
const PEOPLE: i64 = 100;

/// `PUT messages/{id}/reactions/{emoji}`
#[utoipa::path(
    put, path = "/api/v1/messages/{id}/reactions/{emoji}", tag = "messages",
    summary = "React",
    params(("id" = MessageId, Path), ("emoji" = String, Path, description = "One emoji.")),
    responses(
        (status = 200, body = MessageBody),
        (status = 403, description = "`blocked`, `archived`, `silenced`"),
        (status = 404),
        (status = 409, description = "`gone`, `too_many`"),
    ),
)]
pub async fn put(
    desk: web::Data<MessageDesk>,
    user: CurrentUser,
    path: web::Path<(MessageId, String)>,
) -> AppResult<HttpResponse> {
    set(&desk, user, path.into_inner(), true).await
}

/// `DELETE messages/{id}/reactions/{emoji}`
#[utoipa::path(
    delete, path = "/api/v1/messages/{id}/reactions/{emoji}", tag = "messages",
    summary = "Take a reaction back",
    params(("id" = MessageId, Path), ("emoji" = String, Path, description = "One emoji.")),
    responses(
        (status = 200, body = MessageBody),
        (status = 403, description = "`blocked`, `archived`"),
        (status = 404),
        (status = 409, description = "`gone`"),
    ),
)]
pub async fn delete(
    desk: web::Data<MessageDesk>,
    user: CurrentUser,
    path: web::Path<(MessageId, String)>,
) -> AppResult<HttpResponse> {
    set(&desk, user, path.into_inner(), false).await
}

async fn set(
    desk: &MessageDesk,
    user: CurrentUser,
    (id, emoji): (MessageId, String),
    on: bool,
) -> AppResult<HttpResponse> {
    let message = desk.reactions.react(user.id(), id, Emoji::parse(&emoji)?, on).await?;
    Ok(HttpResponse::Ok().json(MessageBody { message }))
}

/// A kind of reaction and who is behind it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = ReactionKind)]
pub struct Kind {
    /// One emoji.
    emoji: String,
    /// How many people.
    count: i64,
    /// Is the reader one of them? They may not be among those who are named.
    mine: bool,
    /// At most 100.
    users: Vec<Card>,
}

/// Body of the answer.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = ReactionKinds)]
pub struct Kinds {
    /// In the order in which their kinds came.
    reactions: Vec<Kind>,
}

/// `GET messages/{id}/reactions`
#[utoipa::path(
    get, path = "/api/v1/messages/{id}/reactions", tag = "messages",
    summary = "Reactions, and whose they are",
    params(("id" = MessageId, Path)),
    responses(
        (status = 200, body = Kinds),
        (status = 404),
    ),
)]
pub async fn list(
    desk: web::Data<MessageDesk>,
    user: CurrentUser,
    id: web::Path<MessageId>,
) -> AppResult<HttpResponse> {
    let reactions = desk
        .db
        .read(move |conn| {
            let message = revise::visible(conn, user.id(), *id)?;
            let mut kinds = Vec::with_capacity(message.reactions.len());
            for reaction in message.reactions {
                let (users, count) = store::people(conn, *id, &reaction.emoji, PEOPLE)?;
                let mine = store::is_of(conn, *id, user.id(), &reaction.emoji)?;
                kinds.push(Kind { emoji: reaction.emoji, count, mine, users });
            }
            Ok(kinds)
        })
        .await?;
    Ok(HttpResponse::Ok().json(Kinds { reactions }))
}
