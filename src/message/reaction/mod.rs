//! Reactions: one emoji of one person on one message, and how a crowd of them becomes few changes.

pub mod gather;
pub mod handlers;
pub mod store;

use crate::error::{AppError, AppResult};

/// Kinds of reactions a message may have.
pub const KINDS: usize = 20;

/// One emoji, in the form in which it is shown, so that `❤` and `❤️` are one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Emoji(&'static str);

impl Emoji {
    /// Reads one.
    ///
    /// # Errors
    /// [`AppError::Invalid`] for anything but one emoji.
    pub fn parse(text: &str) -> AppResult<Self> {
        let known = emojis::get(text).map(|emoji| Self(emoji.as_str()));
        known.ok_or_else(|| AppError::Invalid("A reaction is one emoji.".into()))
    }

    /// As shown and stored.
    pub fn as_str(&self) -> &'static str {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_emoji_is_a_reaction_however_it_is_written() {
        for (text, shown) in [("👍", "👍"), ("👍🏽", "👍🏽"), ("👨‍👩‍👧", "👨‍👩‍👧"), ("❤", "❤️"), ("❤️", "❤️"), ("🇨🇳", "🇨🇳")]
        {
            assert_eq!(Emoji::parse(text).expect(text).as_str(), shown);
        }
        for text in ["", "a", "👍👍", " 👍", ":+1:", "👍\0", "<b>", &"👍".repeat(10_000)] {
            assert!(Emoji::parse(text).is_err(), "{text}");
        }
    }
}
