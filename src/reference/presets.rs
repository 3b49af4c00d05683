//! `/send_preset/` and `/send_preset_image/`.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};
use serde::Deserialize;

use crate::{
    account::current_user::Admin,
    error::{AppError, AppResult},
    id::PresetId,
    preset::{
        PresetDesk,
        send::{self, Press},
        store,
        wire::PresetView,
    },
    reference::{api::Status, home, lobby, plainly, wants_json},
};

/// What each command sends: the first preset with one of these labels. Installations in English have their own.
const COMMANDS: [(&str, &[&str]); 3] = [
    ("开始下单", &["开始下单", "Start orders"]),
    ("停止下单", &["停止下单", "Stop orders"]),
    ("倒计时图", &["倒计时图", "倒计时", "Countdown"]),
];

/// Body of `POST /send_preset/`.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct Ordered {
    /// `开始下单`, `停止下单` or `倒计时图`.
    command: String,
}

/// `GET /send_preset/`
#[utoipa::path(
    get, path = "/send_preset/", tag = "classic",
    summary = "Nothing to be read",
    responses(
        (status = 400, content_type = "application/json", body = Status),
    ),
    security(()),
)]
pub async fn refuse() -> HttpResponse {
    unknown()
}

/// `POST /send_preset/`
#[utoipa::path(
    post, path = "/send_preset/", tag = "classic",
    summary = "Send a preset to the lobby",
    request_body = Ordered,
    responses(
        (status = 200, body = Status),
        (status = 400, content_type = "application/json", body = Status, description = "Another command than the three."),
    ),
    security(("session" = []), ("token" = ["admin"])),
)]
pub async fn send(desk: web::Data<PresetDesk>, admin: Admin, body: web::Bytes) -> AppResult<HttpResponse> {
    let given = serde_json::from_slice::<Ordered>(&body).map(|ordered| ordered.command).unwrap_or_default();
    let Some((_, labels)) = COMMANDS.iter().find(|(command, _)| *command == given) else { return Ok(unknown()) };
    let labelled = |presets: Vec<PresetView>| {
        let of = |label: &&str| presets.iter().find(|preset| preset.label == **label);
        labels.iter().find_map(of).map(|preset| preset.id)
    };
    press(&desk, &admin, labelled).await?;
    Ok(plainly(StatusCode::OK, &Status { status: "ok" }))
}

/// `POST /send_preset_image/`: the first preset that has an image.
#[utoipa::path(
    post, path = "/send_preset_image/", tag = "classic",
    summary = "Send the first preset with an image to the lobby",
    responses(
        (status = 200, body = Status),
        (status = 302, description = "To the chat."),
        (status = 404),
    ),
    security(("session" = []), ("token" = ["admin"])),
)]
pub async fn send_image(desk: web::Data<PresetDesk>, admin: Admin, req: HttpRequest) -> AppResult<HttpResponse> {
    let pictured = |presets: Vec<PresetView>| presets.iter().find(|one| one.image.is_some()).map(|one| one.id);
    press(&desk, &admin, pictured).await?;
    Ok(if wants_json(&req) { plainly(StatusCode::OK, &Status { status: "ok" }) } else { home() })
}

/// `POST /send-preset-image/`: the same under the other spelling.
#[utoipa::path(
    post, path = "/send-preset-image/", tag = "classic",
    summary = "Send the first preset with an image to the lobby",
    responses(
        (status = 200, body = Status),
        (status = 302, description = "To the chat."),
        (status = 404),
    ),
    security(("session" = []), ("token" = ["admin"])),
)]
pub async fn send_image_too(desk: web::Data<PresetDesk>, admin: Admin, req: HttpRequest) -> AppResult<HttpResponse> {
    send_image(desk, admin, req).await
}

async fn press(
    desk: &PresetDesk,
    admin: &Admin,
    choose: impl FnOnce(Vec<PresetView>) -> Option<PresetId>,
) -> AppResult<()> {
    let room = lobby(&desk.db).await?;
    let presets = desk.db.read(|conn| Ok(store::all(conn)?)).await?;
    let preset = choose(presets).ok_or(AppError::NotFound)?;
    let client_id = send::client_id(&format!("preset-{:032x}", rand::random::<u128>()))?;
    send::press(desk, Press { card: admin.user.card.clone(), actor: admin.actor(), room, preset, client_id }).await?;
    Ok(())
}

fn unknown() -> HttpResponse {
    plainly(StatusCode::BAD_REQUEST, &Status { status: "error" })
}
