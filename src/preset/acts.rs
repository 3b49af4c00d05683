//! What admins do to presets. Each is one transaction, and every admin's open page learns of it.

use crate::{
    audit::{self, Act, Actor, Entry, Target},
    db::{connection::AnyConnection, lane::Stored},
    error::{AppError, AppResult},
    event::Event,
    id::{PresetId, UserId},
    preset::{
        MOST,
        content::{Change, Content},
        store,
        wire::{PresetView, chips, frame},
    },
    upload::{key::Key, store as uploads, sweeper::store::delete_unused},
};
use serde_json::json;

/// Who does it, as the log names them, and whose pictures they may use.
#[derive(Debug, Clone)]
pub struct By {
    /// Their id.
    pub user: UserId,
    /// As the log names them.
    pub actor: Actor,
}

/// Where a preset goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Before that one.
    Before(PresetId),
    /// Behind all.
    Last,
    /// One further up.
    Up,
    /// One further down.
    Down,
}

/// What a transaction of this file returns.
type Done<T> = AppResult<Stored<T>>;

/// Makes one.
///
/// # Errors
/// Wrong fields, a picture that is not theirs, too many.
pub fn create(conn: &mut AnyConnection, by: &By, change: &Change) -> Done<PresetView> {
    if store::count(conn)? >= MOST {
        return Err(AppError::Conflict("too_many", "There are 50 presets already."));
    }
    let content = checked(conn, by, Content::default(), change)?;
    let id = store::insert(conn, &content, Some(by.user))?;
    note(conn, by, Act::PresetAdd, id, &content)?;
    changed(conn, id)
}

/// Changes one. The file of a picture that it named may be free; wake the sweeper.
///
/// # Errors
/// Not found, wrong fields, a picture that is not theirs.
pub fn update(conn: &mut AnyConnection, by: &By, id: PresetId, change: &Change) -> Done<PresetView> {
    let before = find(conn, id)?.content();
    let blob = before.blob;
    let content = checked(conn, by, before, change)?;
    store::update(conn, id, &content, by.user)?;
    if let Some(blob) = blob.filter(|blob| content.blob != Some(*blob)) {
        delete_unused(conn, &[blob])?;
    }
    note(conn, by, Act::PresetUpdate, id, &content)?;
    changed(conn, id)
}

/// Puts one elsewhere in the order.
///
/// # Errors
/// Not found, either of the two.
pub fn relocate(conn: &mut AnyConnection, by: &By, id: PresetId, place: Place) -> Done<Vec<PresetView>> {
    let preset = find(conn, id)?;
    let mut order: Vec<PresetId> = store::all(conn)?.iter().map(|preset| preset.id).collect();
    let from = order.iter().position(|other| *other == id).ok_or(AppError::NotFound)?;
    order.remove(from);
    let to = match place {
        Place::Before(other) if other == id => from,
        Place::Before(other) => order.iter().position(|found| *found == other).ok_or(AppError::NotFound)?,
        Place::Last => order.len(),
        Place::Up => from.saturating_sub(1),
        Place::Down => (from + 1).min(order.len()),
    };
    order.insert(to, id);
    store::set_order(conn, &order)?;
    let target = Target::new("preset", id.0, preset.label);
    audit::note(conn, &by.actor, &Entry::new(Act::PresetMove, target).with(json!({ "position": to + 1 })))?;
    let presets = store::all(conn)?;
    let events = told(conn, &presets)?;
    Ok(Stored::telling(presets, events))
}

/// Deletes one; what was sent with it stays. The file of its picture may be free; wake the sweeper.
///
/// # Errors
/// Not found.
pub fn delete(conn: &mut AnyConnection, by: &By, id: PresetId) -> Done<String> {
    let preset = find(conn, id)?;
    store::delete(conn, id)?;
    if let Some(blob) = preset.blob {
        delete_unused(conn, &[blob.id])?;
    }
    let target = Target::new("preset", id.0, &preset.label);
    audit::note(conn, &by.actor, &Entry::new(Act::PresetDelete, target))?;
    let presets = store::all(conn)?;
    let events = told(conn, &presets)?;
    Ok(Stored::telling(preset.label, events))
}

/// By id.
///
/// # Errors
/// Not found.
pub fn find(conn: &mut AnyConnection, id: PresetId) -> AppResult<PresetView> {
    store::find(conn, id)?.ok_or(AppError::NotFound)
}

fn checked(conn: &mut AnyConnection, by: &By, before: Content, change: &Change) -> AppResult<Content> {
    let blob = match &change.upload {
        None => None,
        Some(None) => Some(None),
        Some(Some(key)) => Some(Some(take(conn, by.user, key)?)),
    };
    before.after(change, blob).check(|next| Ok(store::has(conn, next)?))
}

fn take(conn: &mut AnyConnection, owner: UserId, key: &str) -> AppResult<i64> {
    let key = Key::parse(key).ok_or(AppError::BadUpload)?;
    uploads::take_blob(conn, owner, &key)?.ok_or(AppError::BadUpload)
}

fn note(conn: &mut AnyConnection, by: &By, act: Act, id: PresetId, content: &Content) -> AppResult<()> {
    let Content { blob, countdown_seconds, next, .. } = content;
    let detail = json!({ "image": blob.is_some(), "countdown_seconds": countdown_seconds, "next": next });
    audit::note(conn, &by.actor, &Entry::new(act, Target::new("preset", id.0, &content.label)).with(detail))
}

fn changed(conn: &mut AnyConnection, id: PresetId) -> Done<PresetView> {
    let presets = store::all(conn)?;
    let events = told(conn, &presets)?;
    let preset = presets.into_iter().find(|preset| preset.id == id).ok_or(AppError::NotFound)?;
    Ok(Stored::telling(preset, events))
}

/// The chips of now, for every admin.
fn told(conn: &mut AnyConnection, presets: &[PresetView]) -> AppResult<Vec<Event>> {
    let frame = frame(&chips(presets));
    let admins = store::admins(conn)?;
    Ok(admins.into_iter().map(|user| Event::ToUser { user, frame: frame.clone() }).collect())
}
