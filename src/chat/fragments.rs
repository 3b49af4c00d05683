//! Puts the fragments of a message together again (RFC 6455 §5.4): the codec hands them out one by one.

use actix_http::ws::{CloseCode, Item};
use actix_web::web::{Bytes, BytesMut};
use bytestring::ByteString;

/// A message all of which is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whole {
    /// Text.
    Text(ByteString),
    /// Bytes.
    Bytes(Bytes),
}

/// The fragments of the message that is under way, if one is.
#[derive(Debug)]
pub struct Fragments {
    /// Most bytes of a whole message.
    max: usize,
    message: Option<BytesMut>,
    is_text: bool,
}

impl Fragments {
    /// For messages of at most `max` bytes.
    pub fn new(max: usize) -> Self {
        Self { max, message: None, is_text: true }
    }

    /// Takes the next fragment; the last one gives the message. A code means: close the socket with it. UTF-8 is checked
    /// at the end, since a fragment may cut a character in two.
    pub fn push(&mut self, item: Item) -> Result<Option<Whole>, CloseCode> {
        let (bytes, last) = match item {
            Item::FirstText(bytes) => (self.begin(bytes, true)?, false),
            Item::FirstBinary(bytes) => (self.begin(bytes, false)?, false),
            Item::Continue(bytes) => (bytes, false),
            Item::Last(bytes) => (bytes, true),
        };
        let mut message = self.message.take().ok_or(CloseCode::Protocol)?;
        if message.len() + bytes.len() > self.max {
            return Err(CloseCode::Size);
        }
        message.extend_from_slice(&bytes);
        if !last {
            self.message = Some(message);
            return Ok(None);
        }
        let message = message.freeze();
        if !self.is_text {
            return Ok(Some(Whole::Bytes(message)));
        }
        ByteString::try_from(message).map(|text| Some(Whole::Text(text))).map_err(|_| CloseCode::Invalid)
    }

    fn begin(&mut self, bytes: Bytes, is_text: bool) -> Result<Bytes, CloseCode> {
        self.is_text = is_text;
        if self.message.replace(BytesMut::new()).is_some() {
            return Err(CloseCode::Protocol);
        }
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn first(bytes: &[u8]) -> Item {
        Item::FirstText(Bytes::copy_from_slice(bytes))
    }

    fn more(bytes: &[u8]) -> Item {
        Item::Continue(Bytes::copy_from_slice(bytes))
    }

    fn last(bytes: &[u8]) -> Item {
        Item::Last(Bytes::copy_from_slice(bytes))
    }

    /// What comes out of a whole message in these fragments.
    fn text(items: Vec<Item>) -> Result<Option<ByteString>, CloseCode> {
        let mut fragments = Fragments::new(10);
        let whole = items.into_iter().try_fold(None, |_, item| fragments.push(item))?;
        Ok(whole.map(|whole| match whole {
            Whole::Text(text) => text,
            Whole::Bytes(bytes) => panic!("{bytes:?}"),
        }))
    }

    #[test]
    fn a_character_may_be_cut_in_two() {
        let bytes = "许安".as_bytes();
        assert_eq!(
            text(vec![first(&bytes[..1]), more(b""), more(&bytes[1..4]), last(&bytes[4..])]),
            Ok(Some("许安".into()))
        );
    }

    #[test]
    fn one_message_follows_another() {
        assert_eq!(text(vec![first(b"a"), last(b"b"), first(b"c"), last(b"d")]), Ok(Some("cd".into())));
    }

    #[test]
    fn text_that_is_not_utf8_is_refused_at_its_end() {
        assert_eq!(text(vec![first(b"\xe8"), more(b"\xae")]), Ok(None));
        assert_eq!(text(vec![first(b"\xe8"), last(b"\xae")]), Err(CloseCode::Invalid));
        assert_eq!(text(vec![first(b"\xed\xa0"), last(b"\x80")]), Err(CloseCode::Invalid));
        assert_eq!(text(vec![first(b"\xc0"), last(b"\xaf")]), Err(CloseCode::Invalid));
    }

    #[test]
    fn a_message_has_a_largest_size() {
        assert!(text(vec![first(b"12345"), last(b"67890")]).is_ok());
        assert_eq!(text(vec![first(b"12345"), more(b"67890"), last(b"1")]), Err(CloseCode::Size));
        assert_eq!(text(vec![first(b"12345678901")]), Err(CloseCode::Size));
    }

    #[test]
    fn fragments_out_of_order_are_refused() {
        assert_eq!(text(vec![more(b"x")]), Err(CloseCode::Protocol));
        assert_eq!(text(vec![last(b"x")]), Err(CloseCode::Protocol));
        assert_eq!(text(vec![first(b"x"), first(b"y")]), Err(CloseCode::Protocol));
        assert_eq!(text(vec![first(b"x"), Item::FirstBinary(Bytes::new())]), Err(CloseCode::Protocol));
    }

    #[test]
    fn bytes_need_not_be_text() {
        let mut fragments = Fragments::new(10);
        assert_eq!(fragments.push(Item::FirstBinary(Bytes::from_static(b"\xff"))), Ok(None));
        assert_eq!(fragments.push(last(b"\xfe")), Ok(Some(Whole::Bytes(Bytes::from_static(b"\xff\xfe")))));
    }

    proptest! {
        #[test]
        fn any_text_survives_any_cuts(whole in ".{0,40}", size in 1usize..9) {
            let mut fragments = Fragments::new(1_000);
            prop_assert_eq!(fragments.push(first(b"")), Ok(None));
            for piece in whole.as_bytes().chunks(size) {
                prop_assert_eq!(fragments.push(more(piece)), Ok(None));
            }
            prop_assert_eq!(fragments.push(last(b"")), Ok(Some(Whole::Text(ByteString::from(whole)))));
        }
    }
}
