//! Settings over REST; see the table in `docs/protocol.md`.

use std::collections::BTreeMap;

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Payload},
};
use serde_json::Value;

use crate::{
    account::current_user::Admin,
    admin::settings::{SettingsBody, change, listed, receive_logo},
    chat::Chat,
    error::AppResult,
    setting::Live,
    upload::{UploadDesk, wire::FileForm},
    web::body::Json,
};

/// `GET admin/settings`
#[utoipa::path(
    get, path = "/api/v1/admin/settings", tag = "console: settings",
    summary = "Settings",
    responses(
        (status = 200, body = SettingsBody),
    ),
)]
pub async fn list(live: Data<Live>, _: Admin) -> AppResult<HttpResponse> {
    Ok(HttpResponse::Ok().json(SettingsBody { settings: listed(&live)? }))
}

/// `PATCH admin/settings`
#[utoipa::path(
    patch, path = "/api/v1/admin/settings", tag = "console: settings",
    summary = "Change settings",
    description = "Values by name, null for the default: all of it or, at the first wrong one, nothing.",
    request_body = BTreeMap<String, Value>,
    responses(
        (status = 200, body = SettingsBody),
    ),
)]
pub async fn update(
    chat: Data<Chat>,
    live: Data<Live>,
    admin: Admin,
    changes: Json<BTreeMap<String, Value>>,
) -> AppResult<HttpResponse> {
    change(&chat, &live, &admin, changes.0).await?;
    Ok(HttpResponse::Ok().json(SettingsBody { settings: listed(&live)? }))
}

/// `PUT admin/settings/logo`
#[utoipa::path(
    put, path = "/api/v1/admin/settings/logo", tag = "console: settings",
    summary = "Upload the site’s logo",
    request_body(content = FileForm, content_type = "multipart/form-data"),
    responses(
        (status = 200, body = SettingsBody),
        (status = 413, description = "`too_large`"),
        (status = 415, description = "`unsupported_media`"),
        (status = 422, description = "`bad_image`"),
    ),
)]
pub async fn set_logo(
    parts: (Data<Chat>, Data<Live>, Data<UploadDesk>),
    admin: Admin,
    req: HttpRequest,
    payload: Payload,
) -> AppResult<HttpResponse> {
    let live = parts.1.clone();
    receive_logo(parts, &admin, &req, payload).await?;
    Ok(HttpResponse::Ok().json(SettingsBody { settings: listed(&live)? }))
}
