//! The chat page: rendered whole by the server, then taken over by the client.

use std::{
    collections::{HashMap, HashSet},
    pin::Pin,
};

use actix_web::{
    FromRequest, HttpRequest, HttpResponse,
    dev::Payload,
    web::{Data, Path},
};
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    account::{current_user::CurrentUser, store as people, wire::SiteRole},
    announcement::acts::mine,
    chat::{
        Chat,
        composer::{Noticed, Unsent},
        guests::{self, Caller},
        protocol::{Limits, PROTOCOL},
    },
    contact::handlers::own_contacts,
    db::{connection::AnyConnection, pool::Db, time},
    error::{AppError, AppResult},
    id::{MessageId, RoomId},
    message::{
        UPLOADS,
        history::{MessagePage, PageQuery, Window, read_page},
        store as messages,
        wire::MessageView,
    },
    preset::{
        store as presets,
        wire::{Chip, chips},
    },
    room::{
        countdown::{Countdown, store as countdowns},
        handlers::own_rooms,
        store as rooms,
        wire::RoomView,
    },
    web::pages::{Pages, View},
};

/// Messages the page brings with it.
pub(super) const FIRST: i64 = 40;

/// Messages a page brings around the one its address names.
pub(super) const AROUND: i64 = 80;

/// Somebody who asks for a page of the chat, and what pages are made with.
pub struct Visit {
    pub(super) chat: Data<Chat>,
    pub(super) pages: Data<Pages>,
    pub(super) view: View,
    pub(super) user: CurrentUser,
}

impl Visit {
    /// Where rooms and messages are.
    pub fn db(&self) -> &Db {
        &self.chat.rooms.db
    }
}

impl FromRequest for Visit {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Self::Error>>>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let parts = <(Data<Chat>, Data<Pages>, View, CurrentUser)>::from_request(req, payload);
        Box::pin(async move {
            let (chat, pages, view, user) = parts.await?;
            Ok(Self { chat, pages, view, user })
        })
    }
}

/// `GET /`: the list of rooms, and beside it, where there is space, the lobby.
pub async fn home(caller: Caller) -> AppResult<HttpResponse> {
    let visit = match caller {
        Caller::Member(visit) => visit,
        Caller::Guest(visit) => return guests::home(&visit).await,
    };
    let rooms = own_rooms(&visit.chat.rooms, &visit.chat.presence, visit.user.id()).await?;
    let lobby = rooms.iter().find(|room| room.info.lobby).cloned();
    page(&visit, Shown { rooms, room: lobby, view: "list", at: None, unsent: None, noticed: None }).await
}

/// `GET /r/{id}`
pub async fn room(caller: Caller, room: Path<RoomId>) -> AppResult<HttpResponse> {
    let visit = match caller {
        Caller::Member(visit) => visit,
        Caller::Guest(visit) => return guests::room(&visit, *room, None).await,
    };
    let shown = Shown::room(&visit, *room).await?;
    page(&visit, shown).await
}

/// `GET /r/{id}/m/{seq}`: the room at one message, which is marked.
pub async fn message(caller: Caller, path: Path<(RoomId, i64)>) -> AppResult<HttpResponse> {
    let (room, seq) = path.into_inner();
    let visit = match caller {
        Caller::Member(visit) => visit,
        Caller::Guest(visit) => return guests::room(&visit, room, Some(seq)).await,
    };
    let shown = Shown::room(&visit, room).await?;
    let last = shown.room.as_ref().map_or(0, |room| room.info.last_seq);
    if !(1..=last).contains(&seq) {
        return Err(AppError::NotFound);
    }
    page(&visit, Shown { at: Some(seq), ..shown }).await
}

/// The room again, with what was not sent and why.
pub(super) async fn unsent(visit: &Visit, room: RoomId, unsent: Unsent, why: AppError) -> AppResult<HttpResponse> {
    let shown = Shown::room(visit, room).await?;
    page(visit, Shown { unsent: Some((unsent, why)), ..shown }).await
}

/// The room again, with what a command had to say.
pub(super) async fn noticed(visit: &Visit, room: RoomId, noticed: Noticed) -> AppResult<HttpResponse> {
    let shown = Shown::room(visit, room).await?;
    page(visit, Shown { noticed: Some(noticed), ..shown }).await
}

struct Shown {
    rooms: Vec<RoomView>,
    room: Option<RoomView>,
    view: &'static str,
    /// The message to open at.
    at: Option<i64>,
    unsent: Option<(Unsent, AppError)>,
    noticed: Option<Noticed>,
}

impl Shown {
    async fn room(visit: &Visit, room: RoomId) -> AppResult<Self> {
        let rooms = own_rooms(&visit.chat.rooms, &visit.chat.presence, visit.user.id()).await?;
        let shown = rooms.iter().find(|mine| mine.info.id == room).cloned().ok_or(AppError::NotFound)?;
        Ok(Self { rooms, room: Some(shown), view: "chat", at: None, unsent: None, noticed: None })
    }
}

async fn page(visit: &Visit, shown: Shown) -> AppResult<HttpResponse> {
    let Visit { chat, pages, view, user } = visit;
    let (first, quotes) = match &shown.room {
        Some(room) => first_messages(chat, user, room.info.id, shown.at).await?,
        None => (
            MessagePage { messages: Vec::new(), rev: 0, more_before: false, more_after: false, windowed: false },
            Vec::new(),
        ),
    };
    let id = user.id();
    let (announcement, silenced_until) =
        chat.rooms.db.read(move |conn| Ok((mine(conn, id)?, people::silenced_until(conn, id)?))).await?;
    let silenced_until = silenced_until.as_ref().map(time::rfc3339);
    let (countdowns, presets) = presets_and_countdowns(visit).await?;
    let countdown = shown.room.as_ref().and_then(|room| countdowns.iter().find(|one| one.room == room.info.id));
    let state = json!({
        "protocol": PROTOCOL,
        "epoch": chat.epoch.0,
        "me": *user.card,
        "silenced_until": silenced_until,
        "rooms": shown.rooms,
        "room": shown.room.as_ref().map(|room| room.info.id),
        "at": shown.at,
        "messages": first.messages,
        "quotes": quotes,
        "rev": first.rev,
        "more_before": first.more_before,
        "more_after": first.more_after,
        "windowed": first.windowed,
        "contacts": own_contacts(&chat.rooms.db, user.id()).await?,
        "announcement": announcement,
        "countdowns": countdowns,
        "server_time": time::rfc3339(&time::now()),
        "limits": Limits::new(&chat.messages.live.get()),
    });
    let (unsent, refusal) = shown.unsent.unzip();
    let context = json!({
        "me": *user.card,
        "rooms": shown.rooms,
        "room": shown.room,
        "at": shown.at,
        "messages": with_quotes(&first.messages, &quotes),
        "more_before": first.more_before,
        "more_after": first.more_after,
        "windowed": first.windowed,
        "view": shown.view,
        "unsent": unsent,
        "noticed": shown.noticed,
        "announcement": announcement,
        "most_images": UPLOADS,
        "countdown": countdown,
        "presets": presets,
        "has_presets": !presets.is_empty() || countdown.is_some() || first.messages.iter().any(|one| one.kind == "preset"),
        "press": format!("{:032x}", rand::random::<u128>()),
        "state": in_script(&state),
    });
    pages.render_refusal(refusal.as_ref(), view, "chat/room.html", &context)
}

/// What counts down in the reader's rooms, and the chips above the composer of an admin.
async fn presets_and_countdowns(visit: &Visit) -> AppResult<(Vec<Countdown>, Vec<Chip>)> {
    let (user, is_admin) = (visit.user.id(), visit.user.card.role == SiteRole::Admin);
    let read = move |conn: &mut AnyConnection| {
        let presets = if is_admin { presets::all(conn)? } else { Vec::new() };
        Ok((countdowns::running_for(conn, user)?, chips(&presets)))
    };
    visit.chat.rooms.db.read(read).await
}

/// The messages the page brings, and those outside of them that they quote.
async fn first_messages(
    chat: &Chat,
    user: &CurrentUser,
    room: RoomId,
    at: Option<i64>,
) -> AppResult<(MessagePage, Vec<MessageView>)> {
    let id = user.id();
    let window = Window::from(&*chat.messages.live.get());
    let query = at.map_or_else(|| PageQuery::newest(FIRST), |seq| PageQuery::around(seq, AROUND));
    chat.rooms
        .db
        .read(move |conn| {
            rooms::joined(conn, id, room)?;
            let page = read_page(conn, room, window, &query)?;
            let quotes = messages::readable(conn, id, &quoted_elsewhere(&page.messages))?;
            Ok((page, quotes))
        })
        .await
}

fn quoted_elsewhere(messages: &[MessageView]) -> Vec<MessageId> {
    let here: HashSet<MessageId> = messages.iter().map(|message| message.id).collect();
    let quoted: HashSet<MessageId> = messages.iter().filter_map(|message| Some(message.reply_to?.id)).collect();
    quoted.difference(&here).copied().collect()
}

/// The messages as the template draws them: each with the one it quotes.
fn with_quotes(messages: &[MessageView], quotes: &[MessageView]) -> Vec<Value> {
    let by_id: HashMap<MessageId, &MessageView> =
        messages.iter().chain(quotes).map(|message| (message.id, message)).collect();
    let quote = |message: &MessageView| by_id.get(&message.reply_to?.id).copied();
    messages.iter().map(|message| json!(Quoting { message, quote: quote(message) })).collect()
}

#[derive(Serialize)]
struct Quoting<'a> {
    #[serde(flatten)]
    message: &'a MessageView,
    quote: Option<&'a MessageView>,
}

/// JSON that may stand in a script element: nothing in it can end the element.
pub(super) fn in_script(value: &Value) -> String {
    value.to_string().replace('<', "\\u003c").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}
