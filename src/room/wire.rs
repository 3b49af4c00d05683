//! Rooms in JSON; see `docs/protocol.md`.

use std::str::FromStr;

use bytestring::ByteString;
use chrono::NaiveDateTime;
use serde::{Deserialize, Serialize};

use crate::{
    account::wire::Card,
    db::time,
    id::{RoomId, UserId},
};

/// Who may find and enter a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum RoomKind {
    /// Listed, open to everybody.
    Public,
    /// Unlisted, by invitation.
    Private,
    /// Two people.
    Direct,
}

impl RoomKind {
    /// As stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Private => "private",
            Self::Direct => "direct",
        }
    }
}

impl FromStr for RoomKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "public" => Ok(Self::Public),
            "private" => Ok(Self::Private),
            "direct" => Ok(Self::Direct),
            _ => Err(format!("{text} is no kind of room")),
        }
    }
}

/// What a member may do in a room; a higher one may all that a lower one may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum RoomRole {
    /// Reads and writes.
    Member,
    /// Renames, invites, removes members.
    Moderator,
    /// Gives roles, deletes the room.
    Owner,
}

impl RoomRole {
    /// As stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Moderator => "moderator",
            Self::Owner => "owner",
        }
    }
}

impl FromStr for RoomRole {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "member" => Ok(Self::Member),
            "moderator" => Ok(Self::Moderator),
            "owner" => Ok(Self::Owner),
            _ => Err(format!("{text} is no role in a room")),
        }
    }
}

/// Which messages of a room are announced to a member.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Notify {
    /// Every one.
    #[default]
    All,
    /// Those that mention them.
    Mentions,
    /// None.
    None,
}

impl Notify {
    /// As stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Mentions => "mentions",
            Self::None => "none",
        }
    }
}

impl FromStr for Notify {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "all" => Ok(Self::All),
            "mentions" => Ok(Self::Mentions),
            "none" => Ok(Self::None),
            _ => Err(format!("{text} is no level of notices")),
        }
    }
}

/// Who may write in a room.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum PostPolicy {
    /// Every member.
    #[default]
    Everyone,
    /// Its moderators and owners, and admins of the site.
    Moderators,
    /// Admins of the site alone.
    Admins,
}

impl PostPolicy {
    /// As stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Everyone => "everyone",
            Self::Moderators => "moderators",
            Self::Admins => "admins",
        }
    }
}

impl FromStr for PostPolicy {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "everyone" => Ok(Self::Everyone),
            "moderators" => Ok(Self::Moderators),
            "admins" => Ok(Self::Admins),
            _ => Err(format!("{text} does not say who may write")),
        }
    }
}

/// How long a room keeps its messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeping {
    /// As the site's settings say.
    Default,
    /// For ever.
    Forever,
    /// So many days.
    Days(i64),
    /// So many of the newest.
    Count(i64),
}

impl Keeping {
    /// From what is stored.
    pub fn of(rule: &str, value: i64) -> Self {
        match rule {
            "forever" => Self::Forever,
            "days" => Self::Days(value),
            "count" => Self::Count(value),
            // The column has a CHECK: other values cannot be stored.
            _ => Self::Default,
        }
    }

    /// The rule as stored.
    pub fn rule(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Forever => "forever",
            Self::Days(_) => "days",
            Self::Count(_) => "count",
        }
    }

    /// Its number; 0 where it has none.
    pub fn value(self) -> i64 {
        match self {
            Self::Days(value) | Self::Count(value) => value,
            Self::Default | Self::Forever => 0,
        }
    }
}

/// What is the same for every member.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct RoomInfo {
    /// Its id.
    pub id: RoomId,
    /// Who may enter.
    pub kind: RoomKind,
    /// The room everybody is in.
    pub lobby: bool,
    /// Empty for a direct room: each sees the other's name.
    pub name: String,
    /// May be empty.
    pub topic: String,
    /// Number of the newest message.
    pub last_seq: i64,
    /// Number of the newest change.
    pub rev: i64,
    /// How many members.
    pub member_count: i64,
    /// Seconds in which an author may recall a message; null where the site's setting counts.
    #[schema(required)]
    pub recall_seconds: Option<i64>,
    /// Seconds a member waits between messages; 0 for none.
    pub slow_seconds: i64,
    /// Who may write.
    pub post_policy: PostPolicy,
    /// May guests read it, where the site allows guests at all?
    pub public_read: bool,
    /// Since then it is only read.
    #[serde(serialize_with = "time::serialize_option")]
    #[schema(required)]
    pub archived_at: Option<NaiveDateTime>,
    /// Messages up to this number are gone for good.
    pub floor_seq: i64,
    /// Since when.
    #[serde(serialize_with = "time::serialize")]
    pub created_at: NaiveDateTime,
}

/// What a room is to me.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = MyRoomState)]
pub struct MyState {
    /// My role in it.
    pub role: RoomRole,
    /// I have read up to here; the rest, `last_seq - read_seq`, is unread.
    pub read_seq: i64,
    /// How many unread messages mention me.
    pub mentions: i64,
    /// Which messages are announced to me.
    pub notify: Notify,
    /// Without a count in the list.
    pub muted: bool,
    /// Until then I may not write here; null where I may.
    #[serde(serialize_with = "time::serialize_option")]
    #[schema(required)]
    pub silenced_until: Option<NaiveDateTime>,
}

/// The other one of a direct room.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Peer {
    /// Who.
    #[serde(flatten)]
    pub card: Card,
    /// Connected right now?
    pub online: bool,
}

/// Sender of a preview.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct PreviewSender {
    /// Who.
    pub id: UserId,
    /// As shown.
    pub nickname: String,
}

/// The newest message, for the list.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Preview {
    /// Who wrote it.
    pub sender: PreviewSender,
    /// The beginning of the text; empty when it was deleted.
    pub text: String,
    /// How many images it has.
    pub images: i64,
    /// When.
    #[serde(serialize_with = "time::serialize")]
    pub at: NaiveDateTime,
}

/// A room as one person sees it.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = Room)]
pub struct RoomView {
    /// The same for all.
    #[serde(flatten)]
    pub info: RoomInfo,
    /// Null where I am no member.
    #[schema(required)]
    pub my: Option<MyState>,
    /// Null unless direct.
    #[schema(required)]
    pub peer: Option<Peer>,
    /// Null while there is no message, and where I am no member.
    #[schema(required)]
    pub last: Option<Preview>,
}

/// A member in a list.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = Member)]
pub struct MemberView {
    /// Who.
    pub user: Card,
    /// Role in this room.
    pub role: RoomRole,
    /// Connected right now?
    pub online: bool,
    /// Since when a member.
    #[serde(serialize_with = "time::serialize")]
    pub joined_at: NaiveDateTime,
    /// When last connected.
    #[serde(serialize_with = "time::serialize_option")]
    #[schema(required)]
    pub last_seen_at: Option<NaiveDateTime>,
    /// Until then they may not write here; for who may change that.
    #[serde(serialize_with = "time::serialize_option", skip_serializing_if = "Option::is_none")]
    pub silenced_until: Option<NaiveDateTime>,
}

/// How far a member has read.
#[derive(Debug, Clone, Copy, Serialize, utoipa::ToSchema)]
#[schema(as = ReadMark)]
pub struct ReadView {
    /// Who.
    pub user: UserId,
    /// Up to which message.
    pub seq: i64,
}

/// Body of an answer about one room.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct RoomBody {
    /// The room.
    pub room: RoomView,
}

/// My rooms.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct RoomsBody {
    /// Those I am a member of.
    pub rooms: Vec<RoomView>,
}

/// What a listed room is to me.
#[derive(Debug, Clone, Copy, Serialize, utoipa::ToSchema)]
pub struct MyRole {
    /// My role in it.
    pub role: RoomRole,
}

/// A public room in the list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PublicRoom {
    /// The same for all.
    #[serde(flatten)]
    pub info: RoomInfo,
    /// Null where I am no member; absent in the list for guests.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<MyRole>)]
    pub my: Option<Option<MyRole>>,
}

/// A page of public rooms.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PublicRooms {
    /// By id.
    pub rooms: Vec<PublicRoom>,
    /// Are there more?
    pub more: bool,
}

/// A room as guests see it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct GuestRoomBody {
    /// The room.
    pub room: RoomInfo,
}

/// A room as whoever asks sees it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(untagged)]
#[expect(clippy::large_enum_variant, reason = "none is ever made: it tells the OpenAPI document of both")]
pub enum RoomAnswer {
    /// For people.
    Person(RoomBody),
    /// For guests.
    Guest(GuestRoomBody),
}

/// A page of members.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct MembersBody {
    /// By id.
    pub members: Vec<MemberView>,
    /// Are there more?
    pub more: bool,
    /// How many members the room has.
    pub total: i64,
    /// How many of them are connected.
    pub online_count: i64,
}

/// Body of an answer about one member.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct MemberBody {
    /// The member.
    pub member: MemberView,
}

/// How far members have read.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ReadsBody {
    /// One a member.
    pub reads: Vec<ReadView>,
}

/// How far I have read.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ReadBody {
    /// Up to which message.
    pub read_seq: i64,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum RoomFrame<'a> {
    Room { room: RoomForm<'a> },
    Member { room: RoomId, user: &'a Card, role: Option<RoomRole>, member_count: i64 },
}

#[derive(Serialize)]
#[serde(untagged)]
enum RoomForm<'a> {
    Whole(&'a RoomView),
    Shared(&'a RoomInfo),
}

fn encode(frame: &RoomFrame<'_>) -> ByteString {
    serde_json::to_string(frame).expect("a room has only strings and numbers").into()
}

/// The `room` frame for one person.
pub fn room_frame(room: &RoomView) -> ByteString {
    encode(&RoomFrame::Room { room: RoomForm::Whole(room) })
}

/// The `room` frame with what is the same for all.
pub fn shared_room_frame(room: &RoomInfo) -> ByteString {
    encode(&RoomFrame::Room { room: RoomForm::Shared(room) })
}

/// The `member` frame; without a role the person left.
pub fn member_frame(room: RoomId, user: &Card, role: Option<RoomRole>, member_count: i64) -> ByteString {
    encode(&RoomFrame::Member { room, user, role, member_count })
}
