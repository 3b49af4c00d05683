//! Reports in SQL.

use diesel::{dsl::count, prelude::*};

use crate::db::{connection::AnyConnection, schema::reports};

/// How many reported messages wait.
pub fn count_open(conn: &mut AnyConnection) -> QueryResult<i64> {
    reports::table
        .filter(reports::settled_at.is_null())
        .select(count(reports::message_id).aggregate_distinct())
        .first(conn)
}
