//! The two pages of a forgotten password: who it is, then the code with the new one.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    account::{
        Accounts,
        pages::{codes, form_error, see_other},
        recovery::{self, Asked, Claim},
        verification::cookie::Kept,
    },
    error::AppResult,
    web::{
        body::Form,
        client::Client,
        pages::{Pages, View},
    },
};

/// Where the browser keeps the ticket.
const PATH: &str = "/forgot/";

/// The ticket's name among what is kept.
const TICKET: &str = "recovery";

/// `GET /forgot/`
pub async fn form(accounts: web::Data<Accounts>, pages: web::Data<Pages>, view: View) -> AppResult<HttpResponse> {
    let context = json!({ "on": accounts.couriers.offers_any(), "account": "", "error": Value::Null });
    pages.render(&view, "account/forgot.html", &context)
}

/// The first form.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ForgotForm {
    account: String,
}

/// `POST /forgot/`
pub async fn ask(
    accounts: web::Data<Accounts>,
    pages: web::Data<Pages>,
    view: View,
    client: Client,
    form: Form<ForgotForm>,
) -> AppResult<HttpResponse> {
    let asked = Asked { account: form.0.account };
    match recovery::ask(&accounts, &client, view.locale, &asked).await {
        Ok(issued) => {
            // What is longer cannot be anybody, and would be no cookie either.
            let typed: String = asked.account.trim().chars().take(100).collect();
            let kept = Kept::one(TICKET, issued.ticket, &typed);
            Ok(see_other("/forgot/code").cookie(kept.keep(PATH)).finish())
        }
        Err(error) if error.is_fault() => Err(error),
        Err(error) => {
            let on = accounts.couriers.offers_any();
            let context = json!({ "on": on, "account": asked.account, "error": form_error(&error) });
            pages.render_refusal(Some(&error), &view, "account/forgot.html", &context)
        }
    }
}

/// `GET /forgot/code`
pub async fn code(pages: web::Data<Pages>, view: View, req: HttpRequest) -> AppResult<HttpResponse> {
    match Kept::of(&req).and_then(|mut kept| kept.sent.remove(TICKET)) {
        Some(sent) => {
            let context = json!({ "to": sent.to, "codes": {}, "error": Value::Null });
            pages.render(&view, "account/forgot_code.html", &context)
        }
        None => Ok(see_other(PATH).finish()),
    }
}

/// The second form.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct CodeForm {
    code: String,
    password: String,
}

/// `POST /forgot/code`: the ticket is the browser's, so that a code alone helps nobody elsewhere.
pub async fn claim(
    accounts: web::Data<Accounts>,
    pages: web::Data<Pages>,
    view: View,
    client: Client,
    req: HttpRequest,
    form: Form<CodeForm>,
) -> AppResult<HttpResponse> {
    let sent = Kept::of(&req).and_then(|mut kept| kept.sent.remove(TICKET)).unwrap_or_default();
    let CodeForm { code, password } = form.0;
    let claim = Claim { ticket: sent.ticket, code, password };
    match recovery::claim(&accounts, &client, view.locale, claim).await {
        Ok(()) => Ok(see_other("/login/?reset=1").cookie(Kept::forget(PATH)).finish()),
        Err(error) if error.is_fault() => Err(error),
        Err(error) => {
            let context = json!({ "to": sent.to, "codes": codes(&error), "error": form_error(&error) });
            pages.render_refusal(Some(&error), &view, "account/forgot_code.html", &context)
        }
    }
}
