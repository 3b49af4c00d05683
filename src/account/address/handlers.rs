//! One's own addresses over REST; see the table in `docs/protocol.md`.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use crate::{
    account::{
        Accounts,
        address::{self, Asked},
        current_user::SessionUser,
        verification::{Issued, Proof},
        wire::{Me, UserBody},
    },
    courier::Channel,
    error::AppResult,
    web::{body::Json, client::Client, pages::View},
};

/// `POST me/{channel}/code`
#[utoipa::path(
    post, path = "/api/v1/me/{channel}/code", tag = "accounts",
    summary = "Ask for a code to confirm an address of mine",
    params(("channel" = Channel, Path)),
    request_body = Asked,
    responses(
        (status = 202, body = Issued),
        (status = 403, description = "`wrong_password`, `verification_off`"),
        (status = 409, description = "`address_confirmed`, `taken`"),
        (status = 422, description = "`invalid`"),
        (status = 429, description = "`rate_limited`"),
    ),
    security(("session" = [])),
)]
pub async fn ask(
    accounts: web::Data<Accounts>,
    user: SessionUser,
    client: Client,
    view: View,
    channel: web::Path<Channel>,
    body: Json<Asked>,
) -> AppResult<HttpResponse> {
    let issued = address::ask(&accounts, &user, &client, view.locale, *channel, body.0).await?;
    Ok(HttpResponse::Accepted().json(issued))
}

/// `PUT me/{channel}`
#[utoipa::path(
    put, path = "/api/v1/me/{channel}", tag = "accounts",
    summary = "Confirm an address of mine with a code",
    params(("channel" = Channel, Path)),
    request_body = Proof,
    responses(
        (status = 200, body = UserBody<Me>),
        (status = 403, description = "`wrong_password`, `verification_off`"),
        (status = 409, description = "`address_confirmed`, `taken`"),
        (status = 422, description = "`invalid`"),
        (status = 429, description = "`rate_limited`"),
    ),
    security(("session" = [])),
)]
pub async fn confirm(
    accounts: web::Data<Accounts>,
    user: SessionUser,
    client: Client,
    view: View,
    channel: web::Path<Channel>,
    body: Json<Proof>,
) -> AppResult<HttpResponse> {
    let me = address::confirm(&accounts, &user, &client, view.locale, *channel, body.0).await?;
    Ok(HttpResponse::Ok().json(UserBody { user: me }))
}

/// Body of a removal.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Removal {
    /// The account's.
    password: String,
}

/// `POST me/{channel}/removal`
#[utoipa::path(
    post, path = "/api/v1/me/{channel}/removal", tag = "accounts",
    summary = "Take an address of mine away",
    params(("channel" = Channel, Path)),
    request_body = Removal,
    responses(
        (status = 200, body = UserBody<Me>),
        (status = 403, description = "`wrong_password`, `verification_off`"),
        (status = 409, description = "`address_confirmed`, `taken`"),
        (status = 422, description = "`invalid`"),
        (status = 429, description = "`rate_limited`"),
    ),
    security(("session" = [])),
)]
pub async fn remove(
    accounts: web::Data<Accounts>,
    user: SessionUser,
    view: View,
    channel: web::Path<Channel>,
    body: Json<Removal>,
) -> AppResult<HttpResponse> {
    let me = address::remove(&accounts, &user, view.locale, *channel, &body.0.password).await?;
    Ok(HttpResponse::Ok().json(UserBody { user: me }))
}
