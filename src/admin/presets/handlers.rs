//! Presets over REST; see the table in `docs/protocol.md`.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::json;

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
        wire::chips,
    },
    room::countdown::store as countdowns,
    upload::{
        UploadDesk,
        media::{self, Size},
    },
    web::body::Json,
};

/// `GET admin/presets`
pub async fn list(desk: web::Data<PresetDesk>, _: Admin) -> AppResult<HttpResponse> {
    let presets = desk.db.read(|conn| Ok(store::all(conn)?)).await?;
    Ok(HttpResponse::Ok().json(json!({ "presets": presets, "chips": chips(&presets) })))
}

/// `POST admin/presets`
pub async fn create(desk: web::Data<PresetDesk>, admin: Admin, body: Json<Change>) -> AppResult<HttpResponse> {
    let by = by(&admin);
    let preset = desk.db.ordered(move |conn| acts::create(conn, &by, &body.0)).await?;
    Ok(HttpResponse::Created().json(json!({ "preset": preset })))
}

/// `PATCH admin/presets/{id}`
pub async fn update(
    desk: web::Data<PresetDesk>,
    admin: Admin,
    id: web::Path<PresetId>,
    body: Json<Change>,
) -> AppResult<HttpResponse> {
    let by = by(&admin);
    let preset = desk.db.ordered(move |conn| acts::update(conn, &by, *id, &body.0)).await?;
    desk.sweeper.notify_one();
    Ok(HttpResponse::Ok().json(json!({ "preset": preset })))
}

/// `DELETE admin/presets/{id}`
pub async fn delete(desk: web::Data<PresetDesk>, admin: Admin, id: web::Path<PresetId>) -> AppResult<HttpResponse> {
    let by = by(&admin);
    desk.db.ordered(move |conn| acts::delete(conn, &by, *id)).await?;
    desk.sweeper.notify_one();
    Ok(HttpResponse::NoContent().finish())
}

/// Body of `POST admin/presets/{id}/move`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Move {
    before: Option<PresetId>,
}

/// `POST admin/presets/{id}/move`
pub async fn relocate(
    desk: web::Data<PresetDesk>,
    admin: Admin,
    id: web::Path<PresetId>,
    body: Json<Move>,
) -> AppResult<HttpResponse> {
    let (by, place) = (by(&admin), body.0.before.map_or(Place::Last, Place::Before));
    let presets = desk.db.ordered(move |conn| acts::relocate(conn, &by, *id, place)).await?;
    Ok(HttpResponse::Ok().json(json!({ "presets": presets })))
}

/// Query of a preset's picture.
#[derive(Debug, Deserialize)]
pub struct Which {
    small: Option<u8>,
}

/// `GET admin/presets/{id}/image`
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
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Send {
    room: RoomId,
    client_id: String,
}

/// `POST admin/presets/{id}/send`
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
pub async fn countdowns(desk: web::Data<PresetDesk>, _: Admin) -> AppResult<HttpResponse> {
    let countdowns = desk.db.read(|conn| Ok(countdowns::all_running(conn)?)).await?;
    Ok(HttpResponse::Ok().json(json!({ "countdowns": countdowns })))
}

/// `POST admin/countdowns/{id}/stop`
pub async fn stop(desk: web::Data<PresetDesk>, admin: Admin, id: web::Path<CountdownId>) -> AppResult<HttpResponse> {
    let stopped = countdown::stop(&desk, by(&admin), admin.user.card.clone(), *id).await?;
    if stopped { Ok(HttpResponse::NoContent().finish()) } else { Err(ENDED) }
}

/// What whoever stops it too late is told.
const ENDED: AppError = AppError::Conflict("countdown_ended", "The countdown has ended.");
