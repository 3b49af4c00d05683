//! What rooms may be called.

use unicode_normalization::UnicodeNormalization as _;

use crate::{
    account::name::{Nickname, turns_or_breaks_lines},
    error::{AppError, AppResult},
};

/// Longest topic, in characters.
const TOPIC: usize = 250;

/// A room's name: the same rules as for the names people show.
///
/// # Errors
/// [`AppError::Fields`].
pub fn room_name(raw: &str) -> AppResult<String> {
    let name = Nickname::parse(raw).map_err(|error| AppError::field("name", error.code(), &error.to_string()))?;
    Ok(name.as_str().to_owned())
}

/// A topic: one line, may be empty.
///
/// # Errors
/// [`AppError::Fields`].
pub fn topic(raw: &str) -> AppResult<String> {
    let topic: String = raw.trim().nfc().collect();
    if topic.chars().count() > TOPIC {
        return Err(AppError::field("topic", "too_long", "At most 250 characters."));
    }
    if topic.chars().any(|c| c.is_control() || turns_or_breaks_lines(c)) {
        return Err(AppError::field("topic", "bad_characters", "Control characters are not allowed."));
    }
    Ok(topic)
}
