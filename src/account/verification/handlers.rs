//! Codes for those who want to register, over REST; see the table in `docs/protocol.md`.

use actix_web::{HttpResponse, web};

use crate::{
    account::{
        Accounts,
        verification::{
            Issued,
            newcomer::{self, Asked},
        },
    },
    error::AppResult,
    web::{body::Json, client::Client, pages::View},
};

/// `POST register/code`
#[utoipa::path(
    post, path = "/api/v1/register/code", tag = "accounts",
    summary = "Ask for a code to register with",
    request_body = Asked,
    responses(
        (status = 202, body = Issued),
        (status = 403, description = "`verification_off`; or registration is not for them"),
        (status = 422, description = "`invalid`"),
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
    let asked = body.0;
    let issued = newcomer::ask(&accounts, &client, view.locale, &asked.address()?, asked.invite.as_deref()).await?;
    Ok(HttpResponse::Accepted().json(issued))
}
