//! Pages by key: a query asks for one row more than it shows, and the extra one says that there is more.

/// Cuts the extra row off and says whether it was there.
pub fn cut<T>(rows: &mut Vec<T>, limit: i64) -> bool {
    let limit = usize::try_from(limit).unwrap_or(0);
    let more = rows.len() > limit;
    rows.truncate(limit);
    more
}

/// Orders a boxed query by a key and an id, and has it begin behind a row: `keyset!(query, key, id, page, as_time)`, where `page` says
/// `reads_descending()` and `from()`, a place with an `id` and the key as that method gives it. A typed id names its type last.
#[macro_export]
macro_rules! keyset {
    ($query:expr, $key:expr, $id:expr, $page:expr, $get:ident) => {
        $crate::keyset!($query, $key, $id, $page, $get, ::std::convert::identity)
    };
    ($query:expr, $key:expr, $id:expr, $page:expr, $get:ident, $typed:path) => {{
        let from = $page.from().map(|place| (place.$get(), $typed(place.id)));
        match ($page.reads_descending(), from) {
            (false, None) => $query.order(($key.asc(), $id.asc())),
            (true, None) => $query.order(($key.desc(), $id.desc())),
            (false, Some((key, id))) => {
                $query.filter($key.gt(key.clone()).or($key.eq(key).and($id.gt(id)))).order(($key.asc(), $id.asc()))
            }
            (true, Some((key, id))) => {
                $query.filter($key.lt(key.clone()).or($key.eq(key).and($id.lt(id)))).order(($key.desc(), $id.desc()))
            }
        }
    }};
}
