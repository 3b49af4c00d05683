//! One's own address on pages: asking for a code, and giving it back.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    account::{
        Accounts,
        address::{self, Asked},
        current_user::CurrentUser,
        pages::{codes, form_error, see_other},
        store,
        verification::{Proof, cookie::Kept},
    },
    courier::Channel,
    error::{AppError, AppResult},
    setting::values::Verify,
    web::{
        body::Form,
        client::Client,
        pages::{Pages, View},
    },
};

/// Where the browser keeps the ticket.
const PATH: &str = "/account/";

/// Which of the page's steps is shown, and what is wrong with it.
#[derive(Default)]
struct Shown {
    step: Step,
    typed: Option<String>,
    error: Option<AppError>,
}

#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Step {
    #[default]
    Address,
    Code,
    Removal,
}

impl Step {
    fn as_str(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Code => "code",
            Self::Removal => "removal",
        }
    }
}

async fn page(
    accounts: &Accounts,
    pages: &Pages,
    view: &View,
    user: &CurrentUser,
    channel: Channel,
    shown: Shown,
) -> AppResult<HttpResponse> {
    let Shown { step, typed, error } = shown;
    if let Some(error) = error.as_ref().filter(|error| error.is_fault()) {
        error.log();
    }
    let id = user.id();
    let me = accounts.db.read(move |conn| Ok(store::me(conn, id)?)).await?;
    let (now, confirmed) = match channel {
        Channel::Email => (me.email, me.email_confirmed),
        Channel::Phone => (me.phone, me.phone_confirmed),
    };
    let policy = accounts.couriers.policy(channel, &accounts.live.get());
    let wrong = error.as_ref().map_or_else(
        || json!({}),
        |error| match error {
            AppError::WrongPassword => json!({ "password": "wrong_password" }),
            error => codes(error),
        },
    );
    let whole =
        error.as_ref().filter(|error| wrong.as_object().is_none_or(|wrong| wrong.is_empty()) && !error.is_fault());
    let context = json!({
        "username": user.card.username,
        "channel": channel.as_str(),
        "now": now,
        "confirmed": confirmed,
        "offered": policy != Verify::Off,
        "removable": policy != Verify::Required && now.is_some(),
        "step": step.as_str(),
        "typed": typed.or_else(|| now.clone().filter(|_| !confirmed)),
        "codes": wrong,
        "error": whole.map_or(Value::Null, form_error),
    });
    pages.render_refusal(error.as_ref(), view, "account/address.html", &context)
}

fn place(channel: Channel) -> &'static str {
    match channel {
        Channel::Email => "/account/email/",
        Channel::Phone => "/account/phone/",
    }
}

/// `GET /account/{channel}/`
pub async fn show(
    accounts: web::Data<Accounts>,
    pages: web::Data<Pages>,
    view: View,
    user: CurrentUser,
    channel: web::Path<Channel>,
) -> AppResult<HttpResponse> {
    page(&accounts, &pages, &view, &user, *channel, Shown::default()).await
}

/// The first form.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct AddressForm {
    address: String,
    password: String,
}

/// `POST /account/{channel}/`
pub async fn ask(
    accounts: web::Data<Accounts>,
    pages: web::Data<Pages>,
    view: View,
    user: CurrentUser,
    client: Client,
    channel: web::Path<Channel>,
    form: Form<AddressForm>,
) -> AppResult<HttpResponse> {
    let AddressForm { address, password } = form.0;
    let asked = Asked { address: address.clone(), password };
    match address::ask(&accounts, &user, &client, view.locale, *channel, asked).await {
        Ok(issued) => {
            let kept = Kept::one(channel.as_str(), issued.ticket, address.trim());
            let next = format!("{}code", place(*channel));
            Ok(see_other(&next).cookie(kept.keep(PATH)).finish())
        }
        Err(error) if error.is_fault() => Err(error),
        Err(error) => {
            let shown = Shown { typed: Some(address), error: Some(error), ..Shown::default() };
            page(&accounts, &pages, &view, &user, *channel, shown).await
        }
    }
}

/// `GET /account/{channel}/code`
pub async fn code(
    accounts: web::Data<Accounts>,
    pages: web::Data<Pages>,
    view: View,
    user: CurrentUser,
    channel: web::Path<Channel>,
    req: HttpRequest,
) -> AppResult<HttpResponse> {
    match Kept::of(&req).and_then(|mut kept| kept.sent.remove(channel.as_str())) {
        Some(sent) => {
            let shown = Shown { step: Step::Code, typed: Some(sent.to), error: None };
            page(&accounts, &pages, &view, &user, *channel, shown).await
        }
        None => Ok(see_other(place(*channel)).finish()),
    }
}

/// The second form.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct CodeForm {
    code: String,
}

/// `POST /account/{channel}/code`
pub async fn confirm(
    accounts: web::Data<Accounts>,
    pages: web::Data<Pages>,
    view: View,
    user: CurrentUser,
    client: Client,
    channel: web::Path<Channel>,
    (req, form): (HttpRequest, Form<CodeForm>),
) -> AppResult<HttpResponse> {
    let sent = Kept::of(&req).and_then(|mut kept| kept.sent.remove(channel.as_str())).unwrap_or_default();
    let proof = Proof { ticket: sent.ticket, code: form.0.code };
    match address::confirm(&accounts, &user, &client, view.locale, *channel, proof).await {
        Ok(_) => Ok(see_other("/account/?saved=address").cookie(Kept::forget(PATH)).finish()),
        Err(error) if error.is_fault() => Err(error),
        Err(error) => {
            let shown = Shown { step: Step::Code, typed: Some(sent.to), error: Some(error) };
            page(&accounts, &pages, &view, &user, *channel, shown).await
        }
    }
}

/// The form that takes an address away.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct RemovalForm {
    password: String,
}

/// `GET /account/{channel}/remove`
pub async fn ask_removal(
    accounts: web::Data<Accounts>,
    pages: web::Data<Pages>,
    view: View,
    user: CurrentUser,
    channel: web::Path<Channel>,
) -> AppResult<HttpResponse> {
    let shown = Shown { step: Step::Removal, ..Shown::default() };
    page(&accounts, &pages, &view, &user, *channel, shown).await
}

/// `POST /account/{channel}/remove`
pub async fn remove(
    accounts: web::Data<Accounts>,
    pages: web::Data<Pages>,
    view: View,
    user: CurrentUser,
    channel: web::Path<Channel>,
    form: Form<RemovalForm>,
) -> AppResult<HttpResponse> {
    match address::remove(&accounts, &user, view.locale, *channel, &form.0.password).await {
        Ok(_) => Ok(see_other("/account/?saved=removed").finish()),
        Err(error) if error.is_fault() => Err(error),
        Err(error) => {
            let shown = Shown { step: Step::Removal, error: Some(error), ..Shown::default() };
            page(&accounts, &pages, &view, &user, *channel, shown).await
        }
    }
}
