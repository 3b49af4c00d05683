//! The presets of a new installation, in the language of whoever sets it up.

use crate::{
    db::connection::AnyConnection,
    error::AppResult,
    preset::{content::Content, store},
    web::locale::Locale,
};

/// How long the first countdowns take, in seconds.
const SECONDS: i64 = 100;

/// Label and text of the three: what opens the orders, what closes them, what only counts.
fn words(locale: Locale) -> [(&'static str, &'static str); 3] {
    match locale {
        Locale::En => [
            ("Start orders", "Orders are open"),
            ("Stop orders", "Orders are closed"),
            ("Countdown", "The countdown has begun"),
        ],
        Locale::ZhCn => [("开始下单", "开始下单"), ("停止下单", "停止下单"), ("倒计时", "倒计时开始")],
    }
}

/// Makes them, once in the life of a database; for the transaction that makes the first admin.
///
/// # Errors
/// When the database fails.
pub fn plant(conn: &mut AnyConnection, locale: Locale) -> AppResult<()> {
    if !store::note_seeded(conn)? || store::count(conn)? > 0 {
        return Ok(());
    }
    let content =
        words(locale).map(|(label, text)| Content { label: label.into(), text: text.into(), ..Content::default() });
    let [open, close, count] = content;
    let first = store::insert(conn, &open, None)?;
    let second = store::insert(conn, &close, None)?;
    store::insert(conn, &Content { countdown_seconds: Some(SECONDS), ..count }, None)?;
    store::follow_with(conn, first, SECONDS, second)?;
    Ok(())
}
