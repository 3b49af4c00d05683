//! Letters over REST; see the table in `docs/protocol.md`.

use actix_web::{HttpResponse, web};
use serde::Serialize;

use crate::{
    account::{Accounts, current_user::Admin},
    admin::mail,
    courier::Channel,
    error::{AppError, AppResult},
    web::pages::View,
};

/// How letters fare.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct MailBody {
    mail: mail::Status,
}

/// What came of a letter to oneself.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct TriedBody {
    /// The other side took it.
    delivered: bool,
    /// What it said, where it did not.
    #[schema(required)]
    error: Option<String>,
}

/// `GET admin/mail`
#[utoipa::path(
    get, path = "/api/v1/admin/mail", tag = "console: settings",
    summary = "How letters fare",
    responses(
        (status = 200, body = MailBody),
    ),
)]
pub async fn show(accounts: web::Data<Accounts>, _: Admin) -> AppResult<HttpResponse> {
    Ok(HttpResponse::Ok().json(MailBody { mail: mail::status(&accounts) }))
}

/// `POST admin/mail/{channel}/test`
#[utoipa::path(
    post, path = "/api/v1/admin/mail/{channel}/test", tag = "console: settings",
    summary = "Send a letter to my own address",
    params(("channel" = Channel, Path)),
    responses(
        (status = 200, body = TriedBody),
        (status = 404),
        (status = 409, description = "`mail_off`, `no_address`"),
        (status = 429, description = "`rate_limited`"),
    ),
)]
pub async fn test(
    accounts: web::Data<Accounts>,
    admin: Admin,
    view: View,
    channel: web::Path<String>,
) -> AppResult<HttpResponse> {
    let channel = Channel::named(&channel).ok_or(AppError::NotFound)?;
    let outcome = mail::test(&accounts, &admin, view.locale, channel).await?;
    let error = outcome.err().map(|failure| failure.text);
    Ok(HttpResponse::Ok().json(TriedBody { delivered: error.is_none(), error }))
}
