//! Pages by key: a query asks for one row more than it shows, and the extra one says that there is more.

/// Cuts the extra row off and says whether it was there.
pub fn cut<T>(rows: &mut Vec<T>, limit: i64) -> bool {
    let limit = usize::try_from(limit).unwrap_or(0);
    let more = rows.len() > limit;
    rows.truncate(limit);
    more
}
