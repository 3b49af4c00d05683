//! The chips above an admin's composer, and the countdown in the head of a room, for browsers without JavaScript.

use actix_web::{HttpResponse, web, web::Path};
use serde::Deserialize;

use crate::{
    account::{current_user::Admin, pages::see_other},
    chat::{
        composer::Unsent,
        pages::{Visit, unsent},
    },
    error::{AppError, AppResult},
    id::{CountdownId, PresetId, RoomId},
    preset::{
        PresetDesk,
        acts::By,
        countdown,
        send::{self, Press},
    },
    web::body::Form,
};

/// Which chip was pressed, on which page.
#[derive(Debug, Deserialize)]
pub struct PressForm {
    preset: PresetId,
    /// Different on every page, so that a chip that is pressed twice on one sends once.
    #[serde(default)]
    page: String,
}

/// `POST /r/{id}/presets`
pub async fn press(
    visit: Visit,
    admin: Admin,
    desk: web::Data<PresetDesk>,
    room: Path<RoomId>,
    form: Form<PressForm>,
) -> AppResult<HttpResponse> {
    let PressForm { preset, page } = form.0;
    let page = if page.is_empty() { format!("{:032x}", rand::random::<u128>()) } else { page };
    let client_id = send::client_id(&format!("form-{page}-{preset}"))?;
    let press = Press { card: admin.user.card.clone(), actor: admin.actor(), room: *room, preset, client_id };
    match send::press(&desk, press).await {
        Ok(pressed) => Ok(see_other(&format!("/r/{room}#m-{}", pressed.message.seq)).finish()),
        Err(error @ (AppError::Conflict(..) | AppError::Blocked | AppError::Archived)) => {
            let words = Unsent { text: String::new(), images: false, file: None, code: error.code() };
            unsent(&visit, *room, words, error).await
        }
        Err(error) => Err(error),
    }
}

/// `POST /r/{id}/countdowns/{countdown}/stop`: stops it, unless it has ended by itself.
pub async fn stop(
    admin: Admin,
    desk: web::Data<PresetDesk>,
    path: Path<(RoomId, CountdownId)>,
) -> AppResult<HttpResponse> {
    let (room, id) = path.into_inner();
    let by = By { user: admin.id(), actor: admin.actor() };
    countdown::stop(&desk, by, admin.user.card.clone(), id).await?;
    Ok(see_other(&format!("/r/{room}")).finish())
}
