//! The queue of reported messages: what waits, what was settled, and settling it.

pub mod store;

use chrono::TimeDelta;
use serde_json::json;

use crate::{
    account::{standing, wire::Status},
    audit::{self, Act, Actor, Entry, Target},
    db::{connection::AnyConnection, lane::Stored, time::now},
    error::{AppError, AppResult},
    id::{MessageId, UserId},
    message::{purge, store as messages},
};

/// Part of the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tab {
    /// What waits.
    Open,
    /// What was settled.
    Settled,
    /// What this admin settled.
    Mine(UserId),
}

/// What is done about a reported message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing.
    Dismiss,
    /// It is deleted.
    Delete,
    /// It is deleted, and its author silenced for so many seconds.
    Silence(i64),
    /// It is deleted, and its author banned.
    Ban,
}

impl Verdict {
    /// As stored with the reports.
    pub fn outcome(self) -> &'static str {
        match self {
            Self::Dismiss => "dismissed",
            Self::Delete => "deleted",
            Self::Silence(_) => "silenced",
            Self::Ban => "banned",
        }
    }
}

/// What became of a reported message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settled {
    /// How many reports were settled.
    pub reports: i64,
    /// Who was banned, if anybody: [`standing::shut`] is to be called.
    pub banned: Option<UserId>,
}

/// Settles all reports of a message that wait, and does what was decided, in one transaction of the ordered lane.
///
/// # Errors
/// [`AppError::NotFound`] where none waits; what silencing or banning says, and then nothing is done.
pub fn settle(
    conn: &mut AnyConnection,
    actor: &Actor,
    message: MessageId,
    verdict: Verdict,
    reason: &str,
) -> AppResult<Stored<Settled>> {
    let (room, waiting) = store::waiting(conn, message)?.ok_or(AppError::NotFound)?;
    let author = messages::sender_of(conn, message)?;
    let mut events = Vec::new();
    if verdict != Verdict::Dismiss {
        // It may be gone already, by its author or by age.
        events.extend(purge::end_one(conn, message).or_else(gone)?.into_iter().flatten());
    }
    let (mut banned, sentence) = (None, author.zip(Some(verdict)));
    match sentence {
        Some((author, Verdict::Silence(seconds))) => {
            let until = now() + TimeDelta::seconds(seconds);
            events.extend(standing::set_silence(conn, actor, author, until)?.events);
        }
        Some((author, Verdict::Ban)) => {
            events.extend(standing::set_status(conn, actor, author, Status::Banned, reason)?.events);
            banned = Some(author);
        }
        _ => {}
    }
    store::settle(conn, message, actor.id, verdict.outcome())?;
    let detail =
        json!({ "outcome": verdict.outcome(), "reports": waiting, "room": room, "author": author, "reason": reason });
    audit::note(conn, actor, &Entry::new(Act::ReportSettle, Target::new("message", message.0, "")).with(detail))?;
    Ok(Stored::telling(Settled { reports: waiting, banned }, events))
}

fn gone<T>(error: AppError) -> AppResult<Option<T>> {
    match error {
        AppError::NotFound => Ok(None),
        error => Err(error),
    }
}
