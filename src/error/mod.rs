//! The one error of the features: what went wrong, in the words of the protocol.
//!
//! [`problem`] makes an answer of it, `log` tells the operator what the answer hides, `database` makes one of Diesel's errors.
//!
//! Stores return Diesel's errors, handlers and the Scribe return [`AppError`], `main` returns `anyhow`. The public text is
//! short and safe; the cause is logged once, where the error leaves the process.

mod database;
mod log;
pub mod problem;

use std::{collections::BTreeMap, time::Duration};

use chrono::NaiveDateTime;
use serde::Serialize;

use crate::{clock, limit::Limit};

/// Result of the features.
pub type AppResult<T> = Result<T, AppError>;

/// What may be wrong with one field of a form: a code for programs, a sentence for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// One of a closed list, such as `too_short`.
    pub code: &'static str,
    /// English text.
    pub text: String,
}

impl FieldError {
    /// A field's error.
    pub fn new(code: &'static str, text: impl Into<String>) -> Self {
        Self { code, text: text.into() }
    }
}

/// Errors by the name of the field.
pub type FieldErrors = BTreeMap<&'static str, FieldError>;

/// What a client may do about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Retry {
    /// The same request will fail again.
    Never,
    /// The same request may succeed after a while.
    Later,
    /// After logging in.
    Login,
}

/// Everything that can be refused or go wrong.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// No session, or one that ended.
    #[error("Log in first.")]
    Unauthenticated,
    /// A token that is unknown, revoked or expired; deliberately not said which.
    #[error("This token is not valid (any more).")]
    BadToken,
    /// A token that is not good for this; what it takes.
    #[error("This takes a token with the scope {0}.")]
    Scope(&'static str),
    /// What lets people in is changed by nobody but who logged in.
    #[error("This takes a login: no token may do it.")]
    SessionNeeded,
    /// Unknown name or wrong password; deliberately not said which.
    #[error("Wrong user name or password.")]
    BadCredentials,
    /// The current password given with a change is wrong.
    #[error("The current password is wrong.")]
    WrongPassword,
    /// The right password of an account that an admin banned; why, for its person to read.
    #[error("This account is banned.")]
    Banned(String),
    /// The same of one that an admin deactivated.
    #[error("This account is deactivated.")]
    Deactivated(String),
    /// The one-time link was used, or is not the one printed last.
    #[error("This link is not valid (any more).")]
    SetupClosed,
    /// Not let in, with a code of its own.
    #[error("{1}")]
    Refused(&'static str, &'static str),
    /// Seen, but not allowed.
    #[error("{0}")]
    Forbidden(&'static str),
    /// A private message or an invitation where one of the two has blocked the other; deliberately not said which.
    #[error("Contact between the two of you is off.")]
    Blocked,
    /// Silenced until then, everywhere or in this room.
    #[error("You are silenced: you may read here, and not write.")]
    Silenced(NaiveDateTime),
    /// In a room where members wait between messages: so long.
    #[error("This room is in slow mode; wait a moment.")]
    SlowMode(Duration),
    /// In a room where only some may write.
    #[error("{0}")]
    PostPolicy(&'static str),
    /// In a room that is only read any more.
    #[error("This room is archived: it is only read.")]
    Archived,
    /// A text with a word that is not wanted here; deliberately not said which.
    #[error("There is a word in it that is not wanted here.")]
    Words,
    /// An upload that is not the sender's, is in a message already, or is gone.
    #[error("An image is not there any more; add it again.")]
    BadUpload,
    /// Does not exist, or must look so.
    #[error("Not found.")]
    NotFound,
    /// The request cannot be understood.
    #[error("{0}")]
    Malformed(String),
    /// A frame that cannot be understood.
    #[error("{0}")]
    BadFrame(String),
    /// A body of another type than the one that is wanted here.
    #[error("{0}")]
    UnsupportedMedia(&'static str),
    /// A file that is no picture of a kind that is taken.
    #[error("Send a JPEG, PNG, GIF or WebP picture; this file is none.")]
    NotAPicture,
    /// A picture that is damaged or asks for too much.
    #[error("{0}")]
    BadImage(&'static str),
    /// An original above its limit.
    #[error("{}", Limit::Original.sentence())]
    OriginalTooLarge,
    /// As much as there may be: until something goes, or for so long.
    #[error("{}", .0.sentence())]
    Full(Limit, Option<Duration>),
    /// A body or a file above the limit, in bytes.
    #[error("{sentence} At most {most} bytes are taken.", sentence = .0.sentence(), most = .1)]
    TooLarge(Limit, u64),
    /// A body that took too long to arrive.
    #[error("{}", Limit::BodyTime.sentence())]
    TooSlow,
    /// A value out of its range.
    #[error("{0}")]
    Invalid(String),
    /// A slash command that is unknown or given in a wrong way: a code, and words in the caller's language.
    #[error("{1}")]
    Command(&'static str, String),
    /// Another host that is needed here does not answer; words in the caller's language.
    #[error("{0}")]
    Unreachable(String),
    /// Fields of a form that are wrong.
    #[error("Some fields are not right.")]
    Fields(FieldErrors),
    /// Fields that somebody else has already.
    #[error("This is taken.")]
    Taken(FieldErrors),
    /// The state of the thing forbids it.
    #[error("{1}")]
    Conflict(&'static str, &'static str),
    /// The message was recalled or deleted.
    #[error("The message was recalled or deleted.")]
    Gone,
    /// A `client_id` used for other content before.
    #[error("This client_id was used for another message.")]
    ClientIdReused,
    /// Too fast, by which limit where somebody sets it; after this time it may go on.
    #[error("{}", .0.map_or("Too many requests; wait a moment.", Limit::sentence))]
    TooFast(Option<Limit>, Duration),
    /// A queue is full or the database does not answer.
    #[error("The server is busy; nothing was stored.")]
    Busy,
    /// The disk is full, or will not be written to.
    #[error("The server's storage is full or failing; nothing was stored.")]
    Storage,
    /// On the way to a restart.
    #[error("The server is about to restart; nothing was stored.")]
    ShuttingDown,
    /// A fault of ours; the text is for the log alone.
    #[error("Something went wrong on the server.")]
    Internal(String),
}

impl AppError {
    /// A fault of ours, with its cause for the log.
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        Self::Internal(cause.to_string())
    }

    /// The limit that was met, where there is one to be named.
    pub fn limit(&self) -> Option<Limit> {
        match self {
            Self::TooFast(limit, _) => *limit,
            Self::Full(limit, _) | Self::TooLarge(limit, _) => Some(*limit),
            Self::OriginalTooLarge => Some(Limit::Original),
            Self::TooSlow => Some(Limit::BodyTime),
            _ => None,
        }
    }

    /// One wrong field.
    pub fn field(name: &'static str, code: &'static str, text: &str) -> Self {
        Self::Fields(FieldErrors::from([(name, FieldError::new(code, text))]))
    }

    /// One field that is taken.
    pub fn taken(name: &'static str, text: &str) -> Self {
        Self::Taken(FieldErrors::from([(name, FieldError::new("taken", text))]))
    }

    /// The code of the closed table in `docs/protocol.md`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unauthenticated => "session_ended",
            Self::BadToken => "bad_token",
            Self::Scope(_) => "scope",
            Self::SessionNeeded => "session_needed",
            Self::BadCredentials => "bad_credentials",
            Self::WrongPassword => "wrong_password",
            Self::Banned(_) => "banned",
            Self::Deactivated(_) => "deactivated",
            Self::SetupClosed => "setup_closed",
            Self::Refused(code, _) => code,
            Self::Forbidden(_) => "forbidden",
            Self::Blocked => "blocked",
            Self::Silenced(_) => "silenced",
            Self::SlowMode(_) => "slow_mode",
            Self::PostPolicy(_) => "post_policy",
            Self::Archived => "archived",
            Self::Words => "words",
            Self::BadUpload => "bad_upload",
            Self::NotFound => "not_found",
            Self::Malformed(_) => "malformed",
            Self::BadFrame(_) => "bad_frame",
            Self::UnsupportedMedia(_) | Self::NotAPicture => "unsupported_media",
            Self::BadImage(_) => "bad_image",
            Self::Full(..) | Self::TooLarge(..) | Self::OriginalTooLarge | Self::TooSlow | Self::TooFast(..) => {
                self.limit().map_or("rate_limited", Limit::code)
            }
            Self::Invalid(_) | Self::Fields(_) => "invalid",
            Self::Command(code, _) => code,
            Self::Unreachable(_) => "unreachable",
            Self::Taken(_) => "taken",
            Self::Conflict(code, _) => code,
            Self::Gone => "gone",
            Self::ClientIdReused => "client_id_reused",
            Self::Busy => "busy",
            Self::Storage => "storage",
            Self::ShuttingDown => "shutting_down",
            Self::Internal(_) => "internal",
        }
    }

    /// Whether trying again may help.
    pub fn retry(&self) -> Retry {
        match self {
            Self::Unauthenticated | Self::BadToken => Retry::Login,
            Self::TooFast(..) | Self::Silenced(_) | Self::SlowMode(_) => Retry::Later,
            Self::Full(_, Some(_)) => Retry::Later,
            Self::Busy | Self::Storage | Self::ShuttingDown | Self::Internal(_) | Self::Unreachable(_) => Retry::Later,
            _ => Retry::Never,
        }
    }

    /// Seconds to wait before the next try, where that is known.
    pub fn retry_after(&self) -> Option<f64> {
        match self {
            Self::TooFast(_, wait) | Self::SlowMode(wait) | Self::Full(_, Some(wait)) => {
                Some((wait.as_secs_f64() * 10.0).ceil() / 10.0)
            }
            Self::Silenced(until) => Some((seconds_until(*until) * 10.0).ceil() / 10.0),
            Self::Busy => Some(1.0),
            Self::Unreachable(_) => Some(10.0),
            Self::ShuttingDown => Some(2.0),
            Self::Storage => Some(5.0),
            _ => None,
        }
    }

    /// Until when waiting is of no use, where that is a matter of the clock.
    pub fn until(&self) -> Option<NaiveDateTime> {
        match self {
            Self::Silenced(until) => Some(*until),
            _ => None,
        }
    }

    /// What an admin wrote to explain it, if anything.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Banned(reason) | Self::Deactivated(reason) => Some(reason.as_str()).filter(|text| !text.is_empty()),
            _ => None,
        }
    }

    /// Did the database fail, so that nothing says what the request itself would have got?
    pub fn is_fault(&self) -> bool {
        matches!(self, Self::Busy | Self::Storage | Self::Internal(_))
    }

    /// The wrong fields, if that is the trouble.
    pub fn fields(&self) -> Option<&FieldErrors> {
        match self {
            Self::Fields(fields) | Self::Taken(fields) => Some(fields),
            _ => None,
        }
    }
}

/// From now on, at most a day: whoever waits longer than that asks again.
fn seconds_until(time: NaiveDateTime) -> f64 {
    let wait = (time - clock::now().naive_utc()).to_std().unwrap_or_default();
    wait.min(Duration::from_secs(86_400)).as_secs_f64()
}
