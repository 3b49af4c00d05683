//! What the codec hands out, put together: whole messages, what is to be answered, and the code to close with.
//!
//! With [`Guard`] and the codec it is all that stands between a socket's bytes and the protocol of the chat; the conformance
//! tests run against these three, with an echo behind them.

use std::rc::Rc;

use actix_http::ws::{CloseCode, Codec, Message, ProtocolError};
use actix_web::web::Bytes;

use crate::chat::{
    fragments::{Fragments, Whole},
    guard::{Guard, Limits, Passage},
};

/// What to do about what came.
#[derive(Debug)]
pub enum Step {
    /// A whole message is there.
    Take(Whole),
    /// Answer a ping with the same bytes.
    Pong(Bytes),
    /// The client says goodbye: say it back, with its code, and go.
    Leave(Option<CloseCode>),
    /// It broke the rules, or left without a word, where there is no code: close, and go.
    Fail(Option<CloseCode>),
    /// Nothing.
    Wait,
}

/// The end of a socket's stream that the codec feeds.
#[derive(Debug)]
pub struct Incoming {
    fragments: Fragments,
    passage: Rc<Passage>,
}

impl Incoming {
    /// Guards a socket's bytes; with the codec for what passes, and what reads the codec.
    pub fn through<S>(stream: S, limits: Limits) -> (Guard<S>, Codec, Self) {
        let largest = usize::try_from(limits.message).unwrap_or(usize::MAX);
        let passage = Rc::<Passage>::default();
        let guard = Guard::new(stream, limits, passage.clone());
        (guard, Codec::new().max_size(largest), Self { fragments: Fragments::new(largest), passage })
    }

    /// Reads what the codec hands out.
    pub fn read(&mut self, message: Result<Message, ProtocolError>) -> Step {
        self.passage.note_read();
        match message {
            Ok(Message::Text(text)) => Step::Take(Whole::Text(text)),
            Ok(Message::Binary(bytes)) => Step::Take(Whole::Bytes(bytes)),
            Ok(Message::Continuation(item)) => match self.fragments.push(item) {
                Ok(Some(whole)) => Step::Take(whole),
                Ok(None) => Step::Wait,
                Err(code) => Step::Fail(Some(code)),
            },
            Ok(Message::Ping(payload)) => Step::Pong(payload),
            Ok(Message::Pong(_) | Message::Nop) => Step::Wait,
            Ok(Message::Close(reason)) => Step::Leave(reason.map(|reason| reason.code)),
            Err(error) => Step::Fail(Some(match error {
                // The guard has passed the header, so what is left is text that is not UTF-8.
                ProtocolError::Io(_) => CloseCode::Invalid,
                ProtocolError::Overflow => CloseCode::Size,
                _ => CloseCode::Protocol,
            })),
        }
    }

    /// The stream is over: by itself, or by the guard.
    pub fn ended(&self) -> Step {
        Step::Fail(self.passage.close_code())
    }
}
