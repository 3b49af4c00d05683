//! Members of a room over REST.

use actix_web::{HttpResponse, web};
use chrono::{NaiveDateTime, SubsecRound as _};
use serde::Deserialize;

use crate::{
    account::{current_user::CurrentUser, needle::needle, presence::Presence, wire::SiteRole},
    db::{connection::AnyConnection, page, time},
    error::{AppError, AppResult},
    id::{RoomId, UserId},
    room::{
        RoomDesk, SEEN_BY, acts,
        store::{self, MemberFilter, MemberRow},
        wire::{MemberBody, MemberView, MembersBody, ReadView, ReadsBody, RoomRole},
    },
    web::body::{Json, nullable},
};

/// Most members a page has.
const PAGE: i64 = 200;

/// As who may silence them sees them.
pub fn view(row: MemberRow, presence: &Presence) -> MemberView {
    let MemberRow { card: user, role, joined_at, last_seen_at, silenced_until } = row;
    MemberView { online: presence.is_online(user.id), user, role, joined_at, last_seen_at, silenced_until }
}

/// As everybody else does.
fn plain(row: MemberRow, presence: &Presence) -> MemberView {
    MemberView { silenced_until: None, ..view(row, presence) }
}

/// Query of a list of members.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct MembersQuery {
    /// Part of a name.
    #[serde(default)]
    q: String,
    /// Beyond this person.
    after: Option<i64>,
    /// At most 200, and by default.
    limit: Option<i64>,
    /// 1 for those who are connected.
    online: Option<u8>,
}

/// `GET rooms/{id}/members`
#[utoipa::path(
    get, path = "/api/v1/rooms/{id}/members", tag = "rooms",
    summary = "Members of a room",
    params(("id" = RoomId, Path), MembersQuery),
    responses(
        (status = 200, body = MembersBody),
        (status = 403, description = "`forbidden`"),
        (status = 404),
    ),
)]
pub async fn list(
    desk: web::Data<RoomDesk>,
    presence: web::Data<Presence>,
    user: CurrentUser,
    room: web::Path<RoomId>,
    query: web::Query<MembersQuery>,
) -> AppResult<HttpResponse> {
    let limit = query.limit.unwrap_or(PAGE).clamp(1, PAGE);
    let (needle, after) = (needle(&query.q)?, UserId(query.after.unwrap_or(0)));
    let (online, online_only) = (presence.online(), query.online == Some(1));
    let is_admin = user.card.role == SiteRole::Admin;
    let (mut found, total, online_count, moderates) = desk
        .db
        .read(move |conn| {
            let (info, role) = store::joined(conn, user.id(), *room)?;
            let among = online_only.then_some(online.as_slice());
            let filter = MemberFilter { query: &needle, among, after, limit: limit + 1 };
            let online_count = store::count_among(conn, *room, &online)?;
            let moderates = is_admin || role >= RoomRole::Moderator;
            Ok((store::members(conn, *room, &filter)?, info.member_count, online_count, moderates))
        })
        .await?;
    let more = page::cut(&mut found, limit);
    let view = if moderates { view } else { plain };
    let members: Vec<MemberView> = found.into_iter().map(|row| view(row, &presence)).collect();
    Ok(HttpResponse::Ok().json(MembersBody { members, more, total, online_count }))
}

/// `GET rooms/{id}/reads`
#[utoipa::path(
    get, path = "/api/v1/rooms/{id}/reads", tag = "rooms",
    summary = "How far members have read",
    params(("id" = RoomId, Path)),
    responses(
        (status = 200, body = ReadsBody),
        (status = 403, description = "`forbidden`"),
        (status = 404),
        (status = 409, description = "`too_many`: above 50 members"),
    ),
)]
pub async fn reads(desk: web::Data<RoomDesk>, user: CurrentUser, room: web::Path<RoomId>) -> AppResult<HttpResponse> {
    // Before the stored ones: what is stored meanwhile leaves the memory.
    let marks = desk.marks.in_room(*room);
    let stored = desk
        .db
        .read(move |conn| {
            let (info, _) = store::joined(conn, user.id(), *room)?;
            if info.member_count > SEEN_BY {
                return Err(AppError::Conflict("too_many", "Read marks are shown in rooms of at most 50 members."));
            }
            Ok(store::read_seqs(conn, *room)?)
        })
        .await?;
    let newest = |(user, stored): (UserId, i64)| {
        let seq = marks.get(&user).copied().unwrap_or_default().max(stored);
        ReadView { user, seq }
    };
    let reads: Vec<ReadView> = stored.into_iter().map(newest).collect();
    Ok(HttpResponse::Ok().json(ReadsBody { reads }))
}

/// Body of `POST rooms/{id}/members`.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMember {
    /// Whom.
    user: UserId,
}

/// `POST rooms/{id}/members`
#[utoipa::path(
    post, path = "/api/v1/rooms/{id}/members", tag = "rooms",
    summary = "Add a member",
    params(("id" = RoomId, Path)),
    request_body = NewMember,
    responses(
        (status = 201, body = MemberBody),
        (status = 200, body = MemberBody, description = "They were in already."),
        (status = 403, description = "`forbidden`, `blocked`"),
        (status = 404),
        (status = 409, description = "`direct`, `room_full`, `too_many_rooms`"),
    ),
)]
pub async fn add(
    desk: web::Data<RoomDesk>,
    presence: web::Data<Presence>,
    user: CurrentUser,
    room: web::Path<RoomId>,
    body: Json<NewMember>,
) -> AppResult<HttpResponse> {
    let (whom, bounds) = (body.0.user, desk.bounds());
    let (member, fresh) = desk.db.ordered(move |conn| acts::add(conn, &user.card, *room, whom, bounds)).await?;
    let mut response = if fresh { HttpResponse::Created() } else { HttpResponse::Ok() };
    Ok(response.json(MemberBody { member: view(member, &presence) }))
}

/// Body of `PATCH rooms/{id}/members/{user}`: one of the two.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberPatch {
    /// By an owner.
    role: Option<RoomRole>,
    /// RFC 3339, a time to come; null lets them write again.
    #[serde(default, deserialize_with = "nullable")]
    silenced_until: Option<Option<String>>,
}

enum MemberChange {
    Role(RoomRole),
    Silence(Option<NaiveDateTime>),
}

impl MemberPatch {
    fn check(self) -> AppResult<MemberChange> {
        match (self.role, self.silenced_until) {
            (Some(role), None) => Ok(MemberChange::Role(role)),
            (None, Some(None)) => Ok(MemberChange::Silence(None)),
            (None, Some(Some(text))) => match time::parse(&text) {
                Some(until) => Ok(MemberChange::Silence(Some(until.trunc_subsecs(6)))),
                None => Err(AppError::field("silenced_until", "invalid", "A time as in RFC 3339, or null.")),
            },
            _ => Err(AppError::Invalid("Say role or silenced_until.".into())),
        }
    }
}

/// `PATCH rooms/{id}/members/{user}`
#[utoipa::path(
    patch, path = "/api/v1/rooms/{id}/members/{user}", tag = "rooms",
    summary = "Give a member a role, or silence them",
    params(("id" = RoomId, Path), ("user" = UserId, Path)),
    request_body = MemberPatch,
    responses(
        (status = 200, body = MemberBody),
        (status = 403, description = "`forbidden`"),
        (status = 404),
        (status = 409, description = "`last_owner`, `self`, `too_many_own_rooms`"),
    ),
)]
pub async fn update(
    desk: web::Data<RoomDesk>,
    presence: web::Data<Presence>,
    user: CurrentUser,
    path: web::Path<(RoomId, UserId)>,
    body: Json<MemberPatch>,
) -> AppResult<HttpResponse> {
    let ((room, whom), change, bounds) = (path.into_inner(), body.0.check()?, desk.bounds());
    let work = move |conn: &mut AnyConnection| match &change {
        MemberChange::Role(role) => acts::set_role(conn, &user.card, room, whom, *role, bounds),
        MemberChange::Silence(until) => acts::silence(conn, &user.card, room, whom, *until),
    };
    let member = desk.db.ordered(work).await?;
    Ok(HttpResponse::Ok().json(MemberBody { member: view(member, &presence) }))
}

/// `DELETE rooms/{id}/members/{user}`
#[utoipa::path(
    delete, path = "/api/v1/rooms/{id}/members/{user}", tag = "rooms",
    summary = "Remove a member",
    params(("id" = RoomId, Path), ("user" = UserId, Path)),
    responses(
        (status = 204),
        (status = 403, description = "`forbidden`"),
        (status = 404),
        (status = 409),
    ),
)]
pub async fn remove(
    desk: web::Data<RoomDesk>,
    user: CurrentUser,
    path: web::Path<(RoomId, UserId)>,
) -> AppResult<HttpResponse> {
    let (room, whom) = path.into_inner();
    desk.db.ordered(move |conn| acts::remove(conn, &user.card, room, whom)).await?;
    Ok(HttpResponse::NoContent().finish())
}
