//! The frames of the socket as types; `docs/protocol.md` is their full account.

use std::collections::BTreeMap;

use bytestring::ByteString;
use chrono::NaiveDateTime;
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use serde_json::value::RawValue;

use crate::{
    account::wire::Card,
    announcement::wire::Mine,
    contact::wire::Contact,
    db::time,
    error::AppError,
    event::Farewell,
    id::{MessageId, RoomId, UserId},
    message::{UPLOADS, reaction::KINDS},
    room::{countdown::Countdown, wire::RoomView},
    setting::values::Values,
};

/// Version of the protocol, in `hello`.
pub const PROTOCOL: u32 = 1;

/// Most cursors a `resume` may carry.
pub const CURSORS: usize = 1_000;

/// What a client says.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum ClientFrame {
    /// Store this message.
    Send {
        /// The sender's name for it, and the `ref` of the answer.
        client_id: String,
        /// Where.
        room: RoomId,
        /// What; may be empty where there are images.
        #[serde(default)]
        text: String,
        /// Ids of its images, in order.
        #[serde(default)]
        uploads: Vec<String>,
        /// The message it answers.
        #[serde(default)]
        reply_to: Option<MessageId>,
    },
    /// Replace my message's text.
    Edit {
        /// Returned in the answer.
        r#ref: String,
        /// Which.
        id: MessageId,
        /// The new text.
        text: String,
    },
    /// Take a message back.
    Recall {
        /// Returned in the answer.
        r#ref: String,
        /// Which.
        id: MessageId,
    },
    /// Delete my message.
    Delete {
        /// Returned in the answer.
        r#ref: String,
        /// Which.
        id: MessageId,
    },
    /// Put my reaction on a message, or take it back.
    React {
        /// Returned in the answer.
        r#ref: String,
        /// On which message.
        id: MessageId,
        /// One emoji.
        emoji: String,
        /// Put on, or taken back.
        on: bool,
    },
    /// I have read up to here.
    Read {
        /// Returned in the answer.
        r#ref: String,
        /// Where.
        room: RoomId,
        /// Up to which message.
        seq: i64,
    },
    /// I am typing.
    Typing {
        /// Where.
        room: RoomId,
    },
    /// My cursors.
    Resume {
        /// Returned in the answer.
        r#ref: String,
        /// The highest `rev` up to which I am whole, by room.
        #[serde(default, deserialize_with = "by_room")]
        rooms: Option<BTreeMap<RoomId, i64>>,
        /// The same in one word, as the other doors give it out.
        #[serde(default)]
        cursor: Option<String>,
    },
}

/// A tagged enum hands keys on as strings, which a number does not take.
fn by_room<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<BTreeMap<RoomId, i64>>, D::Error> {
    let rooms = BTreeMap::<String, i64>::deserialize(deserializer)?;
    let parse = |(id, rev): (String, i64)| Ok((RoomId(id.parse().map_err(D::Error::custom)?), rev));
    rooms.into_iter().map(parse).collect::<Result<_, _>>().map(Some)
}

const TYPES: [&str; 8] = ["send", "edit", "recall", "delete", "react", "read", "typing", "resume"];

/// A frame that cannot be understood: what to answer, and to which `ref`.
#[derive(Debug)]
pub struct BadFrame {
    /// The `ref` (or `client_id`), where one could be read.
    pub reference: Option<String>,
    /// What is wrong.
    pub error: AppError,
}

impl ClientFrame {
    /// What its answer will carry as `ref`.
    pub fn reference(&self) -> Option<&str> {
        match self {
            Self::Send { client_id, .. } => Some(client_id),
            Self::Edit { r#ref, .. }
            | Self::Recall { r#ref, .. }
            | Self::Delete { r#ref, .. }
            | Self::React { r#ref, .. }
            | Self::Read { r#ref, .. }
            | Self::Resume { r#ref, .. } => Some(r#ref),
            Self::Typing { .. } => None,
        }
    }

    /// Does it take more than reading?
    pub fn changes_something(&self) -> bool {
        !matches!(self, Self::Resume { .. })
    }

    /// Parses a frame.
    ///
    /// # Errors
    /// What to answer instead.
    pub fn parse(text: &str) -> Result<Self, BadFrame> {
        serde_json::from_str(text).map_err(|error| explain(text, &error))
    }
}

/// Just enough of any frame to answer it.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Envelope {
    r#type: Option<serde_json::Value>,
    r#ref: Option<serde_json::Value>,
    client_id: Option<serde_json::Value>,
}

fn explain(text: &str, error: &serde_json::Error) -> BadFrame {
    let envelope: Envelope = serde_json::from_str(text).unwrap_or_default();
    let reference = envelope.r#ref.or(envelope.client_id);
    let reference = reference.as_ref().and_then(|value| value.as_str()).filter(|text| text.len() <= 64);
    let unknown = envelope.r#type.as_ref().and_then(|value| value.as_str()).is_some_and(|kind| !TYPES.contains(&kind));
    let error = match unknown {
        true => AppError::Conflict("unknown_type", "There is no frame of this type."),
        false => AppError::BadFrame(error.to_string()),
    };
    BadFrame { reference: reference.map(str::to_owned), error }
}

/// What the server tells about its limits.
#[derive(Debug, Serialize)]
pub struct Limits {
    /// Longest text, in characters.
    pub text: u32,
    /// Messages at once.
    pub burst: u32,
    /// Messages a second in the long run.
    pub per_second: f64,
    /// Images in a message.
    pub uploads: usize,
    /// Largest image, in bytes.
    pub upload_bytes: u64,
    /// Largest image that is kept as it is, in bytes.
    pub original_bytes: u64,
    /// Kinds of reactions to a message.
    pub reactions: usize,
    /// Seconds in which an author may recall a message, where the room says nothing else.
    pub recall_seconds: i64,
    /// May the page offer notices of the desktop?
    pub push: bool,
}

impl Limits {
    /// Ours.
    pub fn new(values: &Values) -> Self {
        Self {
            text: values.text_max,
            burst: values.send_burst,
            per_second: f64::from(values.send_per_minute) / 60.0,
            uploads: UPLOADS,
            upload_bytes: values.upload_max_bytes,
            original_bytes: values.original_max_bytes.into(),
            reactions: KINDS,
            recall_seconds: values.recall_seconds,
            push: values.push,
        }
    }
}

/// First frame of a connection.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename = "hello")]
pub struct Hello<'a> {
    /// See [`PROTOCOL`].
    pub protocol: u32,
    /// The database's life.
    pub epoch: &'a str,
    /// The server's clock.
    #[serde(serialize_with = "time::serialize")]
    pub server_time: NaiveDateTime,
    /// Me, as others see me.
    pub me: &'a Card,
    /// Until then I write nowhere; null where I may.
    #[serde(serialize_with = "time::serialize_option")]
    pub silenced_until: Option<NaiveDateTime>,
    /// All my rooms.
    pub rooms: &'a [RoomView],
    /// At most 200 people; encoded once for many sockets.
    pub online: &'a RawValue,
    /// All of them, counted.
    pub online_count: usize,
    /// My friends, requests and blocks.
    pub contacts: &'a [Contact],
    /// What counts down in my rooms.
    pub countdowns: &'a [Countdown],
    /// The announcement in force, and whether I closed it.
    pub announcement: Option<&'a Mine>,
    /// What is allowed.
    pub limits: Limits,
}

/// Somebody who went.
#[derive(Debug, Clone, Serialize)]
pub struct Gone {
    /// Who.
    pub user: UserId,
    /// When.
    #[serde(serialize_with = "time::serialize")]
    pub last_seen: NaiveDateTime,
}

/// The other frames of the server that are born in the chat.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerFrame<'a> {
    /// Answer to `read`.
    #[serde(rename = "ack")]
    ReadAck {
        /// Of the frame.
        r#ref: &'a str,
        /// Where.
        room: RoomId,
        /// Read up to here now.
        seq: i64,
    },
    /// Answer to `resume`.
    #[serde(rename = "ack")]
    ResumeAck {
        /// Of the frame.
        r#ref: &'a str,
        /// Rooms to ask for by `changes`.
        fetch: Vec<RoomId>,
    },
    /// Somebody read.
    Read {
        /// Where.
        room: RoomId,
        /// Who.
        user: UserId,
        /// Up to which message.
        seq: i64,
    },
    /// Somebody types.
    Typing {
        /// Where.
        room: RoomId,
        /// Who.
        user: UserId,
        /// As shown.
        nickname: &'a str,
    },
    /// Who came and went.
    Presence {
        /// Cards, encoded once.
        online: Vec<Box<RawValue>>,
        /// Who went.
        offline: Vec<Gone>,
        /// How many are there now.
        online_count: usize,
    },
    /// Newest changes of rooms.
    Heads {
        /// `rev` by room.
        rooms: BTreeMap<RoomId, i64>,
    },
    /// The last event of a stream, in the words of a close frame.
    Bye {
        /// As a socket is closed with.
        code: u16,
        /// In words.
        reason: &'static str,
    },
    /// Not mine any more.
    RoomGone {
        /// Which.
        room: RoomId,
    },
    /// What is allowed from now on.
    Limits {
        /// As in `hello`.
        limits: Limits,
    },
    /// Somebody changed their card.
    User {
        /// As they are now.
        user: Box<RawValue>,
    },
}

impl ServerFrame<'_> {
    /// Encodes it.
    pub fn encode(&self) -> ByteString {
        serde_json::to_string(self).expect("a frame has only strings, numbers and valid JSON").into()
    }
}

/// JSON of ours, to stand in a frame.
pub fn raw(json: &str) -> Box<RawValue> {
    RawValue::from_string(json.to_owned()).expect("it was encoded by us")
}

/// Why a socket is closed; see the table in `docs/protocol.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closing {
    /// Too many bad frames, or far too fast.
    Policy,
    /// The process restarts.
    Restart,
    /// Too many sockets of this person.
    TooMany,
    /// Logged out, or the password changed.
    SessionEnded,
    /// An admin banned the person.
    Banned,
    /// An admin deactivated the account.
    Deactivated,
    /// The state it begins with could not be read.
    TryAgain,
}

impl Closing {
    /// Code and reason of the close frame.
    pub fn parts(self) -> (u16, &'static str) {
        match self {
            Self::Policy => (1008, "too many bad or too fast frames"),
            Self::Restart => (1012, "the server restarts"),
            Self::TooMany => (1013, "too many sockets"),
            Self::TryAgain => (1013, "try again later"),
            Self::SessionEnded => (4001, "the session ended"),
            Self::Banned => (4003, "banned"),
            Self::Deactivated => (4003, "deactivated"),
        }
    }
}

/// What a stream ends with.
pub fn bye(why: Closing) -> ByteString {
    let (code, reason) = why.parts();
    ServerFrame::Bye { code, reason }.encode()
}

impl From<Farewell> for Closing {
    fn from(why: Farewell) -> Self {
        match why {
            Farewell::Ended => Self::SessionEnded,
            Farewell::Banned => Self::Banned,
            Farewell::Deactivated => Self::Deactivated,
        }
    }
}
