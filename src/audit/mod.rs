//! Who did what to whom, when and from where: a log that is only added to, in the transaction of the act itself.
//!
//! It knows no features: what an act was done to is given to it in words.

pub mod store;

use std::net::IpAddr;

use serde_json::{Value, json};

use crate::{db::connection::AnyConnection, error::AppResult, id::UserId};

/// Who acts.
#[derive(Debug, Clone)]
pub struct Actor {
    /// `None` for the command line.
    pub id: Option<UserId>,
    /// The user name, as it is now.
    pub name: String,
    /// From where; `None` for the command line.
    pub ip: Option<IpAddr>,
}

impl Actor {
    /// Whoever runs the server, at its command line.
    pub fn command_line() -> Self {
        Self { id: None, name: "parlor".to_owned(), ip: None }
    }
}

/// What an act was done to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// One of [`KINDS`]; empty for the site as a whole.
    pub kind: &'static str,
    /// Its id, where it has one.
    pub id: Option<i64>,
    /// As it is called now: names change, the log does not.
    pub name: String,
}

/// Kinds of targets.
pub const KINDS: [&str; 9] =
    ["user", "room", "message", "preset", "countdown", "announcement", "report", "invite", "setting"];

impl Target {
    /// Something with an id.
    pub fn new(kind: &'static str, id: i64, name: impl Into<String>) -> Self {
        Self { kind, id: Some(id), name: name.into() }
    }

    /// Something that is known by its name alone.
    pub fn named(kind: &'static str, name: impl Into<String>) -> Self {
        Self { kind, id: None, name: name.into() }
    }

    /// The site.
    pub fn site() -> Self {
        Self { kind: "", id: None, name: String::new() }
    }
}

/// An entry to be written.
#[derive(Debug, Clone)]
pub struct Entry {
    /// What was done.
    pub act: Act,
    /// To what.
    pub target: Target,
    /// More about it, an object; never a password, a token or the text of a message.
    pub detail: Value,
}

impl Entry {
    /// An act with nothing more to say.
    pub fn new(act: Act, target: Target) -> Self {
        Self { act, target, detail: json!({}) }
    }

    /// The same with more about it.
    #[must_use]
    pub fn with(mut self, detail: Value) -> Self {
        self.detail = detail;
        self
    }
}

/// Writes an entry; to be called in the transaction of the act.
///
/// # Errors
/// When the database fails.
pub fn note(conn: &mut AnyConnection, actor: &Actor, entry: &Entry) -> AppResult<()> {
    Ok(store::insert(conn, actor, entry)?)
}

macro_rules! acts {
    ($($(#[$doc:meta])* $name:ident = $text:literal),* $(,)?) => {
        /// What can be done. The names are stored, so they stay.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Act {
            $($(#[$doc])* $name),*
        }

        impl Act {
            /// Every act.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// As stored, such as `user.ban`.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),* }
            }
        }
    };
}

acts! {
    /// An account was made.
    UserAdd = "user.add",
    /// A role on the site changed.
    UserRole = "user.role",
    /// Banned.
    UserBan = "user.ban",
    /// Not banned any more.
    UserUnban = "user.unban",
    /// Deactivated.
    UserDeactivate = "user.deactivate",
    /// Active again.
    UserReactivate = "user.reactivate",
    /// A password was set from the command line.
    UserPassword = "user.password",
    /// A one-time link to a new password was made.
    UserReset = "user.reset",
    /// Sessions were ended.
    UserSessions = "user.sessions",
    /// A token was made for a bot.
    TokenAdd = "token.add",
    /// A token was revoked.
    TokenRevoke = "token.revoke",
    /// Silenced everywhere.
    UserSilence = "user.silence",
    /// Not silenced any more.
    UserUnsilence = "user.unsilence",
    /// What a room is like was changed.
    RoomUpdate = "room.update",
    /// A room was archived.
    RoomArchive = "room.archive",
    /// A room was opened again.
    RoomUnarchive = "room.unarchive",
    /// A room was deleted.
    RoomDelete = "room.delete",
    /// A room got another owner.
    RoomOwner = "room.owner",
    /// A member was silenced in a room.
    RoomSilence = "room.silence",
    /// A member may write in a room again.
    RoomUnsilence = "room.unsilence",
    /// Messages were deleted.
    MessageDelete = "message.delete",
    /// Private chats were looked into.
    PrivateRead = "private.read",
    /// A report was settled.
    ReportSettle = "report.settle",
    /// A preset was made.
    PresetAdd = "preset.add",
    /// A preset was changed.
    PresetUpdate = "preset.update",
    /// A preset was moved.
    PresetMove = "preset.move",
    /// A preset was deleted.
    PresetDelete = "preset.delete",
    /// A preset was sent.
    PresetSend = "preset.send",
    /// A countdown was stopped early.
    CountdownStop = "countdown.stop",
    /// An announcement was published.
    AnnouncementPublish = "announcement.publish",
    /// An announcement was withdrawn.
    AnnouncementWithdraw = "announcement.withdraw",
    /// An old announcement was put in force again.
    AnnouncementRestore = "announcement.restore",
    /// An invitation was made.
    InviteAdd = "invite.add",
    /// An invitation was revoked.
    InviteRevoke = "invite.revoke",
    /// A setting was changed.
    SettingUpdate = "setting.update",
    /// A letter was sent to see whether letters arrive.
    MailTest = "mail.test",
    /// A table was exported.
    Export = "export",
}
