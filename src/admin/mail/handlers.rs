//! Letters over REST; see the table in `docs/protocol.md`.

use actix_web::{HttpResponse, web};
use serde_json::json;

use crate::{
    account::{Accounts, current_user::Admin},
    admin::mail,
    courier::Channel,
    error::{AppError, AppResult},
    web::pages::View,
};

/// `GET admin/mail`
pub async fn show(accounts: web::Data<Accounts>, _: Admin) -> AppResult<HttpResponse> {
    Ok(HttpResponse::Ok().json(json!({ "mail": mail::status(&accounts) })))
}

/// `POST admin/mail/{channel}/test`
pub async fn test(
    accounts: web::Data<Accounts>,
    admin: Admin,
    view: View,
    channel: web::Path<String>,
) -> AppResult<HttpResponse> {
    let channel = Channel::named(&channel).ok_or(AppError::NotFound)?;
    let outcome = mail::test(&accounts, &admin, view.locale, channel).await?;
    let error = outcome.err().map(|failure| failure.text);
    Ok(HttpResponse::Ok().json(json!({ "delivered": error.is_none(), "error": error })))
}
