//! Ids of rows, one type a table, so that a room's id never lands where a person's is wanted.
//!
//! They are positive, below 2^53 (JavaScript's exact integers) and no secret.

use diesel_derive_newtype::DieselNewType;
use serde::{Deserialize, Serialize};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, DieselNewType, Serialize, Deserialize,
            utoipa::ToSchema,
        )]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

ids! {
    /// A person, or a bot.
    UserId,
    /// One login of a person on one device.
    SessionId,
    /// A room, public, private or direct.
    RoomId,
    /// A stored message.
    MessageId,
    /// A preset message.
    PresetId,
    /// A countdown.
    CountdownId,
    /// A version of the announcement.
    AnnouncementId,
    /// A member's report of a message.
    ReportId,
    /// A link that lets somebody register.
    InviteId,
    /// A secret that a program shows instead of a session's cookie.
    TokenId,
}

/// By what a person is let in; what was opened with it ends with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pass {
    /// By a login.
    Session(SessionId),
    /// By a token.
    Token(TokenId),
}

/// One open socket of this process: which worker's hub holds it, and its number there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SocketKey {
    /// Index of the hub.
    pub hub: usize,
    /// Number within the hub, never given twice.
    pub number: u64,
}
