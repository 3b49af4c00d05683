//! What the console's tables share: filters, sorting and pages, all of it in the query string.
//!
//! A page begins behind (`?after=`) or ends before (`?before=`) a [`Cursor`], which holds the row's sort key and its id, so that rows
//! with the same key are neither skipped nor told twice. What a query string says is checked here, once; a store takes a [`Page`] and
//! orders its query with [`keyset!`](crate::keyset).

pub mod confirm;
pub mod cursor;
pub mod fields;
pub mod links;

use serde::{Deserialize, Serialize};

use crate::{
    admin::table::cursor::{Cursor, Kind},
    error::{AppError, AppResult},
};

/// Rows of a page on the console's own pages.
pub const ROWS: i64 = 50;

/// Most rows an answer of the API has.
pub const MOST: i64 = 100;

/// What a table can be sorted by.
pub trait Column: Copy + PartialEq + 'static {
    /// Every column that sorts.
    const ALL: &'static [Self];

    /// As in the query string, such as `seen`.
    fn as_str(self) -> &'static str;

    /// The type of its key.
    fn kind(self) -> Kind;
}

/// The part of a query string that all tables understand. Give it to a struct with `#[serde(flatten)]`.
#[derive(Debug, Clone, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// A column's name; with `-` in front, the largest first.
    pub sort: Option<String>,
    /// Where the page before ended.
    pub after: Option<String>,
    /// Where the page after begins.
    pub before: Option<String>,
    /// Rows, at most 100; 50 by default.
    pub limit: Option<String>,
}

/// Where a page lies.
#[derive(Debug, Clone, PartialEq)]
enum Place {
    First,
    After(Cursor),
    Before(Cursor),
}

/// A page that was asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<C> {
    /// Sorted by this.
    pub column: C,
    /// The largest first?
    pub descending: bool,
    /// Rows at most.
    pub limit: i64,
    place: Place,
}

impl PageQuery {
    /// Checks what the query says. Without a `sort` the table is sorted by `column`, the largest first if `descending`.
    ///
    /// # Errors
    /// [`AppError::Invalid`] for a column, a cursor or a limit that does not exist, and for two cursors at once.
    pub fn check<C: Column>(&self, column: C, descending: bool, limit: i64) -> AppResult<Page<C>> {
        let (column, descending) = match self.sort.as_deref().filter(|sort| !sort.is_empty()) {
            None => (column, descending),
            Some(sort) => {
                let (name, descending) = sort.strip_prefix('-').map_or((sort, false), |name| (name, true));
                let column = C::ALL.iter().find(|column| column.as_str() == name);
                (*column.ok_or_else(|| invalid("sort", "is no column that sorts"))?, descending)
            }
        };
        let cursor = |name, text: &str| {
            Cursor::decode(text, column.kind()).ok_or_else(|| invalid(name, "is no place in this table"))
        };
        let place = match (given(&self.after), given(&self.before)) {
            (None, None) => Place::First,
            (Some(after), None) => Place::After(cursor("after", after)?),
            (None, Some(before)) => Place::Before(cursor("before", before)?),
            (Some(_), Some(_)) => return Err(invalid("before", "does not go with after")),
        };
        let limit = match given(&self.limit) {
            None => limit,
            Some(text) => text
                .parse()
                .ok()
                .filter(|limit| (1..=MOST).contains(limit))
                .ok_or_else(|| invalid("limit", "is a number from 1 to 100"))?,
        };
        Ok(Page { column, descending, limit, place })
    }
}

fn given(text: &Option<String>) -> Option<&str> {
    text.as_deref().filter(|text| !text.is_empty())
}

/// Something in the query string is nonsense.
pub fn invalid(name: &str, what: &str) -> AppError {
    AppError::Invalid(format!("{name} {what}."))
}

impl<C: Column> Page<C> {
    /// The first page, sorted by a column.
    pub fn first(column: C, descending: bool, limit: i64) -> Self {
        Self { column, descending, limit, place: Place::First }
    }

    /// The page behind a row.
    #[must_use]
    pub fn behind(self, cursor: Cursor) -> Self {
        Self { place: Place::After(cursor), ..self }
    }

    /// In which order the query reads: a page that ends before a row is read backwards.
    pub fn reads_descending(&self) -> bool {
        self.descending != matches!(self.place, Place::Before(_))
    }

    /// Behind which row the query begins.
    pub fn from(&self) -> Option<&Cursor> {
        match &self.place {
            Place::First => None,
            Place::After(cursor) | Place::Before(cursor) => Some(cursor),
        }
    }

    /// How many rows the query reads: one more than are shown, which says that there are more.
    pub fn reads(&self) -> i64 {
        self.limit + 1
    }

    /// Puts what was read in the table's order, and says whether there is more in both directions.
    pub fn cut<T>(&self, mut rows: Vec<T>) -> Slice<T> {
        let more = crate::db::page::cut(&mut rows, self.limit);
        match &self.place {
            Place::First => Slice { rows, earlier: false, later: more },
            Place::After(_) => Slice { rows, earlier: true, later: more },
            Place::Before(_) => {
                rows.reverse();
                Slice { rows, earlier: more, later: true }
            }
        }
    }
}

/// A page's rows.
#[derive(Debug, Clone)]
pub struct Slice<T> {
    /// In the table's order.
    pub rows: Vec<T>,
    /// There are rows before them.
    pub earlier: bool,
    /// There are rows behind them.
    pub later: bool,
}

/// The pages beside a page of the API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Beside {
    /// For `before`; null where there is no such page.
    #[schema(required)]
    pub previous: Option<String>,
    /// For `after`; null where there is no such page.
    #[schema(required)]
    pub next: Option<String>,
}

impl Beside {
    /// Those beside a slice.
    pub fn of<T>(slice: &Slice<T>, place: impl Fn(&T) -> Cursor) -> Self {
        let encoded = |is_there: bool, row: Option<&T>| row.filter(|_| is_there).map(|row| place(row).encode());
        Self { previous: encoded(slice.earlier, slice.rows.first()), next: encoded(slice.later, slice.rows.last()) }
    }
}

impl<T> Slice<T> {
    /// The same page of what is made of its rows.
    pub fn map<U>(self, make: impl FnMut(T) -> U) -> Slice<U> {
        Slice { rows: self.rows.into_iter().map(make).collect(), earlier: self.earlier, later: self.later }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Clone, Copy, PartialEq)]
    enum By {
        Name,
        Seen,
    }

    impl Column for By {
        const ALL: &'static [Self] = &[Self::Name, Self::Seen];

        fn as_str(self) -> &'static str {
            if self == Self::Name { "name" } else { "seen" }
        }

        fn kind(self) -> Kind {
            if self == Self::Name { Kind::Text } else { Kind::Time }
        }
    }

    fn query(text: &str) -> AppResult<Page<By>> {
        serde_urlencoded(text).check(By::Seen, true, ROWS)
    }

    fn serde_urlencoded(text: &str) -> PageQuery {
        actix_web::web::Query::<PageQuery>::from_query(text).expect("strings").into_inner()
    }

    #[test]
    fn nonsense_in_the_query_is_refused() {
        for text in ["sort=nobody", "sort=--seen", "after=!", "after=WyJ4Iiwx", "limit=0", "limit=101", "limit=x"] {
            assert!(matches!(query(text), Err(AppError::Invalid(_))), "{text}");
        }
        let place = Cursor::text("ann", 5).encode();
        assert!(query(&format!("after={place}")).is_err(), "a name is no time");
        assert!(query(&format!("sort=name&after={place}&before={place}")).is_err());
        assert!(query(&format!("sort=name&after={place}")).is_ok());
    }

    #[test]
    fn a_page_before_a_row_is_read_backwards_and_shown_forwards() {
        let place = Cursor::text("m", 5).encode();
        let page = query(&format!("sort=name&limit=2&before={place}")).expect("sense");
        assert!(page.reads_descending());
        let slice = page.cut(vec!["c", "b", "a"]);
        assert_eq!((slice.rows, slice.earlier, slice.later), (vec!["b", "c"], true, true));
        let page = query("sort=-name&limit=2").expect("sense");
        let slice = page.cut(vec!["z", "y"]);
        assert_eq!((slice.rows, slice.earlier, slice.later), (vec!["z", "y"], false, false));
    }
}
