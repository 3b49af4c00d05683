//! People in JSON; see `docs/protocol.md`.

use bytestring::ByteString;
use chrono::NaiveDateTime;
use serde::{Deserialize, Serialize};

use crate::{
    db::time,
    id::{SessionId, UserId},
};

/// What a person may do on this site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum SiteRole {
    /// Everybody.
    Member,
    /// Runs the site.
    Admin,
    /// A program.
    Bot,
}

impl SiteRole {
    /// As stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Admin => "admin",
            Self::Bot => "bot",
        }
    }
}

impl std::str::FromStr for SiteRole {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "member" => Ok(Self::Member),
            "admin" => Ok(Self::Admin),
            "bot" => Ok(Self::Bot),
            _ => Err(format!("{text} is no role; use member, admin or bot")),
        }
    }
}

/// What an admin made of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = AccountStatus)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Nothing.
    Active,
    /// Shut out for what they did.
    Banned,
    /// Out of use, such as of somebody who left.
    Deactivated,
}

impl Status {
    /// As stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Banned => "banned",
            Self::Deactivated => "deactivated",
        }
    }
}

impl std::str::FromStr for Status {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "active" => Ok(Self::Active),
            "banned" => Ok(Self::Banned),
            "deactivated" => Ok(Self::Deactivated),
            _ => Err(format!("{text} is no status of an account")),
        }
    }
}

/// What everybody may see of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = User)]
pub struct Card {
    /// The person.
    pub id: UserId,
    /// The unique name, by which one logs in and is mentioned.
    pub username: String,
    /// The name shown; it may repeat.
    pub nickname: String,
    /// Role on the site.
    pub role: SiteRole,
    /// The picture in the size of lists; absent without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub avatar_url: Option<String>,
    /// Absent while they are here; else what they say of being away, which may be nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub away: Option<String>,
}

/// The address of a picture in the size of lists.
pub fn avatar_url(key: &str) -> String {
    format!("/media/avatars/{key}-s.jpg")
}

/// The address of a picture in the size of a profile.
pub fn avatar_large_url(key: &str) -> String {
    format!("/media/avatars/{key}.jpg")
}

impl Card {
    /// Encoded once, to stand in many frames.
    pub fn to_json(&self) -> ByteString {
        serde_json::to_string(self).expect("a card has only strings and numbers").into()
    }
}

/// What I see of myself.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Me {
    /// As others see me.
    #[serde(flatten)]
    pub card: Card,
    /// Shown to nobody else.
    #[schema(required)]
    pub email: Option<String>,
    /// It was confirmed with a code, and is nobody else's.
    pub email_confirmed: bool,
    /// Shown to nobody else; E.164.
    #[schema(required)]
    pub phone: Option<String>,
    /// It was confirmed with a code, and is nobody else's.
    pub phone_confirmed: bool,
    /// A few words about me.
    pub bio: String,
    /// Language chosen, `en` or `zh-CN`.
    #[schema(required)]
    pub locale: Option<String>,
    /// When I registered.
    #[serde(serialize_with = "time::serialize")]
    pub created_at: NaiveDateTime,
}

/// A person in a list.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = ListedUser)]
pub struct Listed {
    /// Who.
    #[serde(flatten)]
    pub card: Card,
    /// Connected right now?
    pub online: bool,
}

/// A person's own page.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = UserProfile)]
pub struct Profile {
    /// Who.
    #[serde(flatten)]
    pub card: Card,
    /// The picture in the size of a profile; absent without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub avatar_large_url: Option<String>,
    /// A few words about them.
    pub bio: String,
    /// Connected right now?
    pub online: bool,
    /// When they last were.
    #[serde(serialize_with = "time::serialize_option")]
    #[schema(required)]
    pub last_seen_at: Option<NaiveDateTime>,
    /// When they registered.
    #[serde(serialize_with = "time::serialize")]
    pub created_at: NaiveDateTime,
}

/// One of my logins.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = Session)]
pub struct SessionView {
    /// To end it by.
    pub id: SessionId,
    /// The one that asks.
    pub current: bool,
    /// Login.
    #[serde(serialize_with = "time::serialize")]
    pub created_at: NaiveDateTime,
    /// Last use, to ten minutes.
    #[serde(serialize_with = "time::serialize")]
    pub last_seen_at: NaiveDateTime,
    /// What the browser called itself.
    pub agent: String,
    /// From where.
    pub ip: String,
}

/// Body of an answer about one person.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct UserBody<T> {
    /// The person.
    pub user: T,
}

/// Body of an answer about a person's logins.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct SessionsBody {
    /// The last used first.
    pub sessions: Vec<SessionView>,
}

/// A page of people.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct UsersBody {
    /// By id.
    pub users: Vec<Listed>,
    /// Are there more?
    pub more: bool,
}

#[derive(Serialize)]
#[serde(tag = "type", rename = "silenced")]
struct SilencedFrame {
    #[serde(serialize_with = "time::serialize_option")]
    until: Option<NaiveDateTime>,
}

/// The `silenced` frame: until when its person writes nowhere.
pub fn silenced_frame(until: Option<NaiveDateTime>) -> ByteString {
    serde_json::to_string(&SilencedFrame { until }).expect("a time is a string").into()
}
