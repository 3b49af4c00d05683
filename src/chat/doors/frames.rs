//! What kind a frame of ours is, read off its first bytes: it is encoded by now, and most of its readers never look further.

use serde::Deserialize;

use crate::{
    id::{RoomId, UserId},
    room::wire::RoomKind,
};

/// Its `type`, which stands first.
pub fn kind(frame: &str) -> &str {
    let rest = frame.strip_prefix("{\"type\":\"");
    rest.and_then(|rest| rest.split('"').next()).unwrap_or_default()
}

/// Room and number of a `message` frame.
pub fn change(frame: &str) -> Option<(RoomId, i64)> {
    let rest = frame.strip_prefix("{\"type\":\"message\",\"room\":")?;
    let (room, rest) = rest.split_once(",\"rev\":")?;
    let (rev, _) = rest.split_once(',')?;
    Some((RoomId(room.parse().ok()?), rev.parse().ok()?))
}

/// Is it a `read` frame of this person?
pub fn is_read_of(frame: &str, user: UserId) -> bool {
    frame.strip_prefix("{\"type\":\"read\",").is_some_and(|rest| rest.contains(&format!("\"user\":{user},")))
}

/// May a `message` frame change how many unread messages mention somebody? Not one that is new and mentions nobody.
pub fn may_mention(frame: &str) -> bool {
    let is_new = frame.ends_with("\"edited_at\":null,\"recalled_at\":null,\"deleted_at\":null}}");
    !is_new || frame.contains("\"type\":\"mention")
}

/// What a `room` frame says of a room to those outside of it.
#[derive(Debug, Deserialize)]
pub struct RoomHead {
    /// Which.
    pub id: RoomId,
    /// Its newest change.
    pub rev: i64,
    kind: RoomKind,
    public_read: bool,
}

impl RoomHead {
    /// Of a `room` frame.
    pub fn of(frame: &str) -> Option<Self> {
        #[derive(Deserialize)]
        struct RoomFrame {
            room: RoomHead,
        }
        serde_json::from_str::<RoomFrame>(frame).ok().map(|frame| frame.room)
    }

    /// May guests read it, where the site allows guests?
    pub fn is_open(&self) -> bool {
        self.kind == RoomKind::Public && self.public_read
    }
}

/// The room of a `room_gone` frame.
pub fn gone(frame: &str) -> Option<RoomId> {
    let rest = frame.strip_prefix("{\"type\":\"room_gone\",\"room\":")?;
    rest.strip_suffix('}')?.parse().ok().map(RoomId)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::protocol::ServerFrame;

    #[test]
    fn frames_are_told_apart_by_how_they_begin() {
        let read = ServerFrame::Read { room: RoomId(1), user: UserId(5), seq: 7 }.encode();
        assert_eq!(kind(&read), "read");
        assert!(is_read_of(&read, UserId(5)) && !is_read_of(&read, UserId(7)));
        let away = ServerFrame::RoomGone { room: RoomId(8) }.encode();
        assert_eq!((kind(&away), gone(&away)), ("room_gone", Some(RoomId(8))));
        assert_eq!((kind("[]"), change("{}"), gone("{}")), ("", None, None));
    }
}
