//! The overview over REST; see `docs/protocol.md`.

use actix_web::{HttpResponse, web::Data};

use crate::{
    account::current_user::Admin,
    admin::overview::{
        facts::{self, Facts},
        tally::Gauges,
    },
    chat::Chat,
    error::AppResult,
};

/// `GET admin/overview`
#[utoipa::path(
    get, path = "/api/v1/admin/overview", tag = "console: rooms and messages",
    summary = "The overview",
    responses(
        (status = 200, body = Facts),
    ),
)]
pub async fn show(_: Admin, chat: Data<Chat>, gauges: Data<Gauges>) -> AppResult<HttpResponse> {
    Ok(HttpResponse::Ok().json(facts::gather(&chat, &gauges).await?))
}
