//! A new password with a code, over REST; see the table in `docs/protocol.md`.

use actix_web::{HttpResponse, web};

use crate::{
    account::{
        Accounts,
        recovery::{self, Asked, Claim},
    },
    error::AppResult,
    web::{body::Json, client::Client, pages::View},
};

/// `POST recovery`
pub async fn ask(
    accounts: web::Data<Accounts>,
    client: Client,
    view: View,
    body: Json<Asked>,
) -> AppResult<HttpResponse> {
    Ok(HttpResponse::Accepted().json(recovery::ask(&accounts, &client, view.locale, &body.0).await?))
}

/// `POST recovery/password`
pub async fn claim(
    accounts: web::Data<Accounts>,
    client: Client,
    view: View,
    body: Json<Claim>,
) -> AppResult<HttpResponse> {
    recovery::claim(&accounts, &client, view.locale, body.0).await?;
    Ok(HttpResponse::NoContent().finish())
}
