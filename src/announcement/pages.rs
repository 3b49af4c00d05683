//! The announcement's own page, for browsers without JavaScript.

use actix_web::{HttpResponse, web};
use serde_json::json;

use crate::{
    account::{current_user::CurrentUser, pages::see_other},
    announcement::acts,
    error::AppResult,
    id::AnnouncementId,
    upload::UploadDesk,
    web::pages::{Pages, View},
};

/// `GET /announcement/`
pub async fn announcement(
    desk: web::Data<UploadDesk>,
    pages: web::Data<Pages>,
    view: View,
    user: CurrentUser,
) -> AppResult<HttpResponse> {
    let announcement = desk.accounts.db.read(move |conn| acts::mine(conn, user.id())).await?;
    let context = json!({ "announcement": announcement });
    pages.render(&view, "announcement/announcement.html", &context)
}

/// `POST /announcement/{id}/seen`
pub async fn see(
    desk: web::Data<UploadDesk>,
    user: CurrentUser,
    id: web::Path<AnnouncementId>,
) -> AppResult<HttpResponse> {
    desk.accounts.db.write(move |conn| acts::see(conn, user.id(), *id)).await?;
    Ok(see_other("/").finish())
}
