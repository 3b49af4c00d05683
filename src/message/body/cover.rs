//! Makes parts of a message unreadable, in its text and in its spans alike.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation as _;

use crate::{
    account::name::is_invisible,
    message::body::span::{Span, write_plain},
};

/// Stands for a hidden character while a text is parsed, so that the stars are no markup. No message contains it, since control
/// characters are refused.
pub const HIDDEN: char = '\u{2}';

/// What readers see in its place.
const STAR: char = '*';

/// The text with every character in these ranges, but for spaces, hidden.
pub(super) fn hide(text: &str, ranges: &[Range<usize>]) -> String {
    let mut covered = vec![false; text.len()];
    ranges.iter().for_each(|range| covered[range.clone()].fill(true));
    let mut hidden = String::with_capacity(text.len());
    for (at, grapheme) in text.grapheme_indices(true) {
        if !covered[at] || grapheme.trim().is_empty() {
            hidden.push_str(grapheme);
        } else if !grapheme.chars().all(is_invisible) {
            hidden.push(HIDDEN);
        }
    }
    hidden
}

/// As readers see it.
pub(super) fn starred(hidden: &str) -> String {
    hidden.replace(HIDDEN, &STAR.to_string())
}

/// The spans of a text with hidden characters, as readers see them.
pub(super) fn spans(hidden: &str) -> Vec<Span> {
    let mut spans = super::parsed(hidden);
    star(&mut spans);
    spans
}

/// Text without any markup as spans.
pub(super) fn lines(text: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    for (number, line) in text.trim_end_matches('\n').split('\n').enumerate() {
        if number > 0 {
            spans.push(Span::Break);
        }
        if !line.is_empty() {
            spans.push(Span::Text(line.to_owned()));
        }
    }
    spans
}

/// What can be read.
pub(super) fn plain(spans: &[Span]) -> String {
    let mut text = String::new();
    write_plain(spans, &mut text);
    text
}

fn star(spans: &mut [Span]) {
    let star_text = |text: &mut String| {
        if text.contains(HIDDEN) {
            *text = starred(text);
        }
    };
    for span in spans {
        match span {
            Span::Text(text) | Span::Emoji { text } | Span::Code { text } => star_text(text),
            Span::CodeBlock { text, lang } => {
                star_text(text);
                lang.iter_mut().for_each(star_text);
            }
            Span::Bold { spans }
            | Span::Italic { spans }
            | Span::Strike { spans }
            | Span::Quote { spans }
            | Span::Action { spans } => star(spans),
            Span::Link { url, spans } => {
                star_text(url);
                star(spans);
            }
            Span::List { items, .. } => items.iter_mut().for_each(|item| star(item)),
            Span::Mention { .. } | Span::MentionAll | Span::Break => {}
        }
    }
}
