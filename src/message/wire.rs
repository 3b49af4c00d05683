//! Messages in JSON; see `docs/protocol.md`.

use bytestring::ByteString;
use chrono::NaiveDateTime;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::{
    account::wire::Card,
    db::time,
    error::{AppError, Retry},
    event::Change,
    id::{MessageId, RoomId, UserId},
    message::body::span::Span,
    upload::wire::Upload,
};

/// A message as every reader sees it.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = Message)]
pub struct MessageView {
    /// Its id.
    pub id: MessageId,
    /// Where.
    pub room: RoomId,
    /// The room's number of it.
    pub seq: i64,
    /// The room's number of its last change.
    pub rev: i64,
    /// `text`, or `image` where it was sent with uploads; `preset` for what an admin sent with one click.
    pub kind: String,
    /// Who wrote it, as they are called now.
    pub sender: Card,
    /// The sender's name for it.
    pub client_id: String,
    /// As typed; empty when recalled or deleted, and so is what follows.
    pub text: String,
    /// The text parsed.
    #[schema(value_type = Vec<Span>)]
    pub spans: Box<RawValue>,
    /// Its images, in order.
    pub uploads: Vec<Upload>,
    /// The message it answers.
    #[schema(required)]
    pub reply_to: Option<ReplyTo>,
    /// In the order in which their kinds came.
    pub reactions: Vec<Reaction>,
    /// When it was stored.
    #[serde(serialize_with = "time::serialize")]
    pub created_at: NaiveDateTime,
    /// When its text was changed last.
    #[serde(serialize_with = "time::serialize_option")]
    #[schema(required)]
    pub edited_at: Option<NaiveDateTime>,
    /// When it was recalled.
    #[serde(serialize_with = "time::serialize_option")]
    #[schema(required)]
    pub recalled_at: Option<NaiveDateTime>,
    /// When it was deleted.
    #[serde(serialize_with = "time::serialize_option")]
    #[schema(required)]
    pub deleted_at: Option<NaiveDateTime>,
}

/// The message that another answers; its text is looked up, never copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ReplyTo {
    /// Its id.
    pub id: MessageId,
    /// The room's number of it.
    pub seq: i64,
}

/// One kind of reaction to a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Reaction {
    /// One emoji.
    pub emoji: String,
    /// How many people.
    pub count: i64,
    /// The first of them, at most 50.
    pub users: Vec<UserId>,
}

/// People named in a [`Reaction`].
pub const REACTORS: usize = 50;

/// How the `client_id` begins of what the server sends at the end of a countdown.
pub const AUTOMATIC: &str = "countdown-";

#[derive(Serialize)]
#[serde(tag = "type", rename = "message")]
struct MessageFrame<'a> {
    room: RoomId,
    rev: i64,
    message: &'a MessageView,
}

impl MessageView {
    /// Was it recalled or deleted?
    pub fn is_gone(&self) -> bool {
        self.recalled_at.is_some() || self.deleted_at.is_some()
    }

    /// Did the server send it, at the end of a countdown, in the name of who had started it? They may be far away.
    pub fn is_automatic(&self) -> bool {
        self.kind == "preset" && self.client_id.starts_with(AUTOMATIC)
    }

    /// The change that this state of the message is, with its `message` frame.
    pub fn to_change(&self) -> Change {
        let frame = MessageFrame { room: self.room, rev: self.rev, message: self };
        let frame = serde_json::to_string(&frame).expect("a message has only strings, numbers and valid JSON");
        let (room, rev, seq, ends) = (self.room, self.rev, self.seq, self.is_gone());
        let sender = (!self.is_automatic()).then_some(self.sender.id);
        Change { room, rev, seq, sender, frame: frame.into(), ends }
    }
}

/// Body of an answer about one message.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct MessageBody {
    /// The message.
    pub message: MessageView,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Answer<'a> {
    Ack {
        r#ref: &'a str,
        id: MessageId,
        room: RoomId,
        seq: i64,
        rev: i64,
        #[serde(serialize_with = "time::serialize")]
        created_at: NaiveDateTime,
    },
    Error {
        #[serde(skip_serializing_if = "Option::is_none")]
        r#ref: Option<&'a str>,
        code: &'static str,
        message: String,
        retry: Retry,
        #[serde(skip_serializing_if = "Option::is_none")]
        retry_after: Option<f64>,
        #[serde(skip_serializing_if = "Option::is_none", serialize_with = "time::serialize_option")]
        until: Option<NaiveDateTime>,
    },
}

fn encode(answer: &Answer<'_>) -> ByteString {
    serde_json::to_string(answer).expect("an answer has only strings and numbers").into()
}

/// The `ack` of a send, an edit or a deletion.
pub fn ack(reference: &str, message: &MessageView) -> ByteString {
    let MessageView { id, room, seq, rev, created_at, .. } = message;
    encode(&Answer::Ack { r#ref: reference, id: *id, room: *room, seq: *seq, rev: *rev, created_at: *created_at })
}

/// An `error`; without a `ref` where none could be read.
pub fn error(reference: Option<&str>, error: &AppError) -> ByteString {
    error.log();
    encode(&Answer::Error {
        r#ref: reference,
        code: error.code(),
        message: error.to_string(),
        retry: error.retry(),
        retry_after: error.retry_after(),
        until: error.until(),
    })
}
