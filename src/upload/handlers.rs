//! Uploads and avatars over REST; see the table in `docs/protocol.md`.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};

use crate::{
    account::{current_user::CurrentUser, wire::UserBody},
    error::{AppError, AppResult},
    upload::{UploadDesk, avatar, image::process::Mode, intake, receive, turnstile::Uploader, wire::Upload},
};

/// Query of `POST uploads`.
#[derive(Debug, Deserialize)]
pub struct How {
    original: Option<u8>,
}

#[derive(Serialize)]
struct UploadBody {
    upload: Upload,
}

/// `POST uploads`
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
pub async fn delete(desk: web::Data<UploadDesk>, user: CurrentUser, key: web::Path<String>) -> AppResult<HttpResponse> {
    let found = intake::take_back(&desk, user.id(), &[key.into_inner()]).await?;
    if found { Ok(HttpResponse::NoContent().finish()) } else { Err(AppError::NotFound) }
}

/// `PUT me/avatar`
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
pub async fn delete_avatar(desk: web::Data<UploadDesk>, user: CurrentUser) -> AppResult<HttpResponse> {
    let user = avatar::remove(&desk, user.id()).await?;
    Ok(HttpResponse::Ok().json(UserBody { user }))
}
