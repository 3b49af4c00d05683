//! The page behind a one-time link to a new password.

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::json;

use crate::{
    account::{
        Accounts,
        pages::{codes, form_error, see_other},
        reset::{self, Reset},
    },
    error::AppResult,
    web::{
        body::Form,
        client::Client,
        pages::{Pages, View},
    },
};

/// `GET /reset/`: the token is in the fragment, which a script puts into its field, or whoever runs none.
pub async fn form(pages: web::Data<Pages>, view: View) -> AppResult<HttpResponse> {
    let context = json!({ "values": {}, "codes": {}, "error": null });
    pages.render(&view, "account/reset.html", &context)
}

/// The form.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ResetForm {
    token: String,
    password: String,
}

/// `POST /reset/`
pub async fn submit(
    accounts: web::Data<Accounts>,
    pages: web::Data<Pages>,
    view: View,
    client: Client,
    body: Form<ResetForm>,
) -> AppResult<HttpResponse> {
    let ResetForm { token, password } = body.0;
    match reset::claim(&accounts, &client, Reset { token: token.clone(), password }).await {
        Ok(()) => Ok(see_other("/login/?reset=1").finish()),
        Err(error) if error.is_fault() => Err(error),
        Err(error) => {
            let context = json!({ "values": { "token": token }, "codes": codes(&error), "error": form_error(&error) });
            pages.render_refusal(Some(&error), &view, "account/reset.html", &context)
        }
    }
}
