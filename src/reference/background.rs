//! `/upload_global_background`: the announcement, in one step.

use actix_web::{HttpRequest, HttpResponse, http::header, web};

use crate::{
    account::current_user::Admin,
    admin::announcement::{form::DraftForm, handlers::put_in_force},
    error::{AppError, AppResult},
    reference::home,
    upload::UploadDesk,
};

/// `GET /upload_global_background`: the page for it.
pub async fn form(_: Admin) -> HttpResponse {
    HttpResponse::Found().insert_header((header::LOCATION, "/admin/announcement/")).finish()
}

/// `POST /upload_global_background` with the picture as `image`: it is published at once.
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
