//! Frames as guests hear them: a closed list of kinds, each made of types of their own, so that what members learn some day is not told
//! to guests by itself.

use std::{cell::RefCell, collections::VecDeque};

use bytestring::ByteString;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::frames;
use crate::id::{RoomId, UserId};

/// Reduced frames that are kept: a change goes to all guests of a thread within a moment.
const KEPT: usize = 32;

/// Reduces each change once for all guests of a thread.
#[derive(Debug, Default)]
pub struct Reducer(RefCell<VecDeque<(ByteString, ByteString)>>);

impl Reducer {
    /// The frame as a guest hears it; `None` where it is nothing for them.
    pub fn reduce(&self, frame: &ByteString) -> Option<ByteString> {
        match frames::kind(frame) {
            "message" => self.message(frame),
            "countdown" => encode(&serde_json::from_str::<CountdownFrame<'_>>(frame).ok()?),
            "heads" | "room" | "room_gone" => Some(frame.clone()),
            _ => None,
        }
    }

    fn message(&self, frame: &ByteString) -> Option<ByteString> {
        let mut kept = self.0.borrow_mut();
        // The frames are shared: the same one has the same bytes at the same place.
        if let Some((_, reduced)) = kept.iter().rev().find(|(known, _)| known.as_ptr() == frame.as_ptr()) {
            return Some(reduced.clone());
        }
        let reduced = encode(&serde_json::from_str::<MessageFrame<'_>>(frame).ok()?)?;
        if kept.len() == KEPT {
            kept.pop_front();
        }
        kept.push_back((frame.clone(), reduced.clone()));
        Some(reduced)
    }
}

fn encode(frame: &impl Serialize) -> Option<ByteString> {
    serde_json::to_string(frame).ok().map(ByteString::from)
}

#[derive(Deserialize, Serialize)]
#[serde(tag = "type", rename = "message")]
struct MessageFrame<'a> {
    room: RoomId,
    rev: i64,
    #[serde(borrow)]
    message: Message<'a>,
}

/// As `message::guest::GuestMessage`.
#[derive(Deserialize, Serialize)]
struct Message<'a> {
    id: i64,
    room: RoomId,
    seq: i64,
    rev: i64,
    #[serde(borrow)]
    kind: &'a RawValue,
    sender: Sender<'a>,
    text: &'a RawValue,
    spans: &'a RawValue,
    uploads: &'a RawValue,
    reply_to: &'a RawValue,
    reactions: Vec<Reaction<'a>>,
    created_at: &'a RawValue,
    edited_at: &'a RawValue,
    recalled_at: &'a RawValue,
    deleted_at: &'a RawValue,
}

#[derive(Deserialize, Serialize)]
struct Sender<'a> {
    id: UserId,
    #[serde(borrow)]
    username: &'a RawValue,
    nickname: &'a RawValue,
    /// A program says so; what people are here is not told.
    #[serde(skip_serializing_if = "is_no_bot")]
    role: &'a RawValue,
    #[serde(skip_serializing_if = "Option::is_none")]
    avatar_url: Option<&'a RawValue>,
}

fn is_no_bot(role: &&RawValue) -> bool {
    role.get() != "\"bot\""
}

#[derive(Deserialize, Serialize)]
struct Reaction<'a> {
    #[serde(borrow)]
    emoji: &'a RawValue,
    count: i64,
    /// Whose they are is not said.
    #[serde(skip_deserializing)]
    users: [UserId; 0],
}

#[derive(Deserialize, Serialize)]
#[serde(tag = "type", rename = "countdown")]
struct CountdownFrame<'a> {
    room: RoomId,
    id: i64,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    label: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    started_at: Option<&'a RawValue>,
    ends_at: &'a RawValue,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    server_time: Option<&'a RawValue>,
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_kind_that_is_not_on_the_list_is_nothing_for_guests() {
        for kind in ["presence", "typing", "read", "member", "user", "contact", "hello", "ack", "new"] {
            assert_eq!(
                Reducer::default().reduce(&format!("{{\"type\":\"{kind}\",\"room\":1}}").into()),
                None,
                "{kind}"
            );
        }
    }

    #[test]
    fn of_who_wrote_a_guest_hears_name_and_picture() {
        let message = json!({
            "id": 7, "room": 1, "seq": 2, "rev": 3, "kind": "text", "client_id": "secret",
            "sender": {"id": 5, "username": "ann", "nickname": "Ann", "role": "admin", "avatar_url": "/a.jpg"},
            "text": "hi", "spans": ["hi"], "uploads": [], "reply_to": null,
            "reactions": [{"emoji": "👍", "count": 2, "users": [5, 6]}],
            "created_at": "t", "edited_at": null, "recalled_at": null, "deleted_at": null, "more": "to come",
        });
        // As ours: the type stands first.
        let frame = format!("{{\"type\":\"message\",\"room\":1,\"rev\":3,\"message\":{message}}}");
        let frame = Reducer::default().reduce(&frame.into()).expect("it is for guests");
        for hidden in ["secret", "role", "more", "[5,6]"] {
            assert!(!frame.contains(hidden), "{frame}");
        }
        let frame: Value = serde_json::from_str(&frame).expect("a frame is JSON");
        assert_eq!(
            frame["message"]["sender"],
            json!({"id": 5, "username": "ann", "nickname": "Ann", "avatar_url": "/a.jpg"})
        );
        assert_eq!(frame["message"]["reactions"], json!([{"emoji": "👍", "count": 2, "users": []}]));
        assert_eq!((&frame["message"]["text"], &frame["rev"]), (&json!("hi"), &json!(3)));
    }

    #[test]
    fn a_countdown_says_nothing_of_who_started_it() {
        let frame =
            "{\"type\":\"countdown\",\"room\":1,\"id\":3,\"label\":\"Go\",\"started_by\":{\"id\":5},\"ends_at\":\"t\"}";
        let frame = Reducer::default().reduce(&frame.into()).expect("it is for guests");
        assert_eq!(frame, "{\"type\":\"countdown\",\"room\":1,\"id\":3,\"label\":\"Go\",\"ends_at\":\"t\"}");
    }
}
