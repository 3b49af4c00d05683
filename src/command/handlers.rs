//! Commands over REST; see the table in `docs/protocol.md`.

use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    account::current_user::CurrentUser,
    command::{Call, CommandDesk, Outcome},
    error::{AppError, AppResult},
    id::RoomId,
    room::store as rooms,
    web::{body::Json, pages::View},
};

/// Body of `POST rooms/{id}/commands`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Given {
    text: String,
    #[serde(default)]
    client_id: String,
}

/// `POST rooms/{id}/commands`
pub async fn run(
    desk: web::Data<CommandDesk>,
    user: CurrentUser,
    view: View,
    room: web::Path<RoomId>,
    body: Json<Given>,
) -> AppResult<HttpResponse> {
    let Given { text, client_id } = body.0;
    match given(&desk, user, &view, *room, (&text, client_id)).await? {
        Some(outcome) => Ok(HttpResponse::Ok().json(outcome)),
        None => Err(AppError::Invalid("A command is a slash and a word; send other texts as messages.".into())),
    }
}

/// Runs a text in a room whose member somebody is; `None` where it is no command.
///
/// # Errors
/// [`AppError::NotFound`] where they are none; as for [`CommandDesk::run`].
pub async fn given(
    desk: &CommandDesk,
    user: CurrentUser,
    view: &View,
    room: RoomId,
    (text, client_id): (&str, String),
) -> AppResult<Option<Outcome>> {
    let id = user.id();
    desk.accounts.db.read(move |conn| rooms::joined(conn, id, room).map(drop)).await?;
    let client_id = if client_id.is_empty() { format!("command-{:032x}", rand::random::<u128>()) } else { client_id };
    desk.run(&Call { user, room, locale: view.locale, client_id }, text).await
}

/// A command as the composer offers it.
#[derive(Debug, Serialize)]
struct CommandView {
    /// In English.
    name: &'static str,
    /// In Chinese.
    chinese: &'static str,
    /// What may stand behind it, such as `@name 10m`; empty where nothing may.
    usage: String,
    /// What it does, in the caller's language.
    about: String,
    /// Everybody sees what comes of it.
    posts: bool,
}

/// `GET commands`
pub async fn list(desk: web::Data<CommandDesk>, _: CurrentUser, view: View) -> AppResult<HttpResponse> {
    let text = |name: &str, what: &str| view.locale.text(&format!("command-{name}-{what}"), &Default::default());
    let shown = desk.offered().map(|command| CommandView {
        name: command.name,
        chinese: command.chinese,
        usage: text(command.name, "usage").trim_matches('-').to_owned(),
        about: text(command.name, "about"),
        posts: command.posts,
    });
    Ok(HttpResponse::Ok().json(json!({ "commands": shown.collect::<Vec<_>>() })))
}
