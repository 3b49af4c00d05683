//! `GET events`: the frames of the socket as a stream of events.

use std::{collections::BTreeMap, rc::Rc};

use actix_web::{
    HttpRequest, HttpResponse,
    http::header,
    web::{Data, Query},
};
use serde::Deserialize;

use super::{
    Doors,
    cursor::Cursor,
    guest,
    pipe::{Audience, Outflow, Pipe},
    places::Place,
};
use crate::{
    account::{current_user::CurrentUser, reader::Reader},
    chat::{
        Chat,
        crowd::{Stay, stay},
        hub::Hub,
        line::Line,
        opening::{self, Opened},
        protocol::ServerFrame,
        server::{Disconnect, Resume},
    },
    error::{AppError, AppResult},
    id::{RoomId, SocketKey},
    web::{client::Client, tcp::Handle},
};

/// What the browser's own `EventSource` says when it comes back.
const LAST_EVENT_ID: &str = "last-event-id";

/// The `ref` of the `ack` that answers a cursor.
const CURSOR: &str = "cursor";

/// Query of `GET events`.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct EventsQuery {
    /// Which room, for guests.
    room: Option<RoomId>,
    /// Up to where the client is whole.
    cursor: Option<String>,
}

/// A place in a hub: left when it is dropped, however its response ends.
struct Seat {
    chat: Data<Chat>,
    hub: Rc<Hub>,
    key: SocketKey,
    pipe: Rc<Pipe>,
    /// Of the guests of an address.
    _place: Option<Place<std::net::IpAddr>>,
    /// Of its address among all connections.
    _stay: Option<Stay>,
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.pipe.let_go();
        self.hub.detach(self.key);
        // The one message that must arrive: `do_send` ignores the mailbox's bound.
        self.chat.server.do_send(Disconnect(self.key));
    }
}

/// `GET events`
#[utoipa::path(
    get, path = "/api/v1/events", tag = "socket",
    summary = "The frames of the socket as a stream",
    params(EventsQuery, ("last-event-id" = Option<String>, Header)),
    responses(
        (status = 200, content_type = "text/event-stream", body = String),
        (status = 422, description = "`invalid`: no cursor"),
        (status = 429, description = "`rate_limited`"),
        (status = 503, description = "`busy`"),
    ),
    security((), ("session" = []), ("token" = ["read"])),
)]
pub async fn events(
    req: HttpRequest,
    reader: Reader,
    chat: Data<Chat>,
    hub: Data<Rc<Hub>>,
    query: Query<EventsQuery>,
) -> AppResult<HttpResponse> {
    let EventsQuery { room, cursor } = query.into_inner();
    let cursor = cursor_of(&req, cursor)?;
    let seat = |user: Option<&CurrentUser>, audience, place| {
        let pipe = Pipe::new(Handle::of(&req), audience, &chat.epoch.0);
        let key = hub.key();
        hub.attach(key, user.map(CurrentUser::id), Line::Stream(pipe.clone()));
        Seat { chat: chat.clone(), hub: (**hub).clone(), key, pipe, _place: place, _stay: stay(&req) }
    };
    let (seat, opened) = match reader {
        Reader::Person(user) => {
            chat.doors.openings.check(&user.id())?;
            let seat = seat(Some(&user), Audience::Member, None);
            let opened = opening::open(&chat, seat.key, &user).await?;
            (seat, opened)
        }
        Reader::Guest => {
            let (room, place) = guest_place(&chat.doors, &hub, &req, room)?;
            let audience = Audience::Guest(hub.reducer.clone(), chat.messages.live.clone());
            let seat = seat(None, audience, Some(place));
            let opened = guest::open(&chat, seat.key, room).await?;
            (seat, opened)
        }
    };
    begin(&chat, &seat, opened, cursor).await?;
    let pipe = seat.pipe.clone();
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        // Neither kept nor changed nor gathered on the way.
        .insert_header((header::CACHE_CONTROL, "no-store, no-transform"))
        .insert_header(("X-Accel-Buffering", "no"))
        .body(Outflow::new(pipe, seat)))
}

/// The hello, and what the client missed.
async fn begin(chat: &Chat, seat: &Seat, opened: Opened, cursor: Option<Cursor>) -> AppResult<()> {
    let Opened { hello, mut revs } = opened;
    let Some(cursor) = cursor else {
        seat.pipe.begin(&hello, revs);
        return Ok(());
    };
    let mut cursors = cursor.in_epoch(&chat.epoch.0);
    cursors.retain(|room, _| revs.contains_key(room));
    let resume = Resume { socket: seat.key, cursors: cursors.clone() };
    let fetch = chat.server.send(resume).await.map_err(AppError::internal)?;
    // What is to be asked for counts as known from here on; the rest comes by itself.
    let coming: BTreeMap<RoomId, i64> = cursors.into_iter().filter(|(room, _)| !fetch.contains(room)).collect();
    revs.extend(coming);
    seat.pipe.begin(&hello, revs);
    seat.pipe.say(&ServerFrame::ResumeAck { r#ref: CURSOR, fetch }.encode());
    Ok(())
}

/// Of the query, which a program writes; or of the header, which a browser repeats: there one that nobody understands any more is a
/// fresh start.
fn cursor_of(req: &HttpRequest, query: Option<String>) -> AppResult<Option<Cursor>> {
    match query.filter(|cursor| !cursor.is_empty()) {
        Some(cursor) => match Cursor::parse(&cursor) {
            Some(cursor) => Ok(Some(cursor)),
            None => Err(AppError::Invalid("This cursor was never given out.".into())),
        },
        None => {
            let last = req.headers().get(LAST_EVENT_ID).and_then(|last| last.to_str().ok());
            Ok(last.and_then(Cursor::parse))
        }
    }
}

fn guest_place(
    doors: &Doors,
    hub: &Hub,
    req: &HttpRequest,
    room: Option<RoomId>,
) -> AppResult<(RoomId, Place<std::net::IpAddr>)> {
    let room = room_of_guest(room)?;
    if !hub.has_room_for_guests() {
        return Err(AppError::Busy);
    }
    Ok((room, doors.guests.take(Client::of(req).network())?))
}

/// The one room a guest asks for.
pub(super) fn room_of_guest(room: Option<RoomId>) -> AppResult<RoomId> {
    room.ok_or_else(|| AppError::Invalid("Guests name a room: ?room=1".into()))
}
