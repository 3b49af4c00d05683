//! One's own addresses over REST; see the table in `docs/protocol.md`.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use crate::{
    account::{
        Accounts,
        address::{self, Asked},
        current_user::CurrentUser,
        verification::Proof,
        wire::UserBody,
    },
    courier::Channel,
    error::AppResult,
    web::{body::Json, client::Client, pages::View},
};

/// `POST me/{channel}/code`
pub async fn ask(
    accounts: web::Data<Accounts>,
    user: CurrentUser,
    client: Client,
    view: View,
    channel: web::Path<Channel>,
    body: Json<Asked>,
) -> AppResult<HttpResponse> {
    let issued = address::ask(&accounts, &user, &client, view.locale, *channel, body.0).await?;
    Ok(HttpResponse::Accepted().json(issued))
}

/// `PUT me/{channel}`
pub async fn confirm(
    accounts: web::Data<Accounts>,
    user: CurrentUser,
    client: Client,
    view: View,
    channel: web::Path<Channel>,
    body: Json<Proof>,
) -> AppResult<HttpResponse> {
    let me = address::confirm(&accounts, &user, &client, view.locale, *channel, body.0).await?;
    Ok(HttpResponse::Ok().json(UserBody { user: me }))
}

/// Body of a removal.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Removal {
    password: String,
}

/// `POST me/{channel}/removal`
pub async fn remove(
    accounts: web::Data<Accounts>,
    user: CurrentUser,
    view: View,
    channel: web::Path<Channel>,
    body: Json<Removal>,
) -> AppResult<HttpResponse> {
    let me = address::remove(&accounts, &user, view.locale, *channel, &body.0.password).await?;
    Ok(HttpResponse::Ok().json(UserBody { user: me }))
}
