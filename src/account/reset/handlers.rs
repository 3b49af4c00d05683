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
pub async fn reset(accounts: web::Data<Accounts>, client: Client, body: Json<Reset>) -> AppResult<HttpResponse> {
    reset::claim(&accounts, &client, body.0).await?;
    Ok(HttpResponse::NoContent().finish())
}
