//! Versions of the announcement in JSON, as admins see them; see `docs/protocol.md`.

use chrono::NaiveDateTime;
use serde::Serialize;

use crate::{
    announcement::{
        store::{self, Version},
        wire::Announcement,
    },
    db::{connection::AnyConnection, time},
    error::AppResult,
    id::AnnouncementId,
};

/// What a version is now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = AnnouncementState)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Not published.
    Draft,
    /// In force.
    Current,
    /// It was in force.
    Past,
}

/// A version in a list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = AnnouncementVersion)]
pub struct Listed {
    /// What everybody sees of it.
    #[serde(flatten)]
    pub announcement: Announcement,
    /// What it is called in a list.
    pub name: String,
    /// What it is now.
    pub state: State,
    /// How many people closed it.
    pub seen: i64,
    /// Of its image.
    #[schema(required)]
    pub bytes: Option<i64>,
    /// When it was made.
    #[serde(serialize_with = "time::serialize")]
    pub created_at: NaiveDateTime,
}

/// Body of an answer about one version.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = AnnouncementVersionBody)]
pub struct VersionBody {
    /// The version.
    pub announcement: Listed,
}

/// All versions there are.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = AnnouncementVersions)]
pub struct Overview {
    /// Drafts first, then what was published; the newest first.
    pub announcements: Vec<Listed>,
    /// How many people there are to see one.
    pub people: i64,
}

impl Overview {
    /// Reads it.
    ///
    /// # Errors
    /// When the database fails.
    pub fn read(conn: &mut AnyConnection) -> AppResult<Self> {
        let (current, seen) = (store::current_id(conn)?, store::seen_counts(conn)?);
        let mut versions = store::drafts(conn)?;
        versions.append(&mut store::history(conn)?);
        let count = |version: &Version| seen.get(&version.id).copied().unwrap_or_default();
        let announcements = versions.iter().map(|version| listed(version, current, count(version))).collect();
        Ok(Self { announcements, people: store::people(conn)? })
    }

    /// The one of this id.
    pub fn find(&self, id: AnnouncementId) -> Option<&Listed> {
        self.announcements.iter().find(|listed| listed.announcement.id == id)
    }

    /// The one in force.
    pub fn current(&self) -> Option<&Listed> {
        self.announcements.iter().find(|listed| listed.state == State::Current)
    }
}

fn listed(version: &Version, current: Option<AnnouncementId>, seen: i64) -> Listed {
    let state = match version.published_at {
        None => State::Draft,
        Some(_) if current == Some(version.id) => State::Current,
        Some(_) => State::Past,
    };
    Listed {
        announcement: version.to_wire(),
        name: version.words.name(),
        state,
        seen,
        bytes: version.picture.as_ref().map(|picture| picture.bytes),
        created_at: version.created_at,
    }
}
