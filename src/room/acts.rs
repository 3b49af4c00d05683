//! What people do to rooms. Each is one transaction in the ordered lane, so that live sockets learn of it in the order of all
//! messages: who was removed hears no later one.

use chrono::NaiveDateTime;

use crate::{
    account::{
        standing, store as people,
        wire::{Card, SiteRole},
    },
    contact::store as contacts,
    db::{connection::AnyConnection, lane::Stored},
    error::{AppError, AppResult},
    event::Event,
    id::{RoomId, UserId},
    room::{
        bounds::Bounds,
        countdown, store,
        wire::{RoomInfo, RoomKind, RoomRole, RoomView, member_frame, room_frame, shared_room_frame},
    },
};

/// What a transaction of this file returns.
pub type Done<T> = AppResult<Stored<T>>;

const LOBBY: AppError = AppError::Conflict("lobby", "Everybody is in the lobby.");
const DIRECT: AppError = AppError::Conflict("direct", "A private chat has these two people for ever.");
const LAST_OWNER: AppError = AppError::Conflict("last_owner", "Make somebody else owner first, or delete the room.");

/// What this person may do in a room they are in: an admin of the site may all, where nobody else is equal to them.
fn rank(card: &Card, info: &RoomInfo, role: RoomRole) -> RoomRole {
    match (card.role, info.kind) {
        (SiteRole::Admin, RoomKind::Public | RoomKind::Private) => RoomRole::Owner,
        _ => role,
    }
}

fn require(card: &Card, info: &RoomInfo, role: RoomRole, wanted: RoomRole) -> AppResult<()> {
    if rank(card, info, role) >= wanted {
        return Ok(());
    }
    Err(AppError::Forbidden(match wanted {
        RoomRole::Owner => "Only an owner of the room may do this.",
        _ => "Only an owner or a moderator of the room may do this.",
    }))
}

/// Makes somebody a member; without events when they are one already.
///
/// # Errors
/// When the database fails.
pub(super) fn enter(conn: &mut AnyConnection, room: RoomId, card: &Card, role: RoomRole) -> AppResult<Vec<Event>> {
    if store::insert_member(conn, room, card.id, role)?.is_none() {
        return Ok(Vec::new());
    }
    let joined = joined(conn, room, card)?;
    let counting = countdown::to_newcomer(conn, room, card.id)?;
    Ok([joined].into_iter().chain(counting).collect())
}

/// The same where there may be only so many; who is in already stays so.
///
/// # Errors
/// [`AppError::Full`]; a database that fails.
fn enter_within(conn: &mut AnyConnection, info: &RoomInfo, card: &Card, bounds: Bounds) -> AppResult<Vec<Event>> {
    if store::role_in(conn, card.id, info.id)?.is_some() {
        return Ok(Vec::new());
    }
    bounds.check_entering(conn, info, card.id)?;
    enter(conn, info.id, card, RoomRole::Member)
}

/// The event that tells a new member, and the others, of a membership just stored.
///
/// # Errors
/// When the database fails.
pub fn joined(conn: &mut AnyConnection, room: RoomId, card: &Card) -> AppResult<Event> {
    let view = view(conn, card.id, room)?;
    let info = &view.info;
    Ok(Event::Joined {
        room,
        user: card.id,
        rev: info.rev,
        last_seq: info.last_seq,
        member_count: info.member_count,
        to_them: room_frame(&view),
        to_others: member_frame(room, card, view.my.as_ref().map(|my| my.role), info.member_count),
    })
}

fn exit(conn: &mut AnyConnection, room: RoomId, card: &Card) -> AppResult<Event> {
    let info = store::delete_member(conn, room, card.id)?.ok_or(AppError::NotFound)?;
    let to_others = member_frame(room, card, None, info.member_count);
    Ok(Event::Left { room, user: card.id, member_count: info.member_count, to_others })
}

fn view(conn: &mut AnyConnection, user: UserId, room: RoomId) -> AppResult<RoomView> {
    store::view(conn, user, room)?.ok_or(AppError::NotFound)
}

/// Makes a room that its maker owns.
///
/// # Errors
/// [`AppError::Full`] for who has as many as they may; a database that fails.
pub fn create(
    conn: &mut AnyConnection,
    owner: &Card,
    kind: RoomKind,
    (name, topic): (&str, &str),
    bounds: Bounds,
) -> Done<RoomView> {
    bounds.check_making(conn, owner.id)?;
    let info = store::insert(conn, kind, false, name, topic, None)?;
    let events = enter(conn, info.id, owner, RoomRole::Owner)?;
    Ok(Stored::telling(view(conn, owner.id, info.id)?, events))
}

/// Changes what a room is like.
///
/// # Errors
/// Not found, not allowed, or a direct room, which is nobody's to change.
pub fn update(conn: &mut AnyConnection, by: &Card, room: RoomId, change: &store::RoomChange) -> Done<RoomView> {
    let (info, role) = store::joined(conn, by.id, room)?;
    if info.kind == RoomKind::Direct {
        return Err(DIRECT);
    }
    let wanted = if change.is_for_owners() { RoomRole::Owner } else { RoomRole::Moderator };
    require(by, &info, role, wanted)?;
    let event = set(conn, &info, change)?;
    Ok(Stored::telling(view(conn, by.id, room)?, vec![event]))
}

/// Changes what a room is like, whoever wants it.
pub(super) fn set(conn: &mut AnyConnection, info: &RoomInfo, change: &store::RoomChange) -> AppResult<Event> {
    if info.kind == RoomKind::Direct {
        return Err(DIRECT);
    }
    if change.public_read == Some(true) && info.kind != RoomKind::Public {
        return Err(AppError::field("public_read", "invalid", "Only a public room can be read by guests."));
    }
    if change.archived == Some(true) && info.lobby {
        return Err(LOBBY);
    }
    let info = store::update(conn, info.id, change)?;
    Ok(Event::RoomChanged { room: info.id, frame: shared_room_frame(&info) })
}

/// Deletes a room: it is gone at once, its messages are erased afterwards.
///
/// # Errors
/// Not found, not allowed, the lobby or a direct room.
pub fn delete(conn: &mut AnyConnection, by: &Card, room: RoomId) -> Done<()> {
    let (info, role) = store::visible(conn, by.id, room)?;
    require(by, &info, role.unwrap_or(RoomRole::Member), RoomRole::Owner)?;
    Ok(Stored::telling((), vec![take_away(conn, &info)?]))
}

/// Deletes a room, whoever wants it; the eraser is then to be woken.
pub(super) fn take_away(conn: &mut AnyConnection, info: &RoomInfo) -> AppResult<Event> {
    match (info.lobby, info.kind) {
        (true, _) => return Err(LOBBY),
        (_, RoomKind::Direct) => return Err(DIRECT),
        _ => {}
    }
    store::mark_deleted(conn, info.id)?;
    Ok(Event::RoomGone { room: info.id })
}

/// Joins a public room; harmless when already in.
///
/// # Errors
/// Not found, which a private room is too; [`AppError::Full`].
pub fn join(conn: &mut AnyConnection, card: &Card, room: RoomId, bounds: Bounds) -> Done<RoomView> {
    let (info, _) = store::visible(conn, card.id, room)?;
    let events = enter_within(conn, &info, card, bounds)?;
    Ok(Stored::telling(view(conn, card.id, room)?, events))
}

/// Leaves a room.
///
/// # Errors
/// Not found; the lobby, a direct room, or as its last owner while others are in it.
pub fn leave(conn: &mut AnyConnection, card: &Card, room: RoomId) -> Done<()> {
    let (info, role) = store::joined(conn, card.id, room)?;
    match (info.lobby, info.kind) {
        (true, _) => return Err(LOBBY),
        (_, RoomKind::Direct) => return Err(DIRECT),
        _ => {}
    }
    if role == RoomRole::Owner && store::owners(conn, room)? == 1 {
        if info.member_count > 1 {
            return Err(LAST_OWNER);
        }
        // Nobody could ever enter or delete it again.
        store::mark_deleted(conn, room)?;
        return Ok(Stored::telling((), vec![Event::RoomGone { room }]));
    }
    Ok(Stored::telling((), vec![exit(conn, room, card)?]))
}

/// Makes somebody else a member. True if they were none before.
///
/// # Errors
/// Not found (room or person), not allowed, a direct room, or one of the two has blocked the other; [`AppError::Full`].
pub fn add(
    conn: &mut AnyConnection,
    by: &Card,
    room: RoomId,
    whom: UserId,
    bounds: Bounds,
) -> Done<(store::MemberRow, bool)> {
    let (info, role) = store::joined(conn, by.id, room)?;
    if info.kind == RoomKind::Direct {
        return Err(DIRECT);
    }
    require(by, &info, role, RoomRole::Moderator)?;
    let card = people::find(conn, whom)?.ok_or(AppError::NotFound)?;
    if store::role_in(conn, whom, room)?.is_none() && contacts::blocked_between(conn, by.id, whom)? {
        return Err(AppError::Blocked);
    }
    let events = enter_within(conn, &info, &card, bounds)?;
    let member = member(conn, room, whom)?;
    Ok(Stored::telling((member, !events.is_empty()), events))
}

/// Removes somebody of a lower role.
///
/// # Errors
/// Not found (room or member), not allowed, the lobby or a direct room.
pub fn remove(conn: &mut AnyConnection, by: &Card, room: RoomId, whom: UserId) -> Done<()> {
    let (info, role) = store::joined(conn, by.id, room)?;
    match (info.lobby, info.kind) {
        (true, _) => return Err(LOBBY),
        (_, RoomKind::Direct) => return Err(DIRECT),
        _ => {}
    }
    require(by, &info, role, RoomRole::Moderator)?;
    let store::MemberRow { card, role: their_role, .. } = member(conn, room, whom)?;
    if whom == by.id {
        return Err(AppError::Conflict("self", "Leave the room instead."));
    }
    let mine = rank(by, &info, role);
    if their_role >= mine && mine != RoomRole::Owner {
        return Err(AppError::Forbidden("Only an owner may remove a moderator or an owner."));
    }
    if their_role == RoomRole::Owner && store::owners(conn, room)? == 1 {
        return Err(LAST_OWNER);
    }
    Ok(Stored::telling((), vec![exit(conn, room, &card)?]))
}

/// Gives a member another role.
///
/// # Errors
/// Not found (room or member), not allowed, a direct room, the last owner would be gone, or they own as many rooms as they may.
pub fn set_role(
    conn: &mut AnyConnection,
    by: &Card,
    room: RoomId,
    whom: UserId,
    role: RoomRole,
    bounds: Bounds,
) -> Done<store::MemberRow> {
    let (info, my_role) = store::joined(conn, by.id, room)?;
    if info.kind == RoomKind::Direct {
        return Err(DIRECT);
    }
    require(by, &info, my_role, RoomRole::Owner)?;
    if role == RoomRole::Owner && !info.lobby && member(conn, room, whom)?.role != RoomRole::Owner {
        bounds.check_owning(conn, whom)?;
    }
    give_role(conn, &info, whom, role)
}

/// Gives a member another role, whoever wants it.
pub(super) fn give_role(
    conn: &mut AnyConnection,
    info: &RoomInfo,
    whom: UserId,
    role: RoomRole,
) -> Done<store::MemberRow> {
    let room = info.id;
    let store::MemberRow { card, role: before, .. } = member(conn, room, whom)?;
    if info.kind == RoomKind::Direct {
        return Err(DIRECT);
    }
    if before == RoomRole::Owner && role != RoomRole::Owner && !info.lobby && store::owners(conn, room)? == 1 {
        return Err(LAST_OWNER);
    }
    store::set_role(conn, room, whom, role)?;
    let others = Event::RoomChanged { room, frame: member_frame(room, &card, Some(role), info.member_count) };
    let them = Event::ToUser { user: whom, frame: room_frame(&view(conn, whom, room)?) };
    Ok(Stored::telling(member(conn, room, whom)?, vec![others, them]))
}

/// Lets a member of a lower role read and not write until a time, or lets them write again.
///
/// # Errors
/// Not found (room or member), not allowed, oneself, a direct room; a time that has passed.
pub fn silence(
    conn: &mut AnyConnection,
    by: &Card,
    room: RoomId,
    whom: UserId,
    until: Option<NaiveDateTime>,
) -> Done<store::MemberRow> {
    let (info, role) = store::joined(conn, by.id, room)?;
    require(by, &info, role, RoomRole::Moderator)?;
    let theirs = member(conn, room, whom)?;
    if whom == by.id {
        return Err(AppError::Conflict("self", "Not yourself."));
    }
    if theirs.card.role == SiteRole::Admin && by.role != SiteRole::Admin {
        return Err(AppError::Forbidden("Nobody but an admin silences an admin."));
    }
    let mine = rank(by, &info, role);
    if theirs.role >= mine && mine != RoomRole::Owner {
        return Err(AppError::Forbidden("Only an owner may silence a moderator or an owner."));
    }
    set_silence(conn, &info, whom, until)
}

/// Silences a member, whoever wants it.
pub(super) fn set_silence(
    conn: &mut AnyConnection,
    info: &RoomInfo,
    whom: UserId,
    until: Option<NaiveDateTime>,
) -> Done<store::MemberRow> {
    if info.kind == RoomKind::Direct {
        return Err(DIRECT);
    }
    let until = until.map(standing::to_come).transpose()?;
    store::set_silenced(conn, info.id, whom, until)?;
    let member = member(conn, info.id, whom)?;
    let them = Event::ToUser { user: whom, frame: room_frame(&view(conn, whom, info.id)?) };
    Ok(Stored::telling(member, vec![them]))
}

pub(super) fn member(conn: &mut AnyConnection, room: RoomId, whom: UserId) -> AppResult<store::MemberRow> {
    store::member(conn, room, whom)?.ok_or(AppError::NotFound)
}
