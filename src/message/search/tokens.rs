//! What a message is looked up by.
//!
//! Pure. A token is a word, a character of a script without spaces, or two such neighbours. Whoever changes what tokens a text has
//! must raise [`VERSION`]: every message is then indexed anew.

use std::collections::HashSet;

use crate::message::search::fold::{Class, fold};

/// Of the tokens; kept beside the index.
pub const VERSION: i32 = 1;

/// Most characters of a word that are looked at.
pub const WORD_MAX: usize = 32;

/// Most tokens of a message. The longest message of random characters has 8,000; one that says something, half of that.
pub const TOKENS_MAX: usize = 8_192;

/// The tokens of one text, each once, with spaces between them. They have only letters, digits, marks and symbols beyond ASCII.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tokens(String);

impl Tokens {
    /// The tokens of a text as it was typed.
    pub fn of(text: &str) -> Self {
        let folded = fold(text);
        let mut seen = HashSet::new();
        let mut joined = String::with_capacity(2 * folded.len());
        for token in runs(&folded).flat_map(|(class, run)| tokens_of_run(class, run)) {
            if seen.len() == TOKENS_MAX {
                break;
            }
            if seen.insert(token) {
                joined.push_str(token);
                joined.push(' ');
            }
        }
        joined.pop();
        Self(joined)
    }

    /// All of them, with spaces between them.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.split_ascii_whitespace().count()
    }
}

/// The longest pieces of one class, without what is between words.
pub fn runs(folded: &str) -> impl Iterator<Item = (Class, &str)> {
    let mut rest = folded;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(|c| Class::of(c) == Class::Other);
        let class = Class::of(rest.chars().next()?);
        let end = rest.find(|c| Class::of(c) != class).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        rest = after;
        Some((class, run))
    })
}

/// The first characters of a word, as many as are looked at.
pub fn cut(word: &str) -> &str {
    word.char_indices().nth(WORD_MAX).map_or(word, |(end, _)| &word[..end])
}

/// Neighbours, two by two.
pub fn pairs(run: &str) -> impl Iterator<Item = &str> {
    let ends = run.char_indices().skip(1).map(|(at, c)| at + c.len_utf8());
    run.char_indices().zip(ends).map(move |((at, _), end)| &run[at..end])
}

fn tokens_of_run(class: Class, run: &str) -> Box<dyn Iterator<Item = &str> + '_> {
    match class {
        Class::Dense => Box::new(run.split_inclusive(|_: char| true).chain(pairs(run))),
        _ => Box::new(std::iter::once(cut(run))),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tokens(text: &str) -> String {
        Tokens::of(text).0
    }

    #[test]
    fn scripts_without_spaces_give_characters_and_pairs_and_others_give_words() {
        assert_eq!(tokens("你好吗"), "你 好 吗 你好 好吗");
        assert_eq!(tokens("안녕 안녕"), "안 녕 안녕");
        assert_eq!(tokens("Hello, World! hello"), "hello world");
        assert_eq!(tokens("第3章 v1.2"), "第 3 章 v1 2");
        assert_eq!(tokens("カメラ🎉🎉"), "カ メ ラ 🎉 カメ メラ ラ🎉 🎉🎉");
        assert_eq!(tokens("% _ \" ' ( * ："), "");
        assert_eq!(tokens(&"x".repeat(40)), "x".repeat(32));
    }

    #[test]
    fn a_message_of_the_greatest_length_has_all_its_tokens() {
        let text: String = (0..4_000).filter_map(|n| char::from_u32(0x4e00 + n)).collect();
        assert_eq!(Tokens::of(&text).count(), 7_999);
    }

    proptest! {
        #[test]
        fn tokens_are_distinct_and_hold_nothing_that_a_database_could_read(text in any::<String>()) {
            let tokens = Tokens::of(&text);
            let all: Vec<&str> = tokens.as_str().split(' ').filter(|token| !token.is_empty()).collect();
            prop_assert_eq!(all.len(), all.iter().collect::<HashSet<_>>().len());
            for token in all {
                prop_assert!(token.chars().count() <= WORD_MAX);
                prop_assert!(token.chars().all(|c| !c.is_ascii() || c.is_ascii_lowercase() || c.is_ascii_digit()), "{token}");
                prop_assert!(token.chars().all(|c| Class::of(c) != Class::Other));
            }
        }
    }
}
