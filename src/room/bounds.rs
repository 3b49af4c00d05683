//! How many rooms a person has, and how many members a room. Asked inside the transaction that adds one: two at once are one after the
//! other in the ordered lane, so that the last place is one person's alone.

use crate::{
    db::connection::AnyConnection,
    error::{AppError, AppResult},
    id::UserId,
    limit::Limit,
    room::{store, wire::RoomInfo},
    setting::Live,
};

/// The numbers in force. The lobby and private chats of two have none.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Rooms a person may own.
    owned: i64,
    /// Rooms a person may be in.
    joined: i64,
    /// Members of a room.
    members: i64,
}

impl Bounds {
    /// As they are set now.
    pub fn of(live: &Live) -> Self {
        if live.is_unlimited() {
            return Self { owned: i64::MAX, joined: i64::MAX, members: i64::MAX };
        }
        let values = live.get();
        let (owned, joined) = (values.rooms_owned_max.into(), values.rooms_joined_max.into());
        Self { owned, joined, members: values.room_members_max.into() }
    }

    /// May this person make one more room?
    ///
    /// # Errors
    /// [`AppError::Full`]; a database that fails.
    pub(super) fn check_making(&self, conn: &mut AnyConnection, user: UserId) -> AppResult<()> {
        self.check_owning(conn, user)?;
        self.check_joined(conn, user)
    }

    /// May this person own one more room?
    ///
    /// # Errors
    /// [`AppError::Full`]; a database that fails.
    pub(super) fn check_owning(&self, conn: &mut AnyConnection, user: UserId) -> AppResult<()> {
        if store::count_owned(conn, user)? >= self.owned {
            return Err(AppError::Full(Limit::OwnRooms, None));
        }
        Ok(())
    }

    /// May this person, who is none yet, become a member of the room?
    ///
    /// # Errors
    /// [`AppError::Full`]; a database that fails.
    pub(super) fn check_entering(&self, conn: &mut AnyConnection, room: &RoomInfo, user: UserId) -> AppResult<()> {
        if room.lobby {
            return Ok(());
        }
        if room.member_count >= self.members {
            return Err(AppError::Full(Limit::Members, None));
        }
        self.check_joined(conn, user)
    }

    fn check_joined(&self, conn: &mut AnyConnection, user: UserId) -> AppResult<()> {
        if store::count_joined(conn, user)? >= self.joined {
            return Err(AppError::Full(Limit::JoinedRooms, None));
        }
        Ok(())
    }
}
