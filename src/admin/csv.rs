//! Tables as files: comma-separated values (RFC 4180) in UTF-8, told page by page as the reader takes them.

use std::future::Future;

use actix_web::{HttpResponse, http::header, web::Bytes};
use futures_util::{Stream, stream};

use crate::error::{AppError, AppResult};

/// Rows that one query reads. No transaction stays open while a page is on its way.
pub const ROWS: i64 = 1_000;

/// Spreadsheets take a file for UTF-8 only where it begins with this.
const MARK: &str = "\u{feff}";

/// One line. A field that a spreadsheet would take for a formula begins with an apostrophe instead.
pub fn line<'a>(fields: impl IntoIterator<Item = &'a str>) -> String {
    let fields: Vec<String> = fields.into_iter().map(field).collect();
    fields.join(",") + "\r\n"
}

fn field(text: &str) -> String {
    let risky = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
    let text = if risky { format!("'{text}") } else { text.to_owned() };
    match text.contains(['"', ',', '\r', '\n']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text,
    }
}

/// A file of this name. `more` is asked for the lines behind a place until it names none; a fault breaks the file off, so that half
/// of one is not taken for the whole.
pub fn file<P, F>(name: &str, head: &[&str], first: P, more: impl FnMut(P) -> F + 'static) -> HttpResponse
where
    P: 'static,
    F: Future<Output = AppResult<(String, Option<P>)>> + 'static,
{
    let head = format!("{MARK}{}", line(head.iter().copied()));
    HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
        .streaming(Box::pin(lines(head, first, more)))
}

fn lines<P, F>(head: String, first: P, more: impl FnMut(P) -> F) -> impl Stream<Item = Result<Bytes, AppError>>
where
    F: Future<Output = AppResult<(String, Option<P>)>>,
{
    stream::unfold((Some(head), Some(first), more), async |(head, place, mut more)| {
        if let Some(head) = head {
            return Some((Ok(Bytes::from(head)), (None, place, more)));
        }
        match more(place?).await {
            Ok((lines, next)) => Some((Ok(Bytes::from(lines)), (None, next, more))),
            Err(error) => {
                error.log();
                Some((Err(error), (None, None, more)))
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_quoted_where_they_must_and_formulas_are_none() {
        assert_eq!(line(["a", "b c", "许安", ""]), "a,b c,许安,\r\n");
        assert_eq!(line(["a,b", "say \"no\"", "two\nlines"]), "\"a,b\",\"say \"\"no\"\"\",\"two\nlines\"\r\n");
        assert_eq!(line(["=1+1", "+1", "-1", "@x", "\tx"]), "'=1+1,'+1,'-1,'@x,'\tx\r\n");
        assert_eq!(line(["=cmd|' /C calc'!A0,1"]), "\"'=cmd|' /C calc'!A0,1\"\r\n");
        assert_eq!(line(["a=b", "5-3"]), "a=b,5-3\r\n");
    }
}
