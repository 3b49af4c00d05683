//! The chat page: rendered whole by the server, then taken over by the client.

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    account::{current_user::CurrentUser, pages::see_other},
    chat::{
        Chat,
        protocol::{Limits, PROTOCOL},
    },
    error::{AppError, AppResult},
    id::RoomId,
    message::{
        handlers::submit,
        history::{MessagePage, PageQuery, read_page},
        post::Draft,
    },
    room::{handlers::own_rooms, store as rooms, wire::RoomView},
    web::{
        body::Form,
        pages::{Pages, View},
        site::Site,
    },
};

/// Messages the page brings with it.
const FIRST: i64 = 40;

/// `GET /`: the list of rooms, and beside it, where there is space, the lobby.
pub async fn home(
    chat: web::Data<Chat>,
    pages: web::Data<Pages>,
    site: web::Data<Site>,
    view: View,
    user: CurrentUser,
) -> AppResult<HttpResponse> {
    let rooms = own_rooms(&chat.rooms, &chat.presence, user.id()).await?;
    let lobby = rooms.iter().find(|room| room.info.lobby).cloned();
    page(&chat, &pages, &site, &view, &user, Shown { rooms, room: lobby, view: "list" }).await
}

/// `GET /r/{id}`
pub async fn room(
    chat: web::Data<Chat>,
    pages: web::Data<Pages>,
    site: web::Data<Site>,
    view: View,
    user: CurrentUser,
    room: web::Path<RoomId>,
) -> AppResult<HttpResponse> {
    let rooms = own_rooms(&chat.rooms, &chat.presence, user.id()).await?;
    let shown = rooms.iter().find(|mine| mine.info.id == *room).cloned().ok_or(AppError::NotFound)?;
    page(&chat, &pages, &site, &view, &user, Shown { rooms, room: Some(shown), view: "chat" }).await
}

struct Shown {
    rooms: Vec<RoomView>,
    room: Option<RoomView>,
    view: &'static str,
}

async fn page(
    chat: &Chat,
    pages: &Pages,
    site: &Site,
    view: &View,
    user: &CurrentUser,
    shown: Shown,
) -> AppResult<HttpResponse> {
    let first = match &shown.room {
        Some(room) => first_messages(chat, user, room.info.id).await?,
        None => MessagePage { messages: Vec::new(), rev: 0, more_before: false, more_after: false },
    };
    let state = json!({
        "protocol": PROTOCOL,
        "epoch": chat.epoch.0,
        "me": *user.card,
        "rooms": shown.rooms,
        "room": shown.room.as_ref().map(|room| room.info.id),
        "messages": first.messages,
        "rev": first.rev,
        "more_before": first.more_before,
        "limits": Limits::default(),
        "site_name": site.name,
    });
    let context = json!({
        "me": *user.card,
        "rooms": shown.rooms,
        "room": shown.room,
        "messages": first.messages,
        "more_before": first.more_before,
        "view": shown.view,
        "state": in_script(&state),
    });
    pages.render(view, "chat/room.html", &context).map_err(|error| AppError::internal(format!("{error:?}")))
}

async fn first_messages(chat: &Chat, user: &CurrentUser, room: RoomId) -> AppResult<MessagePage> {
    let id = user.id();
    chat.rooms
        .db
        .read(move |conn| {
            rooms::joined(conn, id, room)?;
            read_page(conn, room, &PageQuery::newest(FIRST))
        })
        .await
}

/// JSON that may stand in a script element: nothing in it can end the element.
fn in_script(value: &Value) -> String {
    value.to_string().replace('<', "\\u003c").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}

/// The composer's form, for browsers without JavaScript.
#[derive(Debug, Deserialize)]
pub struct PostForm {
    text: String,
    client_id: Option<String>,
}

/// `POST /r/{id}`
pub async fn post(
    chat: web::Data<Chat>,
    user: CurrentUser,
    room: web::Path<RoomId>,
    form: Form<PostForm>,
) -> AppResult<HttpResponse> {
    let PostForm { text, client_id } = form.0;
    let client_id =
        client_id.filter(|id| !id.is_empty()).unwrap_or_else(|| format!("form-{:032x}", rand::random::<u128>()));
    let draft = Draft { room: *room, client_id, text, uploads: Vec::new(), reply_to: None };
    submit(&chat.messages, user.card, draft).await?;
    Ok(see_other(&format!("/r/{room}")).finish())
}
