//! Settings over REST; see the table in `docs/protocol.md`.

use actix_web::{HttpResponse, web::Data};
use serde_json::json;

use crate::{
    account::current_user::Admin,
    admin::settings::{change, listed},
    chat::Chat,
    error::AppResult,
    setting::{Live, Raw},
    web::body::Json,
};

/// `GET admin/settings`
pub async fn list(live: Data<Live>, _: Admin) -> AppResult<HttpResponse> {
    Ok(HttpResponse::Ok().json(json!({ "settings": listed(&live)? })))
}

/// `PATCH admin/settings`
pub async fn update(chat: Data<Chat>, live: Data<Live>, admin: Admin, changes: Json<Raw>) -> AppResult<HttpResponse> {
    change(&chat, &live, &admin, changes.0).await?;
    Ok(HttpResponse::Ok().json(json!({ "settings": listed(&live)? })))
}
