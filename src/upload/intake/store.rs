//! Blobs in SQL, as they come.

use chrono::{NaiveDateTime, TimeDelta};
use diesel::{
    dsl::{exists, sql},
    prelude::*,
    sql_types::BigInt,
};

use crate::{
    db::{connection::AnyConnection, schema::blobs, time::now},
    id::UserId,
};

/// A blob to be stored.
#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = blobs)]
pub struct NewBlob {
    /// Whose.
    pub owner_id: UserId,
    /// See the migration.
    pub source_hash: Vec<u8>,
    /// Name of its files.
    pub key: String,
    /// Of the image.
    pub ext: &'static str,
    /// Of the small one.
    pub thumb_ext: &'static str,
    /// Of the image.
    pub mime: &'static str,
    /// Of both files.
    pub stored_bytes: i64,
    /// Of the image.
    pub bytes: i64,
    /// In pixels.
    pub width: i64,
    /// In pixels.
    pub height: i64,
    /// `#rrggbb`
    pub color: String,
    /// Does it move?
    pub animated: bool,
    /// Now.
    pub created_at: NaiveDateTime,
}

/// A blob that is there already.
#[derive(Debug, Queryable)]
pub struct Known {
    /// Its row.
    pub id: i64,
    /// Name of its files.
    pub key: String,
    /// Of the image.
    pub ext: String,
}

/// Has this person sent the same bytes before?
pub fn is_known(conn: &mut AnyConnection, owner: UserId, source_hash: &[u8]) -> QueryResult<bool> {
    let same = blobs::owner_id.eq(owner).and(blobs::source_hash.eq(source_hash));
    diesel::select(exists(blobs::table.filter(same))).get_result(conn)
}

/// The blob that a person made of the same bytes before, which stays to the end of the transaction: a room's messages may be erased
/// beside it, and with them its last use.
pub fn known(conn: &mut AnyConnection, owner: UserId, source_hash: &[u8]) -> QueryResult<Option<Known>> {
    let same = blobs::owner_id.eq(owner).and(blobs::source_hash.eq(source_hash));
    let known = blobs::table.filter(same).select((blobs::id, blobs::key, blobs::ext));
    match conn {
        AnyConnection::Pg(conn) => known.for_key_share().first(conn).optional(),
        AnyConnection::Sqlite(conn) => known.first(conn).optional(),
    }
}

/// Stores a blob.
pub fn insert_blob(conn: &mut AnyConnection, blob: &NewBlob) -> QueryResult<i64> {
    diesel::insert_into(blobs::table).values(blob.clone()).returning(blobs::id).get_result(conn)
}

/// What a person has stored, in bytes.
#[derive(Debug, Clone, Copy)]
pub struct Usage {
    /// All there is.
    pub total: i64,
    /// Of that, what came within a day.
    pub day: i64,
}

/// What a person has stored.
pub fn usage(conn: &mut AnyConnection, owner: UserId) -> QueryResult<Usage> {
    let sum = || sql::<BigInt>("CAST(COALESCE(SUM(stored_bytes), 0) AS BIGINT)");
    let yesterday = now() - TimeDelta::hours(24);
    let total = blobs::table.filter(blobs::owner_id.eq(owner)).select(sum()).get_result(conn)?;
    let recent = blobs::owner_id.eq(owner).and(blobs::created_at.gt(yesterday));
    let day = blobs::table.filter(recent).select(sum()).get_result(conn)?;
    Ok(Usage { total, day })
}
