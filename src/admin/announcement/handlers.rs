//! The announcement for admins over REST; see the table in `docs/protocol.md`.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};
use serde::Deserialize;

use crate::{
    account::current_user::Admin,
    admin::announcement::{
        form::DraftForm,
        wire::{Overview, VersionBody},
    },
    announcement::{
        acts::{self, Replacing},
        content::Words,
        store::{self, Version},
    },
    db::connection::AnyConnection,
    error::{AppError, AppResult},
    id::AnnouncementId,
    upload::UploadDesk,
    web::body::{Json, nullable},
};

/// `GET admin/announcements`
#[utoipa::path(
    get, path = "/api/v1/admin/announcements", tag = "console: announcement",
    summary = "All versions",
    responses(
        (status = 200, body = Overview),
    ),
)]
pub async fn list(desk: web::Data<UploadDesk>, _: Admin) -> AppResult<HttpResponse> {
    Ok(HttpResponse::Ok().json(desk.accounts.db.read(Overview::read).await?))
}

/// Body of `POST admin/announcements` and of `PATCH admin/announcements/{id}`, where what is absent stays.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[schema(as = AnnouncementDraft)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    /// At most 60 characters.
    title: Option<String>,
    /// At most 500 characters.
    text: Option<String>,
    /// What the image shows, at most 200 characters.
    alt: Option<String>,
    /// Also behind the chat.
    background: Option<bool>,
    /// The id of my own; null takes the image away.
    #[serde(default, deserialize_with = "nullable")]
    upload: Option<Option<String>>,
}

impl Draft {
    /// With what it does not say taken from `old`.
    fn words(&self, old: Words) -> AppResult<Words> {
        let or = |new: &Option<String>, old: String| new.clone().unwrap_or(old);
        let Words { title, text, alt, background } = old;
        let words = Words {
            title: or(&self.title, title),
            text: or(&self.text, text),
            alt: or(&self.alt, alt),
            background: self.background.unwrap_or(background),
        };
        words.check()
    }

    fn picture(&self) -> Replacing {
        match &self.upload {
            None => Replacing::Nothing,
            Some(None) => Replacing::Removed,
            Some(Some(upload)) => Replacing::By(upload.clone()),
        }
    }
}

/// `POST admin/announcements`
#[utoipa::path(
    post, path = "/api/v1/admin/announcements", tag = "console: announcement",
    summary = "Make a draft",
    description = "Also as `multipart/form-data`, with `file` in the place of `upload`.",
    request_body = Draft,
    responses(
        (status = 201, body = VersionBody),
        (status = 408, description = "`timeout`"),
        (status = 413, description = "`too_large`, `quota`"),
        (status = 415, description = "`unsupported_media`"),
        (status = 507, description = "`storage`, `site_full`"),
    ),
)]
pub async fn create(desk: web::Data<UploadDesk>, admin: Admin, body: Json<Draft>) -> AppResult<HttpResponse> {
    let (words, picture, author) = (body.0.words(Words::default())?, body.0.picture(), admin.id());
    let version = desk.accounts.db.ordered(move |conn| acts::draft(conn, author, &words, &picture)).await?;
    desk.sweeper.notify_one();
    answer(&desk, &version, StatusCode::CREATED).await
}

/// `POST admin/announcements` as `multipart/form-data`
pub async fn create_with_picture(
    desk: web::Data<UploadDesk>,
    admin: Admin,
    req: HttpRequest,
    payload: web::Payload,
) -> AppResult<HttpResponse> {
    let form = DraftForm::receive(&desk, admin.id(), &req, payload).await?;
    let version = form.store(desk.clone(), admin.id()).await?;
    answer(&desk, &version, StatusCode::CREATED).await
}

/// `PATCH admin/announcements/{id}`
#[utoipa::path(
    patch, path = "/api/v1/admin/announcements/{id}", tag = "console: announcement",
    summary = "Change a draft",
    params(("id" = AnnouncementId, Path)),
    request_body = Draft,
    responses(
        (status = 200, body = VersionBody),
        (status = 404),
        (status = 409, description = "`published`"),
    ),
)]
pub async fn update(
    desk: web::Data<UploadDesk>,
    admin: Admin,
    id: web::Path<AnnouncementId>,
    body: Json<Draft>,
) -> AppResult<HttpResponse> {
    let (id, draft, author) = (*id, body.0, admin.id());
    let work = move |conn: &mut AnyConnection| {
        let old = store::find(conn, id)?.ok_or(AppError::NotFound)?;
        acts::revise(conn, author, id, &draft.words(old.words)?, &draft.picture())
    };
    let version = desk.accounts.db.ordered(work).await?;
    desk.sweeper.notify_one();
    answer(&desk, &version, StatusCode::OK).await
}

/// `DELETE admin/announcements/{id}`
#[utoipa::path(
    delete, path = "/api/v1/admin/announcements/{id}", tag = "console: announcement",
    summary = "Discard a draft",
    params(("id" = AnnouncementId, Path)),
    responses(
        (status = 204),
        (status = 404),
        (status = 409, description = "`published`"),
    ),
)]
pub async fn delete(desk: web::Data<UploadDesk>, _: Admin, id: web::Path<AnnouncementId>) -> AppResult<HttpResponse> {
    desk.accounts.db.ordered(move |conn| acts::discard(conn, *id)).await?;
    desk.sweeper.notify_one();
    Ok(HttpResponse::NoContent().finish())
}

/// `POST admin/announcements/{id}/publish`
#[utoipa::path(
    post, path = "/api/v1/admin/announcements/{id}/publish", tag = "console: announcement",
    summary = "Put a draft in force",
    params(("id" = AnnouncementId, Path)),
    responses(
        (status = 200, body = VersionBody),
        (status = 404),
        (status = 409, description = "`published`"),
    ),
)]
pub async fn publish(
    desk: web::Data<UploadDesk>,
    admin: Admin,
    id: web::Path<AnnouncementId>,
) -> AppResult<HttpResponse> {
    let version = put_in_force(&desk, &admin, *id, None).await?;
    answer(&desk, &version, StatusCode::OK).await
}

/// `POST admin/announcements/{id}/restore`
#[utoipa::path(
    post, path = "/api/v1/admin/announcements/{id}/restore", tag = "console: announcement",
    summary = "Put an old version in force again",
    params(("id" = AnnouncementId, Path)),
    responses(
        (status = 201, body = VersionBody, description = "A new version made of it."),
        (status = 404),
        (status = 409, description = "`draft`"),
    ),
)]
pub async fn restore(
    desk: web::Data<UploadDesk>,
    admin: Admin,
    id: web::Path<AnnouncementId>,
) -> AppResult<HttpResponse> {
    let version = bring_back(&desk, &admin, *id).await?;
    answer(&desk, &version, StatusCode::CREATED).await
}

/// `POST admin/announcements/{id}/withdraw`
#[utoipa::path(
    post, path = "/api/v1/admin/announcements/{id}/withdraw", tag = "console: announcement",
    summary = "Withdraw the announcement",
    params(("id" = AnnouncementId, Path)),
    responses(
        (status = 200, body = VersionBody),
        (status = 404),
        (status = 409, description = "`not_in_force`"),
    ),
)]
pub async fn withdraw(
    desk: web::Data<UploadDesk>,
    admin: Admin,
    id: web::Path<AnnouncementId>,
) -> AppResult<HttpResponse> {
    let version = take_back(&desk, &admin, *id).await?;
    answer(&desk, &version, StatusCode::OK).await
}

/// Publishes a draft, with other words if there are any.
///
/// # Errors
/// Not found, published already; a database that does not answer.
pub async fn put_in_force(
    desk: &UploadDesk,
    admin: &Admin,
    id: AnnouncementId,
    words: Option<Words>,
) -> AppResult<Version> {
    let (actor, author) = (admin.actor(), admin.id());
    let work = move |conn: &mut AnyConnection| acts::publish(conn, &actor, author, id, words.as_ref());
    let version = desk.accounts.db.ordered(work).await?;
    desk.sweeper.notify_one();
    Ok(version)
}

pub(super) async fn bring_back(desk: &UploadDesk, admin: &Admin, id: AnnouncementId) -> AppResult<Version> {
    let (actor, author) = (admin.actor(), admin.id());
    let version = desk.accounts.db.ordered(move |conn| acts::restore(conn, &actor, author, id)).await?;
    desk.sweeper.notify_one();
    Ok(version)
}

pub(super) async fn take_back(desk: &UploadDesk, admin: &Admin, id: AnnouncementId) -> AppResult<Version> {
    let actor = admin.actor();
    desk.accounts.db.ordered(move |conn| acts::withdraw(conn, &actor, id)).await
}

async fn answer(desk: &UploadDesk, version: &Version, status: StatusCode) -> AppResult<HttpResponse> {
    let id = version.id;
    let mut overview = desk.accounts.db.read(Overview::read).await?;
    let place = overview.announcements.iter().position(|listed| listed.announcement.id == id);
    let announcement = overview.announcements.swap_remove(place.ok_or(AppError::NotFound)?);
    Ok(HttpResponse::build(status).json(VersionBody { announcement }))
}
