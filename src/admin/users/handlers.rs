//! People over the console's API; see the table in `docs/protocol.md`.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use crate::{
    account::{
        Accounts,
        current_user::{Admin, SessionAdmin},
        endings,
        handlers::sessions_of,
        presence::Presence,
        register::{self, Door, Names, Registration},
        reset, standing, token,
        wire::{SessionsBody, SiteRole, UserBody},
    },
    admin::{
        table::{Beside, PageQuery, Slice},
        users::{
            UsersQuery, role, store,
            wire::{AddedPerson, Counted, LinkBody, LinkView, PeoplePage, Person},
        },
    },
    db::time,
    error::{AppError, AppResult},
    id::{SessionId, UserId},
    web::{body::Json, site::Origin},
};

/// A page of people for a query string, and how it is sorted.
///
/// # Errors
/// A query that says nonsense; a database that does not answer.
pub async fn page(
    accounts: &Accounts,
    presence: &Presence,
    query: &UsersQuery,
) -> AppResult<(Slice<store::Row>, Vec<Person>)> {
    let (filter, page) = (query.filter(presence)?, query.page()?);
    let (rows, counted) = accounts
        .db
        .read(move |conn| {
            let slice = page.cut(store::page(conn, &filter, &page)?);
            let counted = Counted::read(conn, slice.rows.clone())?;
            Ok((slice, counted))
        })
        .await?;
    Ok((rows, counted.people(presence)))
}

/// One person.
///
/// # Errors
/// [`AppError::NotFound`].
pub async fn person(accounts: &Accounts, presence: &Presence, id: UserId) -> AppResult<Person> {
    let counted = accounts
        .db
        .read(move |conn| {
            let row = store::find(conn, id)?.ok_or(AppError::NotFound)?;
            Counted::read(conn, vec![row])
        })
        .await?;
    counted.people(presence).pop().ok_or(AppError::NotFound)
}

/// `GET admin/users`
#[utoipa::path(
    get, path = "/api/v1/admin/users", tag = "console: people",
    summary = "Everybody",
    params(UsersQuery, PageQuery),
    responses(
        (status = 200, body = PeoplePage),
    ),
)]
pub async fn list(
    accounts: web::Data<Accounts>,
    presence: web::Data<Presence>,
    _: Admin,
    query: web::Query<UsersQuery>,
) -> AppResult<HttpResponse> {
    let by = query.page()?.column;
    let (slice, people) = page(&accounts, &presence, &query).await?;
    let beside = Beside::of(&slice, |row| row.place(by));
    Ok(HttpResponse::Ok().json(PeoplePage { users: people, beside }))
}

async fn answer(accounts: &Accounts, presence: &Presence, id: UserId) -> AppResult<HttpResponse> {
    Ok(HttpResponse::Ok().json(UserBody { user: person(accounts, presence, id).await? }))
}

/// `GET admin/users/{id}`
#[utoipa::path(
    get, path = "/api/v1/admin/users/{id}", tag = "console: people",
    summary = "A person, as admins see them",
    params(("id" = UserId, Path)),
    responses(
        (status = 200, body = UserBody<Person>),
        (status = 404),
    ),
)]
pub async fn show(
    accounts: web::Data<Accounts>,
    presence: web::Data<Presence>,
    _: Admin,
    id: web::Path<UserId>,
) -> AppResult<HttpResponse> {
    answer(&accounts, &presence, *id).await
}

/// Somebody to be added.
#[derive(Debug, Clone, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPerson {
    /// Reserved names are allowed.
    pub username: String,
    /// As for everybody; absent or empty for a one-time link instead, and for a bot.
    pub password: Option<String>,
    /// The user name where it is absent or empty.
    pub nickname: Option<String>,
    /// Absent or empty: none.
    pub email: Option<String>,
    /// Absent or empty: none.
    pub phone: Option<String>,
    /// On the site; a member where it is absent.
    pub role: Option<String>,
}

/// Adds somebody; without a password, a link with which they set one is made too. A bot has none and gets none.
///
/// # Errors
/// Wrong or taken fields; a database that does not answer.
pub async fn make(accounts: &Accounts, admin: &Admin, new: NewPerson) -> AppResult<(UserId, Option<reset::Issued>)> {
    let role = role(new.role.as_deref().unwrap_or("member"))?;
    let password = new.password.filter(|password| !password.is_empty());
    if role == SiteRole::Bot && password.is_some() {
        return Err(AppError::field("password", "invalid", "A bot has no password: make a token for it."));
    }
    let linked = password.is_none() && role != SiteRole::Bot;
    let registration = Registration {
        username: new.username,
        // Nobody ever sees this one: the link replaces it, and a bot never logs in.
        password: password.unwrap_or_else(token::fresh::<32>),
        nickname: new.nickname,
        email: new.email,
        phone: new.phone,
        ..Registration::default()
    };
    let checked = registration.check(Names::Privileged, role, None)?;
    let card = register::create(accounts, checked, Door::Staff(admin.actor())).await?;
    let link = if linked { Some(reset::issue(accounts, &admin.actor(), card.id).await?) } else { None };
    Ok((card.id, link))
}

/// `POST admin/users`
#[utoipa::path(
    post, path = "/api/v1/admin/users", tag = "console: people",
    summary = "Add somebody, or a bot",
    request_body = NewPerson,
    responses(
        (status = 201, body = AddedPerson),
        (status = 409, description = "`taken`"),
    ),
)]
pub async fn add(
    accounts: web::Data<Accounts>,
    presence: web::Data<Presence>,
    admin: Admin,
    origin: Origin,
    body: Json<NewPerson>,
) -> AppResult<HttpResponse> {
    let (id, link) = make(&accounts, &admin, body.0).await?;
    let user = person(&accounts, &presence, id).await?;
    Ok(HttpResponse::Created().json(AddedPerson { user, reset: link.map(|link| LinkView::new(&origin, &link)) }))
}

/// What `PATCH` changes.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[schema(as = PersonChange)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// `member` or `admin`.
    role: String,
}

/// `PATCH admin/users/{id}`
#[utoipa::path(
    patch, path = "/api/v1/admin/users/{id}", tag = "console: people",
    summary = "Give somebody a role",
    params(("id" = UserId, Path)),
    request_body = Change,
    responses(
        (status = 200, body = UserBody<Person>),
        (status = 404),
        (status = 409, description = "`last_admin`, `bot`"),
    ),
)]
pub async fn update(
    accounts: web::Data<Accounts>,
    presence: web::Data<Presence>,
    admin: Admin,
    id: web::Path<UserId>,
    body: Json<Change>,
) -> AppResult<HttpResponse> {
    standing::set_role(&accounts, &admin.actor(), *id, role(&body.0.role)?).await?;
    answer(&accounts, &presence, *id).await
}

/// Why somebody is shut out.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[schema(as = BanReason)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    /// Its person reads it at the login.
    #[serde(default)]
    reason: String,
}

/// `PUT admin/users/{id}/ban`
#[utoipa::path(
    put, path = "/api/v1/admin/users/{id}/ban", tag = "console: people",
    summary = "Ban",
    params(("id" = UserId, Path)),
    request_body = Reason,
    responses(
        (status = 200, body = UserBody<Person>, description = "Every session and token ended."),
        (status = 404),
        (status = 409, description = "`self`, `last_admin`"),
    ),
)]
pub async fn ban(
    accounts: web::Data<Accounts>,
    presence: web::Data<Presence>,
    admin: Admin,
    id: web::Path<UserId>,
    body: Json<Reason>,
) -> AppResult<HttpResponse> {
    standing::ban(&accounts, &admin.actor(), *id, &body.0.reason).await?;
    answer(&accounts, &presence, *id).await
}

/// `DELETE admin/users/{id}/ban`
#[utoipa::path(
    delete, path = "/api/v1/admin/users/{id}/ban", tag = "console: people",
    summary = "Lift a ban",
    params(("id" = UserId, Path)),
    responses(
        (status = 200, body = UserBody<Person>),
        (status = 404),
        (status = 409, description = "`deactivated`"),
    ),
)]
pub async fn unban(
    accounts: web::Data<Accounts>,
    presence: web::Data<Presence>,
    admin: Admin,
    id: web::Path<UserId>,
) -> AppResult<HttpResponse> {
    standing::unban(&accounts, &admin.actor(), *id).await?;
    answer(&accounts, &presence, *id).await
}

/// `PUT admin/users/{id}/deactivation`
#[utoipa::path(
    put, path = "/api/v1/admin/users/{id}/deactivation", tag = "console: people",
    summary = "Deactivate an account",
    params(("id" = UserId, Path)),
    request_body = Reason,
    responses(
        (status = 200, body = UserBody<Person>, description = "Every session and token ended."),
        (status = 404),
        (status = 409, description = "`self`, `last_admin`, `banned`"),
    ),
)]
pub async fn deactivate(
    accounts: web::Data<Accounts>,
    presence: web::Data<Presence>,
    admin: Admin,
    id: web::Path<UserId>,
    body: Json<Reason>,
) -> AppResult<HttpResponse> {
    standing::deactivate(&accounts, &admin.actor(), *id, &body.0.reason).await?;
    answer(&accounts, &presence, *id).await
}

/// `DELETE admin/users/{id}/deactivation`
#[utoipa::path(
    delete, path = "/api/v1/admin/users/{id}/deactivation", tag = "console: people",
    summary = "Reactivate an account",
    params(("id" = UserId, Path)),
    responses(
        (status = 200, body = UserBody<Person>),
        (status = 404),
        (status = 409, description = "`banned`"),
    ),
)]
pub async fn reactivate(
    accounts: web::Data<Accounts>,
    presence: web::Data<Presence>,
    admin: Admin,
    id: web::Path<UserId>,
) -> AppResult<HttpResponse> {
    standing::reactivate(&accounts, &admin.actor(), *id).await?;
    answer(&accounts, &presence, *id).await
}

/// Until when somebody is silenced.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[schema(as = PersonSilence)]
#[serde(deny_unknown_fields)]
pub struct Silence {
    /// RFC 3339, a time to come.
    until: String,
    /// For the audit log.
    #[serde(default)]
    reason: String,
}

/// `PUT admin/users/{id}/silence`
#[utoipa::path(
    put, path = "/api/v1/admin/users/{id}/silence", tag = "console: people",
    summary = "Silence somebody everywhere",
    params(("id" = UserId, Path)),
    request_body = Silence,
    responses(
        (status = 200, body = UserBody<Person>),
        (status = 404),
        (status = 409, description = "`self`"),
    ),
)]
pub async fn silence(
    accounts: web::Data<Accounts>,
    presence: web::Data<Presence>,
    admin: Admin,
    id: web::Path<UserId>,
    body: Json<Silence>,
) -> AppResult<HttpResponse> {
    let Silence { until, reason } = body.0;
    let until = time::parse(&until).ok_or_else(|| AppError::field("until", "invalid", "A time as in RFC 3339."))?;
    standing::silence(&accounts, &admin.actor(), *id, until, &reason).await?;
    answer(&accounts, &presence, *id).await
}

/// `DELETE admin/users/{id}/silence`
#[utoipa::path(
    delete, path = "/api/v1/admin/users/{id}/silence", tag = "console: people",
    summary = "Let somebody write again",
    params(("id" = UserId, Path)),
    responses(
        (status = 200, body = UserBody<Person>),
        (status = 404),
    ),
)]
pub async fn unsilence(
    accounts: web::Data<Accounts>,
    presence: web::Data<Presence>,
    admin: Admin,
    id: web::Path<UserId>,
) -> AppResult<HttpResponse> {
    standing::unsilence(&accounts, &admin.actor(), *id).await?;
    answer(&accounts, &presence, *id).await
}

/// `GET admin/users/{id}/sessions`
#[utoipa::path(
    get, path = "/api/v1/admin/users/{id}/sessions", tag = "console: people",
    summary = "Somebody’s sessions",
    params(("id" = UserId, Path)),
    responses(
        (status = 200, body = SessionsBody),
        (status = 404),
    ),
)]
pub async fn sessions(
    accounts: web::Data<Accounts>,
    presence: web::Data<Presence>,
    admin: Admin,
    id: web::Path<UserId>,
) -> AppResult<HttpResponse> {
    person(&accounts, &presence, *id).await?;
    let sessions = sessions_of(&accounts, *id, admin.user.session()).await?;
    Ok(HttpResponse::Ok().json(SessionsBody { sessions }))
}

/// `DELETE admin/users/{id}/sessions`
#[utoipa::path(
    delete, path = "/api/v1/admin/users/{id}/sessions", tag = "console: people",
    summary = "End all sessions of somebody",
    params(("id" = UserId, Path)),
    responses(
        (status = 204),
        (status = 404),
    ),
    security(("session" = [])),
)]
pub async fn end_sessions(
    accounts: web::Data<Accounts>,
    admin: SessionAdmin,
    id: web::Path<UserId>,
) -> AppResult<HttpResponse> {
    endings::end_all(&accounts, &admin.actor(), *id).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// `DELETE admin/users/{id}/sessions/{session}`
#[utoipa::path(
    delete, path = "/api/v1/admin/users/{id}/sessions/{session}", tag = "console: people",
    summary = "End one session of somebody",
    params(("id" = UserId, Path), ("session" = SessionId, Path)),
    responses(
        (status = 204),
        (status = 404),
    ),
    security(("session" = [])),
)]
pub async fn end_session(
    accounts: web::Data<Accounts>,
    admin: SessionAdmin,
    path: web::Path<(UserId, SessionId)>,
) -> AppResult<HttpResponse> {
    let (id, session) = path.into_inner();
    endings::end_one(&accounts, &admin.actor(), id, session).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Where a one-time link leads: the token is in the fragment, so that no log has it.
pub fn reset_url(origin: &Origin, link: &reset::Issued) -> String {
    format!("{origin}/reset/#{}", link.token)
}

/// `POST admin/users/{id}/reset`
#[utoipa::path(
    post, path = "/api/v1/admin/users/{id}/reset", tag = "console: people",
    summary = "Make a one-time link to a new password",
    params(("id" = UserId, Path)),
    responses(
        (status = 201, body = LinkBody, description = "It is told this once."),
        (status = 404),
        (status = 409, description = "`banned`, `deactivated`, `bot`"),
    ),
    security(("session" = [])),
)]
pub async fn issue_reset(
    accounts: web::Data<Accounts>,
    admin: SessionAdmin,
    origin: Origin,
    id: web::Path<UserId>,
) -> AppResult<HttpResponse> {
    let link = reset::issue(&accounts, &admin.actor(), *id).await?;
    Ok(HttpResponse::Created().json(LinkBody { reset: LinkView::new(&origin, &link) }))
}

/// `DELETE admin/users/{id}/reset`
#[utoipa::path(
    delete, path = "/api/v1/admin/users/{id}/reset", tag = "console: people",
    summary = "Void a one-time link",
    params(("id" = UserId, Path)),
    responses(
        (status = 204),
        (status = 404),
    ),
    security(("session" = [])),
)]
pub async fn void_reset(
    accounts: web::Data<Accounts>,
    admin: SessionAdmin,
    id: web::Path<UserId>,
) -> AppResult<HttpResponse> {
    reset::void(&accounts, &admin.actor(), *id).await?;
    Ok(HttpResponse::NoContent().finish())
}
