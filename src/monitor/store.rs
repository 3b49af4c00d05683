//! Does the database answer? In SQL.

use diesel::prelude::*;

use crate::db::{connection::AnyConnection, schema::meta};

/// Reads the one row that is always there.
pub fn probe(conn: &mut AnyConnection) -> QueryResult<i64> {
    meta::table.select(meta::commit_no).first(conn)
}
