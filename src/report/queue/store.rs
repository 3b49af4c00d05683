//! The queue in SQL.

use chrono::NaiveDateTime;
use diesel::{dsl::min, prelude::*};

use crate::db::{connection::AnyConnection, schema::reports};

/// Since when the oldest report waits.
pub fn oldest_open(conn: &mut AnyConnection) -> QueryResult<Option<NaiveDateTime>> {
    reports::table.filter(reports::settled_at.is_null()).select(min(reports::created_at)).first(conn)
}
