//! Codes for those who want to register, over REST; see the table in `docs/protocol.md`.

use actix_web::{HttpResponse, web};

use crate::{
    account::{
        Accounts,
        verification::newcomer::{self, Asked},
    },
    error::AppResult,
    web::{body::Json, client::Client, pages::View},
};

/// `POST register/code`
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
