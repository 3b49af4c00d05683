//! People of the console in JSON; see `docs/protocol.md`. The templates are given the same.

use std::collections::HashMap;

use chrono::NaiveDateTime;
use serde::Serialize;

use crate::{
    account::{
        presence::Presence,
        wire::{Card, Status},
    },
    admin::users::store::{self, Row},
    db::{connection::AnyConnection, time},
    error::AppResult,
    id::UserId,
};

/// A person as admins see them.
#[derive(Debug, Clone, Serialize)]
pub struct Person {
    /// As everybody sees them.
    #[serde(flatten)]
    pub card: Card,
    /// Shown to admins alone.
    pub email: Option<String>,
    /// May they come in?
    pub status: Status,
    /// Why not; empty where nothing was said.
    pub status_reason: String,
    /// They write nowhere until then; null where they may write.
    #[serde(serialize_with = "time::serialize_option")]
    pub silenced_until: Option<NaiveDateTime>,
    /// Connected right now?
    pub online: bool,
    /// When they last were.
    #[serde(serialize_with = "time::serialize_option")]
    pub last_seen_at: Option<NaiveDateTime>,
    /// When they registered.
    #[serde(serialize_with = "time::serialize")]
    pub created_at: NaiveDateTime,
    /// Messages they sent, deleted ones included.
    pub messages: i64,
    /// Their logins.
    pub sessions: i64,
}

/// Rows with what is counted for them.
pub struct Counted {
    rows: Vec<Row>,
    messages: HashMap<UserId, i64>,
    sessions: HashMap<UserId, i64>,
}

impl Counted {
    /// Counts for the rows of a page.
    ///
    /// # Errors
    /// When the database fails.
    pub fn read(conn: &mut AnyConnection, rows: Vec<Row>) -> AppResult<Self> {
        let ids: Vec<UserId> = rows.iter().map(|row| row.card.id).collect();
        let messages = store::messages_of(conn, &ids)?;
        let sessions = store::sessions_of(conn, &ids)?;
        Ok(Self { rows, messages, sessions })
    }

    /// As JSON.
    pub fn people(self, presence: &Presence) -> Vec<Person> {
        let Self { rows, messages, sessions } = self;
        let count = |counts: &HashMap<UserId, i64>, id| counts.get(&id).copied().unwrap_or(0);
        let person = |row: Row| {
            let id = row.card.id;
            Person {
                email: row.email,
                status: row.status,
                status_reason: row.reason,
                silenced_until: row.silenced_until.filter(|until| *until > time::now()),
                online: presence.is_online(id),
                last_seen_at: row.last_seen_at,
                created_at: row.created_at,
                messages: count(&messages, id),
                sessions: count(&sessions, id),
                card: row.card,
            }
        };
        rows.into_iter().map(person).collect()
    }
}
