//! What a preset consists of, and what may be wrong with it.

use serde::Deserialize;
use unicode_normalization::UnicodeNormalization as _;
use unicode_segmentation::UnicodeSegmentation as _;

use crate::{
    account::name::{is_invisible, turns_or_breaks_lines},
    error::{AppError, AppResult, FieldError, FieldErrors},
    id::PresetId,
    message::body::Body,
    web::body::nullable,
};

/// Longest label, in characters (graphemes) and in bytes.
pub const LABEL: usize = 24;
const LABEL_BYTES: usize = 200;

/// Longest text, in characters (graphemes), whatever the site allows its members.
pub const TEXT: usize = 4_000;

/// Shortest and longest countdown, in seconds.
pub const SHORTEST: i64 = 5;
/// See [`SHORTEST`].
pub const LONGEST: i64 = 86_400;

/// Everything an admin says about a preset.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Content {
    /// The words on its chip.
    pub label: String,
    /// What it says; may be empty where there is a picture.
    pub text: String,
    /// Its picture.
    pub blob: Option<i64>,
    /// Seconds to count down after it was sent.
    pub countdown_seconds: Option<i64>,
    /// What is sent then.
    pub next: Option<PresetId>,
}

/// What is to be different; what is absent stays, and null takes away.
#[derive(Debug, Clone, Default, Deserialize, utoipa::ToSchema)]
#[schema(as = PresetChange)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// The words on its chip.
    pub label: Option<String>,
    /// What it says.
    pub text: Option<String>,
    /// Its picture, by the id of an upload.
    #[serde(default, deserialize_with = "nullable")]
    pub upload: Option<Option<String>>,
    /// Seconds to count down after it was sent.
    #[serde(default, deserialize_with = "nullable")]
    pub countdown_seconds: Option<Option<i64>>,
    /// What is sent then.
    #[serde(default, deserialize_with = "nullable")]
    pub next: Option<Option<PresetId>>,
}

impl Content {
    /// The same after a change; `blob` is what [`Change::upload`] stands for.
    #[must_use]
    pub fn after(self, change: &Change, blob: Option<Option<i64>>) -> Self {
        Self {
            label: change.label.clone().unwrap_or(self.label),
            text: change.text.clone().unwrap_or(self.text),
            blob: blob.unwrap_or(self.blob),
            countdown_seconds: change.countdown_seconds.unwrap_or(self.countdown_seconds),
            next: change.next.unwrap_or(self.next),
        }
    }

    /// Cleans and checks it; `exists` says whether there is a preset of this id.
    ///
    /// # Errors
    /// [`AppError::Fields`] with all that is wrong.
    pub fn check(self, exists: impl FnOnce(PresetId) -> AppResult<bool>) -> AppResult<Self> {
        let mut errors = FieldErrors::new();
        let mut wrong = |field, code, text: &str| drop(errors.insert(field, FieldError::new(code, text)));
        let label: String = self.label.trim().nfc().collect();
        if let Some((code, text)) = wrong_label(&label) {
            wrong("label", code, text);
        }
        let text = match (self.text.trim().is_empty(), self.blob) {
            (true, Some(_)) => String::new(),
            _ => match Body::parse(&self.text, TEXT) {
                Ok(body) => body.text().to_owned(),
                Err(error) => {
                    wrong("text", error.code(), &error.to_string());
                    String::new()
                }
            },
        };
        if self.countdown_seconds.is_some_and(|seconds| !(SHORTEST..=LONGEST).contains(&seconds)) {
            wrong("countdown_seconds", "invalid", "A countdown takes 5 to 86,400 seconds.");
        }
        if let Some(next) = self.next
            && (self.countdown_seconds.is_none() || !exists(next)?)
        {
            wrong("next", "invalid", "A countdown ends with a preset that there is, or with none.");
        }
        if errors.is_empty() { Ok(Self { label, text, ..self }) } else { Err(AppError::Fields(errors)) }
    }
}

fn wrong_label(label: &str) -> Option<(&'static str, &'static str)> {
    if label.chars().all(is_invisible) {
        return Some(("required", "Give it a name."));
    }
    if label.len() > LABEL_BYTES || label.graphemes(true).nth(LABEL).is_some() {
        return Some(("too_long", "At most 24 characters."));
    }
    let bad = label.chars().any(|c| c.is_control() || turns_or_breaks_lines(c));
    bad.then_some(("bad_characters", "Control characters are not allowed."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> Content {
        Content { label: "Start".into(), text: "Go".into(), ..Content::default() }
    }

    fn codes(content: Content) -> Vec<(&'static str, &'static str)> {
        match content.check(|id| Ok(id.0 == 1)) {
            Err(AppError::Fields(fields)) => fields.into_iter().map(|(field, error)| (field, error.code)).collect(),
            other => other.map(|_| Vec::new()).expect("only fields are wrong"),
        }
    }

    #[test]
    fn a_label_has_1_to_24_characters_on_one_line() {
        assert_eq!(codes(Content { label: " 字".repeat(12), ..good() }), []);
        for (label, code) in [(" \u{200b}", "required"), (&*"字".repeat(25), "too_long"), ("a\nb", "bad_characters")] {
            assert_eq!(codes(Content { label: label.into(), ..good() }), [("label", code)], "{label:?}");
        }
    }

    #[test]
    fn a_preset_says_or_shows_something() {
        assert_eq!(codes(Content { text: " ".into(), ..good() }), [("text", "required")]);
        assert_eq!(codes(Content { text: " ".into(), blob: Some(7), ..good() }), []);
        assert_eq!(codes(Content { text: "x".repeat(4_001), blob: Some(7), ..good() }), [("text", "too_long")]);
    }

    #[test]
    fn a_countdown_takes_5_seconds_to_a_day_and_ends_with_a_preset_that_there_is() {
        let counting = |seconds| Content { countdown_seconds: Some(seconds), ..good() };
        for seconds in [5, 100, 86_400] {
            assert_eq!(codes(counting(seconds)), []);
        }
        for seconds in [i64::MIN, 0, 4, 86_401, i64::MAX] {
            assert_eq!(codes(counting(seconds)), [("countdown_seconds", "invalid")]);
        }
        assert_eq!(codes(Content { next: Some(PresetId(1)), ..counting(5) }), []);
        assert_eq!(codes(Content { next: Some(PresetId(2)), ..counting(5) }), [("next", "invalid")]);
        assert_eq!(codes(Content { next: Some(PresetId(1)), ..good() }), [("next", "invalid")], "nothing ends");
    }

    #[test]
    fn what_a_change_does_not_name_stays_and_null_takes_away() {
        let before = Content { countdown_seconds: Some(9), next: Some(PresetId(1)), blob: Some(7), ..good() };
        let same = before.clone().after(&Change::default(), None);
        assert_eq!(same, before);
        let change = Change { countdown_seconds: Some(None), next: Some(None), ..Change::default() };
        assert_eq!(before.after(&change, Some(None)), good());
    }
}
