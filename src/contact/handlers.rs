//! Contacts over REST; see the table in `docs/protocol.md`.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use crate::{
    account::{
        current_user::CurrentUser,
        presence::Presence,
        store as people,
        wire::{Profile, UserBody},
    },
    contact::{
        ContactDesk, acts, store,
        wire::{Contact, ContactBody, ContactState, ContactsBody, ListedContact, ProfileView, Wanted},
    },
    db::pool::Db,
    error::{AppError, AppResult},
    id::UserId,
    web::body::Json,
};

/// Everybody who is something to a person.
///
/// # Errors
/// When the database does not answer.
pub async fn own_contacts(db: &Db, user: UserId) -> AppResult<Vec<Contact>> {
    let all = db.read(move |conn| Ok(store::all(conn, user)?)).await?;
    Ok(all.into_iter().map(|(contact, _)| contact).collect())
}

/// `GET contacts`
#[utoipa::path(
    get, path = "/api/v1/contacts", tag = "people",
    summary = "My friends, requests and blocks",
    responses(
        (status = 200, body = ContactsBody),
    ),
)]
pub async fn list(
    desk: web::Data<ContactDesk>,
    presence: web::Data<Presence>,
    user: CurrentUser,
) -> AppResult<HttpResponse> {
    let all = desk.db.read(move |conn| Ok(store::all(conn, user.id())?)).await?;
    let listed = |(contact, last_seen_at): store::ContactRow| {
        let online = presence.is_online(contact.user.id);
        ListedContact { contact, online, last_seen_at }
    };
    let contacts: Vec<ListedContact> = all.into_iter().map(listed).collect();
    Ok(HttpResponse::Ok().json(ContactsBody { contacts }))
}

/// Body of `PUT contacts/{user}`.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewContact {
    /// What they are to be to me.
    state: Wanted,
}

/// `PUT contacts/{user}`
#[utoipa::path(
    put, path = "/api/v1/contacts/{user}", tag = "people",
    summary = "Ask for friendship, accept it, or block",
    params(("user" = UserId, Path)),
    request_body = NewContact,
    responses(
        (status = 200, body = ContactBody),
        (status = 403, description = "`blocked`: I blocked them"),
        (status = 404),
        (status = 409, description = "`too_many`: 1,000 are the most"),
    ),
)]
pub async fn put(
    desk: web::Data<ContactDesk>,
    user: CurrentUser,
    whom: web::Path<UserId>,
    body: Json<NewContact>,
) -> AppResult<HttpResponse> {
    let (id, whom) = (user.id(), *whom);
    let contact = match body.0.state {
        Wanted::Friend => {
            let before = desk.db.read(move |conn| Ok(store::find(conn, id, whom)?)).await?;
            if before == ContactState::None {
                desk.requests.check(&id)?;
            }
            desk.db.ordered(move |conn| acts::befriend(conn, id, whom)).await?
        }
        Wanted::Blocked => desk.db.ordered(move |conn| acts::block(conn, id, whom)).await?,
    };
    Ok(HttpResponse::Ok().json(ContactBody { contact }))
}

/// `DELETE contacts/{user}`
#[utoipa::path(
    delete, path = "/api/v1/contacts/{user}", tag = "people",
    summary = "Take back, decline, unfriend or unblock",
    params(("user" = UserId, Path)),
    responses(
        (status = 204, description = "They are nothing of all this any more."),
    ),
)]
pub async fn delete(
    desk: web::Data<ContactDesk>,
    user: CurrentUser,
    whom: web::Path<UserId>,
) -> AppResult<HttpResponse> {
    let (id, whom) = (user.id(), *whom);
    desk.db.ordered(move |conn| acts::part(conn, id, whom)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// `GET users/{id}`
#[utoipa::path(
    get, path = "/api/v1/users/{id}", tag = "people",
    summary = "A person",
    params(("id" = UserId, Path)),
    responses(
        (status = 200, body = UserBody<ProfileView>),
        (status = 404),
    ),
)]
pub async fn profile(
    desk: web::Data<ContactDesk>,
    presence: web::Data<Presence>,
    user: CurrentUser,
    whom: web::Path<UserId>,
) -> AppResult<HttpResponse> {
    let (id, whom) = (user.id(), *whom);
    let (about, contact) =
        desk.db.read(move |conn| Ok((people::about(conn, whom)?, store::find(conn, id, whom)?))).await?;
    let people::About { card, avatar_large_url, bio, last_seen_at, created_at } = about.ok_or(AppError::NotFound)?;
    let online = presence.is_online(card.id);
    let profile = Profile { card, avatar_large_url, bio, online, last_seen_at, created_at };
    Ok(HttpResponse::Ok().json(UserBody { user: ProfileView { profile, contact } }))
}
