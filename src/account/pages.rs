//! Account pages: plain forms that post, are answered by a redirect when all went well, and shown again with their errors else.

use actix_session::Session;
use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder, ResponseError as _,
    cookie::{Cookie, SameSite, time::Duration},
    http::{StatusCode, header},
    web,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    account::{
        Accounts,
        access::pages::{self as access_pages, Tried},
        current_user::{CurrentUser, SessionUser},
        handlers::own_sessions,
        login::{self, Login},
        profile::{self, PasswordChange, ProfilePatch},
        setup::{self, Setup},
        store,
        wire::{Me, Status},
    },
    courier::Channel,
    error::{AppError, AppResult},
    id::SessionId,
    setting::values::Verify,
    web::{
        body::Form,
        client::Client,
        locale::Locale,
        pages::{Pages, View},
        preferences::{local_path, preference},
    },
};

/// Holds the user name of the last login, for the form.
const LAST_USER: &str = "last_user";

/// "Look there next", after a form was taken.
pub fn see_other(place: &str) -> HttpResponseBuilder {
    let mut response = HttpResponse::SeeOther();
    response.insert_header((header::LOCATION, place));
    response
}

/// A form's error as its template shows it; faults of ours are no matter of the form.
pub(super) fn form_error(error: &AppError) -> Value {
    match error.fields() {
        Some(_) => Value::Null,
        None => json!({ "code": error.code(), "retry_after": error.retry_after(), "reason": error.reason() }),
    }
}

pub(super) fn codes(error: &AppError) -> Value {
    let codes = error.fields().into_iter().flatten().map(|(name, error)| ((*name).to_owned(), error.code.into()));
    Value::Object(codes.collect())
}

/// `GET /login/`
pub async fn login_form(
    accounts: web::Data<Accounts>,
    pages: web::Data<Pages>,
    view: View,
    user: Option<CurrentUser>,
    query: web::Query<NextQuery>,
    req: HttpRequest,
) -> AppResult<HttpResponse> {
    let next = query.next.as_deref().and_then(local_path).unwrap_or("/");
    if user.is_some() {
        return Ok(see_other(next).finish());
    }
    let last = req.cookie(LAST_USER).and_then(|cookie| URL_SAFE_NO_PAD.decode(cookie.value()).ok());
    let last = last.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
    let ended = query.ended.as_ref().map(|ended| json!({ "code": ended.as_str() }));
    let context = json!({ "username": last, "remember": true, "next": next, "error": ended, "reset": query.reset.is_some(), "recovery": accounts.couriers.offers_any() });
    pages.render(&view, "account/login.html", &context)
}

/// Where to go after a login.
#[derive(Debug, Deserialize)]
pub struct NextQuery {
    next: Option<String>,
    ended: Option<Status>,
    reset: Option<String>,
}

/// The login form.
#[derive(Debug, Deserialize)]
pub struct LoginForm {
    #[serde(default)]
    username: String,
    #[serde(default)]
    password: String,
    remember: Option<String>,
    next: Option<String>,
}

/// `POST /login/`
pub async fn login(
    accounts: web::Data<Accounts>,
    pages: web::Data<Pages>,
    view: View,
    session: Session,
    client: Client,
    form: Form<LoginForm>,
) -> AppResult<HttpResponse> {
    let LoginForm { username, password, remember, next } = form.0;
    let next = next.as_deref().and_then(local_path).unwrap_or("/");
    let remember = remember.is_some();
    match login::login(&accounts, &session, &client, Login { username: username.clone(), password }).await {
        Ok(card) => Ok(see_other(next).cookie(last_user(remember.then_some(&card.username))).finish()),
        Err(
            error @ (AppError::BadCredentials | AppError::Banned(_) | AppError::Deactivated(_) | AppError::TooFast(..)),
        ) => {
            let context = json!({ "username": username, "remember": remember, "next": next, "error": form_error(&error), "reset": false, "recovery": accounts.couriers.offers_any() });
            pages.render_refusal(Some(&error), &view, "account/login.html", &context)
        }
        Err(error) => Err(error),
    }
}

/// Remembers a name for the form, or forgets it.
pub(super) fn last_user(name: Option<&String>) -> Cookie<'static> {
    let value = name.map(|name| URL_SAFE_NO_PAD.encode(name)).unwrap_or_default();
    let age = if name.is_some() { Duration::days(365) } else { Duration::ZERO };
    Cookie::build(LAST_USER, value).path("/login/").max_age(age).same_site(SameSite::Lax).http_only(true).finish()
}

/// `GET /setup/`
pub async fn setup_form(accounts: web::Data<Accounts>, pages: web::Data<Pages>, view: View) -> AppResult<HttpResponse> {
    let open = accounts.db.read(|conn| Ok(store::is_setup_open(conn)?)).await?;
    let context = json!({ "values": {}, "codes": {}, "closed": !open, "error": null });
    pages.render(&view, "account/setup.html", &context)
}

/// The first admin's form.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct SetupForm {
    token: String,
    username: String,
    password: String,
    nickname: String,
}

/// `POST /setup/`
pub async fn setup(
    accounts: web::Data<Accounts>,
    pages: web::Data<Pages>,
    view: View,
    session: Session,
    client: Client,
    form: Form<SetupForm>,
) -> AppResult<HttpResponse> {
    let SetupForm { token, username, password, nickname } = form.0;
    let values = json!({ "token": token, "username": username, "nickname": nickname });
    let claim = Setup { token, username, password, nickname: Some(nickname) };
    match setup::claim(&accounts, &session, &client, view.locale, claim).await {
        Ok(card) => Ok(see_other("/").cookie(last_user(Some(&card.username))).finish()),
        Err(error) if error.is_fault() => Err(error),
        Err(error) => {
            let closed = matches!(error, AppError::SetupClosed);
            let context =
                json!({ "values": values, "codes": codes(&error), "closed": closed, "error": form_error(&error) });
            pages.render_refusal(Some(&error), &view, "account/setup.html", &context)
        }
    }
}

/// `GET /logout/`: a page with a button, so that no link from elsewhere logs anybody out.
pub async fn logout_form(pages: web::Data<Pages>, view: View, user: Option<CurrentUser>) -> AppResult<HttpResponse> {
    let Some(user) = user else { return Ok(see_other("/login/").finish()) };
    pages.render(&view, "account/logout.html", &json!({ "me": *user.card }))
}

/// `POST /logout/`
pub async fn logout(session: Session) -> HttpResponse {
    session.purge();
    see_other("/login/").finish()
}

/// What the account page shows besides what is stored.
#[derive(Default)]
pub(super) struct Outcome {
    pub(super) status: Option<StatusCode>,
    pub(super) saved: Option<String>,
    pub(super) values: Value,
    pub(super) codes: Value,
    pub(super) tokens: Tried,
}

pub(super) async fn account_page(
    accounts: &Accounts,
    pages: &Pages,
    view: &View,
    user: &SessionUser,
    outcome: Outcome,
) -> AppResult<HttpResponse> {
    let id = user.id();
    let me = accounts.db.read(move |conn| Ok(store::me(conn, id)?)).await?;
    let sessions = own_sessions(accounts, user).await?;
    let tokens = access_pages::section(accounts, &user.card, outcome.tokens).await?;
    let stored = json!({ "nickname": me.card.nickname, "email": me.email, "phone": me.phone, "bio": me.bio });
    let values = if outcome.values.is_object() { outcome.values } else { stored };
    let codes = if outcome.codes.is_object() { outcome.codes } else { json!({}) };
    let reach = reach(accounts, &me);
    let context = json!({
        "me": me, "sessions": sessions, "tokens": tokens, "values": values, "codes": codes, "saved": outcome.saved, "reach": reach,
    });
    pages.render_as(outcome.status.unwrap_or_default(), view, "account/profile.html", &context)
}

/// The addresses of a person, each with what can be done about it. One that is neither confirmed nor to be confirmed is only a
/// field of the profile.
fn reach(accounts: &Accounts, me: &Me) -> Value {
    let values = accounts.live.get();
    let one = |channel: Channel, address: &Option<String>, confirmed: bool| {
        let offered = accounts.couriers.policy(channel, &values) != Verify::Off;
        json!({ "address": address, "confirmed": confirmed, "offered": offered, "managed": offered || confirmed })
    };
    json!({
        "email": one(Channel::Email, &me.email, me.email_confirmed),
        "phone": one(Channel::Phone, &me.phone, me.phone_confirmed),
    })
}

/// What was saved by the form that led here.
#[derive(Debug, Deserialize)]
pub struct SavedQuery {
    saved: Option<String>,
}

/// `GET /account/`
pub async fn account(
    accounts: web::Data<Accounts>,
    pages: web::Data<Pages>,
    view: View,
    user: SessionUser,
    query: web::Query<SavedQuery>,
) -> AppResult<HttpResponse> {
    let saved = query.into_inner().saved;
    account_page(&accounts, &pages, &view, &user, Outcome { saved, ..Outcome::default() }).await
}

/// The profile form.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ProfileForm {
    nickname: String,
    /// Not there where it has a page of its own.
    email: Option<String>,
    phone: Option<String>,
    bio: String,
    locale: String,
}

/// `POST /account/profile`
pub async fn save_profile(
    accounts: web::Data<Accounts>,
    pages: web::Data<Pages>,
    view: View,
    user: SessionUser,
    form: Form<ProfileForm>,
) -> AppResult<HttpResponse> {
    let ProfileForm { nickname, email, phone, bio, locale } = form.0;
    let values = json!({ "nickname": nickname, "email": email, "phone": phone, "bio": bio });
    let chosen = Locale::from_tag(&locale);
    let patch = ProfilePatch {
        nickname: Some(Some(nickname)),
        email: email.map(Some),
        phone: phone.map(Some),
        bio: Some(Some(bio)),
        locale: Some(Some(locale)),
    };
    match profile::update(&accounts, &user, patch).await {
        Ok(_) => {
            let mut response = see_other("/account/?saved=profile");
            if let Some(locale) = chosen {
                response.cookie(preference("locale", locale.tag()));
            }
            Ok(response.finish())
        }
        Err(error) if error.fields().is_some() => {
            let codes = codes(&error);
            let outcome = Outcome { status: Some(error.status_code()), values, codes, ..Outcome::default() };
            account_page(&accounts, &pages, &view, &user, outcome).await
        }
        Err(error) => Err(error),
    }
}

/// The password form.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct PasswordForm {
    current: String,
    new: String,
}

/// `POST /account/password`
pub async fn save_password(
    accounts: web::Data<Accounts>,
    pages: web::Data<Pages>,
    view: View,
    user: SessionUser,
    form: Form<PasswordForm>,
) -> AppResult<HttpResponse> {
    let PasswordForm { current, new } = form.0;
    let changed = profile::change_password(&accounts, &user, PasswordChange { current, new }).await;
    let (status, codes) = match changed {
        Ok(()) => return Ok(see_other("/account/?saved=password").finish()),
        Err(error @ AppError::WrongPassword) => (error.status_code(), json!({ "current": "invalid" })),
        Err(error) if error.fields().is_some() => (error.status_code(), codes(&error)),
        Err(error) => return Err(error),
    };
    let outcome = Outcome { status: Some(status), codes, ..Outcome::default() };
    account_page(&accounts, &pages, &view, &user, outcome).await
}

/// `POST /account/sessions/{id}/end`
pub async fn end_session(
    accounts: web::Data<Accounts>,
    user: SessionUser,
    session: web::Path<SessionId>,
) -> AppResult<HttpResponse> {
    accounts.sessions.end_one(user.id(), *session).await?;
    Ok(see_other("/account/?saved=sessions").finish())
}

/// `POST /account/sessions/end`
pub async fn end_other_sessions(accounts: web::Data<Accounts>, user: SessionUser) -> AppResult<HttpResponse> {
    accounts.sessions.end_others(user.id(), user.session).await?;
    Ok(see_other("/account/?saved=sessions").finish())
}
