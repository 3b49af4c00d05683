//! What a message consists of, as the wire and the database write it.

use serde::{Deserialize, Serialize};

/// Most spans of a message, those within others counted.
pub const SPANS_MAX: usize = 2_000;
/// Most spans that stand in one another.
pub const DEPTH_MAX: usize = 16;

/// A piece of a message. Text is text: nothing in it is markup any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Span {
    /// Strong emphasis.
    Bold {
        /// What is emphasised.
        #[schema(no_recursion)]
        spans: Vec<Span>,
    },
    /// Emphasis.
    Italic {
        /// What is emphasised.
        #[schema(no_recursion)]
        spans: Vec<Span>,
    },
    /// Struck through.
    Strike {
        /// What is struck.
        #[schema(no_recursion)]
        spans: Vec<Span>,
    },
    /// A quotation; a block of its own.
    Quote {
        /// What is quoted.
        #[schema(no_recursion)]
        spans: Vec<Span>,
    },
    /// What the author does, told of them instead of said by them; the whole of a message that was written `/me waves`.
    Action {
        /// What they do.
        #[schema(no_recursion)]
        spans: Vec<Span>,
    },
    /// Code within a line.
    Code {
        /// The code.
        text: String,
    },
    /// Code in lines of its own.
    CodeBlock {
        /// The code with its line breaks.
        text: String,
        /// The language its author named.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lang: Option<String>,
    },
    /// A list; a block of its own.
    List {
        /// The number of the first item, if they are numbered.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        start: Option<u64>,
        /// The items.
        #[schema(no_recursion)]
        items: Vec<Vec<Span>>,
    },
    /// A link.
    Link {
        /// An address beginning with http://, https:// or mailto:.
        url: String,
        /// What is shown of it.
        #[schema(no_recursion)]
        spans: Vec<Span>,
    },
    /// A person called by name, shown as `@name`.
    Mention {
        /// The person's id.
        user: i64,
        /// The username.
        name: String,
    },
    /// Everybody in the room, shown as `@all`.
    MentionAll,
    /// A line break.
    Break,
    /// One emoji.
    Emoji {
        /// The emoji.
        text: String,
    },
    /// Plain text; on the wire a bare string.
    #[serde(untagged)]
    Text(String),
}

impl Span {
    /// Whether it stands in lines of its own, so that no break is needed around it.
    pub fn is_block(&self) -> bool {
        matches!(self, Self::Quote { .. } | Self::CodeBlock { .. } | Self::List { .. })
    }
}

/// How many spans there are, those within others counted.
pub fn count(spans: &[Span]) -> usize {
    let inner = |span: &Span| match span {
        Span::Bold { spans }
        | Span::Italic { spans }
        | Span::Strike { spans }
        | Span::Quote { spans }
        | Span::Action { spans }
        | Span::Link { spans, .. } => count(spans),
        Span::List { items, .. } => items.iter().map(|item| count(item)).sum(),
        _ => 0,
    };
    spans.len() + spans.iter().map(inner).sum::<usize>()
}

/// Appends what can be read, blocks and list items in lines of their own.
pub fn write_plain(spans: &[Span], out: &mut String) {
    for span in spans {
        if span.is_block() && !out.is_empty() && !out.ends_with('\n') {
            out.push('\n');
        }
        match span {
            Span::Text(text) | Span::Emoji { text } | Span::Code { text } | Span::CodeBlock { text, .. } => {
                out.push_str(text)
            }
            Span::Bold { spans }
            | Span::Italic { spans }
            | Span::Strike { spans }
            | Span::Quote { spans }
            | Span::Action { spans }
            | Span::Link { spans, .. } => write_plain(spans, out),
            Span::List { items, .. } => {
                for item in items {
                    write_plain(item, out);
                    out.push('\n');
                }
            }
            Span::Mention { name, .. } => {
                out.push('@');
                out.push_str(name);
            }
            Span::MentionAll => out.push_str("@all"),
            Span::Break => out.push('\n'),
        }
        if span.is_block() && !out.ends_with('\n') {
            out.push('\n');
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn text(text: &str) -> Span {
        Span::Text(text.into())
    }

    #[test]
    fn each_kind_is_written_and_read_as_the_protocol_says() {
        let spans = vec![text("x")];
        let kinds: [(Span, Value); 16] = [
            (text("x"), json!("x")),
            (Span::Bold { spans: spans.clone() }, json!({"type": "bold", "spans": ["x"]})),
            (Span::Italic { spans: spans.clone() }, json!({"type": "italic", "spans": ["x"]})),
            (Span::Strike { spans: spans.clone() }, json!({"type": "strike", "spans": ["x"]})),
            (Span::Quote { spans: spans.clone() }, json!({"type": "quote", "spans": ["x"]})),
            (Span::Action { spans: spans.clone() }, json!({"type": "action", "spans": ["x"]})),
            (Span::Code { text: "x + 1".into() }, json!({"type": "code", "text": "x + 1"})),
            (
                Span::CodeBlock { text: "x;\n".into(), lang: Some("rust".into()) },
                json!({"type": "code_block", "text": "x;\n", "lang": "rust"}),
            ),
            (Span::CodeBlock { text: "x".into(), lang: None }, json!({"type": "code_block", "text": "x"})),
            (
                Span::List { start: None, items: vec![spans.clone(), vec![]] },
                json!({"type": "list", "items": [["x"], []]}),
            ),
            (
                Span::List { start: Some(3), items: vec![spans.clone()] },
                json!({"type": "list", "start": 3, "items": [["x"]]}),
            ),
            (
                Span::Link { url: "https://a.bc".into(), spans },
                json!({"type": "link", "url": "https://a.bc", "spans": ["x"]}),
            ),
            (Span::Mention { user: 6, name: "ann".into() }, json!({"type": "mention", "user": 6, "name": "ann"})),
            (Span::MentionAll, json!({"type": "mention_all"})),
            (Span::Break, json!({"type": "break"})),
            (Span::Emoji { text: "🎉".into() }, json!({"type": "emoji", "text": "🎉"})),
        ];
        for (span, value) in kinds {
            assert_eq!(serde_json::to_value(&span).expect("writes"), value);
            assert_eq!(serde_json::from_value::<Span>(value).expect("reads"), span);
        }
        assert!(serde_json::from_value::<Span>(json!({"type": "html", "text": "<b>"})).is_err());
    }

    #[test]
    fn spans_within_spans_are_counted() {
        let list =
            Span::List { start: None, items: vec![vec![text("a")], vec![Span::Bold { spans: vec![text("b")] }]] };
        assert_eq!(count(&[list, Span::Break]), 5);
    }
}
