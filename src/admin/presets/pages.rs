//! The pages of presets: the list with the countdowns that run, the form, the question before one is deleted.

use std::collections::HashMap;

use actix_web::{HttpRequest, HttpResponse, ResponseError as _, http::StatusCode, web};
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    account::wire::Card,
    admin::{
        console::Console,
        flash::{Flash, see_other},
        presets::{
            by,
            form::{self, Values},
        },
        table::confirm::{Confirm, Item},
    },
    db::time,
    error::{AppError, AppResult},
    id::{CountdownId, PresetId, RoomId},
    message::body::Body,
    preset::{
        PresetDesk,
        acts::{self, Place},
        content::{Change, LABEL, LONGEST, SHORTEST, TEXT},
        countdown, store,
        wire::{PresetView, chips},
    },
    room::{
        countdown::{Countdown, store as countdowns},
        store as rooms,
    },
    upload::{UploadDesk, intake},
};

/// Where the list is.
const LIST: &str = "/admin/presets/";

/// `GET /admin/presets/`
pub async fn list(desk: web::Data<PresetDesk>, console: Console) -> AppResult<HttpResponse> {
    let (presets, running, names) = desk
        .db
        .read(|conn| {
            let running = countdowns::all_running(conn)?;
            let mut names: HashMap<RoomId, String> = HashMap::new();
            for countdown in &running {
                let room = rooms::find(conn, countdown.room)?;
                names.insert(countdown.room, room.map(|room| room.name).unwrap_or_default());
            }
            Ok((store::all(conn)?, running, names))
        })
        .await?;
    let now = time::now();
    let row = |countdown: &Countdown| {
        let left = (countdown.ends_at - now).num_seconds().max(0);
        json!({ "countdown": countdown, "room": names.get(&countdown.room), "left": format!("{:02}:{:02}", left / 60, left % 60) })
    };
    let context = json!({
        "presets": rows(&presets),
        "chips": chips(&presets),
        "running": running.iter().map(row).collect::<Vec<_>>(),
        "server_time": time::rfc3339(&now),
    });
    console.render("presets", "presets", context).await
}

/// Presets as the templates show them: with the label of what follows, and the id as a form sends it.
fn rows(presets: &[PresetView]) -> Vec<Row<'_>> {
    let label = |id: PresetId| presets.iter().find(|other| other.id == id).map(|other| other.label.as_str());
    let row = |preset| Row { preset, next_label: preset.next.and_then(label), choice: preset.id.to_string() };
    presets.iter().map(row).collect()
}

#[derive(Serialize)]
struct Row<'a> {
    #[serde(flatten)]
    preset: &'a PresetView,
    next_label: Option<&'a str>,
    choice: String,
}

/// A preset's message as the stream would show it now.
fn preview(preset: &PresetView, sender: &Card) -> Value {
    let body = Body::parse(&preset.text, TEXT).unwrap_or_else(|_| Body::blank());
    let image = preset.image.iter().map(|image| {
        json!({ "url": image.url, "thumb_url": image.thumb_url, "width": image.width, "height": image.height, "name": preset.label })
    });
    json!({
        "kind": "preset",
        "sender": sender,
        "created_at": time::rfc3339(&time::now()),
        "spans": body.spans(),
        "uploads": image.collect::<Vec<_>>(),
        "reactions": [],
        "reply_to": null,
        "edited_at": null,
        "recalled_at": null,
        "deleted_at": null,
    })
}

/// What a form page shows.
struct Form<'a> {
    preset: Option<&'a PresetView>,
    values: Values,
    error: Option<AppError>,
}

impl Form<'_> {
    async fn show(self, desk: &PresetDesk, console: &Console) -> AppResult<HttpResponse> {
        let presets = desk.db.read(|conn| Ok(store::all(conn)?)).await?;
        let status = self.error.as_ref().map_or(StatusCode::OK, AppError::status_code);
        let codes: HashMap<&str, &str> = match self.error.as_ref().and_then(AppError::fields) {
            Some(fields) => fields.iter().map(|(field, error)| (*field, error.code)).collect(),
            None => HashMap::new(),
        };
        let alert = self.error.as_ref().filter(|error| error.fields().is_none()).map(AppError::code);
        let rows = rows(&presets);
        let shown = self.preset.and_then(|preset| rows.iter().find(|row| row.preset.id == preset.id));
        let context = json!({
            "preset": shown,
            "preview": shown.map(|row| preview(row.preset, &console.admin.user.card)),
            "values": self.values,
            "codes": codes,
            "alert": alert,
            "others": rows,
            "label_max": LABEL,
            "shortest": SHORTEST,
            "longest": LONGEST,
        });
        console.render_as(status, "presets", "preset", context).await
    }
}

/// `GET /admin/presets/new`
pub async fn blank(desk: web::Data<PresetDesk>, console: Console) -> AppResult<HttpResponse> {
    let values = Values { seconds: "100".into(), ..Values::default() };
    Form { preset: None, values, error: None }.show(&desk, &console).await
}

/// `GET /admin/presets/{id}`
pub async fn show(desk: web::Data<PresetDesk>, console: Console, id: web::Path<PresetId>) -> AppResult<HttpResponse> {
    let preset = desk.db.read(move |conn| acts::find(conn, *id)).await?;
    Form { values: Values::from(&preset), preset: Some(&preset), error: None }.show(&desk, &console).await
}

/// `POST /admin/presets/new`
pub async fn create(
    desk: web::Data<PresetDesk>,
    uploads: web::Data<UploadDesk>,
    console: Console,
    req: HttpRequest,
    payload: web::Payload,
) -> AppResult<HttpResponse> {
    let filled = form::receive(&uploads, &req, payload).await?;
    let values = filled.values.clone();
    let by = by(&console.admin);
    let saved = match filled.into_change(&uploads, &console.admin).await {
        Ok(change) => {
            let wanted = change.clone();
            let saved = desk.db.ordered(move |conn| acts::create(conn, &by, &wanted)).await;
            keep_or_take_back(&uploads, &console, &change, saved).await
        }
        Err(error) => Err(error),
    };
    match saved {
        Ok(preset) => Ok(see_other(LIST, &Flash::done("preset-added").name(preset.label))),
        Err(error) if error.is_fault() => Err(error),
        Err(error) => Form { preset: None, values, error: Some(error) }.show(&desk, &console).await,
    }
}

/// `POST /admin/presets/{id}`
pub async fn save(
    desk: web::Data<PresetDesk>,
    uploads: web::Data<UploadDesk>,
    console: Console,
    id: web::Path<PresetId>,
    req: HttpRequest,
    payload: web::Payload,
) -> AppResult<HttpResponse> {
    let id = *id;
    let filled = form::receive(&uploads, &req, payload).await?;
    let values = filled.values.clone();
    let preset = desk.db.read(move |conn| acts::find(conn, id)).await?;
    let by = by(&console.admin);
    let saved = match filled.into_change(&uploads, &console.admin).await {
        Ok(change) => {
            let wanted = change.clone();
            let saved = desk.db.ordered(move |conn| acts::update(conn, &by, id, &wanted)).await;
            keep_or_take_back(&uploads, &console, &change, saved).await
        }
        Err(error) => Err(error),
    };
    desk.sweeper.notify_one();
    match saved {
        Ok(preset) => Ok(see_other(LIST, &Flash::done("preset-saved").name(preset.label))),
        Err(error) if error.is_fault() || matches!(error, AppError::NotFound) => Err(error),
        Err(error) => Form { preset: Some(&preset), values, error: Some(error) }.show(&desk, &console).await,
    }
}

/// A picture whose preset was refused is nobody's any more.
async fn keep_or_take_back(
    uploads: &UploadDesk,
    console: &Console,
    change: &Change,
    saved: AppResult<PresetView>,
) -> AppResult<PresetView> {
    if saved.is_err()
        && let Some(Some(key)) = &change.upload
    {
        let taken = intake::take_back(uploads, console.admin.id(), std::slice::from_ref(key)).await;
        taken.map(drop).unwrap_or_else(|error| error.log());
    }
    saved
}

/// `POST /admin/presets/{id}/up`
pub async fn up(desk: web::Data<PresetDesk>, console: Console, id: web::Path<PresetId>) -> AppResult<HttpResponse> {
    relocate(&desk, &console, *id, Place::Up).await
}

/// `POST /admin/presets/{id}/down`
pub async fn down(desk: web::Data<PresetDesk>, console: Console, id: web::Path<PresetId>) -> AppResult<HttpResponse> {
    relocate(&desk, &console, *id, Place::Down).await
}

async fn relocate(desk: &PresetDesk, console: &Console, id: PresetId, place: Place) -> AppResult<HttpResponse> {
    let by = by(&console.admin);
    let moved = desk.db.ordered(move |conn| acts::relocate(conn, &by, id, place)).await;
    let label =
        |presets: Vec<PresetView>| presets.into_iter().find(|preset| preset.id == id).map(|preset| preset.label);
    answer(moved.map(|presets| Flash::done("preset-moved").name(label(presets).unwrap_or_default())))
}

/// `GET /admin/presets/{id}/delete`
pub async fn ask(desk: web::Data<PresetDesk>, console: Console, id: web::Path<PresetId>) -> AppResult<HttpResponse> {
    let id = *id;
    let preset = desk.db.read(move |conn| acts::find(conn, id)).await?;
    let item = Item { name: preset.label, note: String::new() };
    let mut confirm = Confirm::new("preset", "trash", "preset", &[(id.0, item)]);
    confirm.danger = true;
    confirm.action = format!("{LIST}{id}/delete");
    confirm.back = LIST.to_owned();
    console.render("presets", "confirm", json!({ "confirm": confirm })).await
}

/// `POST /admin/presets/{id}/delete`
pub async fn delete(desk: web::Data<PresetDesk>, console: Console, id: web::Path<PresetId>) -> AppResult<HttpResponse> {
    let by = by(&console.admin);
    let deleted = desk.db.ordered(move |conn| acts::delete(conn, &by, *id)).await;
    desk.sweeper.notify_one();
    answer(deleted.map(|label| Flash::done("preset-deleted").name(label)))
}

/// `POST /admin/countdowns/{id}/stop`
pub async fn stop(
    desk: web::Data<PresetDesk>,
    console: Console,
    id: web::Path<CountdownId>,
) -> AppResult<HttpResponse> {
    let card = console.admin.user.card.clone();
    let stopped = countdown::stop(&desk, by(&console.admin), card, *id).await;
    answer(
        stopped.map(|stopped| if stopped { Flash::done("countdown-stopped") } else { Flash::wrong("countdown_ended") }),
    )
}

/// Back to the list, with a word of what became of it.
fn answer(done: AppResult<Flash>) -> AppResult<HttpResponse> {
    match done {
        Ok(flash) => Ok(see_other(LIST, &flash)),
        Err(AppError::NotFound) => Ok(see_other(LIST, &Flash::wrong("not_found"))),
        Err(error) => Err(error),
    }
}
