//! Accounts over REST; see the table in `docs/protocol.md`.

use actix_session::Session;
use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::json;

use crate::{
    account::{
        Accounts,
        current_user::{CurrentUser, SessionUser},
        login::{self, Login},
        needle::needle,
        presence::Presence,
        profile::{self, PasswordChange, ProfilePatch},
        register::{self, Registration},
        setup::{self, Setup},
        store,
        wire::{Listed, SessionView, UserBody},
    },
    error::{AppError, AppResult},
    id::{SessionId, UserId},
    web::{body::Json, client::Client, pages::View},
};

/// Most people a page of a list has.
const PAGE: i64 = 100;

/// `POST register`
pub async fn register(
    accounts: web::Data<Accounts>,
    session: Session,
    client: Client,
    view: View,
    body: Json<Registration>,
) -> AppResult<HttpResponse> {
    let card = register::register(&accounts, &session, &client, body.0, Some(view.locale.tag().to_owned())).await?;
    let me = accounts.db.read(move |conn| Ok(store::me(conn, card.id)?)).await?;
    Ok(HttpResponse::Created().json(UserBody { user: me }))
}

/// `POST login`
pub async fn login(
    accounts: web::Data<Accounts>,
    session: Session,
    client: Client,
    body: Json<Login>,
) -> AppResult<HttpResponse> {
    let card = login::login(&accounts, &session, &client, body.0).await?;
    let me = accounts.db.read(move |conn| Ok(store::me(conn, card.id)?)).await?;
    Ok(HttpResponse::Ok().json(UserBody { user: me }))
}

/// `POST setup`
pub async fn setup(
    accounts: web::Data<Accounts>,
    view: View,
    session: Session,
    client: Client,
    body: Json<Setup>,
) -> AppResult<HttpResponse> {
    let card = setup::claim(&accounts, &session, &client, view.locale, body.0).await?;
    let me = accounts.db.read(move |conn| Ok(store::me(conn, card.id)?)).await?;
    Ok(HttpResponse::Created().json(UserBody { user: me }))
}

/// `POST logout`
pub async fn logout(_: SessionUser, session: Session) -> HttpResponse {
    session.purge();
    HttpResponse::NoContent().finish()
}

/// `GET me`
pub async fn me(accounts: web::Data<Accounts>, user: CurrentUser) -> AppResult<HttpResponse> {
    let me = accounts.db.read(move |conn| Ok(store::me(conn, user.id())?)).await?;
    Ok(HttpResponse::Ok().json(UserBody { user: me }))
}

/// `PATCH me`
pub async fn update_me(
    accounts: web::Data<Accounts>,
    user: CurrentUser,
    body: Json<ProfilePatch>,
) -> AppResult<HttpResponse> {
    // A link to a new password may be sent there.
    if user.session().is_none() && (body.0.email.is_some() || body.0.phone.is_some()) {
        return Err(AppError::SessionNeeded);
    }
    let me = profile::update(&accounts, &user, body.0).await?;
    Ok(HttpResponse::Ok().json(UserBody { user: me }))
}

/// `PUT me/password`
pub async fn change_password(
    accounts: web::Data<Accounts>,
    user: SessionUser,
    body: Json<PasswordChange>,
) -> AppResult<HttpResponse> {
    profile::change_password(&accounts, &user, body.0).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// My logins, for the API and the page.
///
/// # Errors
/// When the database does not answer.
pub async fn own_sessions(accounts: &Accounts, user: &SessionUser) -> AppResult<Vec<SessionView>> {
    sessions_of(accounts, user.id(), Some(user.session)).await
}

/// Anybody's logins, as who asks from the session `current` (or by a token) sees them.
///
/// # Errors
/// When the database does not answer.
pub async fn sessions_of(accounts: &Accounts, id: UserId, current: Option<SessionId>) -> AppResult<Vec<SessionView>> {
    let rows = accounts.db.read(move |conn| Ok(store::sessions_of(conn, id)?)).await?;
    let views = rows.into_iter().map(|row| SessionView {
        id: row.id,
        current: Some(row.id) == current,
        created_at: row.created_at,
        last_seen_at: row.last_seen_at,
        agent: row.agent,
        ip: row.ip,
    });
    Ok(views.collect())
}

/// `GET me/sessions`
pub async fn sessions(accounts: web::Data<Accounts>, user: SessionUser) -> AppResult<HttpResponse> {
    Ok(HttpResponse::Ok().json(json!({ "sessions": own_sessions(&accounts, &user).await? })))
}

/// `DELETE me/sessions/{id}`
pub async fn end_session(
    accounts: web::Data<Accounts>,
    user: SessionUser,
    session: web::Path<SessionId>,
) -> AppResult<HttpResponse> {
    accounts.sessions.end_one(user.id(), *session).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// `DELETE me/sessions`
pub async fn end_other_sessions(accounts: web::Data<Accounts>, user: SessionUser) -> AppResult<HttpResponse> {
    accounts.sessions.end_others(user.id(), user.session).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Query of a list of people.
#[derive(Debug, Deserialize)]
pub struct PeopleQuery {
    #[serde(default)]
    q: String,
    after: Option<i64>,
    limit: Option<i64>,
}

/// `GET users`
pub async fn users(
    accounts: web::Data<Accounts>,
    presence: web::Data<Presence>,
    _: CurrentUser,
    query: web::Query<PeopleQuery>,
) -> AppResult<HttpResponse> {
    let limit = query.limit.unwrap_or(50).clamp(1, PAGE);
    let (needle, after) = (needle(&query.q)?, UserId(query.after.unwrap_or(0)));
    let mut people = accounts.db.read(move |conn| Ok(store::page(conn, &needle, after, limit + 1)?)).await?;
    let more = crate::db::page::cut(&mut people, limit);
    let users: Vec<Listed> =
        people.into_iter().map(|card| Listed { online: presence.is_online(card.id), card }).collect();
    Ok(HttpResponse::Ok().json(json!({ "users": users, "more": more })))
}
