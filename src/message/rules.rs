//! Who may write where: an archived room is only read, who is silenced only reads, and a room says who may write at all.
//!
//! Pure. The same rules hold for a send in a batch, an edit and a reaction.

use chrono::NaiveDateTime;

use crate::{
    error::{AppError, AppResult},
    room::wire::{PostPolicy, RoomRole},
};

/// Somebody who wants to write.
#[derive(Debug, Clone, Copy)]
pub struct Writer {
    /// In the room.
    pub role: RoomRole,
    /// Of the site.
    pub is_admin: bool,
    /// In this room, or everywhere.
    pub silenced_until: Option<NaiveDateTime>,
}

impl Writer {
    /// Keeps order in the room, and need not wait there.
    pub fn keeps_order(&self) -> bool {
        self.is_admin || self.role >= RoomRole::Moderator
    }
}

/// What a room says.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    /// Who may write.
    pub post_policy: PostPolicy,
    /// Is it only read?
    pub archived: bool,
}

/// May they write words?
///
/// # Errors
/// [`AppError::Archived`], [`AppError::Silenced`], [`AppError::PostPolicy`].
pub fn may_write(writer: &Writer, terms: &Terms, now: NaiveDateTime) -> AppResult<()> {
    may_react(writer, terms, now)?;
    match terms.post_policy {
        PostPolicy::Moderators if !writer.keeps_order() => Err(AppError::PostPolicy("Only moderators write here.")),
        PostPolicy::Admins if !writer.is_admin => Err(AppError::PostPolicy("Only admins write here.")),
        _ => Ok(()),
    }
}

/// May they put a reaction on a message?
///
/// # Errors
/// [`AppError::Archived`], [`AppError::Silenced`].
pub fn may_react(writer: &Writer, terms: &Terms, now: NaiveDateTime) -> AppResult<()> {
    if terms.archived {
        return Err(AppError::Archived);
    }
    match writer.silenced_until.filter(|until| *until > now) {
        Some(until) => Err(AppError::Silenced(until)),
        None => Ok(()),
    }
}
