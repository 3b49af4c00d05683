//! HTTP/1.1 as the generator speaks it: requests as bytes, answers with a `Content-Length`.

use std::io;

/// Headers an answer may have.
const HEADERS: usize = 48;

/// An answer.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    /// Its status.
    pub status: u16,
    /// Its entity tag, if it has one.
    pub etag: Option<&'a str>,
    /// Its body.
    pub body: &'a [u8],
    /// All of it, in bytes.
    pub length: usize,
}

/// The first answer in `bytes`; none while it is not whole.
///
/// # Errors
/// What is no HTTP, or an answer without a length.
pub fn split(bytes: &[u8]) -> io::Result<Option<Answer<'_>>> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS];
    let mut head = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(start) = head.parse(bytes).map_err(io::Error::other)? else { return Ok(None) };
    let status = head.code.unwrap_or_default();
    let find = |name: &str| {
        let header = head.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name))?;
        std::str::from_utf8(header.value).ok()
    };
    let length = match (status, find("content-length")) {
        (101 | 204 | 304, _) => 0,
        (_, Some(length)) => length.parse().map_err(io::Error::other)?,
        (_, None) => return Err(io::Error::other("an answer without a length")),
    };
    let etag = find("etag");
    let end = start + length;
    Ok((bytes.len() >= end).then(|| Answer { status, etag, body: &bytes[start..end], length: end }))
}

/// A request, ready to be written.
pub fn request(method: &str, path: &str, host: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut out = format!("{method} {path} HTTP/1.1\r\nhost: {host}\r\n");
    for (name, value) in headers {
        out.extend([*name, ": ", *value, "\r\n"]);
    }
    if !body.is_empty() {
        out.push_str(&format!("content-length: {}\r\n", body.len()));
    }
    out.push_str("\r\n");
    let mut out = out.into_bytes();
    out.extend(body);
    out
}

/// The request that opens the chat's socket.
pub fn upgrade(host: &str, cookie: &str) -> Vec<u8> {
    let origin = format!("http://{host}");
    let headers = [
        ("origin", origin.as_str()),
        ("cookie", cookie),
        ("connection", "upgrade"),
        ("upgrade", "websocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "cGFybG9yIGJlbmNoIGtleQ=="),
    ];
    request("GET", "/ws/chat/", host, &headers, &[])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(bytes: &[u8]) -> Answer<'_> {
        split(bytes).expect("it is HTTP").expect("it is whole")
    }

    #[test]
    fn answers_are_found_one_after_another() {
        let bytes = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nETag: \"a\"\r\n\r\nhiHTTP/1.1 304 Not Modified\r\n\r\n";
        let one = first(bytes);
        assert_eq!((one.status, one.etag, one.body), (200, Some("\"a\""), &b"hi"[..]));
        let other = first(&bytes[one.length..]);
        assert_eq!((other.status, other.length), (304, bytes.len() - one.length));
        assert!(matches!(split(&bytes[..one.length - 1]), Ok(None)));
    }

    #[test]
    fn an_answer_without_a_length_is_refused() {
        assert!(split(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").is_err());
    }
}
