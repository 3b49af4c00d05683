//! What is shown of a hit: the text around the first place, with the places marked.
//!
//! Pure. Nothing in it is markup; a text that looks like HTML stays the text it is.

use std::ops::Range;

use serde::Serialize;

use crate::message::search::fold::Folded;

/// Characters of a snippet, without the dots where it was cut.
const LENGTH: usize = 158;

/// Characters shown before the first hit.
const BEFORE: usize = 40;

/// A piece of a snippet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = SnippetPiece)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Piece {
    /// What was searched for.
    Hit {
        /// As it was typed.
        text: String,
    },
    /// What stands around it; on the wire a bare string.
    #[serde(untagged)]
    Text(String),
}

/// The text around the first of these hits, which are in order. Line breaks become spaces.
pub fn snippet(folded: &Folded<'_>, hits: &[Range<usize>]) -> Vec<Piece> {
    let hits: Vec<Range<usize>> = hits.iter().map(|hit| folded.graphemes(hit)).collect();
    let first = hits.first().map_or(0, |hit| hit.start);
    // Near the end the room that is left is given to what stands before.
    let begin = first.saturating_sub(BEFORE).min(folded.count().saturating_sub(LENGTH));
    let end = folded.count().min(begin + LENGTH);
    let mut pieces = Vec::new();
    if begin > 0 {
        push(&mut pieces, false, "…");
    }
    let mut ahead = hits.iter().peekable();
    for index in begin..end {
        while ahead.next_if(|hit| hit.end <= index).is_some() {}
        let marked = ahead.peek().is_some_and(|hit| hit.contains(&index));
        match folded.grapheme(index) {
            "\n" | "\t" => push(&mut pieces, marked, " "),
            grapheme => push(&mut pieces, marked, grapheme),
        }
    }
    if end < folded.count() {
        push(&mut pieces, false, "…");
    }
    pieces
}

fn push(pieces: &mut Vec<Piece>, marked: bool, more: &str) {
    match (pieces.last_mut(), marked) {
        (Some(Piece::Hit { text }), true) | (Some(Piece::Text(text)), false) => text.push_str(more),
        (_, true) => pieces.push(Piece::Hit { text: more.to_owned() }),
        (_, false) => pieces.push(Piece::Text(more.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;
    use unicode_segmentation::UnicodeSegmentation as _;

    use super::*;
    use crate::message::search::query::Query;

    fn of(query: &str, text: &str) -> Vec<Piece> {
        let folded = Folded::of(text);
        let hits = Query::parse(query).expect("a good query").hits(folded.text()).expect("a hit");
        snippet(&folded, &hits)
    }

    fn plain(pieces: &[Piece]) -> String {
        pieces
            .iter()
            .map(|piece| match piece {
                Piece::Hit { text } | Piece::Text(text) => text.as_str(),
            })
            .collect()
    }

    #[test]
    fn the_hit_is_marked_as_it_was_typed() {
        let json = |query, text| serde_json::to_value(of(query, text)).expect("JSON");
        assert_eq!(
            json("hello", "Say ＨＥＬＬＯ\nnow"),
            json!(["Say ", {"type": "hit", "text": "ＨＥＬＬＯ"}, " now"])
        );
        assert_eq!(json("会社", "㍿です"), json!([{"type": "hit", "text": "㍿"}, "です"]));
        assert_eq!(json("<b>", "a <b>x</b>"), json!(["a ", {"type": "hit", "text": "<b>"}, "x</b>"]));
        assert_eq!(
            json("你好 吗", "你好，好吗"),
            json!([{"type": "hit", "text": "你好"}, "，好", {"type": "hit", "text": "吗"}])
        );
    }

    #[test]
    fn a_long_text_is_cut_around_its_first_hit() {
        let text = format!("{}针{}", "前".repeat(500), "后".repeat(500));
        let expected = format!("…{}针{}…", "前".repeat(40), "后".repeat(117));
        assert_eq!(plain(&of("针", &text)), expected);
        let text = format!("{}针", "前".repeat(500));
        assert_eq!(plain(&of("针", &text)), format!("…{}针", "前".repeat(157)));
        let text = format!("针{}", "👩‍👩‍👧".repeat(300));
        assert_eq!(plain(&of("针", &text)), format!("针{}…", "👩‍👩‍👧".repeat(157)));
    }

    proptest! {
        #[test]
        fn a_snippet_is_short_and_says_nothing_else(text in "(\\PC|你|好|\n){0,400}", query in "(你|好|\\PC){1,3}") {
            let folded = Folded::of(&text);
            let Ok(query) = Query::parse(&query) else { return Ok(()) };
            let Some(hits) = query.hits(folded.text()) else { return Ok(()) };
            let pieces = snippet(&folded, &hits);
            let marked = pieces.iter().any(|piece| matches!(piece, Piece::Hit { .. }));
            prop_assert!(marked);
            let shown = plain(&pieces);
            prop_assert!(shown.graphemes(true).count() <= 160);
            let spaced = text.replace(['\n', '\t'], " ");
            prop_assert!(spaced.contains(shown.trim_matches('…')));
        }
    }
}
