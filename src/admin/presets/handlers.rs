//! Presets over REST; see the table in `docs/protocol.md`.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use crate::{
    account::current_user::Admin,
    admin::presets::by,
    error::{AppError, AppResult},
    id::{CountdownId, PresetId, RoomId},
    preset::{
        PresetDesk,
        acts::{self, Place},
        content::Change,
        countdown,
        send::{self, Press},
        store,
        wire::{PresetBody, PresetOrder, PresetsBody, Pressed, chips},
    },
    room::countdown::{CountdownsBody, store as countdowns},
    upload::{
        UploadDesk,
        media::{self, Size},
        wire::Picture as PictureFile,
    },
    web::body::Json,
};

/// `GET admin/presets`
#[utoipa::path(
    get, path = "/api/v1/admin/presets", tag = "console: presets",
    summary = "Presets",
    responses(
        (status = 200, body = PresetsBody),
    ),
)]
pub async fn list(desk: web::Data<PresetDesk>, _: Admin) -> AppResult<HttpResponse> {
    let presets = desk.db.read(|conn| Ok(store::all(conn)?)).await?;
    Ok(HttpResponse::Ok().json(PresetsBody { chips: chips(&presets), presets }))
}

/// `POST admin/presets`
#[utoipa::path(
    post, path = "/api/v1/admin/presets", tag = "console: presets",
    summary = "Make a preset",
    request_body = Change,
    responses(
        (status = 201, body = PresetBody),
        (status = 409, description = "`too_many`"),
    ),
)]
pub async fn create(desk: web::Data<PresetDesk>, admin: Admin, body: Json<Change>) -> AppResult<HttpResponse> {
    let by = by(&admin);
    let preset = desk.db.ordered(move |conn| acts::create(conn, &by, &body.0)).await?;
    Ok(HttpResponse::Created().json(PresetBody { preset }))
}

/// `PATCH admin/presets/{id}`
#[utoipa::path(
    patch, path = "/api/v1/admin/presets/{id}", tag = "console: presets",
    summary = "Change a preset",
    params(("id" = PresetId, Path)),
    request_body = Change,
    responses(
        (status = 200, body = PresetBody),
        (status = 404),
    ),
)]
pub async fn update(
    desk: web::Data<PresetDesk>,
    admin: Admin,
    id: web::Path<PresetId>,
    body: Json<Change>,
) -> AppResult<HttpResponse> {
    let by = by(&admin);
    let preset = desk.db.ordered(move |conn| acts::update(conn, &by, *id, &body.0)).await?;
    desk.sweeper.notify_one();
    Ok(HttpResponse::Ok().json(PresetBody { preset }))
}

/// `DELETE admin/presets/{id}`
#[utoipa::path(
    delete, path = "/api/v1/admin/presets/{id}", tag = "console: presets",
    summary = "Delete a preset",
    params(("id" = PresetId, Path)),
    responses(
        (status = 204, description = "What was sent stays."),
        (status = 404),
    ),
)]
pub async fn delete(desk: web::Data<PresetDesk>, admin: Admin, id: web::Path<PresetId>) -> AppResult<HttpResponse> {
    let by = by(&admin);
    desk.db.ordered(move |conn| acts::delete(conn, &by, *id)).await?;
    desk.sweeper.notify_one();
    Ok(HttpResponse::NoContent().finish())
}

/// Body of `POST admin/presets/{id}/move`.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[schema(as = PresetMove)]
#[serde(deny_unknown_fields)]
pub struct Move {
    /// The id of another one; absent: behind all.
    before: Option<PresetId>,
}

/// `POST admin/presets/{id}/move`
#[utoipa::path(
    post, path = "/api/v1/admin/presets/{id}/move", tag = "console: presets",
    summary = "Move a preset",
    params(("id" = PresetId, Path)),
    request_body = Move,
    responses(
        (status = 200, body = PresetOrder),
        (status = 404),
    ),
)]
pub async fn relocate(
    desk: web::Data<PresetDesk>,
    admin: Admin,
    id: web::Path<PresetId>,
    body: Json<Move>,
) -> AppResult<HttpResponse> {
    let (by, place) = (by(&admin), body.0.before.map_or(Place::Last, Place::Before));
    let presets = desk.db.ordered(move |conn| acts::relocate(conn, &by, *id, place)).await?;
    Ok(HttpResponse::Ok().json(PresetOrder { presets }))
}

/// Query of a preset's picture.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Which {
    /// 1 for the small one.
    small: Option<u8>,
}

/// `GET admin/presets/{id}/image`
#[utoipa::path(
    get, path = "/api/v1/admin/presets/{id}/image", tag = "console: presets",
    summary = "A preset’s picture",
    params(("id" = PresetId, Path), Which),
    responses(
        (status = 200, content_type = "image/*", body = PictureFile),
        (status = 304, description = "It is the one in `If-None-Match`."),
        (status = 404),
    ),
)]
pub async fn image(
    desk: web::Data<UploadDesk>,
    _: Admin,
    id: web::Path<PresetId>,
    which: web::Query<Which>,
    req: HttpRequest,
) -> AppResult<HttpResponse> {
    let size = if which.small.is_some_and(|small| small != 0) { Size::Small } else { Size::Whole };
    let preset = desk.accounts.db.read(move |conn| acts::find(conn, *id)).await?;
    let blob = preset.blob.ok_or(AppError::NotFound)?;
    media::blob(&desk, &req, blob.id, size).await
}

/// Body of `POST admin/presets/{id}/send`.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[schema(as = PresetSend)]
#[serde(deny_unknown_fields)]
pub struct Send {
    /// Where.
    room: RoomId,
    /// As of any message.
    client_id: String,
}

/// `POST admin/presets/{id}/send`
#[utoipa::path(
    post, path = "/api/v1/admin/presets/{id}/send", tag = "console: presets",
    summary = "Send a preset",
    params(("id" = PresetId, Path)),
    request_body = Send,
    responses(
        (status = 201, body = Pressed),
        (status = 200, body = Pressed, description = "The same was sent before."),
        (status = 404),
        (status = 409, description = "`countdown_running`, `client_id_reused`"),
    ),
)]
pub async fn send(
    desk: web::Data<PresetDesk>,
    admin: Admin,
    id: web::Path<PresetId>,
    body: Json<Send>,
) -> AppResult<HttpResponse> {
    let Send { room, client_id } = body.0;
    let client_id = send::client_id(&client_id)?;
    let press = Press { card: admin.user.card.clone(), actor: admin.actor(), room, preset: *id, client_id };
    let pressed = send::press(&desk, press).await?;
    let mut response = if pressed.fresh { HttpResponse::Created() } else { HttpResponse::Ok() };
    Ok(response.json(pressed))
}

/// `GET admin/countdowns`
#[utoipa::path(
    get, path = "/api/v1/admin/countdowns", tag = "console: presets",
    summary = "Countdowns that run",
    responses(
        (status = 200, body = CountdownsBody),
    ),
)]
pub async fn countdowns(desk: web::Data<PresetDesk>, _: Admin) -> AppResult<HttpResponse> {
    let countdowns = desk.db.read(|conn| Ok(countdowns::all_running(conn)?)).await?;
    Ok(HttpResponse::Ok().json(CountdownsBody { countdowns }))
}

/// `POST admin/countdowns/{id}/stop`
#[utoipa::path(
    post, path = "/api/v1/admin/countdowns/{id}/stop", tag = "console: presets",
    summary = "Stop a countdown",
    params(("id" = CountdownId, Path)),
    responses(
        (status = 204),
        (status = 404),
        (status = 409, description = "`countdown_ended`"),
    ),
)]
pub async fn stop(desk: web::Data<PresetDesk>, admin: Admin, id: web::Path<CountdownId>) -> AppResult<HttpResponse> {
    let stopped = countdown::stop(&desk, by(&admin), admin.user.card.clone(), *id).await?;
    if stopped { Ok(HttpResponse::NoContent().finish()) } else { Err(ENDED) }
}

/// What whoever stops it too late is told.
const ENDED: AppError = AppError::Conflict("countdown_ended", "The countdown has ended.");
