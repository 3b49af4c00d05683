//! The overview over REST; see `docs/protocol.md`.

use actix_web::{HttpResponse, web::Data};

use crate::{
    account::current_user::Admin,
    admin::overview::{facts, tally::Gauges},
    chat::Chat,
    error::AppResult,
};

/// `GET admin/overview`
pub async fn show(_: Admin, chat: Data<Chat>, gauges: Data<Gauges>) -> AppResult<HttpResponse> {
    Ok(HttpResponse::Ok().json(facts::gather(&chat, &gauges).await?))
}
