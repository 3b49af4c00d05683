//! The addresses in and around a table: sorted otherwise, the pages beside this one, all filters taken away. Each keeps the rest.

use std::collections::BTreeMap;

use serde::Serialize;
use url::form_urlencoded;

use crate::admin::table::{Column, Page, Slice, cursor::Cursor};

/// Filters by name, as they stand in the query string; an empty one is absent.
pub type Filters = BTreeMap<&'static str, String>;

/// What a template needs for the head and the foot of its table.
#[derive(Debug, Clone, Serialize)]
pub struct Links {
    /// What the filters say, by name; empty where nothing is asked.
    pub filters: Filters,
    /// Is anything asked?
    pub filtered: bool,
    /// The table as it is sorted, without filters.
    pub clear: String,
    /// The filters and the order, for a link to the same rows in another form; begins with `?`, or is empty.
    pub query: String,
    /// As in `?sort=`; empty where nothing was said.
    pub sort: String,
    /// A sort link for each column.
    pub columns: BTreeMap<&'static str, SortLink>,
    /// The page before this one.
    pub previous: Option<String>,
    /// The page behind this one.
    pub next: Option<String>,
}

/// What the head of a column says.
#[derive(Debug, Clone, Serialize)]
pub struct SortLink {
    /// Sorts by it; the other way where the table is sorted by it already.
    pub href: String,
    /// `ascending` or `descending` where the table is sorted by it, else empty.
    pub state: &'static str,
}

impl Links {
    /// The links of a page of a table. `column`, `descending` are the order without `?sort=`; `place` says where a row lies.
    pub fn new<C: Column, T>(
        filters: Filters,
        page: &Page<C>,
        (column, descending): (C, bool),
        slice: &Slice<T>,
        place: impl Fn(&T) -> Cursor,
    ) -> Self {
        let is_usual = page.column == column && page.descending == descending;
        let sort = if is_usual { String::new() } else { sort(page.column, page.descending) };
        let with = |sort: &str, more: Option<(&str, String)>| {
            let mut pairs: Vec<(&str, &str)> = filters.iter().map(|(name, value)| (*name, value.as_str())).collect();
            pairs.push(("sort", sort));
            if let Some((name, value)) = &more {
                pairs.push((name, value));
            }
            query(&pairs)
        };
        let columns = C::ALL.iter().map(|column| (column.as_str(), sort_link(*column, page, &with))).collect();
        let beside = |is_there: bool, row: Option<&T>, name| {
            row.filter(|_| is_there).map(|row| address(&with(&sort, Some((name, place(row).encode())))))
        };
        Self {
            filtered: filters.values().any(|value| !value.is_empty()),
            clear: address(&query(&[("sort", &sort)])),
            query: with(&sort, None),
            columns,
            previous: beside(slice.earlier, slice.rows.first(), "before"),
            next: beside(slice.later, slice.rows.last(), "after"),
            filters,
            sort,
        }
    }
}

fn sort_link<C: Column>(column: C, page: &Page<C>, with: &impl Fn(&str, Option<(&str, String)>) -> String) -> SortLink {
    let is_sorted = page.column == column;
    let state = match (is_sorted, page.descending) {
        (false, _) => "",
        (true, true) => "descending",
        (true, false) => "ascending",
    };
    SortLink { href: address(&with(&sort(column, is_sorted && !page.descending), None)), state }
}

fn sort<C: Column>(column: C, descending: bool) -> String {
    format!("{}{}", if descending { "-" } else { "" }, column.as_str())
}

/// `?name=value&…` of what is not empty; nothing where all is empty.
pub fn query(pairs: &[(&str, &str)]) -> String {
    let given = pairs.iter().filter(|(_, value)| !value.is_empty());
    let text = form_urlencoded::Serializer::new(String::new()).extend_pairs(given).finish();
    if text.is_empty() { text } else { format!("?{text}") }
}

/// A link to this page with that query; an empty one would lead to the query there is.
fn address(query: &str) -> String {
    if query.is_empty() { "?".to_owned() } else { query.to_owned() }
}
