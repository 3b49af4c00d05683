//! The few frames of the chat's protocol that a bench reads by the million, picked apart without a JSON parser; and those it writes.

use std::sync::LazyLock;

use memchr::memmem::Finder;
use serde::Deserialize;

/// What a frame says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// A message came: its room, the number of the change, and when it was due to be sent, if it is one of a bench.
    Message(i64, i64, Option<u64>),
    /// One of mine is stored: the number of the change, and when it was due.
    Ack(i64, u64),
    /// One of mine was refused.
    Refused,
    /// Anything else.
    Other,
}

/// The `hello` frame, as far as a bench reads it.
#[derive(Debug, Deserialize)]
pub struct Hello {
    /// My rooms.
    pub rooms: Vec<Head>,
}

/// A room and how many changes it has seen.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Head {
    /// The room.
    pub id: i64,
    /// The number of its last change.
    pub rev: i64,
}

impl Hello {
    /// Is a frame one?
    pub fn is_one(text: &[u8]) -> bool {
        text.starts_with(br#"{"type":"hello""#)
    }

    /// That of a frame, if it is one.
    pub fn of(text: &[u8]) -> Option<Self> {
        Self::is_one(text).then(|| serde_json::from_slice(text).ok())?
    }

    /// The number of a room's last change.
    pub fn rev(&self, room: i64) -> Option<i64> {
        self.rooms.iter().find(|head| head.id == room).map(|head| head.rev)
    }
}

/// Reads a frame.
pub fn read(text: &[u8]) -> Heard {
    if let Some(rest) = text.strip_prefix(br#"{"type":"message","room":"#) {
        return message(rest).unwrap_or(Heard::Other);
    }
    if let Some(rest) = text.strip_prefix(br#"{"type":"ack","ref":"b"#) {
        return ack(rest).unwrap_or(Heard::Other);
    }
    if text.starts_with(br#"{"type":"error""#) { Heard::Refused } else { Heard::Other }
}

fn message(rest: &[u8]) -> Option<Heard> {
    static CLIENT_ID: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(br#""client_id":"b"#));
    let (room, rest) = number(rest)?;
    let (rev, rest) = number(rest.strip_prefix(br#","rev":"#)?)?;
    let due = CLIENT_ID.find(rest).and_then(|at| number(&rest[at + CLIENT_ID.needle().len()..]));
    Some(Heard::Message(i64::try_from(room).ok()?, i64::try_from(rev).ok()?, due.map(|(due, _)| due)))
}

fn ack(rest: &[u8]) -> Option<Heard> {
    static REV: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(br#","rev":"#));
    let (due, rest) = number(rest)?;
    let (rev, _) = number(&rest[REV.find(rest)? + REV.needle().len()..])?;
    Some(Heard::Ack(i64::try_from(rev).ok()?, due))
}

/// The digits in front, and what follows.
fn number(text: &[u8]) -> Option<(u64, &[u8])> {
    let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    let digits = text.get(..end).filter(|digits| (1..=19).contains(&digits.len()))?;
    let value = digits.iter().fold(0, |value, digit| value * 10 + u64::from(digit - b'0'));
    Some((value, &text[end..]))
}

/// A `send` frame. Its `client_id` begins with when it was due, in nanoseconds, so that whoever receives it knows its age.
pub fn send(room: i64, due: u64, number: u64, run: u32, text: &str) -> String {
    let text = serde_json::Value::from(text);
    format!(r#"{{"type":"send","client_id":"b{due}-{run:08x}-{number}","room":{room},"text":{text}}}"#)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_told_apart() {
        let message =
            br#"{"type":"message","room":7,"rev":15,"message":{"id":71,"client_id":"b1250-00c0ffee-3","text":"x"}}"#;
        assert_eq!(read(message), Heard::Message(7, 15, Some(1_250)));
        let somebody_elses = br#"{"type":"message","room":7,"rev":16,"message":{"id":72,"client_id":"x","text":"x"}}"#;
        assert_eq!(read(somebody_elses), Heard::Message(7, 16, None));
        let ack = br#"{"type":"ack","ref":"b1250-00c0ffee-3","id":71,"room":7,"seq":13,"rev":15,"created_at":"x"}"#;
        assert_eq!(read(ack), Heard::Ack(15, 1_250));
        assert_eq!(read(br#"{"type":"error","ref":"b1250-00c0ffee-3","code":"busy"}"#), Heard::Refused);
        assert_eq!(read(br#"{"type":"heads","rooms":{}}"#), Heard::Other);
    }

    #[test]
    fn what_is_sent_is_json() {
        let frame: serde_json::Value =
            serde_json::from_str(&send(7, 1_250, 3, 0xc0_ffee, "a \"b\"\n")).expect("it is JSON");
        assert_eq!(frame["client_id"], "b1250-00c0ffee-3");
        assert_eq!(frame["text"], "a \"b\"\n");
    }
}
