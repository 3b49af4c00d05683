//! What an admin writes of an announcement, checked. Pure.

use crate::error::{AppError, AppResult, FieldError, FieldErrors};

/// Longest title, text and description of the image, in characters.
pub const TITLE: usize = 60;
/// See [`TITLE`].
pub const TEXT: usize = 500;
/// See [`TITLE`].
pub const ALT: usize = 200;

/// The words of an announcement.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words {
    /// One line; may be empty.
    pub title: String,
    /// Several lines; may be empty where there is an image.
    pub text: String,
    /// What the image shows, for who cannot see it; one line.
    pub alt: String,
    /// Also behind the chat.
    pub background: bool,
}

impl Words {
    /// What it is called in lists and in the log: its title, else how its text or its description begins.
    pub fn name(&self) -> String {
        let Self { title, text, alt, .. } = self;
        let name =
            [title.as_str(), text.lines().next().unwrap_or_default(), alt].into_iter().find(|name| !name.is_empty());
        name.unwrap_or_default().chars().take(TITLE).collect()
    }

    /// Trims and checks what was typed.
    ///
    /// # Errors
    /// [`AppError::Fields`] with all that is wrong.
    pub fn check(self) -> AppResult<Self> {
        let mut errors = FieldErrors::new();
        let title = line("title", &self.title, TITLE, &mut errors);
        let alt = line("alt", &self.alt, ALT, &mut errors);
        // Browsers end the lines of a form so.
        let text = self.text.replace("\r\n", "\n").trim().to_owned();
        let wrong = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
        note("text", &text, TEXT, wrong, &mut errors);
        if errors.is_empty() { Ok(Self { title, text, alt, ..self }) } else { Err(AppError::Fields(errors)) }
    }
}

fn line(name: &'static str, text: &str, most: usize, errors: &mut FieldErrors) -> String {
    let text = text.trim().to_owned();
    note(name, &text, most, char::is_control, errors);
    text
}

fn note(name: &'static str, text: &str, most: usize, is_wrong: impl Fn(char) -> bool, errors: &mut FieldErrors) {
    if text.chars().count() > most {
        errors.insert(name, FieldError::new("too_long", format!("At most {most} characters.")));
    } else if text.chars().any(is_wrong) {
        errors.insert(name, FieldError::new("bad_characters", "Without control characters."));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_trimmed_and_bounded_by_characters() {
        let typed = Words {
            title: format!(" {} ", "字".repeat(TITLE)),
            text: "one\r\ntwo\n".into(),
            alt: String::new(),
            background: true,
        };
        let words = typed.check().expect("all of it is right");
        assert_eq!((words.title.chars().count(), words.text.as_str(), words.background), (TITLE, "one\ntwo", true));
    }

    #[test]
    fn all_that_is_wrong_is_said_at_once() {
        let typed = Words { title: "a\nb".into(), text: "x".repeat(TEXT + 1), alt: "\u{0}".into(), ..Words::default() };
        let Err(AppError::Fields(errors)) = typed.check() else { panic!("nothing of it is right") };
        let codes: Vec<_> = errors.iter().map(|(name, error)| (*name, error.code)).collect();
        assert_eq!(codes, [("alt", "bad_characters"), ("text", "too_long"), ("title", "bad_characters")]);
    }
}
