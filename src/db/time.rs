//! The one clock of stored times: UTC, cut to microseconds so that both databases keep them unchanged.

use chrono::{NaiveDateTime, SubsecRound, Utc};
use serde::Serializer;

/// Now.
pub fn now() -> NaiveDateTime {
    Utc::now().naive_utc().trunc_subsecs(6)
}

/// RFC 3339 in UTC with microseconds.
pub fn rfc3339(time: &NaiveDateTime) -> String {
    time.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}

/// For `#[serde(serialize_with = …)]` on a time.
pub fn serialize<S: Serializer>(time: &NaiveDateTime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&time.format("%Y-%m-%dT%H:%M:%S%.6fZ"))
}

/// For `#[serde(serialize_with = …)]` on a time that may be absent.
pub fn serialize_option<S: Serializer>(time: &Option<NaiveDateTime>, serializer: S) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => serialize(time, serializer),
        None => serializer.serialize_none(),
    }
}
