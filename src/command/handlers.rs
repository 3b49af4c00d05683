//! Commands over REST; see the table in `docs/protocol.md`.

use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};

use crate::{
    account::current_user::CurrentUser,
    command::{Call, CommandDesk, Outcome},
    error::{AppError, AppResult},
    id::RoomId,
    room::store as rooms,
    web::{body::Json, pages::View},
};

/// Body of `POST rooms/{id}/commands`.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[schema(as = NewCommand)]
#[serde(deny_unknown_fields)]
pub struct Given {
    /// Such as `/weather Beijing`.
    text: String,
    /// Names what may be posted, as in a send.
    #[serde(default)]
    client_id: String,
}

/// `POST rooms/{id}/commands`
#[utoipa::path(
    post, path = "/api/v1/rooms/{id}/commands", tag = "messages",
    summary = "Give a slash command",
    params(("id" = RoomId, Path)),
    request_body = Given,
    responses(
        (status = 200, body = Outcome),
        (status = 403),
        (status = 404),
        (status = 422, description = "`command_unknown`, `command_usage`, `command_nobody`, `weather_no_place`, each with a `detail` in the language of the request; `invalid`"),
        (status = 429, description = "`rate_limited`"),
        (status = 503, description = "`unreachable`, `busy`"),
    ),
)]
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
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Command)]
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

/// All commands there are here.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct CommandsBody {
    commands: Vec<CommandView>,
}

/// `GET commands`
#[utoipa::path(
    get, path = "/api/v1/commands", tag = "messages",
    summary = "List the slash commands",
    responses(
        (status = 200, body = CommandsBody),
    ),
)]
pub async fn list(desk: web::Data<CommandDesk>, _: CurrentUser, view: View) -> AppResult<HttpResponse> {
    let text = |name: &str, what: &str| view.locale.text(&format!("command-{name}-{what}"), &Default::default());
    let shown = desk.offered().map(|command| CommandView {
        name: command.name,
        chinese: command.chinese,
        usage: text(command.name, "usage").trim_matches('-').to_owned(),
        about: text(command.name, "about"),
        posts: command.posts,
    });
    Ok(HttpResponse::Ok().json(CommandsBody { commands: shown.collect() }))
}
