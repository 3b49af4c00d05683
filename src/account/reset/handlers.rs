//! A one-time link to a new password, over REST.

use actix_web::{HttpResponse, web};

use crate::{
    account::{
        Accounts,
        reset::{self, Reset},
    },
    error::AppResult,
    web::{body::Json, client::Client},
};

/// `POST reset`
#[utoipa::path(
    post, path = "/api/v1/reset", tag = "accounts",
    summary = "Set a new password with a one-time link",
    request_body = Reset,
    responses(
        (status = 204, description = "It is set; every session and token ended."),
        (status = 403, description = "`reset_invalid`"),
    ),
    security(()),
)]
pub async fn reset(accounts: web::Data<Accounts>, client: Client, body: Json<Reset>) -> AppResult<HttpResponse> {
    reset::claim(&accounts, &client, body.0).await?;
    Ok(HttpResponse::NoContent().finish())
}
