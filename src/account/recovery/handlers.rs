//! A new password with a code, over REST; see the table in `docs/protocol.md`.

use actix_web::{HttpResponse, web};

use crate::{
    account::{
        Accounts,
        recovery::{self, Asked, Claim},
        verification::Issued,
    },
    error::AppResult,
    web::{body::Json, client::Client, pages::View},
};

/// `POST recovery`
#[utoipa::path(
    post, path = "/api/v1/recovery", tag = "accounts",
    summary = "Ask for a code to set a new password",
    description = "Answers alike whether or not there is such an account.",
    request_body = Asked,
    responses(
        (status = 202, body = Issued),
        (status = 403, description = "`recovery_off`"),
        (status = 429, description = "`rate_limited`"),
    ),
    security(()),
)]
pub async fn ask(
    accounts: web::Data<Accounts>,
    client: Client,
    view: View,
    body: Json<Asked>,
) -> AppResult<HttpResponse> {
    Ok(HttpResponse::Accepted().json(recovery::ask(&accounts, &client, view.locale, &body.0).await?))
}

/// `POST recovery/password`
#[utoipa::path(
    post, path = "/api/v1/recovery/password", tag = "accounts",
    summary = "Set a new password with a code",
    request_body = Claim,
    responses(
        (status = 204, description = "Set; every session has ended."),
        (status = 422, description = "`invalid`, with `wrong_code` of `code`"),
        (status = 429, description = "`rate_limited`"),
    ),
    security(()),
)]
pub async fn claim(
    accounts: web::Data<Accounts>,
    client: Client,
    view: View,
    body: Json<Claim>,
) -> AppResult<HttpResponse> {
    recovery::claim(&accounts, &client, view.locale, body.0).await?;
    Ok(HttpResponse::NoContent().finish())
}
