//! Rooms over REST; see the table in `docs/protocol.md`.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use crate::{
    account::{current_user::CurrentUser, needle::needle, presence::Presence, reader::Reader},
    db::page,
    error::{AppError, AppResult},
    id::{RoomId, UserId},
    room::{
        RoomDesk, acts, direct, names,
        store::{self, RoomChange},
        wire::{
            GuestRoomBody, MyRole, PostPolicy, PublicRoom, PublicRooms, ReadBody, RoomAnswer, RoomBody, RoomKind,
            RoomView, RoomsBody,
        },
    },
    web::body::{Json, nullable},
};

/// Longest time for recalling, in seconds.
const RECALL_MAX: i64 = 86_400;

/// Longest wait between messages, in seconds.
pub const SLOW_MAX: i64 = 3_600;

/// Most rooms a page of the list has.
const PAGE: i64 = 100;

/// All rooms of a person as they are this moment, read marks and presence included.
///
/// # Errors
/// When the database does not answer.
pub async fn own_rooms(desk: &RoomDesk, presence: &Presence, user: UserId) -> AppResult<Vec<RoomView>> {
    let marks = desk.marks.of(user);
    let mut rooms = desk.db.read(move |conn| Ok(store::mine(conn, user, &marks)?)).await?;
    rooms.iter_mut().for_each(|room| add_presence(presence, room));
    Ok(rooms)
}

/// Tells of a private chat whether the other is there.
pub fn add_presence(presence: &Presence, room: &mut RoomView) {
    if let Some(peer) = &mut room.peer {
        peer.online = presence.is_online(peer.card.id);
    }
}

pub(super) fn answer(presence: &Presence, mut room: RoomView, status: u16) -> HttpResponse {
    add_presence(presence, &mut room);
    let status = actix_web::http::StatusCode::from_u16(status).unwrap_or_default();
    HttpResponse::build(status).json(RoomBody { room })
}

/// `GET rooms`
#[utoipa::path(
    get, path = "/api/v1/rooms", tag = "rooms",
    summary = "My rooms",
    responses(
        (status = 200, body = RoomsBody),
    ),
)]
pub async fn list(
    desk: web::Data<RoomDesk>,
    presence: web::Data<Presence>,
    user: CurrentUser,
) -> AppResult<HttpResponse> {
    let rooms = own_rooms(&desk, &presence, user.id()).await?;
    Ok(HttpResponse::Ok().json(RoomsBody { rooms }))
}

/// Query of a list of rooms.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RoomsQuery {
    /// Part of a name.
    #[serde(default)]
    q: String,
    /// Beyond this id.
    after: Option<i64>,
    /// At most 100; 50 by default.
    limit: Option<i64>,
    /// Only those that guests may read.
    guest: Option<String>,
}

/// `GET rooms/public`
#[utoipa::path(
    get, path = "/api/v1/rooms/public", tag = "rooms",
    summary = "Public rooms",
    params(RoomsQuery),
    responses(
        (status = 200, body = PublicRooms),
    ),
    security((), ("session" = []), ("token" = ["read"])),
)]
pub async fn public(
    desk: web::Data<RoomDesk>,
    reader: Reader,
    query: web::Query<RoomsQuery>,
) -> AppResult<HttpResponse> {
    let limit = query.limit.unwrap_or(50).clamp(1, PAGE);
    let (needle, after) = (needle(&query.q)?, RoomId(query.after.unwrap_or(0)));
    let user = match (reader, &query.guest) {
        (Reader::Person(user), None) => user,
        (Reader::Guest, None) => return Err(AppError::Unauthenticated),
        (_, Some(_)) => {
            let mut found = desk.db.read(move |conn| Ok(store::guest_page(conn, &needle, after, limit + 1)?)).await?;
            let more = page::cut(&mut found, limit);
            let rooms = found.into_iter().map(|info| PublicRoom { info, my: None }).collect();
            return Ok(HttpResponse::Ok().json(PublicRooms { rooms, more }));
        }
    };
    let mut found =
        desk.db.read(move |conn| Ok(store::public_page(conn, user.id(), &needle, after, limit + 1)?)).await?;
    let more = page::cut(&mut found, limit);
    let room = |(info, role): (_, Option<_>)| PublicRoom { info, my: Some(role.map(|role| MyRole { role })) };
    let rooms = found.into_iter().map(room).collect();
    Ok(HttpResponse::Ok().json(PublicRooms { rooms, more }))
}

/// Body of `POST rooms`.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRoom {
    /// Not `direct`.
    kind: RoomKind,
    /// At most 40 characters.
    name: String,
    /// May be empty.
    #[serde(default)]
    topic: String,
}

/// `POST rooms`
#[utoipa::path(
    post, path = "/api/v1/rooms", tag = "rooms",
    summary = "Make a room",
    request_body = NewRoom,
    responses(
        (status = 201, body = RoomBody, description = "I own it."),
        (status = 409, description = "`too_many_own_rooms`, `too_many_rooms`"),
    ),
)]
pub async fn create(
    desk: web::Data<RoomDesk>,
    presence: web::Data<Presence>,
    user: CurrentUser,
    body: Json<NewRoom>,
) -> AppResult<HttpResponse> {
    let NewRoom { kind, name, topic } = body.0;
    if kind == RoomKind::Direct {
        return Err(AppError::field("kind", "invalid", "Open a private chat with POST directs."));
    }
    let (name, topic) = (names::room_name(&name)?, names::topic(&topic)?);
    desk.creations.check(&user.id())?;
    let (card, bounds) = (user.card.clone(), desk.bounds());
    let room = desk.db.ordered(move |conn| acts::create(conn, &card, kind, (&name, &topic), bounds)).await?;
    Ok(answer(&presence, room, 201))
}

/// `GET rooms/{id}`
#[utoipa::path(
    get, path = "/api/v1/rooms/{id}", tag = "rooms",
    summary = "A room",
    params(("id" = RoomId, Path)),
    responses(
        (status = 200, body = RoomAnswer, description = "For guests without `my`, `peer` and `last`."),
        (status = 404),
    ),
    security((), ("session" = []), ("token" = ["read"])),
)]
pub async fn show(
    desk: web::Data<RoomDesk>,
    presence: web::Data<Presence>,
    reader: Reader,
    room: web::Path<RoomId>,
) -> AppResult<HttpResponse> {
    let Reader::Person(user) = reader else {
        let room = desk.db.read(move |conn| store::readable_by_guest(conn, *room)).await?;
        return Ok(HttpResponse::Ok().json(GuestRoomBody { room }));
    };
    let id = user.id();
    let marks = desk.marks.of(id);
    let view = desk
        .db
        .read(move |conn| match store::visible(conn, id, *room)? {
            (_, Some(_)) => {
                let mut view = store::view(conn, id, *room)?.ok_or(AppError::NotFound)?;
                store::move_mark(conn, id, &mut view, &marks)?;
                Ok(view)
            }
            (info, None) => Ok(RoomView { info, my: None, peer: None, last: None }),
        })
        .await?;
    Ok(answer(&presence, view, 200))
}

/// Body of `PATCH rooms/{id}`.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RoomPatch {
    /// Its name.
    pub name: Option<String>,
    /// Its topic.
    pub topic: Option<String>,
    /// Null for the site's.
    #[serde(default, deserialize_with = "nullable")]
    pub recall_seconds: Option<Option<i64>>,
    /// 0 for none.
    pub slow_seconds: Option<i64>,
    /// Who may write.
    pub post_policy: Option<PostPolicy>,
    /// May guests read it?
    pub public_read: Option<bool>,
    /// Only to be read?
    pub archived: Option<bool>,
}

impl RoomPatch {
    /// What it changes.
    ///
    /// # Errors
    /// [`AppError::Fields`].
    pub fn check(self) -> AppResult<RoomChange> {
        let name = self.name.as_deref().map(names::room_name).transpose()?;
        let topic = self.topic.as_deref().map(names::topic).transpose()?;
        if self.recall_seconds.flatten().is_some_and(|seconds| !(0..=RECALL_MAX).contains(&seconds)) {
            return Err(AppError::field("recall_seconds", "invalid", "From 0 to 86,400 seconds."));
        }
        if self.slow_seconds.is_some_and(|seconds| !(0..=SLOW_MAX).contains(&seconds)) {
            return Err(AppError::field("slow_seconds", "invalid", "From 0 to 3,600 seconds."));
        }
        let Self { recall_seconds, slow_seconds, post_policy, public_read, archived, .. } = self;
        let change = RoomChange { name, topic, recall_seconds, slow_seconds, post_policy, ..RoomChange::default() };
        Ok(RoomChange { public_read, archived, ..change })
    }
}

/// `PATCH rooms/{id}`
#[utoipa::path(
    patch, path = "/api/v1/rooms/{id}", tag = "rooms",
    summary = "Change a room",
    params(("id" = RoomId, Path)),
    request_body = RoomPatch,
    responses(
        (status = 200, body = RoomBody),
        (status = 403, description = "`forbidden`"),
        (status = 404),
        (status = 409, description = "`lobby`: it cannot be archived"),
    ),
)]
pub async fn update(
    desk: web::Data<RoomDesk>,
    presence: web::Data<Presence>,
    user: CurrentUser,
    room: web::Path<RoomId>,
    body: Json<RoomPatch>,
) -> AppResult<HttpResponse> {
    let (change, card) = (body.0.check()?, user.card.clone());
    let view = desk.db.ordered(move |conn| acts::update(conn, &card, *room, &change)).await?;
    Ok(answer(&presence, view, 200))
}

/// `DELETE rooms/{id}`
#[utoipa::path(
    delete, path = "/api/v1/rooms/{id}", tag = "rooms",
    summary = "Delete a room",
    params(("id" = RoomId, Path)),
    responses(
        (status = 204),
        (status = 403, description = "`forbidden`"),
        (status = 404),
        (status = 409, description = "`lobby`"),
    ),
)]
pub async fn delete(desk: web::Data<RoomDesk>, user: CurrentUser, room: web::Path<RoomId>) -> AppResult<HttpResponse> {
    desk.db.ordered(move |conn| acts::delete(conn, &user.card, *room)).await?;
    desk.eraser.notify_one();
    Ok(HttpResponse::NoContent().finish())
}

/// `POST rooms/{id}/join`
#[utoipa::path(
    post, path = "/api/v1/rooms/{id}/join", tag = "rooms",
    summary = "Join a public room",
    params(("id" = RoomId, Path)),
    responses(
        (status = 200, body = RoomBody),
        (status = 404),
        (status = 409, description = "`room_full`, `too_many_rooms`"),
    ),
)]
pub async fn join(
    desk: web::Data<RoomDesk>,
    presence: web::Data<Presence>,
    user: CurrentUser,
    room: web::Path<RoomId>,
) -> AppResult<HttpResponse> {
    let (card, bounds) = (user.card.clone(), desk.bounds());
    let view = desk.db.ordered(move |conn| acts::join(conn, &card, *room, bounds)).await?;
    Ok(answer(&presence, view, 200))
}

/// `POST rooms/{id}/leave`
#[utoipa::path(
    post, path = "/api/v1/rooms/{id}/leave", tag = "rooms",
    summary = "Leave a room",
    params(("id" = RoomId, Path)),
    responses(
        (status = 204),
        (status = 404),
        (status = 409, description = "`lobby`, `direct`, `last_owner`"),
    ),
)]
pub async fn leave(desk: web::Data<RoomDesk>, user: CurrentUser, room: web::Path<RoomId>) -> AppResult<HttpResponse> {
    desk.db.ordered(move |conn| acts::leave(conn, &user.card, *room)).await?;
    desk.eraser.notify_one();
    Ok(HttpResponse::NoContent().finish())
}

/// Body of `POST rooms/{id}/read`.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadUpTo {
    /// The number of a message.
    seq: i64,
}

/// `POST rooms/{id}/read`
#[utoipa::path(
    post, path = "/api/v1/rooms/{id}/read", tag = "rooms",
    summary = "I have read a room up to here",
    params(("id" = RoomId, Path)),
    request_body = ReadUpTo,
    responses(
        (status = 200, body = ReadBody, description = "It never goes back."),
        (status = 404),
    ),
)]
pub async fn read(
    desk: web::Data<RoomDesk>,
    publisher: web::Data<crate::event::Publisher>,
    user: CurrentUser,
    room: web::Path<RoomId>,
    body: Json<ReadUpTo>,
) -> AppResult<HttpResponse> {
    let (id, room, wanted) = (user.id(), *room, body.0.seq);
    if wanted < 0 {
        return Err(AppError::Invalid("seq counts from 0.".into()));
    }
    let (stored, last_seq) = desk.db.read(move |conn| store::read_seq(conn, id, room)).await?;
    desk.marks.note(id, room, wanted.min(last_seq));
    let seq = desk.marks.of(id).get(&room).copied().unwrap_or_default().max(stored);
    publisher.publish(vec![crate::event::Event::Read { room, user: id, seq }]).await;
    Ok(HttpResponse::Ok().json(ReadBody { read_seq: seq }))
}

/// Body of `POST directs`.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDirect {
    /// With whom.
    user: UserId,
}

/// `POST directs`
#[utoipa::path(
    post, path = "/api/v1/directs", tag = "rooms",
    summary = "Open the private chat with somebody",
    request_body = NewDirect,
    responses(
        (status = 201, body = RoomBody),
        (status = 200, body = RoomBody, description = "The one there is."),
        (status = 403, description = "`blocked`"),
        (status = 404),
    ),
)]
pub async fn open_direct(
    desk: web::Data<RoomDesk>,
    presence: web::Data<Presence>,
    user: CurrentUser,
    body: Json<NewDirect>,
) -> AppResult<HttpResponse> {
    let (card, peer) = (user.card.clone(), body.0.user);
    let (view, fresh) = desk.db.ordered(move |conn| direct::open(conn, &card, peer)).await?;
    Ok(answer(&presence, view, if fresh { 201 } else { 200 }))
}
