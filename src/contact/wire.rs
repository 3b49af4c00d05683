//! Contacts in JSON; see `docs/protocol.md`.

use std::str::FromStr;

use bytestring::ByteString;
use chrono::NaiveDateTime;
use serde::{Deserialize, Serialize};

use crate::{
    account::wire::{Card, Profile},
    db::time,
};

/// What a person is to me.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ContactState {
    /// We are friends.
    Friend,
    /// I asked them.
    Requested,
    /// They asked me.
    Incoming,
    /// I want to hear nothing of them.
    Blocked,
    /// Nothing of all this.
    None,
}

impl ContactState {
    /// As stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Friend => "friend",
            Self::Requested => "requested",
            Self::Incoming => "incoming",
            Self::Blocked => "blocked",
            Self::None => "none",
        }
    }
}

impl FromStr for ContactState {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "friend" => Ok(Self::Friend),
            "requested" => Ok(Self::Requested),
            "incoming" => Ok(Self::Incoming),
            "blocked" => Ok(Self::Blocked),
            "none" => Ok(Self::None),
            _ => Err(format!("{text} is no state of a contact")),
        }
    }
}

/// What somebody wants a person to be to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[schema(as = WantedContact)]
#[serde(rename_all = "lowercase")]
pub enum Wanted {
    /// Asks, or accepts where they asked.
    Friend,
    /// Ends friendship and requests.
    Blocked,
}

/// A person, and what they are to me.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Contact {
    /// Who.
    pub user: Card,
    /// What they are to me.
    pub state: ContactState,
}

/// A contact in the list.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct ListedContact {
    /// Who, and what they are to me.
    #[serde(flatten)]
    pub contact: Contact,
    /// Connected right now?
    pub online: bool,
    /// When they last were.
    #[serde(serialize_with = "time::serialize_option")]
    #[schema(required)]
    pub last_seen_at: Option<NaiveDateTime>,
}

/// A person's own page, as another one sees it.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = Profile)]
pub struct ProfileView {
    /// The same for all.
    #[serde(flatten)]
    pub profile: Profile,
    /// What they are to me.
    pub contact: ContactState,
}

/// Everybody who is something to me.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ContactsBody {
    /// In any order.
    pub contacts: Vec<ListedContact>,
}

/// Body of an answer about one contact.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ContactBody {
    /// The contact.
    pub contact: Contact,
}

#[derive(Serialize)]
#[serde(tag = "type", rename = "contact")]
struct ContactFrame<'a> {
    contact: &'a Contact,
}

/// The `contact` frame.
pub fn contact_frame(contact: &Contact) -> ByteString {
    serde_json::to_string(&ContactFrame { contact }).expect("a contact has only strings and numbers").into()
}
