//! What somebody searches for.
//!
//! Pure. A query is words with spaces between them, all of which a message must have. Everything is text: there are no operators.
//! A term that begins with a letter or digit is found where a word begins, any other one anywhere.

use std::{collections::HashSet, ops::Range};

use crate::message::search::{
    find::{Filter, Kind},
    fold::{Class, fold},
    tokens::{WORD_MAX, cut, pairs, runs},
};

/// Most characters of a query.
pub const LONGEST: usize = 200;

/// Most tokens the index is asked for; all the rest of a query is compared with the texts themselves.
const ASKED: usize = 16;

/// Beginnings of words with fewer characters are not asked for beside anything else: nearly every message has some.
const SHORT: usize = 3;

/// Why a query cannot be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// No letter, digit or other character that is looked up.
    #[error("Search for at least one letter, digit or character; punctuation alone finds nothing.")]
    Blank,
    /// Above [`LONGEST`].
    #[error("Search for at most 200 characters.")]
    TooLong,
}

/// A token that every hit has.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Asked {
    /// The token itself.
    Whole(String),
    /// A token that begins so.
    Beginning(String),
}

impl Asked {
    /// The token, or its beginning.
    pub fn text(&self) -> &str {
        match self {
            Self::Whole(text) | Self::Beginning(text) => text,
        }
    }
}

/// A query that can be answered.
#[derive(Debug, Clone)]
pub struct Query {
    /// Folded; none is empty.
    terms: Vec<String>,
    asked: Vec<Asked>,
}

impl Query {
    /// Reads what was typed.
    ///
    /// # Errors
    /// Nothing to look up, or too much.
    pub fn parse(raw: &str) -> Result<Self, QueryError> {
        if raw.chars().nth(LONGEST).is_some() {
            return Err(QueryError::TooLong);
        }
        let mut seen = HashSet::new();
        let folded = fold(raw);
        let terms: Vec<String> =
            folded.split_whitespace().filter(|term| seen.insert(*term)).map(str::to_owned).collect();
        let asked = choose(terms.iter().flat_map(|term| asked(term)).collect());
        match asked.is_empty() {
            true => Err(QueryError::Blank),
            false => Ok(Self { terms, asked }),
        }
    }

    /// Reads what was typed beside other conditions. Where a person or images narrow the search, nothing need be typed: by these the
    /// index finds messages, by a room or a time alone it does not.
    ///
    /// # Errors
    /// As for [`Self::parse`].
    pub fn within(raw: &str, filter: &Filter) -> Result<Self, QueryError> {
        match raw.trim().is_empty() && (filter.from.is_some() || filter.kind == Some(Kind::Image)) {
            true => Ok(Self::anything()),
            false => Self::parse(raw),
        }
    }

    /// What every message answers.
    pub fn anything() -> Self {
        Self { terms: Vec::new(), asked: Vec::new() }
    }

    /// Tokens that every hit has; what has them all need not be one.
    pub fn asked(&self) -> &[Asked] {
        &self.asked
    }

    /// Where the terms stand in a folded text, in order and apart from each other; `None` when one of them is missing.
    pub fn hits(&self, folded: &str) -> Option<Vec<Range<usize>>> {
        let mut all = Vec::new();
        for term in &self.terms {
            let before = all.len();
            all.extend(occurrences(folded, term));
            if all.len() == before {
                return None;
            }
        }
        all.sort_unstable_by_key(|range| (range.start, range.end));
        Some(join(all))
    }
}

/// Ranges in order; those that touch become one.
fn join(ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    let mut joined: Vec<Range<usize>> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match joined.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => joined.push(range),
        }
    }
    joined
}

fn occurrences<'a>(folded: &'a str, term: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
    let begins_word = term.chars().next().is_some_and(|c| Class::of(c) == Class::Word);
    let width = term.chars().next().map_or(1, char::len_utf8);
    let mut from = 0;
    std::iter::from_fn(move || {
        loop {
            let at = from + folded[from..].find(term)?;
            let within = folded[..at].chars().next_back().is_some_and(|c| Class::of(c) == Class::Word);
            if !(begins_word && within) {
                from = at + term.len();
                return Some(at..from);
            }
            // The next one may begin within this one.
            from = at + width;
        }
    })
}

/// The tokens that a text with this term must have: every piece of it is bounded as in the text, but for the end of the last.
fn asked(term: &str) -> Vec<Asked> {
    let mut found = Vec::new();
    let mut runs = runs(term).peekable();
    while let Some((class, run)) = runs.next() {
        let is_open = runs.peek().is_none() && term.ends_with(run) && run.chars().nth(WORD_MAX - 1).is_none();
        match class {
            Class::Dense if run.chars().nth(1).is_none() => found.push(Asked::Whole(run.to_owned())),
            Class::Dense => found.extend(pairs(run).map(|pair| Asked::Whole(pair.to_owned()))),
            _ if is_open => found.push(Asked::Beginning(run.to_owned())),
            _ => found.push(Asked::Whole(cut(run).to_owned())),
        }
    }
    found
}

/// The most telling ones.
fn choose(mut asked: Vec<Asked>) -> Vec<Asked> {
    let mut seen = HashSet::new();
    asked.retain(|token| seen.insert(token.clone()));
    let is_short = |token: &Asked| matches!(token, Asked::Beginning(text) if text.chars().nth(SHORT - 1).is_none());
    if !asked.iter().all(is_short) {
        asked.retain(|token| !is_short(token));
    }
    asked.sort_by_key(|token| std::cmp::Reverse(token.text().chars().count()));
    asked.truncate(ASKED);
    asked
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::message::search::tokens::Tokens;

    fn finds(query: &str, text: &str) -> bool {
        Query::parse(query).expect("a good query").hits(&fold(text)).is_some()
    }

    #[test]
    fn words_are_found_by_their_beginning_and_characters_anywhere() {
        for (query, text) in [
            ("hel", "Say HELLO"),
            ("好", "你好吗"),
            ("好吗", "你好吗？"),
            ("今天天气很好，我们去爬山。", "他说：今天天气很好，我们去爬山。真的"),
            ("50%", "50% off"),
            ("c++", "I like C++ and C"),
            ("foo_bar", "call foo_bar()"),
            ("_bar", "call foo_bar()"),
            ("第3", "第30章"),
            ("ｈｅｌｌｏ", "hello"),
            ("a-a", "xa-a-a"),
            ("world hello", "hello world"),
            ("NEAR(", "draw near(er)"),
            ("\"quoted\"", "a \"quoted\" word"),
            ("🎉", "hooray🎉🎉"),
            ("STRASSE", "Straße"),
        ] {
            assert!(finds(query, text), "{query} in {text}");
        }
        for (query, text) in [
            ("ello", "hello"),
            ("50%", "500 off"),
            ("50%", "150% off"),
            ("foo_bar", "foo bar"),
            ("foo_bar", "fooxbar"),
            ("你吗", "你好吗"),
            ("好你", "你好"),
            ("hello OR world", "hello"),
            ("\"hello\"", "hello"),
            ("hello %", "hello"),
        ] {
            assert!(!finds(query, text), "{query} in {text}");
        }
    }

    #[test]
    fn nothing_and_too_much_are_refused() {
        for query in ["", " ", "\u{3000}", "%", "_ % \" '", "。，！", "\0", "\u{200b}", "***", "()"] {
            assert_eq!(Query::parse(query).err(), Some(QueryError::Blank), "{query:?}");
        }
        assert!(Query::parse(&"安".repeat(200)).is_ok());
        assert_eq!(Query::parse(&"安".repeat(201)).err(), Some(QueryError::TooLong));
    }

    #[test]
    fn the_index_is_asked_for_the_most_telling_tokens() {
        let asked = |query: &str| Query::parse(query).expect("good").asked;
        let (whole, beginning) = (|text: &str| Asked::Whole(text.into()), |text: &str| Asked::Beginning(text.into()));
        assert_eq!(asked("你"), [whole("你")]);
        assert_eq!(asked("你好吗"), [whole("你好"), whole("好吗")]);
        assert_eq!(asked("hel"), [beginning("hel")]);
        assert_eq!(asked("a 你好"), [whole("你好")]);
        assert_eq!(asked("a b"), [beginning("a"), beginning("b")]);
        assert_eq!(asked("foo.foo"), [whole("foo"), beginning("foo")]);
        assert_eq!(asked("v1.2版"), [whole("v1"), whole("2"), whole("版")]);
        assert_eq!(asked(&"x".repeat(40)), [whole(&"x".repeat(32))]);
        assert_eq!(asked("春眠不觉晓处处闻啼鸟夜来风雨声花落知多少").len(), 16);
    }

    #[test]
    fn hits_that_touch_are_one() {
        let query = Query::parse("你好 好吗 ok").expect("good");
        assert_eq!(query.hits("你好吗 ok"), Some(vec![0..9, 10..12]));
        assert_eq!(query.hits("你好吗"), None);
    }

    const TEXT: &str = "(你|好|吗|が|글|🎉|a|b|Ab|é|é|ﬁ|Ａ|1|x{40}| |\n|%|_|-|\"|\\*|，|\u{200b}){0,24}";

    proptest! {
        /// What the index proposes holds all that is found, or hits would be lost.
        #[test]
        fn a_text_that_is_found_has_every_token_that_is_asked_for(text in TEXT, query in TEXT) {
            let Ok(query) = Query::parse(&query) else { return Ok(()) };
            if query.hits(&fold(&text)).is_some() {
                let tokens = Tokens::of(&text);
                for asked in query.asked() {
                    let has = |token: &str| match asked {
                        Asked::Whole(whole) => token == whole,
                        Asked::Beginning(beginning) => token.starts_with(beginning.as_str()),
                    };
                    prop_assert!(tokens.as_str().split(' ').any(has), "{asked:?} of {query:?} in {text:?}");
                }
            }
        }

        #[test]
        fn a_piece_of_a_text_that_begins_a_word_finds_it(text in TEXT, from in 0..24usize, length in 1..10usize) {
            let folded = fold(&text);
            let chars: Vec<char> = folded.chars().collect();
            let from = from.min(chars.len());
            let within = from > 0 && Class::of(chars[from - 1]) == Class::Word;
            let piece: String = chars[from..].iter().take(length).collect();
            if let Ok(query) = Query::parse(&piece) && !(within && chars.get(from).is_some_and(|c| Class::of(*c) == Class::Word)) {
                prop_assert!(query.hits(&folded).is_some(), "{piece:?} in {text:?}");
            }
        }

        #[test]
        fn no_query_breaks_anything(query in any::<String>(), text in any::<String>()) {
            if let Ok(query) = Query::parse(&query) {
                let folded = fold(&text);
                for hit in query.hits(&folded).unwrap_or_default() {
                    prop_assert!(folded.get(hit).is_some_and(|hit| !hit.is_empty()));
                }
            }
        }
    }
}
