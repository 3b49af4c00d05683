//! Finds in a plain text what people write without marking it: addresses and emoji.

use std::ops::Range;

use linkify::{Link, LinkFinder, LinkKind};
use unicode_segmentation::UnicodeSegmentation;

use crate::message::body::span::Span;

/// An address that stands in a text as such.
pub struct BareLink {
    /// Where it stands.
    pub range: Range<usize>,
    /// Where it leads.
    pub url: String,
}

/// Appends the spans of a text: links, emoji and what is between.
pub fn push_text(text: &str, out: &mut Vec<Span>) {
    let mut from = 0;
    for link in bare_links(text) {
        push_unlinked_text(&text[from..link.range.start], out);
        from = link.range.end;
        out.push(Span::Link { url: link.url, spans: vec![Span::Text(text[link.range].to_owned())] });
    }
    push_unlinked_text(&text[from..], out);
}

/// Appends the spans of a text that stands within a link: emoji and what is between.
pub fn push_unlinked_text(text: &str, out: &mut Vec<Span>) {
    let push_plain = |out: &mut Vec<Span>, plain: &str| {
        if !plain.is_empty() {
            out.push(Span::Text(plain.to_owned()));
        }
    };
    let mut from = 0;
    if !text.is_ascii() {
        for (at, grapheme) in text.grapheme_indices(true).filter(|(_, grapheme)| is_emoji(grapheme)) {
            push_plain(out, &text[from..at]);
            from = at + grapheme.len();
            out.push(Span::Emoji { text: grapheme.to_owned() });
        }
    }
    push_plain(out, &text[from..]);
}

/// The addresses in a text, in their order. Chinese is written without spaces, so an address ends before the first
/// character of U+2000 and above: ideographs, wide punctuation, typographic quotes, emoji.
pub fn bare_links(text: &str) -> Vec<BareLink> {
    let mut finder = LinkFinder::new();
    finder.url_must_have_scheme(false);
    let ends_address = |c: char| c >= '\u{2000}';
    let mut found = Vec::new();
    let mut start = 0;
    for piece in text.split_inclusive(ends_address) {
        let links = finder.links(piece.trim_end_matches(ends_address));
        found.extend(links.filter_map(|link| {
            Some(BareLink { range: start + link.start()..start + link.end(), url: destination(&link)? })
        }));
        start += piece.len();
    }
    found
}

/// Whether a link of ours may lead there: nothing but the web and mail, and no character that hides another.
pub fn is_safe_url(url: &str) -> bool {
    let safe_scheme = ["http://", "https://", "mailto:"].iter().any(|scheme| {
        url.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)) && url.len() > scheme.len()
    });
    safe_scheme && !url.contains(|c: char| c.is_whitespace() || c.is_control())
}

/// Where a found address leads, if we link it: `ftp://…` and a mere `example.org` stay text.
fn destination(link: &Link<'_>) -> Option<String> {
    let address = link.as_str();
    let is_www = || address.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("www."));
    match link.kind() {
        LinkKind::Email => Some(format!("mailto:{address}")),
        _ if is_safe_url(address) => Some(address.to_owned()),
        _ if is_www() => Some(format!("https://{address}")),
        _ => None,
    }
}

/// Whether a grapheme is an emoji to be drawn as one; `©` and `❤` without their variation selector are text.
fn is_emoji(grapheme: &str) -> bool {
    emojis::get(grapheme).is_some_and(|emoji| emoji.as_str() == grapheme)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The addresses found, as `text → url` where the two differ.
    fn links(text: &str) -> Vec<String> {
        bare_links(text)
            .into_iter()
            .map(|link| match &text[link.range] {
                shown if shown == link.url => link.url,
                shown => format!("{shown} → {}", link.url),
            })
            .collect()
    }

    #[test]
    fn addresses_of_the_web_and_of_mail_are_found() {
        assert_eq!(links("see https://example.org/a_(b)?c=d#e, ok"), ["https://example.org/a_(b)?c=d#e"]);
        assert_eq!(links("HTTP://EXAMPLE.ORG."), ["HTTP://EXAMPLE.ORG"]);
        assert_eq!(links("(www.example.org)"), ["www.example.org → https://www.example.org"]);
        assert_eq!(links("ann@example.org!"), ["ann@example.org → mailto:ann@example.org"]);
        assert_eq!(
            links("http://localhost:8080/x http://127.0.0.1/"),
            ["http://localhost:8080/x", "http://127.0.0.1/"]
        );
    }

    #[test]
    fn an_address_ends_where_chinese_begins() {
        assert_eq!(links("看https://example.org/a这个"), ["https://example.org/a"]);
        assert_eq!(links("（https://example.org）。"), ["https://example.org"]);
        assert_eq!(links("去www.example.org，好"), ["www.example.org → https://www.example.org"]);
        assert_eq!(links("https://de.wikipedia.org/wiki/Käse"), ["https://de.wikipedia.org/wiki/Käse"]);
    }

    #[test]
    fn other_schemes_and_mere_domains_stay_text() {
        for text in [
            "ftp://example.org",
            "javascript:alert(1)",
            "data:text/html,x",
            "example.org",
            "a.b",
            "http://",
            "file:///etc",
        ] {
            assert!(links(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn only_the_web_and_mail_are_safe() {
        for url in ["http://a", "HTTPS://a.bc/x", "mailto:a@b.cd"] {
            assert!(is_safe_url(url), "{url}");
        }
        for url in [
            "",
            "http:",
            "https://",
            "javascript:x",
            "JaVaScRiPt:x",
            " http://a",
            "https://a\nb",
            "//a",
            "/a",
            "vbscript:x",
            "data:,x",
        ] {
            assert!(!is_safe_url(url), "{url:?}");
        }
    }

    #[test]
    fn emoji_are_told_from_text() {
        let mut spans = Vec::new();
        push_text("a🎉👍🏽b❤️ ❤ © 1️⃣👩‍👩‍👧", &mut spans);
        let emoji = |text: &str| Span::Emoji { text: text.into() };
        let text = |text: &str| Span::Text(text.into());
        let expected =
            [text("a"), emoji("🎉"), emoji("👍🏽"), text("b"), emoji("❤️"), text(" ❤ © "), emoji("1️⃣"), emoji("👩‍👩‍👧")];
        assert_eq!(spans, expected);
    }
}
