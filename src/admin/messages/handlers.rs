//! Messages of all rooms over REST; see `docs/protocol.md`.

use actix_web::{
    HttpResponse,
    web::{self, Data},
};
use serde::{Deserialize, Serialize};

use crate::{
    account::{current_user::Admin, wire::Card},
    admin::messages::{
        asked::Asked,
        look::{self, oversight},
        pages,
    },
    error::{AppError, AppResult},
    id::MessageId,
    message::{
        MessageDesk, purge,
        search::{pages::Refusal, snippet::Piece, wire::HitRoom},
        wire::MessageView,
    },
    setting::Live,
    web::body::Json,
};

/// Hits on a page when nothing else is said.
const PAGE: usize = 50;

/// Where a message was found, for admins.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = FoundPlace)]
pub struct Place {
    /// The room.
    #[serde(flatten)]
    pub room: HitRoom,
    /// The two of a private chat; absent elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub people: Option<Vec<Card>>,
}

/// A message that was found, for admins.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = FoundMessage)]
pub struct Found {
    /// The message.
    pub message: MessageView,
    /// Where it is.
    pub room: Place,
    /// The text around the first place, the places marked.
    pub snippet: Vec<Piece>,
}

/// Some hits.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = FoundMessages)]
pub struct FoundPage {
    /// Newest first.
    hits: Vec<Found>,
    /// Is there anything left to look at?
    more: bool,
    /// Where to go on.
    #[schema(required)]
    before: Option<MessageId>,
    /// Are private rooms and chats among those that were looked at?
    private: bool,
}

/// What a deletion did.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = DeletedMessages)]
pub struct Deleted {
    /// How many messages.
    deleted: usize,
}

/// `GET admin/messages`
#[utoipa::path(
    get, path = "/api/v1/admin/messages", tag = "console: rooms and messages",
    summary = "Messages of all rooms that admins read",
    params(Asked),
    responses(
        (status = 200, body = FoundPage),
        (status = 404),
    ),
)]
pub async fn list(
    desk: Data<MessageDesk>,
    live: Data<Live>,
    admin: Admin,
    asked: web::Query<Asked>,
) -> AppResult<HttpResponse> {
    let limit = asked.limit(PAGE)?;
    let looking = asked.check(&desk).await.map_err(|Refusal(_, error)| error)?;
    let oversight = oversight(&admin, &live);
    let page = look::page(&desk, &admin, oversight, looking, limit).await?;
    let (more, before) = (page.more, page.before);
    let hits = pages::with_people(&desk, page.hits).await?;
    Ok(HttpResponse::Ok().json(FoundPage { hits, more, before, private: oversight.private }))
}

/// Body of `POST admin/messages/delete`.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[schema(as = MessagesToDelete)]
#[serde(deny_unknown_fields)]
pub struct Doomed {
    /// At most 1,000.
    ids: Vec<MessageId>,
    /// For the audit log.
    #[serde(default)]
    reason: String,
}

/// `POST admin/messages/delete`
#[utoipa::path(
    post, path = "/api/v1/admin/messages/delete", tag = "console: rooms and messages",
    summary = "Delete messages",
    request_body = Doomed,
    responses(
        (status = 200, body = Deleted),
    ),
)]
pub async fn delete_many(
    desk: Data<MessageDesk>,
    live: Data<Live>,
    admin: Admin,
    body: Json<Doomed>,
) -> AppResult<HttpResponse> {
    let Doomed { ids, reason } = body.0;
    if ids.is_empty() {
        return Err(AppError::Invalid("ids names at least one message.".into()));
    }
    let purged = purge::purge(&desk, &admin.actor(), oversight(&admin, &live), ids, &reason).await?;
    Ok(HttpResponse::Ok().json(Deleted { deleted: purged.deleted }))
}

/// `DELETE admin/messages/{id}`
#[utoipa::path(
    delete, path = "/api/v1/admin/messages/{id}", tag = "console: rooms and messages",
    summary = "Delete a message of anybody",
    params(("id" = MessageId, Path)),
    responses(
        (status = 204),
        (status = 404),
    ),
)]
pub async fn delete(
    desk: Data<MessageDesk>,
    live: Data<Live>,
    admin: Admin,
    id: web::Path<MessageId>,
) -> AppResult<HttpResponse> {
    let purged = purge::purge(&desk, &admin.actor(), oversight(&admin, &live), vec![*id], "").await?;
    if purged.deleted == 0 {
        return Err(AppError::NotFound);
    }
    Ok(HttpResponse::NoContent().finish())
}
