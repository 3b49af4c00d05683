//! How far a client is whole, in one word: `1.<epoch>.<rooms and revs>`. Pure.
//!
//! Rooms stand in the order of their ids, each as the distance to the one before it and its `rev`, both in LEB128, all in base64: a
//! room takes about four characters. To clients it is opaque.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{chat::protocol::CURSORS, id::RoomId};

const VERSION: &str = "1";

/// Ids and numbers stay exact in JavaScript.
const MOST: u64 = 1 << 53;

/// A cursor that was given out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// Of which life of the database.
    pub epoch: String,
    /// The `rev` up to which its client is whole, by room.
    pub revs: BTreeMap<RoomId, i64>,
}

impl Cursor {
    /// Writes one; what is beyond [`CURSORS`] rooms is left out, and asked for by its client.
    pub fn encode(epoch: &str, revs: &BTreeMap<RoomId, i64>) -> String {
        let mut bytes = Vec::with_capacity(revs.len() * 3);
        let mut before = 0;
        for (room, rev) in revs.iter().take(CURSORS) {
            push(&mut bytes, u64::try_from(room.0 - before).unwrap_or_default());
            push(&mut bytes, u64::try_from(*rev).unwrap_or_default());
            before = room.0;
        }
        format!("{VERSION}.{epoch}.{}", URL_SAFE_NO_PAD.encode(bytes))
    }

    /// Reads one; `None` for what was never given out by this version.
    pub fn parse(text: &str) -> Option<Self> {
        let (version, rest) = text.split_once('.')?;
        let (epoch, packed) = rest.split_once('.').filter(|_| version == VERSION)?;
        let mut bytes = &*URL_SAFE_NO_PAD.decode(packed).ok()?;
        let mut revs = BTreeMap::new();
        let mut room = 0_u64;
        while !bytes.is_empty() {
            let distance = take(&mut bytes).filter(|distance| *distance > 0)?;
            room = room.checked_add(distance).filter(|room| *room < MOST)?;
            let rev = take(&mut bytes).filter(|rev| *rev < MOST)?;
            revs.insert(RoomId(i64::try_from(room).ok()?), i64::try_from(rev).ok()?);
        }
        (revs.len() <= CURSORS).then(|| Self { epoch: epoch.to_owned(), revs })
    }

    /// In this life of the database. Of another one no number is true, so that all its rooms are to be asked for, which says so.
    pub fn in_epoch(self, epoch: &str) -> BTreeMap<RoomId, i64> {
        match self.epoch == epoch {
            true => self.revs,
            false => self.revs.into_keys().map(|room| (room, i64::MAX)).collect(),
        }
    }
}

fn push(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    bytes.push(number.to_le_bytes()[0]);
}

fn take(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for place in 0..8 {
        let (first, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(first & 0x7f) << (7 * place);
        if first & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn it_is_short() {
        let revs = (1..=500).map(|room| (RoomId(room), 20_000 + room)).collect();
        assert!(Cursor::encode("9f1c2a", &revs).len() < 2_700);
    }

    #[test]
    fn what_was_never_given_out_is_not_understood() {
        for text in ["", "1", "1.", "1.a", "2.a.AQE", "1.a.A", "1.a.AAE", "1.a.gA", "1.a.====", "1.a.AQ", "40", "é.é.é"]
        {
            assert_eq!(Cursor::parse(text), None, "{text}");
        }
        assert_eq!(Cursor::parse("1.a.").map(|cursor| cursor.revs.len()), Some(0));
    }

    proptest! {
        #[test]
        fn it_comes_back_as_it_was(
            epoch in "[0-9a-f]{1,16}",
            revs in proptest::collection::btree_map(1_i64..1 << 40, 0_i64..1 << 40, 0..50),
        ) {
            let revs: BTreeMap<RoomId, i64> = revs.into_iter().map(|(room, rev)| (RoomId(room), rev)).collect();
            let back = Cursor::parse(&Cursor::encode(&epoch, &revs));
            prop_assert_eq!(back, Some(Cursor { epoch, revs }));
        }

        #[test]
        fn no_text_breaks_it(text in ".{0,60}", packed in "[A-Za-z0-9_-]{0,60}") {
            let _ = Cursor::parse(&text);
            let _ = Cursor::parse(&format!("1.a.{packed}"));
        }
    }
}
