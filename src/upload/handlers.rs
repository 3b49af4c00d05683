//! Uploads and avatars over REST; see the table in `docs/protocol.md`.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};

use crate::{
    account::{
        current_user::CurrentUser,
        wire::{Me, UserBody},
    },
    error::{AppError, AppResult},
    upload::{
        UploadDesk, avatar,
        image::process::Mode,
        intake, receive,
        turnstile::Uploader,
        wire::{FileForm, Upload},
    },
};

/// Query of `POST uploads`.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct How {
    /// 1 keeps the bytes of the picture.
    original: Option<u8>,
}

/// Body of the answer.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct UploadBody {
    /// The picture.
    upload: Upload,
}

/// `POST uploads`
#[utoipa::path(
    post, path = "/api/v1/uploads", tag = "pictures",
    summary = "Upload a picture",
    params(How),
    request_body(content = FileForm, content_type = "multipart/form-data"),
    responses(
        (status = 201, body = UploadBody, description = "It waits 24 hours for its message."),
        (status = 408, description = "`timeout`"),
        (status = 413, description = "`too_large`, `quota`"),
        (status = 415, description = "`unsupported_media`"),
        (status = 422, description = "`bad_image`"),
        (status = 507, description = "`storage`, `site_full`"),
    ),
)]
pub async fn create(
    desk: web::Data<UploadDesk>,
    user: CurrentUser,
    how: web::Query<How>,
    req: HttpRequest,
    payload: web::Payload,
) -> AppResult<HttpResponse> {
    let mode = mode(&desk, how.original.is_some_and(|original| original != 0))?;
    let owner = user.id();
    let turn = desk.turnstile.enter(Uploader::Person(owner))?;
    let take_in = async move {
        let file = receive::file(&desk.files, desk.rules().upload_bytes, &req, payload);
        let received = desk.accounts.bars.unless_barred(owner, file).await?;
        intake::take_in(&desk, owner, received, mode).await
    };
    let upload = turn.to_the_end(take_in).await?;
    Ok(HttpResponse::Created().json(UploadBody { upload }))
}

fn mode(desk: &UploadDesk, original: bool) -> AppResult<Mode> {
    match (original, desk.rules().original_bytes) {
        (false, _) => Ok(Mode::Budget(desk.rules().image_budget)),
        (true, 0) => Err(AppError::Forbidden("Originals are not kept here.")),
        (true, limit) => Ok(Mode::Original(limit)),
    }
}

/// `DELETE uploads/{key}`
#[utoipa::path(
    delete, path = "/api/v1/uploads/{id}", tag = "pictures",
    summary = "Take back a picture that is in no message",
    params(("id" = String, Path)),
    responses(
        (status = 204),
        (status = 404),
    ),
)]
pub async fn delete(desk: web::Data<UploadDesk>, user: CurrentUser, key: web::Path<String>) -> AppResult<HttpResponse> {
    let found = intake::take_back(&desk, user.id(), &[key.into_inner()]).await?;
    if found { Ok(HttpResponse::NoContent().finish()) } else { Err(AppError::NotFound) }
}

/// `PUT me/avatar`
#[utoipa::path(
    put, path = "/api/v1/me/avatar", tag = "pictures",
    summary = "Set my picture",
    request_body(content = FileForm, content_type = "multipart/form-data"),
    responses(
        (status = 200, body = UserBody<Me>),
        (status = 408, description = "`timeout`"),
        (status = 413, description = "`too_large`, `quota`"),
        (status = 415, description = "`unsupported_media`"),
        (status = 422, description = "`bad_image`"),
        (status = 507, description = "`storage`, `site_full`"),
    ),
)]
pub async fn set_avatar(
    desk: web::Data<UploadDesk>,
    user: CurrentUser,
    req: HttpRequest,
    payload: web::Payload,
) -> AppResult<HttpResponse> {
    let user = user.id();
    let turn = desk.turnstile.enter(Uploader::Person(user))?;
    let change = async move {
        let file = receive::file(&desk.files, desk.rules().upload_bytes, &req, payload);
        let received = desk.accounts.bars.unless_barred(user, file).await?;
        let made = avatar::make(&desk, received).await?;
        avatar::set(&desk, user, made).await
    };
    let user = turn.to_the_end(change).await?;
    Ok(HttpResponse::Ok().json(UserBody { user }))
}

/// `DELETE me/avatar`
#[utoipa::path(
    delete, path = "/api/v1/me/avatar", tag = "pictures",
    summary = "Take my picture away",
    responses(
        (status = 200, body = UserBody<Me>),
    ),
)]
pub async fn delete_avatar(desk: web::Data<UploadDesk>, user: CurrentUser) -> AppResult<HttpResponse> {
    let user = avatar::remove(&desk, user.id()).await?;
    Ok(HttpResponse::Ok().json(UserBody { user }))
}
