//! `/upload_global_background`: the announcement, in one step.

use actix_web::{HttpRequest, HttpResponse, http::header, web};

use crate::{
    account::current_user::Admin,
    admin::announcement::{form::DraftForm, handlers::put_in_force},
    error::{AppError, AppResult},
    reference::{api::PictureForm, home},
    upload::UploadDesk,
};

/// `GET /upload_global_background`: the page for it.
#[utoipa::path(
    get, path = "/upload_global_background", tag = "classic",
    summary = "To the page of the announcement",
    responses(
        (status = 302, description = "To the console."),
    ),
    security(("session" = []), ("token" = ["admin"])),
)]
pub async fn form(_: Admin) -> HttpResponse {
    HttpResponse::Found().insert_header((header::LOCATION, "/admin/announcement/")).finish()
}

/// `POST /upload_global_background` with the picture as `image`: it is published at once.
#[utoipa::path(
    post, path = "/upload_global_background", tag = "classic",
    summary = "Announce a picture",
    request_body(content = PictureForm, content_type = "multipart/form-data"),
    responses(
        (status = 302, description = "To the chat."),
        (status = 422),
    ),
    security(("session" = []), ("token" = ["admin"])),
)]
pub async fn upload(
    desk: web::Data<UploadDesk>,
    admin: Admin,
    req: HttpRequest,
    payload: web::Payload,
) -> AppResult<HttpResponse> {
    let draft = DraftForm::receive(&desk, admin.id(), &req, payload).await?;
    if !draft.has_file() {
        return Err(AppError::Invalid("Send the picture as the field \"image\".".into()));
    }
    let version = draft.store(desk.clone(), admin.id()).await?;
    put_in_force(&desk, &admin, version.id, None).await?;
    Ok(home())
}
