//! A message on its way to the Scribe.

use std::sync::Arc;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use tokio::sync::oneshot;

use crate::{
    account::wire::Card,
    error::AppResult,
    id::{MessageId, PresetId, RoomId, SocketKey},
    message::{body::Body, client_id::ClientId, search::tokens::Tokens, wire::MessageView},
};

/// What a person wants to send, as it came.
#[derive(Debug, Clone)]
pub struct Draft {
    /// Where to.
    pub room: RoomId,
    /// The sender's name for it.
    pub client_id: String,
    /// May be empty where there are images.
    pub text: String,
    /// Ids of the images, in order.
    pub uploads: Vec<String>,
    /// The message it answers.
    pub reply_to: Option<MessageId>,
}

/// A send that was parsed and may now be judged and stored.
#[derive(Debug)]
pub struct Post {
    /// Who sends.
    pub author: Arc<Card>,
    /// Where to.
    pub room: RoomId,
    /// The sender's name for it.
    pub client_id: ClientId,
    /// How it came to be.
    pub origin: Origin,
    /// What; blank where there are only images.
    pub body: Body,
    /// Ids of the images, in order, each once.
    pub uploads: Vec<String>,
    /// The message it answers.
    pub reply_to: Option<MessageId>,
    /// Whom it may mention, as folded names; found on the thread that parsed it.
    pub candidates: Vec<String>,
    /// What it will be found by; made on that thread too.
    pub tokens: Tokens,
    /// It has a word that is not wanted here.
    pub unwanted: bool,
    /// See [`Fingerprint`].
    pub body_hash: [u8; 32],
    /// Who waits for the outcome.
    pub answer: Answer,
}

/// How a message came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Somebody wrote it.
    Written,
    /// An admin pressed a preset, or a countdown ended with one: rules on who may write how often are not for it.
    Preset,
}

impl Post {
    /// A preset on its way into the store, which nobody waits for outside of the transaction.
    pub fn of_preset(author: Arc<Card>, room: RoomId, client_id: ClientId, body: Body, body_hash: [u8; 32]) -> Self {
        let (candidates, tokens) = (body.mention_candidates(), Tokens::of(body.text()));
        Self {
            author,
            room,
            client_id,
            origin: Origin::Preset,
            body,
            uploads: Vec::new(),
            reply_to: None,
            candidates,
            tokens,
            unwanted: false,
            body_hash,
            answer: Answer::Nobody,
        }
    }
}

/// Who waits for the outcome of a send.
#[derive(Debug)]
pub enum Answer {
    /// A socket, by an `ack` or an `error` frame.
    Socket(SocketKey),
    /// A request.
    Caller(oneshot::Sender<AppResult<Posted>>),
    /// Whoever stores it in a transaction of their own.
    Nobody,
}

/// A message that is stored.
#[derive(Debug, Clone)]
pub struct Posted {
    /// As it is now.
    pub message: MessageView,
    /// Stored by this send, not by an earlier one with the same `client_id`.
    pub fresh: bool,
}

/// Makes `body_hash`: an HMAC (RFC 2104, with SHA-256) of room, text, uploads and reply as first sent. Under a key, so that the hashes of deleted
/// texts say nothing to whoever reads the database.
pub struct Fingerprint(Hmac<Sha256>);

impl Fingerprint {
    /// With the server's key.
    pub fn new(key: &[u8]) -> Self {
        Self(Hmac::new_from_slice(key).expect("HMAC takes keys of any length"))
    }

    /// The hash of a send.
    pub fn of(&self, room: RoomId, text: &str, uploads: &[String], reply_to: Option<MessageId>) -> [u8; 32] {
        let mut mac = self.0.clone();
        mac.update(&room.0.to_le_bytes());
        mac.update(text.as_bytes());
        // Bytes that no text has keep the parts apart.
        for upload in uploads {
            mac.update(b"\xff");
            mac.update(upload.as_bytes());
        }
        if let Some(id) = reply_to {
            mac.update(b"\xfe");
            mac.update(&id.0.to_le_bytes());
        }
        mac.finalize().into_bytes().into()
    }

    /// The hash of a preset's send: that preset in that room, whatever it says by then.
    pub fn of_preset(&self, room: RoomId, preset: PresetId) -> [u8; 32] {
        let mut mac = self.0.clone();
        mac.update(&room.0.to_le_bytes());
        mac.update(b"\xfd");
        mac.update(&preset.0.to_le_bytes());
        mac.finalize().into_bytes().into()
    }
}
