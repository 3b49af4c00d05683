//! Settings in SQL.

use diesel::prelude::*;
use serde_json::Value;

use crate::{
    db::{connection::AnyConnection, schema::settings, time::now},
    id::UserId,
    on_each,
    setting::Raw,
};

/// All that are stored; what is no JSON is left out.
pub fn all(conn: &mut AnyConnection) -> QueryResult<Raw> {
    let rows: Vec<(String, String)> = settings::table.select((settings::name, settings::value)).load(conn)?;
    Ok(rows.into_iter().filter_map(|(name, value)| Some((name, serde_json::from_str(&value).ok()?))).collect())
}

/// Stores one.
pub fn set(conn: &mut AnyConnection, name: &str, value: &Value, by: UserId) -> QueryResult<usize> {
    let (value, at) = (value.to_string(), now());
    let values = (settings::value.eq(&value), settings::updated_at.eq(at), settings::updated_by.eq(Some(by.0)));
    on_each!(conn, |conn| diesel::insert_into(settings::table)
        .values((settings::name.eq(name), values))
        .on_conflict(settings::name)
        .do_update()
        .set(values)
        .execute(conn))
}

/// Goes back to the default.
pub fn delete(conn: &mut AnyConnection, name: &str) -> QueryResult<usize> {
    diesel::delete(settings::table.find(name)).execute(conn)
}
