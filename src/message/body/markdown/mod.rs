//! Makes spans of Markdown's events.
//!
//! A chat is no document: what has no span here (headings, rules, HTML, images, links elsewhere) is shown as it was
//! typed, and nothing that was typed may vanish.

#[cfg(test)]
mod tests;

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, LinkType, Options, Parser, Tag};

use crate::{
    account::name::is_invisible,
    message::body::{
        inline::{bare_links, is_safe_url, push_text, push_unlinked_text},
        span::{DEPTH_MAX, SPANS_MAX, Span, count, write_plain},
    },
};

/// Put between `]` and `:` it keeps `[a]: b` from being read as a definition, which would vanish. No message contains
/// it, since control characters are refused; it is taken out of everything that leaves this file.
const UNDEFINE: char = '\u{1}';

/// Longest name of a programming language.
const LANG_MAX: usize = 32;

/// The spans of a text; none if they would be too many or stand in one another too deep.
pub fn parse(text: &str) -> Option<Vec<Span>> {
    let source = text.replace("]:", &format!("]{UNDEFINE}:"));
    let mut builder = Builder::new(&source);
    for (event, range) in Parser::new_ext(&source, Options::ENABLE_STRIKETHROUGH).into_offset_iter() {
        builder.take(event, range);
        if builder.depth() > DEPTH_MAX {
            return None;
        }
    }
    let spans = builder.finish();
    (count(&spans) <= SPANS_MAX).then_some(spans)
}

struct Builder<'s> {
    source: &'s str,
    /// Where addresses stand, so that the `_` in one is no emphasis.
    addresses: Vec<Range<usize>>,
    /// The containers under way; the first is the message itself.
    frames: Vec<Frame>,
    /// What the end of each open tag means.
    ends: Vec<End<'s>>,
    /// Open tags of a piece that was shown as it was typed; what is within is skipped.
    skipped: usize,
}

enum End<'s> {
    /// Nothing.
    Paragraph,
    /// The container is whole.
    Frame,
    /// A marker that is shown as it was typed.
    Marker(&'s str),
}

struct Frame {
    kind: Kind,
    range: Range<usize>,
    spans: Vec<Span>,
    /// Text that may go on.
    text: String,
}

enum Kind {
    Message,
    Bold,
    Italic,
    Strike,
    Quote,
    List { start: Option<u64>, items: Vec<Vec<Span>> },
    Item,
    Link { url: String },
    CodeBlock { info: String },
}

impl<'s> Builder<'s> {
    fn new(source: &'s str) -> Self {
        let trimmed =
            |range: Range<usize>| range.start..range.start + source[range].trim_end_matches(['*', '_', '~']).len();
        Self {
            source,
            addresses: bare_links(source).into_iter().map(|link| trimmed(link.range)).collect(),
            frames: vec![Frame::new(Kind::Message, 0..source.len())],
            ends: Vec::new(),
            skipped: 0,
        }
    }

    /// Containers around the next span; an item is part of its list.
    fn depth(&self) -> usize {
        self.frames.iter().filter(|frame| !matches!(frame.kind, Kind::Item)).count()
    }

    fn take(&mut self, event: Event<'_>, range: Range<usize>) {
        match event {
            Event::Start(_) if self.skipped > 0 => self.skipped += 1,
            Event::End(_) if self.skipped > 0 => self.skipped -= 1,
            _ if self.skipped > 0 => {}
            Event::Start(tag) => self.start(tag, range),
            Event::End(_) => self.end(),
            Event::Text(text) => match self.top().kind {
                Kind::CodeBlock { .. } => self.top().text.push_str(&text),
                // The source and not the event's text: `&nbsp;` is shown as it was typed.
                _ => self.push_text(&self.source[range]),
            },
            Event::Code(text) => self.push(Span::Code { text: text.replace(UNDEFINE, "") }),
            Event::SoftBreak | Event::HardBreak => self.push(Span::Break),
            Event::Rule => {
                self.break_from_text_before(range.start);
                self.push_source(range);
            }
            _ => self.push_source(range),
        }
    }

    fn start(&mut self, tag: Tag<'_>, range: Range<usize>) {
        match tag {
            Tag::Paragraph => {
                self.break_from_text_before(range.start);
                self.ends.push(End::Paragraph);
            }
            Tag::BlockQuote(_) => self.open(Kind::Quote, range),
            Tag::List(start) => self.open(Kind::List { start, items: Vec::new() }, range),
            Tag::Item => self.open(Kind::Item, range),
            Tag::CodeBlock(CodeBlockKind::Fenced(_)) => {
                let info = self.fence_info(range.start);
                self.open(Kind::CodeBlock { info }, range);
            }
            Tag::Emphasis => self.open_emphasis(Kind::Italic, 1, range),
            Tag::Strong => self.open_emphasis(Kind::Bold, 2, range),
            // One tilde is how many end a friendly sentence.
            Tag::Strikethrough if self.source[range.clone()].starts_with("~~") => {
                self.open_emphasis(Kind::Strike, 2, range)
            }
            Tag::Strikethrough => self.open_markers(1, range),
            Tag::Link { link_type, dest_url, title, .. } => {
                let scheme = if link_type == LinkType::Email { "mailto:" } else { "" };
                let url = format!("{scheme}{dest_url}");
                if title.is_empty() && is_safe_url(&url) {
                    self.open(Kind::Link { url }, range)
                } else {
                    self.skip(range)
                }
            }
            Tag::Image { .. } => self.skip(range),
            _ => {
                self.break_from_text_before(range.start);
                self.skip(range);
            }
        }
    }

    fn end(&mut self) {
        match self.ends.pop() {
            Some(End::Frame) => self.close(),
            Some(End::Marker(marker)) => self.push_text(marker),
            Some(End::Paragraph) | None => {}
        }
    }

    fn open(&mut self, kind: Kind, range: Range<usize>) {
        self.flush();
        self.frames.push(Frame::new(kind, range));
        self.ends.push(End::Frame);
    }

    /// Opens what stands between two markers of `width` bytes, unless one of them is part of an address.
    fn open_emphasis(&mut self, kind: Kind, width: usize, range: Range<usize>) {
        let in_address = |at: usize| self.addresses.iter().any(|address| address.start < at && at < address.end);
        if in_address(range.start) || in_address(range.end - width) {
            self.open_markers(width, range);
        } else {
            self.open(kind, range);
        }
    }

    /// Shows the markers; what is between stands as if they were not there.
    fn open_markers(&mut self, width: usize, range: Range<usize>) {
        let source = self.source;
        self.push_text(&source[range.start..range.start + width]);
        self.ends.push(End::Marker(&source[range.end - width..range.end]));
    }

    /// Shows a tag with all that is within as it was typed.
    fn skip(&mut self, range: Range<usize>) {
        self.push_source(range);
        self.skipped = 1;
    }

    fn close(&mut self) {
        self.flush();
        let Some(frame) = self.frames.pop() else { return };
        let empty = frame.spans.is_empty();
        match frame.kind {
            Kind::Message => {}
            Kind::Bold => self.push(Span::Bold { spans: frame.spans }),
            Kind::Italic => self.push(Span::Italic { spans: frame.spans }),
            Kind::Strike => self.push(Span::Strike { spans: frame.spans }),
            Kind::Link { url } if shows_nothing(&frame.spans) => {
                self.push(Span::Link { spans: vec![Span::Text(url.clone())], url });
            }
            Kind::Link { url } => self.push(Span::Link { url, spans: frame.spans }),
            Kind::Item => {
                if let Kind::List { items, .. } = &mut self.top().kind {
                    items.push(frame.spans);
                }
            }
            // A lone `>`, `-`, `+`, `1.` or ``` is something people say.
            Kind::Quote if empty => self.push_source_block(frame.range),
            Kind::List { items, .. } if items.iter().all(Vec::is_empty) => self.push_source_block(frame.range),
            Kind::CodeBlock { .. } if frame.text.trim().is_empty() => self.push_source_block(frame.range),
            Kind::Quote => self.push(Span::Quote { spans: frame.spans }),
            Kind::List { start, items } => self.push(Span::List { start, items }),
            Kind::CodeBlock { info } => self.push(code_block(&info, &frame.text.replace(UNDEFINE, ""))),
        }
    }

    fn push(&mut self, span: Span) {
        self.flush();
        self.top().spans.push(span);
    }

    fn push_text(&mut self, text: &str) {
        self.top().text.extend(text.chars().filter(|c| *c != UNDEFINE));
    }

    /// Shows a piece of the source, without the `>` of the quotes it stands in.
    fn push_source(&mut self, range: Range<usize>) {
        let source = self.source;
        let quotes = self.frames.iter().filter(|frame| matches!(frame.kind, Kind::Quote)).count();
        for (n, line) in source[range].trim_end().split('\n').enumerate() {
            if n == 0 {
                self.push_text(line);
            } else {
                self.push(Span::Break);
                self.push_text(without_quote_markers(line, quotes));
            }
        }
    }

    fn push_source_block(&mut self, range: Range<usize>) {
        self.break_from_text_before(range.start);
        self.push_source(range);
    }

    /// What was typed behind the fence; the event's own has its entities resolved.
    fn fence_info(&self, start: usize) -> String {
        let line = self.source[start..].split('\n').next().unwrap_or_default();
        line.trim_start_matches(['`', '~']).trim().replace(UNDEFINE, "")
    }

    /// Between two blocks of text stand as many breaks as were typed; other blocks bring their own space.
    fn break_from_text_before(&mut self, start: usize) {
        self.flush();
        if self.top().spans.last().is_none_or(Span::is_block) {
            return;
        }
        let before = self.source[..start].trim_end_matches([' ', '\t', '\n', '>']);
        for _ in 0..self.source[before.len()..start].matches('\n').count().max(1) {
            self.top().spans.push(Span::Break);
        }
    }

    /// Makes spans of the text so far. A code block's text goes on to its end.
    fn flush(&mut self) {
        let in_link = self.frames.iter().any(|frame| matches!(frame.kind, Kind::Link { .. }));
        let frame = self.top();
        match frame.kind {
            Kind::CodeBlock { .. } => {}
            _ if in_link => push_unlinked_text(&std::mem::take(&mut frame.text), &mut frame.spans),
            _ => push_text(&std::mem::take(&mut frame.text), &mut frame.spans),
        }
    }

    fn top(&mut self) -> &mut Frame {
        self.frames.last_mut().expect("the message's own frame is never closed")
    }

    fn finish(mut self) -> Vec<Span> {
        self.flush();
        std::mem::take(&mut self.top().spans)
    }
}

impl Frame {
    fn new(kind: Kind, range: Range<usize>) -> Self {
        Self { kind, range, spans: Vec::new(), text: String::new() }
    }
}

/// What stands behind the fence names the language if it is one word; else it is part of the text.
fn code_block(info: &str, text: &str) -> Span {
    let is_lang = |c: char| c.is_ascii_alphanumeric() || "+#._-".contains(c);
    if info.is_empty() {
        Span::CodeBlock { text: text.to_owned(), lang: None }
    } else if info.len() <= LANG_MAX
        && info.chars().all(is_lang)
        && info.starts_with(|c: char| c.is_ascii_alphanumeric())
    {
        Span::CodeBlock { text: text.to_owned(), lang: Some(info.to_owned()) }
    } else {
        Span::CodeBlock { text: format!("{info}\n{text}"), lang: None }
    }
}

fn shows_nothing(spans: &[Span]) -> bool {
    let mut text = String::new();
    write_plain(spans, &mut text);
    text.chars().all(is_invisible)
}

fn without_quote_markers(line: &str, quotes: usize) -> &str {
    let without_one = |line| {
        let rest = str::trim_start_matches(line, ' ').strip_prefix('>')?;
        Some(rest.strip_prefix(' ').unwrap_or(rest))
    };
    (0..quotes).fold(line, |rest, _| without_one(rest).unwrap_or(rest))
}
