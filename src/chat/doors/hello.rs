//! `GET hello`: what the first frame of a connection says, for those who have none.

use actix_web::{HttpResponse, web::Data};

use crate::{
    account::current_user::CurrentUser,
    chat::{Chat, opening},
    error::AppResult,
};

/// `GET hello`
#[utoipa::path(
    get, path = "/api/v1/hello", tag = "socket",
    summary = "What a connection begins with",
    responses(
        (status = 200, content_type = "application/json", body = Object, description = "The frame `hello` of `docs/protocol.md`."),
    ),
)]
pub async fn hello(chat: Data<Chat>, user: CurrentUser) -> AppResult<HttpResponse> {
    let hello = opening::look(&chat, &user).await?;
    Ok(HttpResponse::Ok().content_type("application/json").body(hello.into_bytes()))
}
