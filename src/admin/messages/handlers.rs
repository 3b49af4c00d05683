//! Messages of all rooms over REST; see `docs/protocol.md`.

use actix_web::{
    HttpResponse,
    web::{self, Data},
};
use serde::Deserialize;
use serde_json::json;

use crate::{
    account::current_user::Admin,
    admin::messages::{
        asked::Asked,
        look::{self, oversight},
        pages,
    },
    error::{AppError, AppResult},
    id::MessageId,
    message::{MessageDesk, purge, search::pages::Refusal},
    setting::Live,
    web::body::Json,
};

/// Hits on a page when nothing else is said.
const PAGE: usize = 50;

/// `GET admin/messages`
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
    Ok(HttpResponse::Ok().json(json!({ "hits": hits, "more": more, "before": before, "private": oversight.private })))
}

/// Body of `POST admin/messages/delete`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Doomed {
    ids: Vec<MessageId>,
    #[serde(default)]
    reason: String,
}

/// `POST admin/messages/delete`
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
    Ok(HttpResponse::Ok().json(json!({ "deleted": purged.deleted })))
}

/// `DELETE admin/messages/{id}`
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
