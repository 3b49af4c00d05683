//! The chat page for guests: the rooms they may read, read only. A small script asks for what is new; without it a link does.

use std::{collections::HashMap, pin::Pin};

use actix_web::{FromRequest, HttpRequest, HttpResponse, dev::Payload, web::Data};
use serde_json::{Value, json};

use crate::{
    account::{pages::see_other, reader::Reader},
    chat::{
        Chat,
        pages::{AROUND, FIRST, Visit, in_script},
    },
    error::{AppError, AppResult},
    id::{MessageId, RoomId},
    message::{
        guest::{self, GuestMessage},
        history::{PageQuery, Window},
    },
    room::{store as rooms, wire::RoomInfo},
    web::pages::{Pages, View},
};

/// Rooms in the list.
const ROOMS: i64 = 100;

/// Who asks for a page of the chat.
pub enum Caller {
    /// Somebody with a session.
    Member(Box<Visit>),
    /// Anybody, where the site allows guests.
    Guest(GuestVisit),
}

/// What a guest's pages are made with.
pub struct GuestVisit {
    chat: Data<Chat>,
    pages: Data<Pages>,
    view: View,
}

impl FromRequest for Caller {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Self::Error>>>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let reader = Reader::from_request(req, payload);
        let parts = <(Data<Chat>, Data<Pages>, View)>::from_request(req, payload);
        Box::pin(async move {
            let (reader, (chat, pages, view)) = (reader.await?, parts.await?);
            Ok(match reader {
                Reader::Person(user) => Self::Member(Box::new(Visit { chat, pages, view, user })),
                Reader::Guest => Self::Guest(GuestVisit { chat, pages, view }),
            })
        })
    }
}

/// `GET /guests/`: the rooms that guests may read; the login, where there are none.
///
/// # Errors
/// [`AppError::Unauthenticated`].
pub async fn list(caller: Caller) -> AppResult<HttpResponse> {
    match caller {
        Caller::Member(_) => Ok(see_other("/").finish()),
        Caller::Guest(visit) => page(&visit, None, None).await,
    }
}

/// `GET /` for a guest.
pub(super) async fn home(visit: &GuestVisit) -> AppResult<HttpResponse> {
    let rooms = visit.chat.rooms.db.read(|conn| Ok(rooms::guest_page(conn, "", RoomId(0), 1)?)).await?;
    if rooms.is_empty() { Err(AppError::Unauthenticated) } else { Ok(see_other("/guests/").finish()) }
}

/// `GET /r/{id}` and `GET /r/{id}/m/{seq}` for a guest.
pub(super) async fn room(visit: &GuestVisit, room: RoomId, at: Option<i64>) -> AppResult<HttpResponse> {
    page(visit, Some(room), at).await
}

async fn page(visit: &GuestVisit, room: Option<RoomId>, at: Option<i64>) -> AppResult<HttpResponse> {
    let GuestVisit { chat, pages, view } = visit;
    let window = Window::from(&*chat.messages.live.get());
    let query = at.map_or_else(|| PageQuery::newest(FIRST), |seq| PageQuery::around(seq, AROUND));
    let work = move |conn: &mut crate::db::connection::AnyConnection| {
        let rooms = rooms::guest_page(conn, "", RoomId(0), ROOMS)?;
        if rooms.is_empty() {
            return Err(AppError::Unauthenticated);
        }
        let Some(room) = room else { return Ok((rooms, None)) };
        let info = rooms::readable_by_guest(conn, room)?;
        if at.is_some_and(|seq| !(info.floor_seq + 1..=info.last_seq).contains(&seq)) {
            return Err(AppError::NotFound);
        }
        let page = guest::page(conn, room, window, &query)?;
        Ok((rooms, Some((info, page))))
    };
    let (rooms, shown) = chat.rooms.db.read(work).await?;
    let mut context = json!({ "rooms": rooms, "room": null, "at": at });
    if let Some((info, page)) = &shown {
        let state = json!({ "room": info.id, "epoch": chat.epoch.0, "at": at, "page": page });
        context["room"] = json!(info);
        context["messages"] = with_quotes(&page.messages, &page.quotes);
        context["more_before"] = page.more_before.into();
        context["more_after"] = page.more_after.into();
        context["state"] = in_script(&state).into();
    }
    // Where the login leads back to.
    context["place"] = place(&shown.map(|(info, _)| info)).into();
    pages.render(view, "chat/guest.html", &context)
}

fn place(room: &Option<RoomInfo>) -> String {
    room.as_ref().map_or_else(|| "/".to_owned(), |room| format!("/r/{}", room.id))
}

/// The messages as the template draws them: each with the one it quotes.
fn with_quotes(messages: &[GuestMessage], quotes: &[GuestMessage]) -> Value {
    let by_id: HashMap<MessageId, &GuestMessage> =
        messages.iter().chain(quotes).map(|message| (message.id, message)).collect();
    let quoting = |message: &GuestMessage| {
        let mut shown = json!(message);
        shown["quote"] = json!(message.reply_to.and_then(|reply| by_id.get(&reply.id)));
        shown
    };
    messages.iter().map(quoting).collect()
}
