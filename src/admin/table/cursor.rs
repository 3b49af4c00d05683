//! Places in a sorted table.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::NaiveDateTime;
use serde_json::{Value, json};

use crate::db::time;

/// Longest text of a key, in characters: longer than any name.
const LONGEST: usize = 200;

/// The type of a sort key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A name.
    Text,
    /// A count, or an id.
    Number,
    /// A moment.
    Time,
}

#[derive(Debug, Clone, PartialEq)]
enum Key {
    Text(String),
    Number(i64),
    Time(NaiveDateTime),
}

/// A row's place: its sort key and its id, which settles ties.
#[derive(Debug, Clone, PartialEq)]
pub struct Cursor {
    key: Key,
    /// The row's id.
    pub id: i64,
}

impl Cursor {
    /// In a table sorted by a name.
    pub fn text(key: impl Into<String>, id: i64) -> Self {
        Self { key: Key::Text(key.into()), id }
    }

    /// In a table sorted by a number.
    pub fn number(key: i64, id: i64) -> Self {
        Self { key: Key::Number(key), id }
    }

    /// In a table sorted by a time.
    pub fn time(key: NaiveDateTime, id: i64) -> Self {
        Self { key: Key::Time(key), id }
    }

    /// The key of a text column; empty for another one, which [`Cursor::decode`] lets nobody ask for.
    pub fn as_text(&self) -> String {
        match &self.key {
            Key::Text(text) => text.clone(),
            _ => String::new(),
        }
    }

    /// The key of a number column; 0 for another one.
    pub fn as_number(&self) -> i64 {
        match &self.key {
            Key::Number(number) => *number,
            _ => 0,
        }
    }

    /// The key of a time column; the beginning of time for another one.
    pub fn as_time(&self) -> NaiveDateTime {
        match &self.key {
            Key::Time(time) => *time,
            _ => NaiveDateTime::default(),
        }
    }

    /// As in the query string.
    pub fn encode(&self) -> String {
        let key = match &self.key {
            Key::Text(text) => json!(text),
            Key::Number(number) => json!(number),
            Key::Time(at) => json!(time::rfc3339(at)),
        };
        URL_SAFE_NO_PAD.encode(json!([key, self.id]).to_string())
    }

    /// Reads what [`Cursor::encode`] wrote for a column of this kind; `None` for anything else.
    pub fn decode(text: &str, kind: Kind) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (key, id): (Value, i64) = serde_json::from_slice(&bytes).ok()?;
        let key = match kind {
            // No database stores U+0000, and PostgreSQL does not even take it as a question.
            Kind::Text => Key::Text(key.as_str().filter(|text| is_storable(text))?.to_owned()),
            Kind::Number => Key::Number(key.as_i64()?),
            Kind::Time => Key::Time(time::parse(key.as_str()?)?),
        };
        Some(Self { key, id })
    }
}

fn is_storable(text: &str) -> bool {
    text.chars().nth(LONGEST).is_none() && !text.contains('\0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_what_it_wrote_and_nothing_else() {
        let at = time::parse("2026-11-20T10:00:00.123456Z").expect("a time");
        for (cursor, kind) in [
            (Cursor::text("许安", 7), Kind::Text),
            (Cursor::number(-3, 7), Kind::Number),
            (Cursor::time(at, 7), Kind::Time),
        ] {
            assert_eq!(Cursor::decode(&cursor.encode(), kind), Some(cursor.clone()));
            for other in [Kind::Text, Kind::Number, Kind::Time] {
                let read = Cursor::decode(&cursor.encode(), other);
                assert!(other == kind || read.is_none() || other == Kind::Text, "{cursor:?} as {other:?}");
            }
        }
        for text in ["", "x", "WyJhIl0", "WzEsMiwzXQ", "bnVsbA", &URL_SAFE_NO_PAD.encode(r#"["a\u0000",1]"#)] {
            assert_eq!(Cursor::decode(text, Kind::Text), None, "{text}");
        }
    }
}
