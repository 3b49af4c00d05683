//! Announcements in JSON; see `docs/protocol.md`.

use bytestring::ByteString;
use chrono::NaiveDateTime;
use serde::Serialize;

use crate::{account::wire::Card, db::time, id::AnnouncementId};

/// The picture of an announcement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = AnnouncementImage)]
pub struct Image {
    /// The image.
    pub url: String,
    /// A small one.
    pub thumb_url: String,
    /// In pixels.
    pub width: i64,
    /// In pixels.
    pub height: i64,
    /// Dominant colour, `#rrggbb`.
    pub color: String,
}

/// An announcement, the same for everybody.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Announcement {
    /// The version.
    pub id: AnnouncementId,
    /// May be empty.
    pub title: String,
    /// May be empty.
    pub text: String,
    /// What the image shows.
    pub alt: String,
    /// Null where there is only a text.
    #[schema(required)]
    pub image: Option<Image>,
    /// Also behind the chat.
    pub background: bool,
    /// Who published it, or, of a draft, made it.
    pub author: Card,
    /// Null while it is a draft.
    #[serde(serialize_with = "time::serialize_option")]
    #[schema(required)]
    pub published_at: Option<NaiveDateTime>,
}

/// The announcement in force as one person knows it.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = MyAnnouncement)]
pub struct Mine {
    /// The announcement.
    #[serde(flatten)]
    pub announcement: Announcement,
    /// Was it closed by them before?
    pub seen: bool,
}

/// Body of `GET announcement`.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = AnnouncementBody)]
pub struct MineBody {
    /// Null where none is in force.
    #[schema(required)]
    pub announcement: Option<Mine>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Frame<'a> {
    Announcement { announcement: Option<&'a Announcement> },
    AnnouncementSeen { id: AnnouncementId },
}

fn encode(frame: &Frame<'_>) -> ByteString {
    serde_json::to_string(frame).expect("an announcement has only strings and numbers").into()
}

/// The `announcement` frame: what is in force now.
pub fn announcement_frame(announcement: Option<&Announcement>) -> ByteString {
    encode(&Frame::Announcement { announcement })
}

/// The `announcement_seen` frame for its person's other devices.
pub fn seen_frame(id: AnnouncementId) -> ByteString {
    encode(&Frame::AnnouncementSeen { id })
}
