//! Serving pictures to whom they are for.
//!
//! The access is checked before anything else, so that no `304`, `206` or length tells a stranger that something is there.

use actix_files::NamedFile;
use actix_web::{
    HttpRequest, HttpResponse,
    http::{Method, header},
    web,
};
use object_store::GetResultPayload;
use serde::Deserialize;

use crate::{
    account::{reader::Reader, wire::SiteRole},
    db::connection::AnyConnection,
    error::{AppError, AppResult},
    id::{RoomId, UserId},
    room::{oversight::Oversight, store as rooms},
    upload::{
        UploadDesk,
        key::Key,
        name, paths,
        store::{self, Place},
        wire::Picture,
    },
};

/// Nothing in these files may run, whatever is in them.
const POLICY: &str = "sandbox; default-src 'none'";

/// For pictures of messages: access may end at any time, so it is asked each time.
const ASK: &str = "private, no-cache";

/// For avatars: another picture has another name.
const KEEP: &str = "private, max-age=31536000, immutable";

/// For the site's mark, which is nobody's secret.
const KEEP_OPEN: &str = "public, max-age=31536000, immutable";

/// Query of a picture.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct How {
    /// 1 to have it saved under its name.
    download: Option<u8>,
}

/// A name in a URL: `<key>.<ext>`, or `<key>-<size>.<ext>` for a smaller one.
struct Named<'a> {
    key: Key,
    size: Option<&'a str>,
    ext: &'a str,
}

impl<'a> Named<'a> {
    fn parse(file: &'a str) -> AppResult<Self> {
        let (stem, ext) = file.rsplit_once('.').ok_or(AppError::NotFound)?;
        let (key, rest) = stem.split_at_checked(22).ok_or(AppError::NotFound)?;
        let size = match rest {
            "" => None,
            rest => Some(rest.strip_prefix('-').ok_or(AppError::NotFound)?),
        };
        Ok(Self { key: Key::parse(key).ok_or(AppError::NotFound)?, size, ext })
    }
}

/// `GET /media/{key}.{ext}` and `GET /media/{key}-t.{ext}`
#[utoipa::path(
    method(get, head), path = "/media/{file}", tag = "pictures",
    summary = "A picture of a message",
    params(("file" = String, Path, description = "As in `url` and `thumb_url`."), How),
    responses(
        (status = 200, content_type = "image/*", body = Picture, description = "With `ETag` and `Range`."),
        (status = 206, content_type = "image/*", body = Picture, description = "A part of it."),
        (status = 304, description = "It is the one in `If-None-Match`."),
        (status = 404),
    ),
    security((), ("session" = []), ("token" = ["read"])),
)]
pub async fn image(
    desk: web::Data<UploadDesk>,
    reader: Result<Reader, AppError>,
    file: web::Path<String>,
    how: web::Query<How>,
    req: HttpRequest,
) -> AppResult<HttpResponse> {
    let viewer = Viewer::of(&somebody(reader)?, &desk);
    let Named { key, size, ext } = Named::parse(&file)?;
    let place = desk.accounts.db.read(move |conn| visible(conn, viewer, &key)).await?;
    let blob = Key::parse(&place.blob_key).ok_or_else(|| AppError::internal("a blob without a key"))?;
    let path = match size {
        None if ext == place.ext => paths::image_path(&blob, ext),
        Some("t") if ext == place.thumb_ext => paths::thumb_path(&blob, ext),
        _ => return Err(AppError::NotFound),
    };
    let disposition = match how.download {
        Some(download) if download != 0 => name::attachment(&name::clean(&place.name, ext)),
        _ => "inline".to_owned(),
    };
    answer(&desk, &req, &path, ASK, &disposition).await
}

/// Who asks for a picture.
#[derive(Debug, Clone, Copy)]
enum Viewer {
    /// Somebody with a session.
    Person(Person),
    /// Anybody, where the site allows guests.
    Guest,
}

#[derive(Debug, Clone, Copy)]
struct Person {
    id: UserId,
    /// How far they see, if they run the site.
    oversight: Option<Oversight>,
}

impl Viewer {
    fn of(reader: &Reader, desk: &UploadDesk) -> Self {
        let Reader::Person(user) = reader else { return Self::Guest };
        let private = desk.live.get().admins_read_private;
        let oversight = (user.card.role == SiteRole::Admin).then_some(Oversight { admin: user.id(), private });
        Self::Person(Person { id: user.id(), oversight })
    }
}

fn visible(conn: &mut AnyConnection, viewer: Viewer, key: &Key) -> AppResult<Place> {
    let place = store::place(conn, key)?.ok_or(AppError::NotFound)?;
    let allowed = match (viewer, place.room) {
        (Viewer::Person(person), Some(room)) => {
            rooms::role_in(conn, person.id, room)?.is_some() || oversees(conn, person, room, key)?
        }
        (Viewer::Person(person), None) => place.owner == person.id,
        (Viewer::Guest, Some(room)) => is_open(rooms::readable_by_guest(conn, room))?,
        (Viewer::Guest, None) => false,
    };
    if allowed { Ok(place) } else { Err(AppError::NotFound) }
}

fn is_open<T>(readable: AppResult<T>) -> AppResult<bool> {
    match readable {
        Ok(_) => Ok(true),
        Err(AppError::Unauthenticated) => Ok(false),
        Err(error) => Err(error),
    }
}

/// A blob itself, for whom other rules than those of uploads allow to see it.
///
/// # Errors
/// [`AppError::NotFound`] without such a blob; a disk that fails.
pub async fn blob(desk: &UploadDesk, req: &HttpRequest, id: i64, size: Size) -> AppResult<HttpResponse> {
    let (key, ext, thumb_ext) =
        desk.accounts.db.read(move |conn| store::files_of(conn, id)?.ok_or(AppError::NotFound)).await?;
    let key = Key::parse(&key).ok_or_else(|| AppError::internal("a blob without a key"))?;
    let path = match size {
        Size::Whole => paths::image_path(&key, &ext),
        Size::Small => paths::thumb_path(&key, &thumb_ext),
    };
    answer(desk, req, &path, ASK, "inline").await
}

/// Which of a blob's two pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// The picture.
    Whole,
    /// The small one beside it.
    Small,
}

/// An admin sees the pictures of the rooms they may read, and those of a message that waits to be judged.
fn oversees(conn: &mut AnyConnection, person: Person, room: RoomId, key: &Key) -> AppResult<bool> {
    match person.oversight {
        Some(oversight) => Ok(oversight.sees(conn, room)?.is_some() || store::is_reported(conn, key)?),
        None => Ok(false),
    }
}

/// `GET /media/avatars/{key}.jpg` and `GET /media/avatars/{key}-s.jpg`
#[utoipa::path(
    method(get, head), path = "/media/avatars/{file}", tag = "pictures",
    summary = "A person’s picture",
    params(("file" = String, Path, description = "As in `avatar_url`.")),
    responses(
        (status = 200, content_type = "image/*", body = Picture),
        (status = 304, description = "It is the one in `If-None-Match`."),
        (status = 404),
    ),
    security((), ("session" = []), ("token" = ["read"])),
)]
pub async fn avatar(
    desk: web::Data<UploadDesk>,
    reader: Result<Reader, AppError>,
    file: web::Path<String>,
    req: HttpRequest,
) -> AppResult<HttpResponse> {
    let reader = somebody(reader)?;
    let Named { key, size, ext } = Named::parse(&file)?;
    if matches!(reader, Reader::Guest) {
        let avatar = key.as_str().to_owned();
        let is_seen = desk.accounts.db.read(move |conn| Ok(rooms::is_face_for_guests(conn, &avatar)?)).await?;
        if !is_seen {
            return Err(AppError::NotFound);
        }
    }
    let [large, small] = paths::avatar_paths(&key);
    let path = match (size, ext) {
        (None, "jpg") => large,
        (Some("s"), "jpg") => small,
        _ => return Err(AppError::NotFound),
    };
    answer(&desk, &req, &path, KEEP, "inline").await
}

/// `GET /media/logos/{key}.png` and `GET /media/logos/{key}-s.png`: the mark in force, for everybody.
#[utoipa::path(
    method(get, head), path = "/media/logos/{file}", tag = "pictures",
    summary = "The site’s logo",
    params(("file" = String, Path, description = "As the setting `logo` says.")),
    responses(
        (status = 200, content_type = "image/*", body = Picture),
        (status = 304, description = "It is the one in `If-None-Match`."),
        (status = 404),
    ),
    security(()),
)]
pub async fn logo(desk: web::Data<UploadDesk>, file: web::Path<String>, req: HttpRequest) -> AppResult<HttpResponse> {
    let Named { key, size, ext } = Named::parse(&file)?;
    if desk.live.get().logo != key.as_str() {
        return Err(AppError::NotFound);
    }
    let [large, small] = paths::logo_paths(&key);
    let path = match (size, ext) {
        (None, "png") => large,
        (Some("s"), "png") => small,
        _ => return Err(AppError::NotFound),
    };
    answer(&desk, &req, &path, KEEP_OPEN, "inline").await
}

/// Who is not logged in sees what they would see if there were nothing.
fn somebody(reader: Result<Reader, AppError>) -> AppResult<Reader> {
    reader.map_err(|error| if matches!(error, AppError::Unauthenticated) { AppError::NotFound } else { error })
}

async fn answer(
    desk: &UploadDesk,
    req: &HttpRequest,
    path: &str,
    caching: &'static str,
    disposition: &str,
) -> AppResult<HttpResponse> {
    let found = desk.files.get(path).await?;
    let mime = mime_guess::from_path(path).first_or_octet_stream();
    let mut response = match found.payload {
        GetResultPayload::File(file, path) => {
            let file = NamedFile::from_file(file, path).map_err(AppError::internal)?;
            file.set_content_type(mime).disable_content_disposition().into_response(req)
        }
        // A store that is no folder: its bytes pass through, without ranges.
        GetResultPayload::Stream(_) if req.method() == Method::HEAD => {
            HttpResponse::Ok().content_type(mime).no_chunking(found.meta.size).finish()
        }
        GetResultPayload::Stream(bytes) => {
            HttpResponse::Ok().content_type(mime).no_chunking(found.meta.size).streaming(bytes)
        }
    };
    let disposition = header::HeaderValue::from_str(disposition).map_err(AppError::internal)?;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_DISPOSITION, disposition);
    headers.insert(header::CACHE_CONTROL, header::HeaderValue::from_static(caching));
    headers.insert(header::CONTENT_SECURITY_POLICY, header::HeaderValue::from_static(POLICY));
    Ok(response)
}
