//! The text of a message: checked once, parsed once into spans, so that no reader ever parses or escapes.
//!
//! Pure. Reading order: [`span`] is what comes out, `markdown` makes it from Markdown's events, `inline` finds links and
//! emoji within a text, `mention` the names, `cover` makes words unreadable. It knows no room and no member: who is meant by `@name` it is told.

pub mod cover;
mod inline;
mod markdown;
pub mod mention;
pub mod span;

use std::ops::Range;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};
use unicode_segmentation::UnicodeSegmentation;

use crate::{
    account::name::is_invisible,
    message::body::{mention::Lookup, span::Span},
};

/// Most bytes that a character (grapheme) may have on an average; it has no length of its own.
const BYTES_A_CHARACTER: usize = 4;

/// Why a text is no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// Nothing, or nothing that can be seen.
    #[error("The message is empty.")]
    Blank,
    /// More characters than are allowed.
    #[error("The message is too long.")]
    TooLong,
    /// A control character other than newline and tab.
    #[error("The message contains control characters.")]
    BadCharacters,
}

impl BodyError {
    /// The code of the field's error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Blank => "required",
            Self::TooLong => "too_long",
            Self::BadCharacters => "bad_characters",
        }
    }
}

/// In front of what its author does.
const ACTIONS: [&str; 2] = ["me", "我"];

/// What an author does, where a text tells that; else `None`. It is told as commands are given: in any case, before any blank.
pub fn action(text: &str) -> Option<&str> {
    let (name, done) = text.strip_prefix('/')?.split_once(char::is_whitespace)?;
    let is_action = ACTIONS.iter().any(|action| name.eq_ignore_ascii_case(action));
    (is_action && !done.chars().all(|c| c.is_whitespace() || is_invisible(c))).then(|| done.trim_start())
}

/// The spans of a text.
fn parsed(text: &str) -> Vec<Span> {
    let plain = |text: &str| vec![Span::Text(text.to_owned())];
    match action(text) {
        Some(done) => markdown::parse(done).map_or_else(|| plain(text), |spans| vec![Span::Action { spans }]),
        None => markdown::parse(text).unwrap_or_else(|| plain(text)),
    }
}

/// A good text and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    text: String,
    spans: Vec<Span>,
}

/// In NFC, which nearly every text is as it comes.
fn composed(text: String) -> String {
    match is_nfc_quick(text.chars()) {
        IsNormalized::Yes => text,
        _ => text.nfc().collect(),
    }
}

impl Body {
    /// Checks a text of at most `longest` characters and parses it. It is kept in NFC with `\n` for line breaks, and otherwise as it
    /// was typed.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(raw: &str, longest: usize) -> Result<Self, BodyError> {
        let bytes = longest * BYTES_A_CHARACTER;
        // A line break of two bytes becomes one, so twice the bytes may still be good.
        if raw.len() > 2 * bytes {
            return Err(BodyError::TooLong);
        }
        let text = composed(raw.replace("\r\n", "\n"));
        // No character is less than a byte, and most messages are short.
        if text.len() > bytes || (text.len() > longest && text.graphemes(true).nth(longest).is_some()) {
            return Err(BodyError::TooLong);
        }
        if text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
            return Err(BodyError::BadCharacters);
        }
        if text.chars().all(is_invisible) {
            return Err(BodyError::Blank);
        }
        let spans = parsed(&text);
        Ok(Self { text, spans })
    }

    /// No text: for a message that has images instead.
    pub fn blank() -> Self {
        Self { text: String::new(), spans: Vec::new() }
    }

    /// The text as it was typed; what its author edits.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What readers see.
    pub fn spans(&self) -> &[Span] {
        &self.spans
    }

    /// Is there anything in it that `find` finds, in the text as it was typed or in what is shown of it?
    pub fn has(&self, find: &dyn Fn(&str) -> Vec<Range<usize>>) -> bool {
        !find(&self.text).is_empty() || !find(&cover::plain(&self.spans)).is_empty()
    }

    /// The same with all that `find` finds made unreadable; `None` where it finds nothing. What is found only across markup, such as
    /// a word of which half is bold, costs the message its markup.
    pub fn masked(&self, find: &dyn Fn(&str) -> Vec<Range<usize>>) -> Option<Self> {
        if !self.has(find) {
            return None;
        }
        let hidden = cover::hide(&self.text, &find(&self.text));
        let spans = cover::spans(&hidden);
        let shown = cover::plain(&spans);
        let text = cover::starred(&hidden);
        if find(&shown).is_empty() && find(&text).is_empty() {
            return Some(Self { text, spans });
        }
        let text = cover::starred(&cover::hide(&shown, &find(&shown)));
        Some(Self { spans: cover::lines(&text), text })
    }

    /// Everybody who may be meant by an `@`, as folded names. Since Chinese puts no space after a name, each `@` gives
    /// several; which of them are people is for the caller to find out, and to tell [`Body::resolve`].
    pub fn mention_candidates(&self) -> Vec<String> {
        mention::candidates(&self.spans)
    }

    /// Turns each `@name` of those in `lookup` into a mention, the longest name first.
    pub fn resolve(&mut self, lookup: &Lookup) {
        mention::resolve(&mut self.spans, lookup);
    }

    /// The ids of the people that [`Body::resolve`] found, each once.
    pub fn mentioned(&self) -> Vec<i64> {
        mention::mentioned(&self.spans)
    }

    /// Did [`Body::resolve`] find everybody called?
    pub fn mentions_all(&self) -> bool {
        mention::mentions_all(&self.spans)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(raw: &str) -> Result<Body, BodyError> {
        Body::parse(raw, 4_000)
    }

    #[test]
    fn a_text_is_composed_and_its_line_breaks_are_one_kind() {
        let body = parse("cafe\u{301}\r\nnoir").expect("good");
        assert_eq!(body.text(), "caf\u{e9}\nnoir");
        assert_eq!(body.spans(), [Span::Text("caf\u{e9}".into()), Span::Break, Span::Text("noir".into())]);
    }

    #[test]
    fn a_message_has_1_to_4000_characters() {
        assert!(parse("x").is_ok());
        assert!(parse(&"安".repeat(4_000)).is_ok());
        assert!(parse(&"🎉".repeat(4_000)).is_ok());
        assert_eq!(parse(&"x".repeat(4_001)), Err(BodyError::TooLong));
        assert_eq!(parse(&"👩‍👩‍👧".repeat(1_000)), Err(BodyError::TooLong), "18 bytes each");
    }

    #[test]
    fn floods_are_refused() {
        assert_eq!(parse(&"x".repeat(1 << 20)), Err(BodyError::TooLong));
        assert_eq!(parse(&"\n".repeat(100_000)), Err(BodyError::TooLong));
        assert_eq!(parse(&format!("e{}", "\u{301}".repeat(1_000_000))), Err(BodyError::TooLong));
        assert_eq!(parse(&"[".repeat(10_000)), Err(BodyError::TooLong));
    }

    #[test]
    fn what_cannot_be_seen_is_no_message() {
        for raw in
            ["", " ", "\n\t\n", "\u{feff}", "\u{200b}\u{200d}", "\u{3000}", "\u{3164}", "\u{2800} \u{ad}", "\u{202e}"]
        {
            assert_eq!(parse(raw), Err(BodyError::Blank), "{raw:?}");
        }
    }

    #[test]
    fn control_characters_are_refused() {
        for raw in ["a\0b", "a\u{1}", "a\rb", "\u{7f}x", "a\u{85}b", "\u{9b}31m", "a\u{b}"] {
            assert_eq!(parse(raw), Err(BodyError::BadCharacters), "{raw:?}");
        }
        assert!(parse("a\tb\nc").is_ok());
        assert!(parse("\u{10fffd}\u{378}\u{fdd0}").is_ok(), "unassigned characters survive");
    }

    #[test]
    fn more_than_2000_spans_become_one_plain_text() {
        let raw = "🎉a".repeat(2_000);
        assert_eq!(parse(&raw).expect("good").spans(), [Span::Text(raw)]);
        let raw = "🎉a".repeat(1_000);
        assert_eq!(parse(&raw).expect("good").spans().len(), 2_000);
    }

    proptest! {
        #[test]
        fn no_input_breaks_the_parser(raw in any::<String>()) {
            check(&raw)?;
        }

        #[test]
        fn no_markdown_breaks_the_parser(raw in "([-*_~`>#+=|!<&@:\\\\\\[\\]().\n\t 1ax安🎉]|\\]\\(http://a.bc\\)|https://a.bc/|```|    |&amp;){0,60}") {
            check(&raw)?;
        }
    }

    fn check(raw: &str) -> Result<(), TestCaseError> {
        let Ok(mut body) = parse(raw) else { return Ok(()) };
        prop_assert!(!body.spans().is_empty(), "{raw:?}");
        let json = serde_json::to_string(body.spans()).expect("spans are JSON");
        prop_assert_eq!(&serde_json::from_str::<Vec<Span>>(&json).expect("and back"), body.spans());
        prop_assert!(!json.contains("\\u00"), "no control character comes from nowhere: {json}");
        let person = |name: String| (name.clone(), mention::Called::Person(1, name));
        let people = body.mention_candidates().into_iter().map(person).collect();
        body.resolve(&people);
        prop_assert!(span::count(body.spans()) <= span::SPANS_MAX);
        // Whatever is no punctuation was meant to be read.
        let letters = |text: &str| text.chars().filter(|c| c.is_alphabetic() || *c == '🎉').collect::<String>();
        let mut seen = String::new();
        span::write_plain(body.spans(), &mut seen);
        prop_assert!(is_within(&letters(body.text()), &letters(&format!("{seen}{json}"))), "{raw:?} {json}");
        Ok(())
    }

    /// Whether every character of `part` is somewhere in `whole`, as often.
    fn is_within(part: &str, whole: &str) -> bool {
        part.chars().all(|c| part.matches(c).count() <= whole.matches(c).count())
    }
}
