//! Anything at all: what the fuzz targets check, bounded, and any text that is one through the server into its database and back.

#[path = "../../../fuzz/src/checks.rs"]
mod checks;

use parlor::message::body::Body;
use proptest::{
    prelude::*,
    strategy::{Strategy, ValueTree as _},
    test_runner::TestRunner,
};
use serde_json::json;

use crate::support::{client::Answer, fresh_id, picture::png, server::Server};

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_break_the_frames(bytes in framed()) {
        checks::frames(&bytes);
    }

    #[test]
    fn no_text_breaks_what_reads_texts(text in written()) {
        checks::texts(text.as_bytes());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn no_file_breaks_the_pictures(bytes in pictured()) {
        checks::pictures(&bytes);
    }
}

/// Bytes; or frames that are nearly good; or JSON that is nearly a frame.
fn framed() -> impl Strategy<Value = Vec<u8>> {
    let bytes = || prop::collection::vec(any::<u8>(), 0..300);
    let first = prop::sample::select(vec![0x81, 0x01, 0x00, 0x80, 0x82, 0x88, 0x89, 0x8a, 0xc1, 0x8b]);
    let frame = (first, 0u8..=127, any::<bool>(), bytes()).prop_map(|(first, length, masked, payload)| {
        [vec![first, length | if masked { 0x80 } else { 0 }, 1, 2, 3, 4], payload].concat()
    });
    let text = "\\{\"type\":\"(send|edit|read|resume|react|typing|x)\"(,\"(ref|client_id|room|id|seq|text|rooms|cursor|on|emoji)\":(1|-1|1e9|\"x\"|null|\\{\\}|\\[\\]|true|\"\\\\u0000\")){0,6}\\}";
    prop_oneof![
        bytes(),
        prop::collection::vec(frame, 1..4).prop_map(|frames| frames.concat()),
        text.prop_map(String::into_bytes)
    ]
}

/// Texts of all planes, of markup, and of what databases and searches have words for.
fn written() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "**",
        "_",
        "~~",
        "`",
        "```",
        "\n",
        "> ",
        "- ",
        "1. ",
        "[",
        "](",
        ")",
        "http://a.b/",
        "javascript:",
        "mailto:a@b.c",
        "@",
        "@all",
        "/me ",
        "%",
        "_%",
        "\\",
        "'",
        "''",
        "\"",
        "\"; --",
        "$1",
        "?1",
        ":x",
        "NEAR(",
        "*",
        " OR ",
        "\u{0}",
        "\u{1}",
        "\u{202e}",
        "\u{200d}",
        "\u{feff}",
        "\u{fffd}",
        "\u{10ffff}",
        "e\u{301}",
        "é",
        "ﬁ",
        "Ⅷ",
        "ß",
        "İ",
        "字",
        "电池",
        "ไทย",
        "가",
        "ㅎ",
        "🎉",
        "👩‍👩‍👧",
        "🇨🇳",
        "\t",
        "  ",
        "\r\n",
        "\u{2028}",
    ]);
    prop_oneof![any::<String>(), prop::collection::vec(pieces, 1..40).prop_map(|pieces| pieces.concat()), "\\PC{1,80}"]
}

/// A picture of which some bytes are others, or some are missing; or bytes behind a magic.
fn pictured() -> impl Strategy<Value = Vec<u8>> {
    let changes = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..12);
    let broken = (changes, any::<prop::sample::Index>(), any::<bool>()).prop_map(|(changes, length, cut)| {
        let mut bytes = png(20, 14, [10, 200, 90]);
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        if cut {
            bytes.truncate(length.index(bytes.len()));
        }
        bytes
    });
    let magics = prop::sample::select(vec![
        b"\x89PNG\r\n\x1a\n".to_vec(),
        b"GIF89a".to_vec(),
        b"\xff\xd8\xff\xe0".to_vec(),
        b"RIFF\x10\0\0\0WEBPVP8 ".to_vec(),
    ]);
    let random = (magics, prop::collection::vec(any::<u8>(), 0..500)).prop_map(|(magic, rest)| [magic, rest].concat());
    prop_oneof![broken, random]
}

#[tokio::test]
async fn any_text_that_is_one_comes_back_from_the_database_as_it_was() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let (lobby, mut tab) = (ann.lobby().await, ann.connect().await);
    let (mut runner, strategy) = (TestRunner::default(), written());
    let mut stored = Vec::new();
    for _ in 0..300 {
        let text = strategy.new_tree(&mut runner).unwrap().current();
        let answer: Answer = ann.send(lobby, &fresh_id(), &text).await;
        let Ok(body) = Body::parse(&text, 4_000) else {
            assert_eq!(answer.status, 422, "{text:?}: {}", answer.body);
            continue;
        };
        assert_eq!(answer.status, 201, "{text:?}: {}", answer.body);
        let message = answer["message"].clone();
        assert_eq!(message["text"], body.text(), "{text:?}");
        let heard = tab.take("the change", |frame| frame["message"]["id"] == message["id"]).await;
        assert_eq!(heard["message"], message, "{text:?}");
        stored.push(message);
        // The search takes it, too, and finds it or says why it does not look.
        let query: String = text.chars().take(200).collect();
        let query: String = query.bytes().map(|byte| format!("%{byte:02X}")).collect();
        ann.get(&format!("search?q={query}")).await.any_of(&[200, 422]);
    }
    assert!(stored.len() > 100, "texts are hardly ever good: {}", stored.len());
    for message in stored.iter().step_by(3) {
        let read = ann.get(&format!("messages/{}", message["id"])).await.is(200);
        assert_eq!(read["message"], *message);
        let edit = json!({"text": format!("{} edited", message["text"].as_str().unwrap())});
        ann.patch(&format!("messages/{}", message["id"]), edit).await.any_of(&[200, 422]);
    }
}
