//! Rooms and memberships in SQL.

use std::collections::HashMap;

use chrono::NaiveDateTime;
use diesel::{dsl::count_star, prelude::*};

use crate::{
    account::{
        store::{CARD, CardRow, card, escape_like},
        wire::Card,
    },
    db::{
        connection::AnyConnection,
        kept::within,
        schema::{memberships, mentions, messages, rooms, uploads, users},
        time::now,
    },
    error::{AppError, AppResult},
    id::{MessageId, RoomId, UserId},
    on_each,
    room::{
        direct,
        eraser::Forget,
        wire::{
            Keeping, MyState, Notify, Peer, PostPolicy, Preview, PreviewSender, RoomInfo, RoomKind, RoomRole, RoomView,
        },
    },
};

/// Characters of the newest message in a list of rooms.
const PREVIEW: usize = 100;

/// A room as it is read.
#[derive(Queryable)]
pub struct InfoRow {
    id: RoomId,
    kind: String,
    lobby: bool,
    name: String,
    topic: String,
    last_seq: i64,
    rev: i64,
    member_count: i64,
    recall_seconds: Option<i64>,
    slow_seconds: i64,
    post_policy: String,
    public_read: bool,
    archived_at: Option<NaiveDateTime>,
    floor_seq: i64,
    created_at: NaiveDateTime,
}

/// The columns of an [`InfoRow`].
pub type InfoColumns = (
    rooms::id,
    rooms::kind,
    rooms::lobby,
    rooms::name,
    rooms::topic,
    rooms::last_seq,
    rooms::rev,
    rooms::member_count,
    rooms::recall_seconds,
    rooms::slow_seconds,
    rooms::post_policy,
    rooms::public_read,
    rooms::archived_at,
    rooms::floor_seq,
    rooms::created_at,
);

/// The same as values.
pub const INFO: InfoColumns = (
    rooms::id,
    rooms::kind,
    rooms::lobby,
    rooms::name,
    rooms::topic,
    rooms::last_seq,
    rooms::rev,
    rooms::member_count,
    rooms::recall_seconds,
    rooms::slow_seconds,
    rooms::post_policy,
    rooms::public_read,
    rooms::archived_at,
    rooms::floor_seq,
    rooms::created_at,
);

/// The room that was read.
pub fn info(row: InfoRow) -> RoomInfo {
    RoomInfo {
        id: row.id,
        // The columns have CHECKs: other values cannot be stored.
        kind: row.kind.parse().unwrap_or(RoomKind::Private),
        lobby: row.lobby,
        name: row.name,
        topic: row.topic,
        last_seq: row.last_seq,
        rev: row.rev,
        member_count: row.member_count,
        recall_seconds: row.recall_seconds,
        slow_seconds: row.slow_seconds,
        post_policy: row.post_policy.parse().unwrap_or_default(),
        public_read: row.public_read,
        archived_at: row.archived_at,
        floor_seq: row.floor_seq,
        created_at: row.created_at,
    }
}

/// Role, read mark, notices, silence.
type MyRow = (String, i64, String, bool, Option<NaiveDateTime>);

type MyColumns =
    (memberships::role, memberships::read_seq, memberships::notify, memberships::muted, memberships::silenced_until);

const MY: MyColumns =
    (memberships::role, memberships::read_seq, memberships::notify, memberships::muted, memberships::silenced_until);

fn my((text, read_seq, notify, muted, silenced): MyRow, mentions: i64) -> MyState {
    let notify = notify.parse().unwrap_or(Notify::All);
    MyState { role: role(&text), read_seq, mentions, notify, muted, silenced_until: to_come(silenced) }
}

/// What has passed is over.
fn to_come(time: Option<NaiveDateTime>) -> Option<NaiveDateTime> {
    time.filter(|time| *time > now())
}

fn role(text: &str) -> RoomRole {
    text.parse().unwrap_or(RoomRole::Member)
}

/// A room that is not deleted.
pub fn find(conn: &mut AnyConnection, room: RoomId) -> QueryResult<Option<RoomInfo>> {
    let row = rooms::table.filter(rooms::id.eq(room).and(rooms::deleted_at.is_null())).select(INFO).first(conn);
    Ok(row.optional()?.map(info))
}

/// A person's role in a room that is not deleted.
pub fn role_in(conn: &mut AnyConnection, user: UserId, room: RoomId) -> QueryResult<Option<RoomRole>> {
    let found: Option<String> = memberships::table
        .inner_join(rooms::table)
        .filter(memberships::room_id.eq(room).and(memberships::user_id.eq(user)).and(rooms::deleted_at.is_null()))
        .select(memberships::role)
        .first(conn)
        .optional()?;
    Ok(found.map(|text| role(&text)))
}

/// The room and my role in it, if I may see it at all.
///
/// # Errors
/// [`AppError::NotFound`] for what does not exist and for what I may not see alike.
pub fn visible(conn: &mut AnyConnection, user: UserId, room: RoomId) -> AppResult<(RoomInfo, Option<RoomRole>)> {
    let info = find(conn, room)?.ok_or(AppError::NotFound)?;
    let role = role_in(conn, user, room)?;
    if role.is_none() && info.kind != RoomKind::Public {
        return Err(AppError::NotFound);
    }
    Ok((info, role))
}

/// The room and my role, of which I must be a member.
///
/// # Errors
/// [`AppError::NotFound`] as for [`visible`]; [`AppError::Forbidden`] for a public room I have not joined.
pub fn joined(conn: &mut AnyConnection, user: UserId, room: RoomId) -> AppResult<(RoomInfo, RoomRole)> {
    let (info, role) = visible(conn, user, room)?;
    Ok((info, role.ok_or(AppError::Forbidden("Join the room first."))?))
}

/// What guests may read, where the site allows guests: the one rule for rooms, messages and pictures.
#[diesel::dsl::auto_type]
fn open_to_guests() -> _ {
    rooms::kind.eq("public").and(rooms::public_read.eq(true)).and(rooms::deleted_at.is_null())
}

/// A room that guests may read; whether the site allows guests was asked before.
///
/// # Errors
/// [`AppError::Unauthenticated`] for what does not exist and for what they may not read alike.
pub fn readable_by_guest(conn: &mut AnyConnection, room: RoomId) -> AppResult<RoomInfo> {
    let row = rooms::table.filter(open_to_guests()).filter(rooms::id.eq(room)).select(INFO).first(conn).optional()?;
    row.map(info).ok_or(AppError::Unauthenticated)
}

/// A page of the rooms that guests may read, by id.
pub fn guest_page(conn: &mut AnyConnection, query: &str, after: RoomId, limit: i64) -> QueryResult<Vec<RoomInfo>> {
    let mut found = rooms::table
        .filter(open_to_guests())
        .filter(rooms::id.gt(after))
        .order(rooms::id)
        .limit(limit)
        .select(INFO)
        .into_boxed();
    if !query.is_empty() {
        found = found.filter(rooms::name_key.like(format!("%{}%", escape_like(query))).escape('\\'));
    }
    Ok(found.load(conn)?.into_iter().map(info).collect())
}

/// Did the person with this picture write anything that guests may read?
pub fn is_face_for_guests(conn: &mut AnyConnection, avatar: &str) -> QueryResult<bool> {
    let said = messages::table
        .inner_join(rooms::table)
        .inner_join(users::table)
        .filter(open_to_guests())
        .filter(users::avatar.eq(avatar).and(messages::seq.gt(rooms::floor_seq)));
    diesel::select(diesel::dsl::exists(said)).get_result(conn)
}

/// All rooms of a person, or one of them, as they see them.
fn views(conn: &mut AnyConnection, user: UserId, only: Option<RoomId>) -> QueryResult<Vec<RoomView>> {
    let mut query = memberships::table
        .inner_join(rooms::table)
        .filter(memberships::user_id.eq(user).and(rooms::deleted_at.is_null()))
        .order(rooms::id)
        .select((INFO, MY))
        .into_boxed();
    if let Some(room) = only {
        query = query.filter(rooms::id.eq(room));
    }
    let rows: Vec<(InfoRow, MyRow)> = query.load(conn)?;
    let mentioned = unread_mentions(conn, user, only)?;
    let mut views: Vec<RoomView> = rows
        .into_iter()
        .map(|(row, mine)| {
            let info = info(row);
            let mentions = mentioned.iter().find(|(room, _)| *room == info.id).map_or(0, |(_, count)| *count);
            let mut my = my(mine, mentions);
            // What is gone is not unread.
            my.read_seq = my.read_seq.max(info.floor_seq);
            RoomView { my: Some(my), info, peer: None, last: None }
        })
        .collect();
    add_previews(conn, &mut views)?;
    add_peers(conn, user, &mut views)?;
    Ok(views)
}

/// All rooms of a person as they see them, with read marks that may be newer than stored.
pub fn mine(conn: &mut AnyConnection, user: UserId, marks: &HashMap<RoomId, i64>) -> QueryResult<Vec<RoomView>> {
    let mut views = views(conn, user, None)?;
    views.iter_mut().try_for_each(|view| move_mark(conn, user, view, marks))?;
    Ok(views)
}

/// Moves the mark of a view forward, if there is a newer one.
pub fn move_mark(
    conn: &mut AnyConnection,
    user: UserId,
    view: &mut RoomView,
    marks: &HashMap<RoomId, i64>,
) -> QueryResult<()> {
    if let (Some(my), Some(mark)) = (&mut view.my, marks.get(&view.info.id))
        && *mark > my.read_seq
    {
        my.read_seq = *mark;
        my.mentions = mentions_after(conn, user, view.info.id, *mark)?;
    }
    Ok(())
}

fn mentions_after(conn: &mut AnyConnection, user: UserId, room: RoomId, seq: i64) -> QueryResult<i64> {
    let after = mentions::room_id.eq(room).and(mentions::user_id.eq(user)).and(mentions::seq.gt(seq));
    mentions::table.filter(after).select(count_star()).first(conn)
}

/// How a room stands for a member.
#[derive(Debug, Clone, Copy)]
pub struct Head {
    /// The room.
    pub room: RoomId,
    /// Its newest change.
    pub rev: i64,
    /// Its newest message.
    pub last_seq: i64,
    /// Messages up to this one are gone.
    pub floor_seq: i64,
    /// How many members it has.
    pub member_count: i64,
    /// How far the person has read it.
    pub read_seq: i64,
    /// How many unread messages mention them.
    pub mentions: i64,
}

type HeadRow = (RoomId, i64, i64, i64, i64, i64);

/// How all rooms of a person stand, with read marks that may be newer than stored; no more of them than numbers.
pub fn heads(conn: &mut AnyConnection, user: UserId, marks: &HashMap<RoomId, i64>) -> QueryResult<Vec<Head>> {
    let rows: Vec<HeadRow> = memberships::table
        .inner_join(rooms::table)
        .filter(memberships::user_id.eq(user).and(rooms::deleted_at.is_null()))
        .order(rooms::id)
        .select((rooms::id, rooms::rev, rooms::last_seq, rooms::floor_seq, rooms::member_count, memberships::read_seq))
        .load(conn)?;
    let mentioned: HashMap<RoomId, i64> = unread_mentions(conn, user, None)?.into_iter().collect();
    let head = |(room, rev, last_seq, floor_seq, member_count, stored): HeadRow| {
        let read_seq = marks.get(&room).copied().unwrap_or_default().max(stored);
        let mentions = match mentioned.get(&room) {
            Some(_) if read_seq > stored => mentions_after(conn, user, room, read_seq.max(floor_seq))?,
            mentions => mentions.copied().unwrap_or_default(),
        };
        Ok(Head { room, rev, last_seq, floor_seq, member_count, read_seq, mentions })
    };
    rows.into_iter().map(head).collect()
}

/// One room as a member sees it.
pub fn view(conn: &mut AnyConnection, user: UserId, room: RoomId) -> QueryResult<Option<RoomView>> {
    Ok(views(conn, user, Some(room))?.pop())
}

fn unread_mentions(conn: &mut AnyConnection, user: UserId, only: Option<RoomId>) -> QueryResult<Vec<(RoomId, i64)>> {
    let mut query = mentions::table
        .inner_join(
            memberships::table
                .on(memberships::room_id.eq(mentions::room_id).and(memberships::user_id.eq(mentions::user_id))),
        )
        .inner_join(rooms::table.on(rooms::id.eq(mentions::room_id)))
        .filter(mentions::user_id.eq(user).and(mentions::seq.gt(memberships::read_seq)))
        .filter(mentions::seq.gt(rooms::floor_seq))
        .group_by(mentions::room_id)
        .select((mentions::room_id, count_star()))
        .into_boxed();
    if let Some(room) = only {
        query = query.filter(mentions::room_id.eq(room));
    }
    query.load(conn)
}

fn add_previews(conn: &mut AnyConnection, views: &mut [RoomView]) -> QueryResult<()> {
    let ids = views.iter().map(|view| view.info.id.0);
    let found = messages::table
        .inner_join(rooms::table)
        .inner_join(users::table)
        .filter(within(messages::room_id, ids).and(messages::seq.eq(rooms::last_seq)))
        .filter(messages::seq.gt(rooms::floor_seq))
        .select((messages::room_id, messages::id, messages::text, messages::created_at, users::id, users::nickname));
    let newest: Vec<(RoomId, MessageId, String, NaiveDateTime, UserId, String)> =
        on_each!(conn, |conn| found.load(conn)?);
    let images = count_images(conn, &newest.iter().map(|(_, message, ..)| *message).collect::<Vec<_>>())?;
    for (room, message, text, at, id, nickname) in newest {
        if let Some(view) = views.iter_mut().find(|view| view.info.id == room) {
            let text = text.chars().take(PREVIEW).map(|c| if c == '\n' { ' ' } else { c }).collect();
            let images = images.get(&message).copied().unwrap_or_default();
            view.last = Some(Preview { sender: PreviewSender { id, nickname }, text, images, at });
        }
    }
    Ok(())
}

fn count_images(conn: &mut AnyConnection, messages: &[MessageId]) -> QueryResult<HashMap<MessageId, i64>> {
    let of = uploads::message_id.assume_not_null();
    let found = uploads::table
        .filter(within(uploads::message_id, messages.iter().map(|id| id.0)))
        .group_by(uploads::message_id)
        .select((of, count_star()));
    let counted: Vec<(MessageId, i64)> = on_each!(conn, |conn| found.load(conn)?);
    Ok(counted.into_iter().collect())
}

fn add_peers(conn: &mut AnyConnection, user: UserId, views: &mut [RoomView]) -> QueryResult<()> {
    let directs: Vec<i64> =
        views.iter().filter(|view| view.info.kind == RoomKind::Direct).map(|view| view.info.id.0).collect();
    if directs.is_empty() {
        return Ok(());
    }
    let found = memberships::table
        .inner_join(users::table)
        .filter(within(memberships::room_id, directs).and(memberships::user_id.ne(user)))
        .select((memberships::room_id, CARD));
    let peers: Vec<(RoomId, CardRow)> = on_each!(conn, |conn| found.load(conn)?);
    for (room, row) in peers {
        if let Some(view) = views.iter_mut().find(|view| view.info.id == room) {
            view.peer = Some(Peer { card: card(row), online: false });
        }
    }
    Ok(())
}

/// A page of the public rooms by id, and my role where I am a member.
pub fn public_page(
    conn: &mut AnyConnection,
    user: UserId,
    query: &str,
    after: RoomId,
    limit: i64,
) -> QueryResult<Vec<(RoomInfo, Option<RoomRole>)>> {
    let mut found = rooms::table
        .left_join(memberships::table.on(memberships::room_id.eq(rooms::id).and(memberships::user_id.eq(user))))
        .filter(rooms::kind.eq("public").and(rooms::deleted_at.is_null()).and(rooms::id.gt(after)))
        .order(rooms::id)
        .limit(limit)
        .select((INFO, memberships::role.nullable()))
        .into_boxed();
    if !query.is_empty() {
        found = found.filter(rooms::name_key.like(format!("%{}%", escape_like(query))).escape('\\'));
    }
    let rows: Vec<(InfoRow, Option<String>)> = found.load(conn)?;
    Ok(rows.into_iter().map(|(row, text)| (info(row), text.map(|text| role(&text)))).collect())
}

/// Stores an empty room.
pub fn insert(
    conn: &mut AnyConnection,
    kind: RoomKind,
    lobby: bool,
    name: &str,
    topic: &str,
    direct_key: Option<&str>,
) -> QueryResult<RoomInfo> {
    let row = diesel::insert_into(rooms::table)
        .values((
            rooms::kind.eq(kind.as_str()),
            rooms::lobby.eq(lobby),
            rooms::name.eq(name),
            rooms::name_key.eq(crate::account::name::fold(name)),
            rooms::topic.eq(topic),
            rooms::direct_key.eq(direct_key),
            rooms::last_seq.eq(0),
            rooms::rev.eq(0),
            rooms::member_count.eq(0),
            rooms::created_at.eq(now()),
        ))
        .returning(INFO)
        .get_result(conn)?;
    Ok(info(row))
}

/// The lobby's id, if it was made.
pub fn lobby(conn: &mut AnyConnection) -> QueryResult<Option<RoomId>> {
    rooms::table.filter(rooms::lobby).select(rooms::id).first(conn).optional()
}

/// The direct room of a pair.
pub fn direct(conn: &mut AnyConnection, key: &str) -> QueryResult<Option<RoomId>> {
    rooms::table.filter(rooms::direct_key.eq(key)).select(rooms::id).first(conn).optional()
}

/// The two people of a direct room.
pub fn pair(conn: &mut AnyConnection, room: RoomId) -> QueryResult<Option<(UserId, UserId)>> {
    let key: Option<String> = rooms::table.find(room).select(rooms::direct_key).first(conn)?;
    Ok(key.as_deref().and_then(direct::pair))
}

/// What is to be changed of a room; `None` leaves a field as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RoomChange {
    /// See [`super::names::room_name`].
    pub name: Option<String>,
    /// See [`super::names::topic`].
    pub topic: Option<String>,
    /// `Some(None)` goes back to the default.
    pub recall_seconds: Option<Option<i64>>,
    /// 0 for none.
    pub slow_seconds: Option<i64>,
    /// Who may write.
    pub post_policy: Option<PostPolicy>,
    /// Only of a public room.
    pub public_read: Option<bool>,
    /// Only to be read from now on, or not any more.
    pub archived: Option<bool>,
    /// What is kept.
    pub keeping: Option<Keeping>,
    /// What is shown, in hours; 0 for all, `Some(None)` as the site's settings say.
    pub window_hours: Option<Option<i64>>,
    /// And in messages.
    pub window_count: Option<Option<i64>>,
}

impl RoomChange {
    /// Does it change what is its owners' to change?
    pub fn is_for_owners(&self) -> bool {
        self.public_read.is_some() || self.archived.is_some()
    }
}

/// Changes what a room is like.
pub fn update(conn: &mut AnyConnection, room: RoomId, change: &RoomChange) -> QueryResult<RoomInfo> {
    if let Some(name) = &change.name {
        let values = (rooms::name.eq(name), rooms::name_key.eq(crate::account::name::fold(name)));
        diesel::update(rooms::table.find(room)).set(values).execute(conn)?;
    }
    if let Some(topic) = &change.topic {
        diesel::update(rooms::table.find(room)).set(rooms::topic.eq(topic)).execute(conn)?;
    }
    if let Some(seconds) = change.recall_seconds {
        diesel::update(rooms::table.find(room)).set(rooms::recall_seconds.eq(seconds)).execute(conn)?;
    }
    if let Some(seconds) = change.slow_seconds {
        diesel::update(rooms::table.find(room)).set(rooms::slow_seconds.eq(seconds)).execute(conn)?;
    }
    if let Some(policy) = change.post_policy {
        diesel::update(rooms::table.find(room)).set(rooms::post_policy.eq(policy.as_str())).execute(conn)?;
    }
    if let Some(public_read) = change.public_read {
        diesel::update(rooms::table.find(room)).set(rooms::public_read.eq(public_read)).execute(conn)?;
    }
    if let Some(keeping) = change.keeping {
        let values = (rooms::retention.eq(keeping.rule()), rooms::retention_value.eq(keeping.value()));
        diesel::update(rooms::table.find(room)).set(values).execute(conn)?;
    }
    if let Some(hours) = change.window_hours {
        diesel::update(rooms::table.find(room)).set(rooms::window_hours.eq(hours)).execute(conn)?;
    }
    if let Some(count) = change.window_count {
        diesel::update(rooms::table.find(room)).set(rooms::window_count.eq(count)).execute(conn)?;
    }
    match change.archived {
        // Once more archived, it stays so since the first time.
        Some(true) => diesel::update(rooms::table.filter(rooms::id.eq(room).and(rooms::archived_at.is_null())))
            .set(rooms::archived_at.eq(Some(now())))
            .execute(conn)?,
        Some(false) => {
            let none: Option<NaiveDateTime> = None;
            diesel::update(rooms::table.find(room)).set(rooms::archived_at.eq(none)).execute(conn)?
        }
        None => 0,
    };
    Ok(info(rooms::table.find(room).select(INFO).first(conn)?))
}

/// Marks a room as deleted: from now on it is not found.
pub fn mark_deleted(conn: &mut AnyConnection, room: RoomId) -> QueryResult<usize> {
    diesel::update(rooms::table.find(room)).set(rooms::deleted_at.eq(Some(now()))).execute(conn)
}

/// Makes a person a member who has read everything so far, and returns the room as it is then. `None` if they were one.
pub fn insert_member(
    conn: &mut AnyConnection,
    room: RoomId,
    user: UserId,
    role: RoomRole,
) -> QueryResult<Option<RoomInfo>> {
    let last_seq: i64 = rooms::table.find(room).select(rooms::last_seq).first(conn)?;
    let values = (
        memberships::room_id.eq(room),
        memberships::user_id.eq(user),
        memberships::role.eq(role.as_str()),
        memberships::joined_at.eq(now()),
        memberships::read_seq.eq(last_seq),
    );
    let inserted = on_each!(conn, |conn| diesel::insert_into(memberships::table)
        .values(values)
        .on_conflict_do_nothing()
        .execute(conn)?);
    match inserted {
        0 => Ok(None),
        _ => count_members(conn, room, 1).map(Some),
    }
}

/// Rooms a person owns.
pub fn count_owned(conn: &mut AnyConnection, user: UserId) -> QueryResult<i64> {
    rooms_of(user).filter(memberships::role.eq(RoomRole::Owner.as_str())).select(count_star()).first(conn)
}

/// Rooms a person is in, private chats of two and the lobby aside.
pub fn count_joined(conn: &mut AnyConnection, user: UserId) -> QueryResult<i64> {
    rooms_of(user).select(count_star()).first(conn)
}

#[diesel::dsl::auto_type]
fn rooms_of(user: UserId) -> _ {
    let counted = rooms::kind.ne("direct").and(rooms::lobby.eq(false)).and(rooms::deleted_at.is_null());
    memberships::table.inner_join(rooms::table).filter(memberships::user_id.eq(user)).filter(counted)
}

/// Ends a membership and returns the room as it is then. `None` if there was none.
pub fn delete_member(conn: &mut AnyConnection, room: RoomId, user: UserId) -> QueryResult<Option<RoomInfo>> {
    match diesel::delete(memberships::table.find((room, user))).execute(conn)? {
        0 => Ok(None),
        _ => count_members(conn, room, -1).map(Some),
    }
}

fn count_members(conn: &mut AnyConnection, room: RoomId, change: i64) -> QueryResult<RoomInfo> {
    let row = diesel::update(rooms::table.find(room))
        .set(rooms::member_count.eq(rooms::member_count + change))
        .returning(INFO)
        .get_result(conn)?;
    Ok(info(row))
}

/// Gives a member another role.
pub fn set_role(conn: &mut AnyConnection, room: RoomId, user: UserId, role: RoomRole) -> QueryResult<usize> {
    diesel::update(memberships::table.find((room, user))).set(memberships::role.eq(role.as_str())).execute(conn)
}

/// How many owners a room has.
pub fn owners(conn: &mut AnyConnection, room: RoomId) -> QueryResult<i64> {
    memberships::table
        .filter(memberships::room_id.eq(room).and(memberships::role.eq("owner")))
        .select(count_star())
        .first(conn)
}

/// Until when a member may not write in a room, if that is not over.
pub fn silenced_in(conn: &mut AnyConnection, room: RoomId, user: UserId) -> QueryResult<Option<NaiveDateTime>> {
    let until: Option<Option<NaiveDateTime>> =
        memberships::table.find((room, user)).select(memberships::silenced_until).first(conn).optional()?;
    Ok(to_come(until.flatten()))
}

/// Sets it, or ends it.
pub fn set_silenced(
    conn: &mut AnyConnection,
    room: RoomId,
    user: UserId,
    until: Option<NaiveDateTime>,
) -> QueryResult<usize> {
    diesel::update(memberships::table.find((room, user))).set(memberships::silenced_until.eq(until)).execute(conn)
}

/// What a room keeps.
pub fn keeping(conn: &mut AnyConnection, room: RoomId) -> QueryResult<Keeping> {
    let (rule, value): (String, i64) =
        rooms::table.find(room).select((rooms::retention, rooms::retention_value)).first(conn)?;
    Ok(Keeping::of(&rule, value))
}

/// The owners of these rooms, by room and name.
pub fn owners_of(conn: &mut AnyConnection, ids: &[RoomId]) -> QueryResult<Vec<(RoomId, Card)>> {
    let rows: Vec<(RoomId, CardRow)> = memberships::table
        .inner_join(users::table)
        .filter(memberships::room_id.eq_any(ids).and(memberships::role.eq(RoomRole::Owner.as_str())))
        .order((memberships::room_id, users::username_key))
        .select((memberships::room_id, CARD))
        .load(conn)?;
    Ok(rows.into_iter().map(|(room, row)| (room, card(row))).collect())
}

/// A member as listed, before presence is known.
pub struct MemberRow {
    /// Who.
    pub card: Card,
    /// In this room.
    pub role: RoomRole,
    /// Since when.
    pub joined_at: NaiveDateTime,
    /// When last connected.
    pub last_seen_at: Option<NaiveDateTime>,
    /// Until then they may not write here.
    pub silenced_until: Option<NaiveDateTime>,
}

type MemberColumns = (CardRow, String, NaiveDateTime, Option<NaiveDateTime>, Option<NaiveDateTime>);

/// Which members a page shows.
pub struct MemberFilter<'a> {
    /// Part of a name, folded; empty for all.
    pub query: &'a str,
    /// Only these people.
    pub among: Option<&'a [UserId]>,
    /// Beyond this id.
    pub after: UserId,
    /// At most so many.
    pub limit: i64,
}

/// A page of members by id.
pub fn members(conn: &mut AnyConnection, room: RoomId, filter: &MemberFilter<'_>) -> QueryResult<Vec<MemberRow>> {
    let mut found = memberships::table
        .inner_join(users::table)
        .filter(memberships::room_id.eq(room).and(memberships::user_id.gt(filter.after)))
        .order(memberships::user_id)
        .limit(filter.limit)
        .select((CARD, memberships::role, memberships::joined_at, users::last_seen_at, memberships::silenced_until))
        .into_boxed();
    if let Some(among) = filter.among {
        found = found.filter(memberships::user_id.eq_any(among.to_vec()));
    }
    if !filter.query.is_empty() {
        let pattern = format!("%{}%", escape_like(filter.query));
        found = found.filter(
            users::username_key.like(pattern.clone()).escape('\\').or(users::nickname_key.like(pattern).escape('\\')),
        );
    }
    let rows: Vec<MemberColumns> = found.load(conn)?;
    let member = |(row, text, joined_at, last_seen_at, silenced): MemberColumns| MemberRow {
        card: card(row),
        role: role(&text),
        joined_at,
        last_seen_at,
        silenced_until: to_come(silenced),
    };
    Ok(rows.into_iter().map(member).collect())
}

/// One member as listed.
pub fn member(conn: &mut AnyConnection, room: RoomId, user: UserId) -> QueryResult<Option<MemberRow>> {
    let among = [user];
    let filter = MemberFilter { query: "", among: Some(&among), after: UserId(0), limit: 1 };
    Ok(members(conn, room, &filter)?.pop())
}

/// Changes which messages of a room are announced to a member.
pub fn set_notices(
    conn: &mut AnyConnection,
    room: RoomId,
    user: UserId,
    notify: Option<Notify>,
    muted: Option<bool>,
) -> QueryResult<()> {
    let mine = memberships::table.find((room, user));
    if let Some(notify) = notify {
        diesel::update(mine).set(memberships::notify.eq(notify.as_str())).execute(conn)?;
    }
    if let Some(muted) = muted {
        diesel::update(mine).set(memberships::muted.eq(muted)).execute(conn)?;
    }
    Ok(())
}

/// How far each member has read, as stored.
pub fn read_seqs(conn: &mut AnyConnection, room: RoomId) -> QueryResult<Vec<(UserId, i64)>> {
    memberships::table
        .filter(memberships::room_id.eq(room))
        .order(memberships::user_id)
        .select((memberships::user_id, memberships::read_seq))
        .load(conn)
}

/// Which of these people are members.
pub fn count_among(conn: &mut AnyConnection, room: RoomId, people: &[UserId]) -> QueryResult<i64> {
    memberships::table
        .filter(memberships::room_id.eq(room).and(memberships::user_id.eq_any(people)))
        .select(count_star())
        .first(conn)
}

/// How far a member has read, as stored, and how far the room is.
///
/// # Errors
/// As for [`joined`].
pub fn read_seq(conn: &mut AnyConnection, user: UserId, room: RoomId) -> AppResult<(i64, i64)> {
    let (info, _) = joined(conn, user, room)?;
    let stored = memberships::table.find((room, user)).select(memberships::read_seq).first(conn)?;
    Ok((stored, info.last_seq))
}

/// Stores read marks, never backwards. One statement for all.
pub fn store_read_marks(conn: &mut AnyConnection, marks: &[(UserId, RoomId, i64)]) -> QueryResult<usize> {
    if marks.is_empty() {
        return Ok(0);
    }
    // All values are numbers of ours, so nothing needs quoting; both databases name the columns so.
    let values: Vec<String> = marks.iter().map(|(user, room, seq)| format!("({user},{room},{seq})")).collect();
    diesel::sql_query(format!(
        "UPDATE memberships SET read_seq = marks.column3 FROM (VALUES {}) AS marks \
         WHERE memberships.user_id = marks.column1 AND memberships.room_id = marks.column2 \
         AND memberships.read_seq < marks.column3",
        values.join(",")
    ))
    .execute(conn)
}

/// The hours and the number of messages that a room shows, where it says so itself.
pub fn window(conn: &mut AnyConnection, room: RoomId) -> QueryResult<(Option<i64>, Option<i64>)> {
    rooms::table.find(room).select((rooms::window_hours, rooms::window_count)).first(conn)
}

/// A room that was deleted and not erased yet.
pub fn deleted(conn: &mut AnyConnection) -> QueryResult<Option<RoomId>> {
    rooms::table.filter(rooms::deleted_at.is_not_null()).select(rooms::id).first(conn).optional()
}

/// Erases at most `limit` messages of a deleted room; when none are left, the room itself. False when it is gone.
///
/// # Errors
/// When the database fails.
pub fn erase_some(conn: &mut AnyConnection, room: RoomId, limit: i64, forget: Forget) -> AppResult<bool> {
    let some: Vec<(MessageId, i64)> = messages::table
        .filter(messages::room_id.eq(room))
        .order(messages::seq)
        .limit(limit)
        .select((messages::id, messages::seq))
        .load(conn)?;
    let Some((_, highest)) = some.last() else {
        diesel::delete(rooms::table.find(room)).execute(conn)?;
        return Ok(false);
    };
    forget(conn, &some.iter().map(|(id, _)| *id).collect::<Vec<_>>())?;
    diesel::delete(mentions::table.filter(mentions::room_id.eq(room).and(mentions::seq.le(*highest)))).execute(conn)?;
    diesel::delete(messages::table.filter(messages::room_id.eq(room).and(messages::seq.le(*highest)))).execute(conn)?;
    Ok(true)
}
