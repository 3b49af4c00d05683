//! The announcement over REST, and its picture; see `docs/protocol.md`.

use actix_web::{HttpRequest, HttpResponse, web};

use crate::{
    account::{current_user::CurrentUser, reader::Reader, wire::SiteRole},
    announcement::{
        acts,
        store::{self, Picture},
        wire::MineBody,
    },
    error::{AppError, AppResult},
    id::AnnouncementId,
    upload::{
        UploadDesk,
        media::{self, Size},
        wire::Picture as PictureFile,
    },
};

/// `GET announcement`
#[utoipa::path(
    get, path = "/api/v1/announcement", tag = "announcement",
    summary = "The announcement in force",
    responses(
        (status = 200, body = MineBody),
    ),
)]
pub async fn show(desk: web::Data<UploadDesk>, user: CurrentUser) -> AppResult<HttpResponse> {
    let announcement = desk.accounts.db.read(move |conn| acts::mine(conn, user.id())).await?;
    Ok(HttpResponse::Ok().json(MineBody { announcement }))
}

/// `PUT announcement/{id}/seen`
#[utoipa::path(
    put, path = "/api/v1/announcement/{id}/seen", tag = "announcement",
    summary = "I closed this version",
    params(("id" = AnnouncementId, Path)),
    responses(
        (status = 204),
        (status = 404),
    ),
)]
pub async fn see(
    desk: web::Data<UploadDesk>,
    user: CurrentUser,
    id: web::Path<AnnouncementId>,
) -> AppResult<HttpResponse> {
    desk.accounts.db.write(move |conn| acts::see(conn, user.id(), *id)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Which versions somebody may look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sight {
    /// All, drafts included.
    All,
    /// The one in force.
    InForce,
}

/// `GET /media/announcements/{id}.{ext}` and `GET /media/announcements/{id}-t.{ext}`
#[utoipa::path(
    method(get, head), path = "/media/announcements/{file}", tag = "announcement",
    summary = "The announcement’s picture",
    params(("file" = String, Path, description = "As in `url` and `thumb_url`.")),
    responses(
        (status = 200, content_type = "image/*", body = PictureFile),
        (status = 304, description = "It is the one in `If-None-Match`."),
        (status = 404),
    ),
    security((), ("session" = []), ("token" = ["read"])),
)]
pub async fn picture(
    desk: web::Data<UploadDesk>,
    reader: Result<Reader, AppError>,
    file: web::Path<String>,
    req: HttpRequest,
) -> AppResult<HttpResponse> {
    let sight = match reader {
        Ok(Reader::Person(user)) if user.card.role == SiteRole::Admin => Sight::All,
        Ok(_) => Sight::InForce,
        Err(AppError::Unauthenticated) => return Err(AppError::NotFound),
        Err(error) => return Err(error),
    };
    let (stem, ext) = file.rsplit_once('.').ok_or(AppError::NotFound)?;
    let (id, is_small) = stem.strip_suffix("-t").map_or((stem, false), |id| (id, true));
    let id = AnnouncementId(id.parse().map_err(|_| AppError::NotFound)?);
    let picture = desk.accounts.db.read(move |conn| visible(conn, sight, id)).await?;
    let size = match is_small {
        false if ext == picture.ext => Size::Whole,
        true if ext == picture.thumb_ext => Size::Small,
        _ => return Err(AppError::NotFound),
    };
    media::blob(&desk, &req, picture.blob, size).await
}

fn visible(conn: &mut crate::db::connection::AnyConnection, sight: Sight, id: AnnouncementId) -> AppResult<Picture> {
    if sight == Sight::InForce && store::current_id(conn)? != Some(id) {
        return Err(AppError::NotFound);
    }
    store::find(conn, id)?.and_then(|version| version.picture).ok_or(AppError::NotFound)
}
