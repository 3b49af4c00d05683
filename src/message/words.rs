//! Words that are not wanted on this site: a text that has one is refused, or the word is made unreadable.
//!
//! Compared is the text as the search folds it, so that case, width and what cannot be seen make no difference, and in time linear
//! in the text, however many words there are. A word of ASCII letters alone is found where it stands by itself, any other anywhere.

use std::{
    ops::Range,
    sync::{Arc, PoisonError, RwLock},
};

use aho_corasick::AhoCorasick;

use crate::{
    message::{
        body::Body,
        search::fold::{Class, Folded, fold},
    },
    setting::{
        Live,
        values::{Values, WordFilter},
    },
};

/// The words of the settings in force. Cheap to clone.
#[derive(Clone)]
pub struct Words {
    live: Live,
    /// What was made of which settings; made anew when others are in force.
    made: Arc<RwLock<(Arc<Values>, Arc<Filter>)>>,
}

/// What the filter makes of a text.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// As it is.
    Fine,
    /// With this in its place.
    Masked(Body),
    /// Not to be said.
    Unwanted,
}

impl Words {
    /// Of these settings.
    pub fn new(live: Live) -> Self {
        let values = live.get();
        let filter = Arc::new(Filter::of(&values));
        Self { live, made: Arc::new(RwLock::new((values, filter))) }
    }

    /// Looks at a text.
    pub fn judge(&self, body: &Body) -> Verdict {
        self.filter().judge(body)
    }

    fn filter(&self) -> Arc<Filter> {
        let values = self.live.get();
        let known = self.made.read().unwrap_or_else(PoisonError::into_inner);
        if Arc::ptr_eq(&known.0, &values) {
            return known.1.clone();
        }
        drop(known);
        let filter = Arc::new(Filter::of(&values));
        *self.made.write().unwrap_or_else(PoisonError::into_inner) = (values, filter.clone());
        filter
    }
}

/// The words, made ready.
struct Filter {
    kind: WordFilter,
    /// Absent where there are none.
    automaton: Option<AhoCorasick>,
    /// By word: does it count only where it stands by itself?
    alone: Vec<bool>,
}

impl Filter {
    fn of(values: &Values) -> Self {
        let mut words: Vec<String> = match values.word_filter {
            WordFilter::Off => Vec::new(),
            _ => values.words.iter().map(|word| fold(word).trim().to_owned()).filter(|word| !word.is_empty()).collect(),
        };
        words.sort_unstable();
        words.dedup();
        let automaton = (!words.is_empty()).then(|| AhoCorasick::new(&words)).and_then(|made| {
            made.inspect_err(|error| tracing::error!(%error, "the list of unwanted words is too large")).ok()
        });
        let alone = words.iter().map(|word| word.bytes().all(|byte| byte.is_ascii_alphabetic())).collect();
        Self { kind: values.word_filter, automaton, alone }
    }

    fn judge(&self, body: &Body) -> Verdict {
        let Some(automaton) = &self.automaton else { return Verdict::Fine };
        let find = |text: &str| self.find(automaton, text);
        match self.kind {
            WordFilter::Off => Verdict::Fine,
            WordFilter::Refuse if body.has(&find) => Verdict::Unwanted,
            WordFilter::Refuse => Verdict::Fine,
            WordFilter::Mask => body.masked(&find).map_or(Verdict::Fine, Verdict::Masked),
        }
    }

    /// Where the words stand, in the text as it is.
    fn find(&self, automaton: &AhoCorasick, text: &str) -> Vec<Range<usize>> {
        let folded = Folded::of(text);
        let found = automaton.find_overlapping_iter(folded.text());
        let standing = found.filter(|hit| {
            !self.alone[hit.pattern().as_usize()]
                || (ends_word(folded.text()[..hit.start()].chars().next_back())
                    && ends_word(folded.text()[hit.end()..].chars().next()))
        });
        standing.map(|hit| folded.original_range(&hit.range())).collect()
    }
}

fn ends_word(neighbour: Option<char>) -> bool {
    neighbour.is_none_or(|c| Class::of(c) != Class::Word)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::message::body::cover;

    fn filter(kind: WordFilter, words: &[&str]) -> Filter {
        let words = words.iter().map(|word| (*word).to_owned()).collect();
        Filter::of(&Values { word_filter: kind, words, ..Values::default() })
    }

    fn body(text: &str) -> Body {
        Body::parse(text, 4_000).expect("a good text")
    }

    /// The text and the spans after masking.
    fn masked(words: &[&str], text: &str) -> (String, String) {
        let body = body(text);
        let body = match filter(WordFilter::Mask, words).judge(&body) {
            Verdict::Fine => body,
            Verdict::Masked(body) => body,
            Verdict::Unwanted => panic!("masking refuses nothing"),
        };
        (body.text().to_owned(), serde_json::to_string(body.spans()).expect("spans are JSON"))
    }

    #[test]
    fn a_word_of_ascii_letters_is_found_where_it_stands_by_itself() {
        let table = [
            ("an ass here", "an *** here"),
            ("ASS! (Ass)", "***! (***)"),
            ("ａｓｓ", "***"),
            ("a\u{ad}s\u{200b}s", "***"),
            ("你ass好", "你***好"),
            ("ass_ass", "***_***"),
            ("class, assign, as s, ass1, äss, assé", "class, assign, as s, ass1, äss, assé"),
        ];
        for (text, expected) in table {
            assert_eq!(masked(&["ass"], text).0, expected, "{text}");
        }
    }

    #[test]
    fn any_other_word_is_found_anywhere() {
        let table = [
            (["坏蛋"], "你这个坏蛋！坏 蛋", "你这个**！坏 蛋"),
            (["cas1no"], "xcas1nox", "x******x"),
            (["bad word"], "a Bad Word.", "a *** ****."),
            (["straße"], "eine STRASSE", "eine *******"),
            (["㍿"], "株式会社", "****"),
        ];
        for (words, text, expected) in table {
            assert_eq!(masked(&words, text).0, expected, "{text}");
        }
    }

    #[test]
    fn words_within_words_are_all_found() {
        assert_eq!(masked(&["坏蛋", "大坏蛋鬼", "蛋白"], "大坏蛋白").0, "大***");
        assert_eq!(masked(&["ass", "class1"], "class ass").0, "class ***");
    }

    #[test]
    fn markup_stays_and_hides_no_word() {
        let (text, spans) = masked(&["evil"], "an **evil** plan, `evil` [evil](https://evil.org)");
        assert!(!text.contains("evil") && !spans.contains("evil"), "{text} {spans}");
        assert!(spans.contains(r#"{"type":"bold","spans":["****"]}"#), "{spans}");
        let (text, spans) = masked(&["evil"], "ev**il** and e*v*il");
        assert_eq!(text, "**** and ****");
        assert_eq!(spans, r#"["**** and ****"]"#);
        assert_eq!(masked(&["evil"], "~~evil~~ * evil").1, r#"[{"type":"strike","spans":["****"]}," * ****"]"#);
    }

    #[test]
    fn refusing_looks_as_closely_as_masking() {
        let filter = filter(WordFilter::Refuse, &["evil"]);
        for text in ["evil", "EVIL!", "ev**il**", "`evil`"] {
            assert_eq!(filter.judge(&body(text)), Verdict::Unwanted, "{text}");
        }
        for text in ["devil", "evils", "good"] {
            assert_eq!(filter.judge(&body(text)), Verdict::Fine, "{text}");
        }
    }

    #[test]
    fn without_words_nothing_is_found() {
        assert_eq!(filter(WordFilter::Off, &["evil"]).judge(&body("evil")), Verdict::Fine);
        assert_eq!(filter(WordFilter::Mask, &[]).judge(&body("evil")), Verdict::Fine);
        assert_eq!(filter(WordFilter::Mask, &["\u{200b}"]).judge(&body("evil")), Verdict::Fine, "a word of nothing");
    }

    proptest! {
        #[test]
        fn masking_leaves_no_word_and_no_broken_text(text in "([-*_~`>\\[\\]()@: \n1ab坏蛋Ａ\u{301}\u{200b}]|ab|坏蛋){1,40}") {
            let filter = filter(WordFilter::Mask, &["ab", "坏蛋", "1a", "好"]);
            let Ok(body) = Body::parse(&text, 4_000) else { return Ok(()) };
            if let Verdict::Masked(masked) = filter.judge(&body) {
                prop_assert_eq!(filter.judge(&masked), Verdict::Fine, "{:?} became {:?}", text, masked.text());
                prop_assert!(!masked.text().contains(cover::HIDDEN));
                prop_assert!(Body::parse(masked.text(), 4_000).is_ok());
            }
        }
    }
}
