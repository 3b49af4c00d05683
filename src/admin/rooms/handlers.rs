//! Rooms over the console's API; see `docs/protocol.md`.

use actix_web::{
    HttpResponse,
    web::{self, Data},
};
use serde::Deserialize;

use crate::{
    account::{current_user::Admin, needle::needle, presence::Presence},
    admin::{
        messages::look::oversight,
        rooms::{
            change::{self, Patch},
            list::RoomsQuery,
            store::{self, Row},
            wire::{CountedRoom, Counts, MembersPage, RoomsPage},
        },
        table::{self, Beside, PageQuery, Slice},
    },
    chat::Chat,
    db::{page, pool::Db},
    error::{AppError, AppResult},
    id::{RoomId, UserId},
    room::{
        charge, members,
        store::{self as rooms, MemberFilter},
        wire::MemberView,
    },
    setting::Live,
    web::body::Json,
};

/// Members on a page when nothing else is said.
pub const MEMBERS: i64 = 50;

/// A page of rooms.
///
/// # Errors
/// A query that says nonsense.
pub async fn page(db: &Db, query: &RoomsQuery, private: bool) -> AppResult<Slice<Row>> {
    let (filter, page) = (query.filter(private)?, query.page()?);
    db.read(move |conn| Ok(page.cut(store::page(conn, &filter, &page)?))).await
}

/// `GET admin/rooms`
#[utoipa::path(
    get, path = "/api/v1/admin/rooms", tag = "console: rooms and messages",
    summary = "Rooms",
    params(RoomsQuery, PageQuery),
    responses(
        (status = 200, body = RoomsPage),
    ),
)]
pub async fn list(
    chat: Data<Chat>,
    live: Data<Live>,
    admin: Admin,
    query: web::Query<RoomsQuery>,
) -> AppResult<HttpResponse> {
    let by = query.page()?.column;
    let slice = page(&chat.rooms.db, &query, oversight(&admin, &live).private).await?;
    let (.., directs) = chat.rooms.db.read(|conn| Ok(store::totals(conn)?)).await?;
    let beside = Beside::of(&slice, |row| row.place(by));
    let rooms = slice.rows.into_iter().map(|row| row.room).collect();
    Ok(HttpResponse::Ok().json(RoomsPage { rooms, beside, directs }))
}

/// A room and what is counted of it.
///
/// # Errors
/// [`AppError::NotFound`], also for a private chat.
pub async fn room(db: &Db, id: RoomId) -> AppResult<(Row, Counts)> {
    db.read(move |conn| {
        let row = store::find(conn, id)?.ok_or(AppError::NotFound)?;
        let counts = store::counts(conn, id, row.room.info.last_seq)?;
        Ok((row, counts))
    })
    .await
}

async fn answer(chat: &Chat, id: RoomId) -> AppResult<HttpResponse> {
    let (row, counts) = room(&chat.rooms.db, id).await?;
    Ok(HttpResponse::Ok().json(CountedRoom { room: row.room, counts }))
}

/// `GET admin/rooms/{id}`
#[utoipa::path(
    get, path = "/api/v1/admin/rooms/{id}", tag = "console: rooms and messages",
    summary = "A room, as admins see it",
    params(("id" = RoomId, Path)),
    responses(
        (status = 200, body = CountedRoom),
        (status = 404),
    ),
)]
pub async fn show(chat: Data<Chat>, _: Admin, id: web::Path<RoomId>) -> AppResult<HttpResponse> {
    answer(&chat, *id).await
}

/// `PATCH admin/rooms/{id}`
#[utoipa::path(
    patch, path = "/api/v1/admin/rooms/{id}", tag = "console: rooms and messages",
    summary = "Change any room",
    params(("id" = RoomId, Path)),
    request_body = Patch,
    responses(
        (status = 200, body = CountedRoom),
        (status = 404),
        (status = 409, description = "`lobby`"),
    ),
)]
pub async fn update(
    chat: Data<Chat>,
    admin: Admin,
    id: web::Path<RoomId>,
    patch: Json<Patch>,
) -> AppResult<HttpResponse> {
    change::apply(&chat, &admin, *id, patch.0).await?;
    answer(&chat, *id).await
}

/// `DELETE admin/rooms/{id}`
#[utoipa::path(
    delete, path = "/api/v1/admin/rooms/{id}", tag = "console: rooms and messages",
    summary = "Delete any room",
    params(("id" = RoomId, Path)),
    responses(
        (status = 204),
        (status = 404),
        (status = 409, description = "`lobby`"),
    ),
)]
pub async fn delete(chat: Data<Chat>, admin: Admin, id: web::Path<RoomId>) -> AppResult<HttpResponse> {
    take_away(&chat, &admin, *id).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Deletes a room, for REST and pages alike.
///
/// # Errors
/// As for [`charge::delete`].
pub async fn take_away(chat: &Chat, admin: &Admin, id: RoomId) -> AppResult<()> {
    let actor = admin.actor();
    chat.rooms.db.ordered(move |conn| charge::delete(conn, &actor, id)).await?;
    chat.rooms.eraser.notify_one();
    Ok(())
}

/// Body of `PUT admin/rooms/{id}/owner`.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[schema(as = NewOwner)]
#[serde(deny_unknown_fields)]
pub struct Heir {
    /// Who need not be a member.
    user: UserId,
}

/// `PUT admin/rooms/{id}/owner`
#[utoipa::path(
    put, path = "/api/v1/admin/rooms/{id}/owner", tag = "console: rooms and messages",
    summary = "Give a room another owner",
    params(("id" = RoomId, Path)),
    request_body = Heir,
    responses(
        (status = 200, body = CountedRoom),
        (status = 404),
        (status = 409, description = "`inactive`"),
    ),
)]
pub async fn set_owner(
    chat: Data<Chat>,
    admin: Admin,
    id: web::Path<RoomId>,
    body: Json<Heir>,
) -> AppResult<HttpResponse> {
    let (actor, id, heir) = (admin.actor(), *id, body.0.user);
    chat.rooms.db.ordered(move |conn| charge::hand_over(conn, &actor, id, heir)).await?;
    answer(&chat, id).await
}

/// Query of a room's members.
#[derive(Debug, Clone, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct MembersQuery {
    /// Part of a name.
    pub q: String,
    /// Beyond this person.
    pub after: String,
    /// Members at most.
    pub limit: String,
}

/// A page of a room's members, and whether there are more.
///
/// # Errors
/// A query that says nonsense; not found.
pub async fn members_of(
    db: &Db,
    presence: &Presence,
    room: RoomId,
    query: &MembersQuery,
) -> AppResult<(Vec<MemberView>, bool)> {
    let needle = needle(&query.q)?;
    let after = match query.after.as_str() {
        "" => UserId(0),
        text => UserId(text.parse().map_err(|_| table::invalid("after", "is the id of a person"))?),
    };
    let limit = match query.limit.as_str() {
        "" => MEMBERS,
        text => text
            .parse()
            .ok()
            .filter(|limit| (1..=table::MOST).contains(limit))
            .ok_or_else(|| table::invalid("limit", "is a number from 1 to 100"))?,
    };
    let mut found = db
        .read(move |conn| {
            store::find(conn, room)?.ok_or(AppError::NotFound)?;
            let filter = MemberFilter { query: &needle, among: None, after, limit: limit + 1 };
            Ok(rooms::members(conn, room, &filter)?)
        })
        .await?;
    let more = page::cut(&mut found, limit);
    Ok((found.into_iter().map(|row| members::view(row, presence)).collect(), more))
}

/// `GET admin/rooms/{id}/members`
#[utoipa::path(
    get, path = "/api/v1/admin/rooms/{id}/members", tag = "console: rooms and messages",
    summary = "Members of any room",
    params(("id" = RoomId, Path), MembersQuery),
    responses(
        (status = 200, body = MembersPage),
        (status = 404),
    ),
)]
pub async fn list_members(
    chat: Data<Chat>,
    _: Admin,
    id: web::Path<RoomId>,
    query: web::Query<MembersQuery>,
) -> AppResult<HttpResponse> {
    let (members, more) = members_of(&chat.rooms.db, &chat.presence, *id, &query).await?;
    Ok(HttpResponse::Ok().json(MembersPage { members, more }))
}
