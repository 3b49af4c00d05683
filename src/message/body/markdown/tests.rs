use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn spans(text: &str) -> Value {
    serde_json::to_value(parse(text).expect(text)).expect("spans are JSON")
}

fn plain(text: &str) -> String {
    let mut plain = String::new();
    write_plain(&parse(text).unwrap_or_else(|| vec![Span::Text(text.into())]), &mut plain);
    plain
}

fn br() -> Value {
    json!({"type": "break"})
}

#[test]
fn words_are_emphasised() {
    assert_eq!(
        spans("a **b *c* d** ~~e~~ `f < g`"),
        json!(["a ", {"type": "bold", "spans": ["b ", {"type": "italic", "spans": ["c"]}, " d"]}, " ",
            {"type": "strike", "spans": ["e"]}, " ", {"type": "code", "text": "f < g"}])
    );
    assert_eq!(spans("**加粗**了"), json!([{"type": "bold", "spans": ["加粗"]}, "了"]));
    assert_eq!(spans(r"\*a\* snake_case_name 2 * 3 * 4"), json!(["*a* snake_case_name 2 * 3 * 4"]));
}

#[test]
fn one_tilde_strikes_nothing() {
    assert_eq!(spans("好的~谢谢~再见"), json!(["好的~谢谢~再见"]));
    assert_eq!(spans("~a *b* c~"), json!(["~a ", {"type": "italic", "spans": ["b"]}, " c~"]));
}

#[test]
fn lines_and_blank_lines_stay() {
    assert_eq!(spans("a\nb  \nc\\\nd"), json!(["a", br(), "b", br(), "c", br(), "d"]));
    assert_eq!(spans("a\n\nb"), json!(["a", br(), br(), "b"]));
    assert_eq!(spans("\na\n \n\n\nb\n\n"), json!(["a", br(), br(), br(), br(), "b"]));
    assert_eq!(spans("> a\n>\n> b"), json!([{"type": "quote", "spans": ["a", br(), br(), "b"]}]));
}

#[test]
fn code_keeps_every_character() {
    assert_eq!(
        spans("```rust\nlet x = \"<b>&amp;**@ann** https://a.bc\";\n\n\ty[0]: 1\n```\nok"),
        json!([{"type": "code_block", "lang": "rust", "text": "let x = \"<b>&amp;**@ann** https://a.bc\";\n\n\ty[0]: 1\n"}, "ok"])
    );
    assert_eq!(spans("```\na"), json!([{"type": "code_block", "text": "a"}]));
    assert_eq!(spans("```run this\na\n```"), json!([{"type": "code_block", "text": "run this\na\n"}]));
    assert_eq!(spans("```a&#7;[b]:\nc"), json!([{"type": "code_block", "text": "a&#7;[b]:\nc"}]));
    assert_eq!(spans("``` `a[0]: b` ```"), json!([{"type": "code", "text": "`a[0]: b`"}]));
}

#[test]
fn quotes_and_lists_nest() {
    assert_eq!(
        spans("> a\n> > b\n\nc"),
        json!([{"type": "quote", "spans": ["a", {"type": "quote", "spans": ["b"]}]}, "c"])
    );
    assert_eq!(
        spans("todo:\n- a\n- b\n  1. c\n  2. d"),
        json!(["todo:", {"type": "list", "items": [["a"], ["b", {"type": "list", "start": 1, "items": [["c"], ["d"]]}]]}])
    );
    assert_eq!(spans("7) a\n\n8) b"), json!([{"type": "list", "start": 7, "items": [["a"], ["b"]]}]));
}

#[test]
fn links_lead_to_the_web_and_to_mail() {
    assert_eq!(
        spans("[a *b*](https://a.bc/?x=1&y) <https://a.bc> <ann@a.bc>"),
        json!([{"type": "link", "url": "https://a.bc/?x=1&y", "spans": ["a ", {"type": "italic", "spans": ["b"]}]}, " ",
            {"type": "link", "url": "https://a.bc", "spans": ["https://a.bc"]}, " ",
            {"type": "link", "url": "mailto:ann@a.bc", "spans": ["ann@a.bc"]}])
    );
    for blank in ["", " ", "\u{200b}"] {
        assert_eq!(plain(&format!("[{blank}](https://a.bc)")), "https://a.bc");
    }
    assert_eq!(
        spans("看 https://a.bc/x_y_z。"),
        json!(["看 ", {"type": "link", "url": "https://a.bc/x_y_z", "spans": ["https://a.bc/x_y_z"]}, "。"])
    );
}

#[test]
fn links_elsewhere_are_shown_as_typed() {
    for raw in [
        "[x](javascript:alert(1))",
        "[x](JaVaScript:alert(1))",
        "[x](java&#10;script:alert(1))",
        "[x](data:text/html,x)",
        "[x](vbscript:x)",
        "[x](//a.bc)",
        "[x](/a)",
        "[x](#a)",
        "[x]()",
        "<javascript:alert(1)>",
        "[x]( https:x )",
    ] {
        assert_eq!(spans(raw), json!([raw]), "{raw}");
    }
    assert_eq!(plain("[x](https://a&#10;b)"), "[x](https://a&#10;b)");
    assert_eq!(plain("[x](https://a.bc \"a title\")"), "[x](https://a.bc \"a title\")");
    assert_eq!(plain("![alt](https://a.bc/x.png)"), "![alt](https://a.bc/x.png)");
}

#[test]
fn html_is_text() {
    for raw in
        ["<script>alert(1)</script>", "a <img src=x onerror=alert(1)> b", "&lt;b&gt; &nbsp; &#0; &#8203;", "<!-- x -->"]
    {
        assert_eq!(spans(raw), json!([raw]), "{raw}");
    }
    assert_eq!(spans("<div>\n*a*\n</div>"), json!(["<div>", br(), "*a*", br(), "</div>"]));
    assert_eq!(spans("> <p>\n> a"), json!([{"type": "quote", "spans": ["<p>", br(), "a"]}]));
}

#[test]
fn what_has_no_span_is_shown_as_typed() {
    for raw in [
        "# a",
        "## a ##",
        "#",
        "---",
        "***",
        "+",
        "-",
        "1.",
        ">",
        "```",
        "| a | b |",
        "[^1]: note",
        "[a]: https",
        "    a",
    ] {
        assert_eq!(plain(raw).trim(), raw.trim(), "{raw}");
    }
    assert_eq!(spans("a\n---\nb"), json!(["a", br(), "---", br(), "b"]));
    assert_eq!(spans("a\n# b\nc"), json!(["a", br(), "# b", br(), "c"]));
    assert_eq!(spans("x\n\n    a\n      b"), json!(["x", br(), br(), "a", br(), "      b"]));
    assert_eq!(spans("> a\n> ==="), json!([{"type": "quote", "spans": ["a", br(), "==="]}]));
    assert_eq!(spans("- a\n  # b"), json!([{"type": "list", "items": [["a", br(), "# b"]]}]));
}

#[test]
fn definitions_do_not_vanish() {
    assert_eq!(
        spans("[a]: https://a.bc\n[a]: x 'y'\n\n[a]"),
        json!(["[a]: ", {"type": "link", "url": "https://a.bc", "spans": ["https://a.bc"]}, br(), "[a]: x 'y'", br(), br(), "[a]"])
    );
}

#[test]
fn emphasis_does_not_break_addresses() {
    for url in ["https://a.bc/__init__.py", "https://a.bc/_next_/x", "https://a.bc/a*b*c"] {
        assert_eq!(spans(url), json!([{"type": "link", "url": url, "spans": [url]}]));
    }
    let link = json!({"type": "link", "url": "https://a.bc/x", "spans": ["https://a.bc/x"]});
    assert_eq!(
        spans("**https://a.bc/x** _https://a.bc/x_"),
        json!([{"type": "bold", "spans": [link.clone()]}, " ", {"type": "italic", "spans": [link]}])
    );
}

#[test]
fn nests_and_floods_give_a_right_answer() {
    for sign in [
        "[", ">", "*", "`", "_", "~", "!", "<", "(", "> ", "- ", "[a](", "*a ", "`a", "~~a", "<a", "![", "&", "\\",
        "]:", "1. ", "**a_",
    ] {
        let raw = sign.repeat(10_000 / sign.len());
        let signs = |text: &str| text.chars().filter(|c| !c.is_whitespace()).count();
        match parse(&raw) {
            None => {}
            Some(_) if sign == "\\" => {}
            Some(spans) => {
                assert!(count(&spans) <= SPANS_MAX);
                assert_eq!(signs(&plain(&raw)), signs(&raw), "{sign}");
            }
        }
    }
    assert!(parse(&format!("{}a", "> ".repeat(15))).is_some());
    assert_eq!(parse(&format!("{}a", "> ".repeat(16))), None);
}

proptest! {
    #[test]
    fn plain_text_keeps_every_visible_character(text in "[\\p{L}\\p{M}\\p{Nd}\\p{So} ,.?;'\"%/\u{ff0c}\u{3002}\n]{0,80}") {
        let visible = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
        // A number and a dot begin a list, whose numbers its reader counts.
        prop_assume!(!text.lines().any(|line| line.trim_start().starts_with(|c: char| c.is_ascii_digit())));
        prop_assert_eq!(visible(&plain(&text)), visible(&text));
    }
}
