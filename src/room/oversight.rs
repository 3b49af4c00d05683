//! What admins may read of rooms from the console: the one place that says so.
//!
//! Public rooms always; private ones that they are a member of; everything else, private chats included, only while the setting
//! `admins_read_private` is on. Being a member of a private chat of one's own changes nothing: it is read in the chat.

use crate::{
    db::connection::AnyConnection,
    error::AppResult,
    id::{RoomId, UserId},
    room::{store, wire::RoomKind},
};

/// How far an admin sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Oversight {
    /// Who looks.
    pub admin: UserId,
    /// The setting `admins_read_private`.
    pub private: bool,
}

impl Oversight {
    /// Is a room of this kind seen?
    pub fn covers(self, kind: RoomKind, is_member: bool) -> bool {
        match kind {
            RoomKind::Public => true,
            RoomKind::Private => is_member || self.private,
            RoomKind::Direct => self.private,
        }
    }

    /// Is it seen only because of the setting?
    pub fn intrudes(self, kind: RoomKind, is_member: bool) -> bool {
        let without = Self { private: false, ..self };
        self.covers(kind, is_member) && !without.covers(kind, is_member)
    }

    /// The kind of a room that is seen, and whether it is seen only because of the setting. `None` for any other, deleted ones included.
    ///
    /// # Errors
    /// When the database fails.
    pub fn sees(self, conn: &mut AnyConnection, room: RoomId) -> AppResult<Option<Seen>> {
        let Some(info) = store::find(conn, room)? else { return Ok(None) };
        let is_member = store::role_in(conn, self.admin, room)?.is_some();
        let seen = Seen { kind: info.kind, intrudes: self.intrudes(info.kind, is_member) };
        Ok(self.covers(info.kind, is_member).then_some(seen))
    }

    /// The same rule as a condition on a row of `rooms`.
    pub fn condition(self) -> String {
        match self.private {
            true => "rooms.deleted_at IS NULL".to_owned(),
            // A number of ours, so nothing needs quoting.
            false => format!(
                "rooms.deleted_at IS NULL AND (rooms.kind = 'public' OR (rooms.kind = 'private' AND EXISTS (SELECT 1 FROM \
                 memberships WHERE memberships.room_id = rooms.id AND memberships.user_id = {})))",
                self.admin
            ),
        }
    }
}

/// A room that an admin sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// Who may enter.
    pub kind: RoomKind,
    /// Seen only because of the setting.
    pub intrudes: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_setting_alone_opens_what_is_private() {
        let (off, on) = (Oversight { admin: UserId(1), private: false }, Oversight { admin: UserId(1), private: true });
        for is_member in [false, true] {
            assert!(off.covers(RoomKind::Public, is_member) && !on.intrudes(RoomKind::Public, is_member));
            assert_eq!(off.covers(RoomKind::Private, is_member), is_member);
            assert_eq!(on.intrudes(RoomKind::Private, is_member), !is_member);
            assert!(!off.covers(RoomKind::Direct, is_member) && on.intrudes(RoomKind::Direct, is_member));
        }
    }
}
