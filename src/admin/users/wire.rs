//! People of the console in JSON; see `docs/protocol.md`. The templates are given the same.

use std::collections::HashMap;

use chrono::NaiveDateTime;
use serde::Serialize;

use crate::{
    account::{
        presence::Presence,
        reset::Issued,
        wire::{Card, Status},
    },
    admin::{
        table::Beside,
        users::{
            handlers::reset_url,
            store::{self, Row},
        },
    },
    db::{connection::AnyConnection, time},
    error::AppResult,
    id::UserId,
    web::site::Origin,
};

/// A person as admins see them.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Person {
    /// As everybody sees them.
    #[serde(flatten)]
    pub card: Card,
    /// Shown to admins alone.
    #[schema(required)]
    pub email: Option<String>,
    /// May they come in?
    pub status: Status,
    /// Why not; empty where nothing was said.
    pub status_reason: String,
    /// They write nowhere until then; null where they may write.
    #[serde(serialize_with = "time::serialize_option")]
    #[schema(required)]
    pub silenced_until: Option<NaiveDateTime>,
    /// Connected right now?
    pub online: bool,
    /// When they last were.
    #[serde(serialize_with = "time::serialize_option")]
    #[schema(required)]
    pub last_seen_at: Option<NaiveDateTime>,
    /// When they registered.
    #[serde(serialize_with = "time::serialize")]
    pub created_at: NaiveDateTime,
    /// Messages they sent, deleted ones included.
    pub messages: i64,
    /// Their logins.
    pub sessions: i64,
}

/// A page of people.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PeoplePage {
    /// In the table's order.
    pub users: Vec<Person>,
    /// The pages beside it.
    #[serde(flatten)]
    pub beside: Beside,
}

/// A one-time link to a new password.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = ResetLink)]
pub struct LinkView {
    /// It is told this once; the token is in the fragment.
    pub url: String,
    /// Good until then.
    #[serde(serialize_with = "time::serialize")]
    pub expires_at: NaiveDateTime,
}

impl LinkView {
    /// Of one that was just made.
    pub fn new(origin: &Origin, link: &Issued) -> Self {
        Self { url: reset_url(origin, link), expires_at: link.expires_at }
    }
}

/// Body of an answer about a one-time link.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = ResetLinkBody)]
pub struct LinkBody {
    /// The link.
    pub reset: LinkView,
}

/// Somebody who was just added.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct AddedPerson {
    /// They.
    pub user: Person,
    /// The link with which they set their password; null where they have one, and for a bot.
    #[schema(required)]
    pub reset: Option<LinkView>,
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
