//! Settings over REST; see the table in `docs/protocol.md`.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Payload},
};
use serde_json::json;

use crate::{
    account::current_user::Admin,
    admin::settings::{change, listed, receive_logo},
    chat::Chat,
    error::AppResult,
    setting::{Live, Raw},
    upload::UploadDesk,
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

/// `PUT admin/settings/logo`
pub async fn set_logo(
    parts: (Data<Chat>, Data<Live>, Data<UploadDesk>),
    admin: Admin,
    req: HttpRequest,
    payload: Payload,
) -> AppResult<HttpResponse> {
    let live = parts.1.clone();
    receive_logo(parts, &admin, &req, payload).await?;
    Ok(HttpResponse::Ok().json(json!({ "settings": listed(&live)? })))
}
