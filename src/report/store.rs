//! Reports in SQL.

use diesel::{dsl::count_star, prelude::*};

use crate::db::{connection::AnyConnection, schema::reports};

/// How many wait.
pub fn count_open(conn: &mut AnyConnection) -> QueryResult<i64> {
    reports::table.filter(reports::settled_at.is_null()).select(count_star()).first(conn)
}
