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
pub async fn put(
    desk: web::Data<MessageDesk>,
    user: CurrentUser,
    path: web::Path<(MessageId, String)>,
) -> AppResult<HttpResponse> {
    set(&desk, user, path.into_inner(), true).await
}

/// `DELETE messages/{id}/reactions/{emoji}`
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
#[derive(Debug, Serialize)]
struct Kind {
    emoji: String,
    count: i64,
    /// Is the reader one of them? They may not be among those who are named.
    mine: bool,
    users: Vec<Card>,
}

/// Body of the answer.
#[derive(Debug, Serialize)]
struct Kinds {
    reactions: Vec<Kind>,
}

/// `GET messages/{id}/reactions`
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
