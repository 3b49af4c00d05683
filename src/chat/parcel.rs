//! Frames that many clients are told together.

use std::{cell::OnceCell, rc::Rc};

use actix_http::ws::{OpCode, Parser};
use actix_web::web::{Bytes, BytesMut};
use bytestring::ByteString;

use crate::chat::patience::Load;

/// Bytes before a frame's payload, at most: the server masks nothing.
const HEADER: usize = 10;

/// Frames, and what a socket reads of them, which is made once however many sockets there are. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Parcel(Rc<Frames>);

#[derive(Debug)]
struct Frames {
    texts: Box<[ByteString]>,
    bytes: OnceCell<Bytes>,
}

impl Parcel {
    /// The frames as they are.
    pub fn texts(&self) -> &[ByteString] {
        &self.0.texts
    }

    /// The frames as messages of a WebSocket (RFC 6455, §5.2), one behind the other.
    pub fn bytes(&self) -> &Bytes {
        self.0.bytes.get_or_init(|| {
            let length = self.texts().iter().map(|text| text.len() + HEADER).sum();
            let mut bytes = BytesMut::with_capacity(length);
            self.texts().iter().for_each(|text| Parser::write_message(&mut bytes, text, OpCode::Text, true, false));
            bytes.freeze()
        })
    }

    /// How much that is for a socket.
    pub fn load(&self) -> Load {
        Load { frames: self.texts().len(), bytes: self.bytes().len() }
    }
}

impl FromIterator<ByteString> for Parcel {
    fn from_iter<I: IntoIterator<Item = ByteString>>(texts: I) -> Self {
        Self(Rc::new(Frames { texts: texts.into_iter().collect(), bytes: OnceCell::new() }))
    }
}

impl From<ByteString> for Parcel {
    fn from(text: ByteString) -> Self {
        Self::from_iter([text])
    }
}
