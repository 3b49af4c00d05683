//! People over the console's API; see the table in `docs/protocol.md`.

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    account::{
        Accounts,
        current_user::Admin,
        endings,
        handlers::sessions_of,
        presence::Presence,
        register::{self, Door, Names, Registration},
        reset, standing, token,
    },
    admin::{
        table::{Slice, cursor::Cursor},
        users::{
            UsersQuery, role, store,
            wire::{Counted, Person},
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
pub async fn list(
    accounts: web::Data<Accounts>,
    presence: web::Data<Presence>,
    _: Admin,
    query: web::Query<UsersQuery>,
) -> AppResult<HttpResponse> {
    let by = query.page()?.column;
    let (slice, people) = page(&accounts, &presence, &query).await?;
    Ok(HttpResponse::Ok().json(places(json!({ "users": people }), &slice, |row| row.place(by))))
}

/// Adds `previous` and `next`, the cursors of the pages beside a page, null where there is none.
pub fn places<T>(mut body: Value, slice: &Slice<T>, place: impl Fn(&T) -> Cursor) -> Value {
    let encoded = |is_there: bool, row: Option<&T>| row.filter(|_| is_there).map(|row| place(row).encode());
    body["previous"] = encoded(slice.earlier, slice.rows.first()).into();
    body["next"] = encoded(slice.later, slice.rows.last()).into();
    body
}

async fn answer(accounts: &Accounts, presence: &Presence, id: UserId) -> AppResult<HttpResponse> {
    Ok(HttpResponse::Ok().json(json!({ "user": person(accounts, presence, id).await? })))
}

/// `GET admin/users/{id}`
pub async fn show(
    accounts: web::Data<Accounts>,
    presence: web::Data<Presence>,
    _: Admin,
    id: web::Path<UserId>,
) -> AppResult<HttpResponse> {
    answer(&accounts, &presence, *id).await
}

/// Somebody to be added.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewPerson {
    /// Reserved names are allowed.
    pub username: String,
    /// As for everybody; absent or empty for a one-time link instead.
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

/// Adds somebody; without a password, a link with which they set one is made too.
///
/// # Errors
/// Wrong or taken fields; a database that does not answer.
pub async fn make(accounts: &Accounts, admin: &Admin, new: NewPerson) -> AppResult<(UserId, Option<reset::Issued>)> {
    let role = role(new.role.as_deref().unwrap_or("member"))?;
    let password = new.password.filter(|password| !password.is_empty());
    let linked = password.is_none();
    let registration = Registration {
        username: new.username,
        // Nobody ever sees this one: the link replaces it.
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
pub async fn add(
    accounts: web::Data<Accounts>,
    presence: web::Data<Presence>,
    admin: Admin,
    origin: Origin,
    body: Json<NewPerson>,
) -> AppResult<HttpResponse> {
    let (id, link) = make(&accounts, &admin, body.0).await?;
    let user = person(&accounts, &presence, id).await?;
    Ok(HttpResponse::Created().json(json!({ "user": user, "reset": link.map(|link| link_json(&origin, &link)) })))
}

/// What `PATCH` changes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    role: String,
}

/// `PATCH admin/users/{id}`
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
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    #[serde(default)]
    reason: String,
}

/// `PUT admin/users/{id}/ban`
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
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Silence {
    until: String,
    #[serde(default)]
    reason: String,
}

/// `PUT admin/users/{id}/silence`
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
pub async fn sessions(
    accounts: web::Data<Accounts>,
    presence: web::Data<Presence>,
    admin: Admin,
    id: web::Path<UserId>,
) -> AppResult<HttpResponse> {
    person(&accounts, &presence, *id).await?;
    let sessions = sessions_of(&accounts, *id, admin.user.session).await?;
    Ok(HttpResponse::Ok().json(json!({ "sessions": sessions })))
}

/// `DELETE admin/users/{id}/sessions`
pub async fn end_sessions(
    accounts: web::Data<Accounts>,
    admin: Admin,
    id: web::Path<UserId>,
) -> AppResult<HttpResponse> {
    endings::end_all(&accounts, &admin.actor(), *id).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// `DELETE admin/users/{id}/sessions/{session}`
pub async fn end_session(
    accounts: web::Data<Accounts>,
    admin: Admin,
    path: web::Path<(UserId, SessionId)>,
) -> AppResult<HttpResponse> {
    let (id, session) = path.into_inner();
    endings::end_one(&accounts, &admin.actor(), id, session).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// A one-time link in JSON.
fn link_json(origin: &Origin, link: &reset::Issued) -> Value {
    json!({ "url": reset_url(origin, link), "expires_at": time::rfc3339(&link.expires_at) })
}

/// Where a one-time link leads: the token is in the fragment, so that no log has it.
pub fn reset_url(origin: &Origin, link: &reset::Issued) -> String {
    format!("{origin}/reset/#{}", link.token)
}

/// `POST admin/users/{id}/reset`
pub async fn issue_reset(
    accounts: web::Data<Accounts>,
    admin: Admin,
    origin: Origin,
    id: web::Path<UserId>,
) -> AppResult<HttpResponse> {
    let link = reset::issue(&accounts, &admin.actor(), *id).await?;
    Ok(HttpResponse::Created().json(json!({ "reset": link_json(&origin, &link) })))
}

/// `DELETE admin/users/{id}/reset`
pub async fn void_reset(accounts: web::Data<Accounts>, admin: Admin, id: web::Path<UserId>) -> AppResult<HttpResponse> {
    reset::void(&accounts, &admin.actor(), *id).await?;
    Ok(HttpResponse::NoContent().finish())
}
