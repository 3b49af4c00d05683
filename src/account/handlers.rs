//! Accounts over REST; see the table in `docs/protocol.md`.

use actix_session::Session;
use actix_web::{HttpResponse, web};
use serde::Deserialize;

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
        wire::{Listed, Me, SessionView, SessionsBody, UserBody, UsersBody},
    },
    error::{AppError, AppResult},
    id::{SessionId, UserId},
    web::{body::Json, client::Client, pages::View},
};

/// Most people a page of a list has.
const PAGE: i64 = 100;

/// `POST register`
#[utoipa::path(
    post, path = "/api/v1/register", tag = "accounts",
    summary = "Register, and log in",
    request_body = Registration,
    responses(
        (status = 201, body = UserBody<Me>, description = "The account was made; the answer sets the session cookie."),
        (status = 403, description = "`registration_closed`, `invite_needed`, `invite_invalid`"),
        (status = 409, description = "`taken`"),
    ),
    security(()),
)]
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
#[utoipa::path(
    post, path = "/api/v1/login", tag = "accounts",
    summary = "Log in",
    request_body = Login,
    responses(
        (status = 200, body = UserBody<Me>, description = "The answer sets the session cookie."),
        (status = 401, description = "`bad_credentials`: an unknown name or a wrong password"),
        (status = 403, description = "`banned`, `deactivated`, with the `reason` an admin gave"),
    ),
    security(()),
)]
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
#[utoipa::path(
    post, path = "/api/v1/setup", tag = "accounts",
    summary = "Make the first admin",
    request_body = Setup,
    responses(
        (status = 201, body = UserBody<Me>, description = "The account was made; the answer sets the session cookie."),
        (status = 403, description = "`setup_closed`"),
        (status = 409, description = "`taken`"),
    ),
    security(()),
)]
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
#[utoipa::path(
    post, path = "/api/v1/logout", tag = "accounts",
    summary = "Log out",
    responses(
        (status = 204, description = "The session ended."),
    ),
    security(("session" = [])),
)]
pub async fn logout(_: SessionUser, session: Session) -> HttpResponse {
    session.purge();
    HttpResponse::NoContent().finish()
}

/// `GET me`
#[utoipa::path(
    get, path = "/api/v1/me", tag = "accounts",
    summary = "Who I am",
    responses(
        (status = 200, body = UserBody<Me>),
    ),
)]
pub async fn me(accounts: web::Data<Accounts>, user: CurrentUser) -> AppResult<HttpResponse> {
    let me = accounts.db.read(move |conn| Ok(store::me(conn, user.id())?)).await?;
    Ok(HttpResponse::Ok().json(UserBody { user: me }))
}

/// `PATCH me`
#[utoipa::path(
    patch, path = "/api/v1/me", tag = "accounts",
    summary = "Change my profile",
    description = "What is absent stays, null clears. `email` and `phone` take a session.",
    request_body = ProfilePatch,
    responses(
        (status = 200, body = UserBody<Me>),
        (status = 403, description = "`session_needed`: `email` and `phone` by a token"),
        (status = 409, description = "`taken`: another account has the number"),
    ),
)]
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
#[utoipa::path(
    put, path = "/api/v1/me/password", tag = "accounts",
    summary = "Change my password",
    request_body = PasswordChange,
    responses(
        (status = 204, description = "Every other session ended."),
        (status = 403, description = "`wrong_password`"),
    ),
    security(("session" = [])),
)]
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
#[utoipa::path(
    get, path = "/api/v1/me/sessions", tag = "accounts",
    summary = "My sessions",
    responses(
        (status = 200, body = SessionsBody),
    ),
    security(("session" = [])),
)]
pub async fn sessions(accounts: web::Data<Accounts>, user: SessionUser) -> AppResult<HttpResponse> {
    Ok(HttpResponse::Ok().json(SessionsBody { sessions: own_sessions(&accounts, &user).await? }))
}

/// `DELETE me/sessions/{id}`
#[utoipa::path(
    delete, path = "/api/v1/me/sessions/{id}", tag = "accounts",
    summary = "End one of my sessions",
    params(("id" = SessionId, Path)),
    responses(
        (status = 204, description = "It ended, and its sockets closed."),
        (status = 404),
    ),
    security(("session" = [])),
)]
pub async fn end_session(
    accounts: web::Data<Accounts>,
    user: SessionUser,
    session: web::Path<SessionId>,
) -> AppResult<HttpResponse> {
    accounts.sessions.end_one(user.id(), *session).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// `DELETE me/sessions`
#[utoipa::path(
    delete, path = "/api/v1/me/sessions", tag = "accounts",
    summary = "End my other sessions",
    responses(
        (status = 204, description = "Every session but this one ended."),
    ),
    security(("session" = [])),
)]
pub async fn end_other_sessions(accounts: web::Data<Accounts>, user: SessionUser) -> AppResult<HttpResponse> {
    accounts.sessions.end_others(user.id(), user.session).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Query of a list of people.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PeopleQuery {
    /// Part of a name.
    #[serde(default)]
    q: String,
    /// Beyond this id.
    after: Option<i64>,
    /// At most 100; 50 by default.
    limit: Option<i64>,
}

/// `GET users`
#[utoipa::path(
    get, path = "/api/v1/users", tag = "people",
    summary = "Find people",
    params(PeopleQuery),
    responses(
        (status = 200, body = UsersBody),
    ),
)]
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
    Ok(HttpResponse::Ok().json(UsersBody { users, more }))
}
