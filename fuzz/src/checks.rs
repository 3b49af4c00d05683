//! What must hold for any bytes at all. A panic is a find.
#![allow(dead_code, reason = "each target checks one thing")]

use std::{io::Cursor as Bytes, time::Duration};

use parlor::{
    chat::{
        doors::cursor::Cursor,
        guard::{Limits, headers::Headers},
        protocol::ClientFrame,
    },
    message::{
        body::{
            Body,
            span::{self, Span},
        },
        search::query::Query,
    },
    upload::image::{
        process::{Mode, process, process_avatar, read},
        sniff::Kind,
        walk::walk,
    },
};

/// Bytes on a socket are judged alike in any pieces, and a text is a frame or is answered.
pub fn frames(bytes: &[u8]) {
    let judge = |size: usize| {
        let mut headers = Headers::new(Limits::default());
        let mut good = 0;
        for piece in bytes.chunks(size.max(1)) {
            if let Err(violation) = headers.feed(piece, Duration::ZERO) {
                assert!(violation.good <= piece.len());
                return Err(violation.code);
            }
            good += piece.len();
        }
        assert_eq!(good, bytes.len());
        Ok(())
    };
    let whole = judge(bytes.len());
    let size = bytes.first().map_or(1, |byte| usize::from(*byte % 16) + 1);
    assert_eq!(judge(size), whole);
    assert_eq!(judge(1), whole);
    if let Ok(text) = std::str::from_utf8(bytes) {
        match ClientFrame::parse(text) {
            Ok(frame) => assert!(frame.reference().is_none_or(|reference| text.len() >= reference.len())),
            Err(bad) => assert!(bad.reference.is_none_or(|reference| reference.len() <= 64)),
        }
    }
}

/// A text is refused, or has spans within their bounds that are written and read alike, and whose links lead to the web or to mail.
pub fn texts(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(body) = Body::parse(&text, 4_000) {
        assert!(!body.spans().is_empty());
        assert!(span::count(body.spans()) <= span::SPANS_MAX);
        let json = serde_json::to_string(body.spans()).expect("spans are JSON");
        assert_eq!(serde_json::from_str::<Vec<Span>>(&json).expect("and back"), body.spans());
        links(body.spans(), 0);
        assert_eq!(Body::parse(body.text(), 4_000).as_ref(), Ok(&body), "what was taken is taken again");
    }
    if let Ok(query) = Query::parse(&text) {
        let found = query.hits(&text).unwrap_or_default();
        assert!(found.iter().all(|hit| text.is_char_boundary(hit.start) && text.is_char_boundary(hit.end)));
    }
    let _ = Cursor::parse(&text);
}

fn links(spans: &[Span], depth: usize) {
    assert!(depth <= span::DEPTH_MAX);
    for span in spans {
        match span {
            Span::Link { url, spans } => {
                let scheme = url.split(':').next().unwrap_or_default().to_ascii_lowercase();
                assert!(["http", "https", "mailto"].contains(&scheme.as_str()), "{url}");
                links(spans, depth + 1);
            }
            Span::Bold { spans }
            | Span::Italic { spans }
            | Span::Strike { spans }
            | Span::Quote { spans }
            | Span::Action { spans } => links(spans, depth + 1),
            Span::List { items, .. } => items.iter().for_each(|item| links(item, depth + 1)),
            _ => {}
        }
    }
}

/// A file is refused, or becomes a picture of a kind we serve within its budget, whose container can be walked again.
pub fn pictures(bytes: &[u8]) {
    const BUDGET: usize = 100_000;
    if let Some(kind) = Kind::sniff(bytes)
        && let Ok(outline) = walk(kind, bytes)
    {
        let stripped = outline.stripped(Bytes::new(bytes)).expect("it is read from memory");
        assert!(walk(kind, &stripped).is_ok(), "what is stripped can be walked again");
    }
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), bytes).expect("it is written");
    let Ok(read) = read(file.path()) else { return };
    for mode in [Mode::Budget(BUDGET), Mode::Original(BUDGET)] {
        if let Ok(done) = process(&read, mode) {
            assert_eq!(Kind::sniff(&done.bytes), Some(done.kind));
            assert!(done.bytes.len() <= BUDGET && done.width > 0 && done.height > 0);
        }
    }
    let _ = process_avatar(&read);
}
