//! What admins of the site do to rooms from the console, be they members or not: any room but a private chat of two is in their charge.
//!
//! Each is one transaction in the ordered lane, with its entry in the audit log; who may call is for the caller to see to.

use chrono::NaiveDateTime;
use serde_json::{Value, json};

use crate::{
    account::{
        store as people,
        wire::{Card, Status},
    },
    audit::{self, Act, Actor, Entry, Target},
    db::{connection::AnyConnection, lane::Stored, time},
    error::{AppError, AppResult},
    event::Event,
    id::{RoomId, UserId},
    room::{
        acts::{self, Done},
        store::{self, MemberRow, RoomChange},
        wire::{RoomInfo, RoomKind, RoomRole},
    },
};

/// Changes what a room is like.
///
/// # Errors
/// Not found; a direct room; what does not fit the room.
pub fn update(conn: &mut AnyConnection, actor: &Actor, room: RoomId, change: &RoomChange) -> Done<RoomInfo> {
    let info = find(conn, room)?;
    let event = acts::set(conn, &info, change)?;
    note(conn, actor, Act::RoomUpdate, &info, detail(change))?;
    Ok(Stored::telling(find(conn, room)?, vec![event]))
}

/// Archives a room, so that it is only read, or opens it again. Twice is as good as once.
///
/// # Errors
/// Not found; the lobby; a direct room.
pub fn archive(conn: &mut AnyConnection, actor: &Actor, room: RoomId, on: bool) -> Done<RoomInfo> {
    let info = find(conn, room)?;
    if info.archived_at.is_some() == on {
        return Ok(Stored::quiet(info));
    }
    let event = acts::set(conn, &info, &RoomChange { archived: Some(on), ..RoomChange::default() })?;
    note(conn, actor, if on { Act::RoomArchive } else { Act::RoomUnarchive }, &info, json!({}))?;
    Ok(Stored::telling(find(conn, room)?, vec![event]))
}

/// Deletes a room; the eraser is then to be woken.
///
/// # Errors
/// Not found; the lobby; a direct room.
pub fn delete(conn: &mut AnyConnection, actor: &Actor, room: RoomId) -> Done<()> {
    let info = find(conn, room)?;
    let event = acts::take_away(conn, &info)?;
    note(conn, actor, Act::RoomDelete, &info, json!({}))?;
    Ok(Stored::telling((), vec![event]))
}

/// Gives a member another role, such as that of an owner.
///
/// # Errors
/// Not found (room or member); a direct room; the last owner would be gone.
pub fn set_role(
    conn: &mut AnyConnection,
    actor: &Actor,
    room: RoomId,
    whom: UserId,
    role: RoomRole,
) -> Done<MemberRow> {
    let info = find(conn, room)?;
    let stored = acts::give_role(conn, &info, whom, role)?;
    let detail = json!({ "user": whom, "name": stored.value.card.username, "role": role });
    note(conn, actor, Act::RoomOwner, &info, detail)?;
    Ok(stored)
}

/// Gives a room another owner, who need not have been a member; those before become moderators.
///
/// # Errors
/// Not found (room or person); a direct room; somebody who is shut out (`inactive`).
pub fn hand_over(conn: &mut AnyConnection, actor: &Actor, room: RoomId, whom: UserId) -> Done<()> {
    let info = find(conn, room)?;
    let (card, status, _) = people::standing_of(conn, whom)?.ok_or(AppError::NotFound)?;
    if status != Status::Active {
        return Err(AppError::Conflict("inactive", "This person cannot come in."));
    }
    let before: Vec<Card> = store::owners_of(conn, &[room])?.into_iter().map(|(_, card)| card).collect();
    if before.len() == 1 && before.iter().any(|owner| owner.id == whom) {
        return Ok(Stored::quiet(()));
    }
    let mut events: Vec<Event> = acts::enter(conn, room, &card, RoomRole::Member)?.into_iter().collect();
    let entered = find(conn, room)?;
    events.extend(acts::give_role(conn, &entered, whom, RoomRole::Owner)?.events);
    for owner in before.iter().filter(|owner| owner.id != whom) {
        events.extend(acts::give_role(conn, &entered, owner.id, RoomRole::Moderator)?.events);
    }
    let names: Vec<&str> = before.iter().map(|owner| owner.username.as_str()).collect();
    note(conn, actor, Act::RoomOwner, &info, json!({ "user": whom, "name": card.username, "before": names }))?;
    Ok(Stored::telling((), events))
}

/// Lets a member read and not write in a room until a time, or lets them write again.
///
/// # Errors
/// Not found (room or member); a direct room; a time that has passed.
pub fn silence(
    conn: &mut AnyConnection,
    actor: &Actor,
    room: RoomId,
    whom: UserId,
    until: Option<NaiveDateTime>,
) -> Done<MemberRow> {
    let info = find(conn, room)?;
    let stored = acts::set_silence(conn, &info, whom, until)?;
    let act = if until.is_some() { Act::RoomSilence } else { Act::RoomUnsilence };
    let until = until.as_ref().map(time::rfc3339);
    note(conn, actor, act, &info, json!({ "user": whom, "name": stored.value.card.username, "until": until }))?;
    Ok(stored)
}

/// A room in the charge of admins. A private chat of two is none, and looks as if it were not there.
///
/// # Errors
/// [`AppError::NotFound`].
fn find(conn: &mut AnyConnection, room: RoomId) -> AppResult<RoomInfo> {
    store::find(conn, room)?.filter(|info| info.kind != RoomKind::Direct).ok_or(AppError::NotFound)
}

fn note(conn: &mut AnyConnection, actor: &Actor, act: Act, info: &RoomInfo, detail: Value) -> AppResult<()> {
    let target = Target::new("room", info.id.0, info.name.as_str());
    audit::note(conn, actor, &Entry::new(act, target).with(detail))
}

/// What is changed, by the names of the API.
fn detail(change: &RoomChange) -> Value {
    let RoomChange { name, topic, recall_seconds, slow_seconds, post_policy, public_read, archived, .. } = change;
    let mut said = serde_json::Map::new();
    let mut say = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            said.insert(name.to_owned(), value);
        }
    };
    say("name", name.as_ref().map(|name| json!(name)));
    say("topic", topic.as_ref().map(|topic| json!(topic)));
    say("recall_seconds", recall_seconds.map(|seconds| json!(seconds)));
    say("slow_seconds", slow_seconds.map(|seconds| json!(seconds)));
    say("post_policy", post_policy.map(|policy| json!(policy)));
    say("public_read", public_read.map(|on| json!(on)));
    say("archived", archived.map(|on| json!(on)));
    say("retention", change.keeping.map(|keeping| json!(keeping.rule())));
    say("retention_value", change.keeping.map(|keeping| json!(keeping.value())));
    say("window_hours", change.window_hours.map(|hours| json!(hours)));
    say("window_count", change.window_count.map(|count| json!(count)));
    Value::Object(said)
}
