//! The one clock of stored times: UTC, cut to microseconds so that both databases keep them unchanged.

use chrono::{DateTime, NaiveDateTime, SubsecRound};
use serde::Serializer;

use crate::clock::{self, Rfc3339};

/// Now.
pub fn now() -> NaiveDateTime {
    clock::now().naive_utc().trunc_subsecs(6)
}

/// Reads a time as in RFC 3339; `None` for anything else. A plus that was not escaped in a query arrives as a space.
pub fn parse(text: &str) -> Option<NaiveDateTime> {
    let offset = text.rfind(' ').filter(|at| *at > 10);
    let text = offset.map_or_else(|| text.to_owned(), |at| format!("{}+{}", &text[..at], &text[at + 1..]));
    DateTime::parse_from_rfc3339(&text).ok().map(|time| time.naive_utc())
}

/// RFC 3339 in UTC with microseconds.
pub fn rfc3339(time: &NaiveDateTime) -> String {
    Rfc3339(time).to_string()
}

/// For `#[serde(serialize_with = …)]` on a time.
pub fn serialize<S: Serializer>(time: &NaiveDateTime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&Rfc3339(time))
}

/// For `#[serde(serialize_with = …)]` on a time that may be absent.
pub fn serialize_option<S: Serializer>(time: &Option<NaiveDateTime>, serializer: S) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => serialize(time, serializer),
        None => serializer.serialize_none(),
    }
}
