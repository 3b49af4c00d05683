//! The form of a text in which the search compares: compatibility forms, case and what cannot be seen make no difference.
//!
//! Pure. It is made grapheme by grapheme, so that every place in it leads back to a whole character of the original.

use std::{iter::once, ops::Range};

use caseless::Caseless;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};
use unicode_segmentation::UnicodeSegmentation;

use crate::account::name::is_invisible;

/// What a character is to the search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Of a script without spaces, or a symbol such as an emoji: each character and each pair of neighbours is looked up.
    Dense,
    /// Part of a word.
    Word,
    /// Between them.
    Other,
}

impl Class {
    /// The class of a folded character.
    pub fn of(c: char) -> Self {
        match c {
            'a'..='z' | '0'..='9' => Self::Word,
            '\0'..='\u{7f}' => Self::Other,
            _ if is_dense(c) => Self::Dense,
            _ if c.is_alphanumeric() || is_combining_mark(c) => Self::Word,
            _ => Self::Other,
        }
    }
}

/// Han, kana, bopomofo, Hangul, Yi; Thai, Lao, Burmese and Khmer; emoji and their like.
fn is_dense(c: char) -> bool {
    matches!(c,
        '\u{4e00}'..='\u{9fff}' | '\u{3005}'..='\u{3007}' | '\u{3021}'..='\u{3029}' | '\u{3041}'..='\u{309f}'
        | '\u{30a1}'..='\u{30fa}' | '\u{30fc}'..='\u{31bf}' | '\u{31f0}'..='\u{31ff}' | '\u{3400}'..='\u{4dbf}'
        | '\u{a000}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7ff}' | '\u{1100}'..='\u{11ff}' | '\u{a960}'..='\u{a97f}'
        | '\u{f900}'..='\u{faff}' | '\u{1b000}'..='\u{1b16f}' | '\u{20000}'..='\u{323af}'
        | '\u{e01}'..='\u{e3a}' | '\u{e40}'..='\u{e4e}' | '\u{e81}'..='\u{ecf}' | '\u{1000}'..='\u{1049}'
        | '\u{1780}'..='\u{17d3}'
        | '\u{2190}'..='\u{23ff}' | '\u{25a0}'..='\u{27bf}' | '\u{2b00}'..='\u{2bff}' | '\u{1f000}'..='\u{1faff}')
}

/// A folded text.
pub fn fold(text: &str) -> String {
    if text.chars().all(is_plain) {
        return text.to_ascii_lowercase();
    }
    let mut folded = String::with_capacity(text.len());
    text.graphemes(true).for_each(|grapheme| push(grapheme, &mut folded));
    folded
}

/// A grapheme by itself beside any other of these, and, but for its case, what folding would make of it: all of most texts in English,
/// Chinese or Korean.
fn is_plain(c: char) -> bool {
    matches!(c, '\0'..='\u{7f}' | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}')
}

fn push(grapheme: &str, out: &mut String) {
    let mut chars = grapheme.chars();
    match (chars.next(), chars.next()) {
        (Some(c), None) if is_plain(c) => out.push(c.to_ascii_lowercase()),
        _ => out.extend(grapheme.nfkc().default_case_fold().nfkc().filter(|c| c.is_whitespace() || !is_invisible(*c))),
    }
}

/// A folded text that remembers where it came from.
#[derive(Debug)]
pub struct Folded<'a> {
    original: &'a str,
    text: String,
    /// Where each grapheme begins: in `text`, in `original`. One more at the end.
    starts: Vec<(usize, usize)>,
}

impl<'a> Folded<'a> {
    /// Folds a text.
    pub fn of(original: &'a str) -> Self {
        let mut text = String::with_capacity(original.len());
        let mut starts = Vec::with_capacity(original.len() / 2);
        for (at, grapheme) in original.grapheme_indices(true) {
            starts.push((text.len(), at));
            push(grapheme, &mut text);
        }
        starts.extend(once((text.len(), original.len())));
        Self { original, text, starts }
    }

    /// The folded text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// How many graphemes the original has.
    pub fn count(&self) -> usize {
        self.starts.len() - 1
    }

    /// One grapheme of the original.
    pub fn grapheme(&self, index: usize) -> &'a str {
        &self.original[self.starts[index].1..self.starts[index + 1].1]
    }

    /// Where in the original this range of the folded text, which is not empty, was made from: whole graphemes.
    pub fn original_range(&self, range: &Range<usize>) -> Range<usize> {
        let Range { start, end } = self.graphemes(range);
        self.starts[start].1..self.starts[end].1
    }

    /// The graphemes from which this range of the folded text, which is not empty, was made.
    pub fn graphemes(&self, range: &Range<usize>) -> Range<usize> {
        // Of graphemes that left nothing behind, several begin at one place; only the last of them reaches beyond it.
        let first = self.starts.partition_point(|(at, _)| *at <= range.start) - 1;
        let end = self.starts.partition_point(|(at, _)| *at < range.end);
        first..end
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn wide_compatible_and_capital_forms_fold_to_one() {
        let table = [
            ("ＡＢＣ１２３", "abc123"),
            ("Straße", "strasse"),
            ("ﬁn", "fin"),
            ("ｶﾞｷﾞ", "ガギ"),
            ("㍿", "株式会社"),
            ("Ⅷ", "viii"),
            ("co\u{ad}op", "coop"),
            ("❤\u{fe0f}", "❤"),
            ("한글", "한글"),
            ("\u{3000}", " "),
            ("İ", "i\u{307}"),
            ("你好，世界！", "你好,世界!"),
        ];
        for (text, folded) in table {
            assert_eq!(fold(text), folded, "{text}");
        }
    }

    #[test]
    fn a_place_in_the_folded_text_leads_back_to_whole_characters() {
        let folded = Folded::of("a㍿\u{200b}好");
        assert_eq!(folded.text(), "a株式会社好");
        let at = folded.text().find("会社").unwrap_or_default();
        let range = folded.graphemes(&(at..at + "会社".len()));
        assert_eq!(range.clone().map(|index| folded.grapheme(index)).collect::<String>(), "㍿");
        let at = folded.text().find('好').unwrap_or_default();
        let range = folded.graphemes(&(at..at + 3));
        assert_eq!(range.map(|index| folded.grapheme(index)).collect::<String>(), "好");
    }

    proptest! {
        #[test]
        fn every_place_leads_back_to_where_it_came_from(text in "(\\PC|[ab你好ＡㄅがＩﬁ㍿\u{301}\u{200b} \n]){0,30}") {
            let folded = Folded::of(&text);
            prop_assert_eq!(folded.text(), fold(&text));
            let whole: String = (0..folded.count()).map(|index| folded.grapheme(index)).collect();
            prop_assert_eq!(&whole, &text);
            for (at, c) in folded.text().char_indices() {
                let range = folded.graphemes(&(at..at + c.len_utf8()));
                prop_assert_eq!(range.len(), 1);
                prop_assert!(fold(folded.grapheme(range.start)).contains(c));
            }
        }
    }
}
