//! What admins do to the announcement, each act in one transaction with its entry in the audit log.

use serde_json::json;

use crate::{
    announcement::{
        KEPT,
        content::Words,
        store::{self, Version},
        wire::{Mine, announcement_frame, seen_frame},
    },
    audit::{self, Act, Actor, Entry, Target},
    db::{connection::AnyConnection, lane::Stored},
    error::{AppError, AppResult},
    event::Event,
    id::{AnnouncementId, UserId},
    upload::{key::Key, store as uploads},
};

/// What becomes of a draft's picture.
#[derive(Debug, Clone, Default)]
pub enum Replacing {
    /// It stays as it is.
    #[default]
    Nothing,
    /// It goes.
    Removed,
    /// This upload of the author's, which is in no message, becomes it.
    By(String),
}

/// The announcement in force as a person knows it.
///
/// # Errors
/// When the database fails.
pub fn mine(conn: &mut AnyConnection, user: UserId) -> AppResult<Option<Mine>> {
    let Some(version) = store::current(conn)? else { return Ok(None) };
    let seen = store::is_seen(conn, version.id, user)?;
    Ok(Some(Mine { announcement: version.to_wire(), seen }))
}

/// A person closed a version; their other devices are told. Twice is as good as once.
///
/// # Errors
/// [`AppError::NotFound`] where it was never published.
pub fn see(conn: &mut AnyConnection, user: UserId, id: AnnouncementId) -> AppResult<Stored<()>> {
    match store::mark_seen(conn, id, user)? {
        None => Err(AppError::NotFound),
        Some(false) => Ok(Stored::quiet(())),
        Some(true) => Ok(Stored::telling((), vec![Event::ToUser { user, frame: seen_frame(id) }])),
    }
}

/// Stores a draft.
///
/// # Errors
/// [`AppError::BadUpload`]; [`AppError::Fields`] where there is nothing to show.
pub fn draft(
    conn: &mut AnyConnection,
    author: UserId,
    words: &Words,
    picture: &Replacing,
) -> AppResult<Stored<Version>> {
    let blob = blob(conn, author, picture)?;
    check_shows(words, blob.is_some())?;
    let id = store::insert(conn, author, words, blob)?;
    let drafts: Vec<_> = store::drafts(conn)?.iter().skip(KEPT).map(|draft| draft.id).collect();
    store::delete(conn, &drafts)?;
    Ok(Stored::quiet(found(conn, id)?))
}

/// Changes a draft.
///
/// # Errors
/// As for [`draft`]; [`AppError::NotFound`]; [`AppError::Conflict`] where it is published.
pub fn revise(
    conn: &mut AnyConnection,
    author: UserId,
    id: AnnouncementId,
    words: &Words,
    picture: &Replacing,
) -> AppResult<Stored<Version>> {
    let old = unpublished(conn, id)?;
    let has_picture = match picture {
        Replacing::Nothing => old.picture.is_some(),
        Replacing::Removed => {
            store::set_blob(conn, id, None)?;
            false
        }
        Replacing::By(_) => {
            let blob = blob(conn, author, picture)?;
            store::set_blob(conn, id, blob)?;
            true
        }
    };
    check_shows(words, has_picture)?;
    store::set_words(conn, id, words)?;
    Ok(Stored::quiet(found(conn, id)?))
}

/// Throws a draft away.
///
/// # Errors
/// [`AppError::NotFound`]; [`AppError::Conflict`] where it is published.
pub fn discard(conn: &mut AnyConnection, id: AnnouncementId) -> AppResult<Stored<()>> {
    unpublished(conn, id)?;
    store::delete(conn, &[id])?;
    Ok(Stored::quiet(()))
}

/// Puts a draft in force, with other words if there are any.
///
/// # Errors
/// As for [`revise`].
pub fn publish(
    conn: &mut AnyConnection,
    actor: &Actor,
    author: UserId,
    id: AnnouncementId,
    words: Option<&Words>,
) -> AppResult<Stored<Version>> {
    let old = unpublished(conn, id)?;
    if let Some(words) = words {
        check_shows(words, old.picture.is_some())?;
        store::set_words(conn, id, words)?;
    }
    put_in_force(conn, id, author)?;
    let version = found(conn, id)?;
    let detail = json!({ "image": version.picture.is_some(), "background": version.words.background });
    audit::note(conn, actor, &Entry::new(Act::AnnouncementPublish, target(&version)).with(detail))?;
    Ok(told(version))
}

/// Makes a new version out of a published one and puts it in force: everybody is shown it again.
///
/// # Errors
/// [`AppError::NotFound`]; [`AppError::Conflict`] for a draft.
pub fn restore(
    conn: &mut AnyConnection,
    actor: &Actor,
    author: UserId,
    id: AnnouncementId,
) -> AppResult<Stored<Version>> {
    let old = found(conn, id)?;
    if old.published_at.is_none() {
        return Err(AppError::Conflict("draft", "This is a draft; publish it."));
    }
    let new = store::insert(conn, author, &old.words, old.picture.as_ref().map(|picture| picture.blob))?;
    put_in_force(conn, new, author)?;
    let version = found(conn, new)?;
    let entry = Entry::new(Act::AnnouncementRestore, target(&version)).with(json!({ "of": id }));
    audit::note(conn, actor, &entry)?;
    Ok(told(version))
}

/// Takes the announcement back; nothing is in force afterwards.
///
/// # Errors
/// [`AppError::NotFound`]; [`AppError::Conflict`] where another one, or none, is in force.
pub fn withdraw(conn: &mut AnyConnection, actor: &Actor, id: AnnouncementId) -> AppResult<Stored<Version>> {
    let version = found(conn, id)?;
    if store::current_id(conn)? != Some(id) {
        return Err(AppError::Conflict("not_in_force", "This version is not in force."));
    }
    store::withdraw_all(conn)?;
    audit::note(conn, actor, &Entry::new(Act::AnnouncementWithdraw, target(&version)))?;
    let version = found(conn, id)?;
    Ok(Stored::telling(version, vec![Event::ToAll { frame: announcement_frame(None) }]))
}

fn put_in_force(conn: &mut AnyConnection, id: AnnouncementId, author: UserId) -> AppResult<()> {
    store::publish(conn, id, author)?;
    let old: Vec<_> = store::history(conn)?.iter().skip(KEPT).map(|version| version.id).collect();
    Ok(store::delete(conn, &old)?)
}

fn told(version: Version) -> Stored<Version> {
    let frame = announcement_frame(Some(&version.to_wire()));
    Stored::telling(version, vec![Event::ToAll { frame }])
}

fn found(conn: &mut AnyConnection, id: AnnouncementId) -> AppResult<Version> {
    store::find(conn, id)?.ok_or(AppError::NotFound)
}

fn unpublished(conn: &mut AnyConnection, id: AnnouncementId) -> AppResult<Version> {
    let version = found(conn, id)?;
    match version.published_at {
        None => Ok(version),
        Some(_) => Err(AppError::Conflict("published", "This version is published; make a new one.")),
    }
}

/// The blob of an upload, which is an upload no more.
fn blob(conn: &mut AnyConnection, author: UserId, picture: &Replacing) -> AppResult<Option<i64>> {
    let Replacing::By(key) = picture else { return Ok(None) };
    let key = Key::parse(key).ok_or(AppError::BadUpload)?;
    Ok(Some(uploads::take_blob(conn, author, &key)?.ok_or(AppError::BadUpload)?))
}

fn check_shows(words: &Words, has_picture: bool) -> AppResult<()> {
    match has_picture || !words.text.is_empty() {
        true => Ok(()),
        false => Err(AppError::field("text", "required", "An announcement has an image, a text or both.")),
    }
}

fn target(version: &Version) -> Target {
    Target::new("announcement", version.id.0, version.words.name())
}
