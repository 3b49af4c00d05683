//! What of a room is announced to me.

use std::collections::HashMap;

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use crate::{
    account::{current_user::CurrentUser, presence::Presence},
    db::{connection::AnyConnection, lane::Stored},
    error::{AppError, AppResult},
    event::Event,
    id::{RoomId, UserId},
    room::{
        RoomDesk,
        acts::Done,
        handlers::{add_presence, answer},
        store,
        wire::{Notify, RoomBody, RoomView, room_frame},
    },
    web::body::Json,
};

/// Body of `PATCH rooms/{id}/me`.
#[derive(Debug, Clone, Copy, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoticesPatch {
    /// Which messages are announced to me.
    notify: Option<Notify>,
    /// Without a count in the list.
    muted: Option<bool>,
}

/// `PATCH rooms/{id}/me`
#[utoipa::path(
    patch, path = "/api/v1/rooms/{id}/me", tag = "rooms",
    summary = "What of a room is announced to me",
    params(("id" = RoomId, Path)),
    request_body = NoticesPatch,
    responses(
        (status = 200, body = RoomBody),
        (status = 404),
    ),
)]
pub async fn update(
    desk: web::Data<RoomDesk>,
    presence: web::Data<Presence>,
    user: CurrentUser,
    room: web::Path<RoomId>,
    body: Json<NoticesPatch>,
) -> AppResult<HttpResponse> {
    let (id, room, patch) = (user.id(), *room, body.0);
    let (marks, online) = (desk.marks.of(id), presence.clone());
    let view = desk.db.ordered(move |conn| set(conn, id, room, patch, &marks, &online)).await?;
    Ok(answer(&presence, view, 200))
}

/// Changes my notices, and shows all my sockets the room as it is to me.
fn set(
    conn: &mut AnyConnection,
    user: UserId,
    room: RoomId,
    NoticesPatch { notify, muted }: NoticesPatch,
    marks: &HashMap<RoomId, i64>,
    presence: &Presence,
) -> Done<RoomView> {
    store::joined(conn, user, room)?;
    store::set_notices(conn, room, user, notify, muted)?;
    let mut view = store::view(conn, user, room)?.ok_or(AppError::NotFound)?;
    store::move_mark(conn, user, &mut view, marks)?;
    add_presence(presence, &mut view);
    let event = Event::ToUser { user, frame: room_frame(&view) };
    Ok(Stored::telling(view, vec![event]))
}
