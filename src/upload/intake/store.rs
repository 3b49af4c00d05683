//! Blobs in SQL, as they come.

use std::ops::RangeInclusive;

use chrono::NaiveDateTime;
use diesel::{
    dsl::{exists, sql},
    prelude::*,
    sql_types::BigInt,
};

use crate::{
    db::{
        connection::AnyConnection,
        schema::{blobs, upload_hours},
    },
    id::UserId,
    on_each,
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

/// Stores a blob, which is still to be added to what everybody has stored.
pub fn insert_blob(conn: &mut AnyConnection, blob: &NewBlob) -> QueryResult<i64> {
    diesel::insert_into(blobs::table).values(blob.clone()).returning(blobs::id).get_result(conn)
}

/// Bytes that a person has stored.
pub fn stored_by(conn: &mut AnyConnection, owner: UserId) -> QueryResult<i64> {
    let sum = sql::<BigInt>("CAST(COALESCE(SUM(stored_bytes), 0) AS BIGINT)");
    blobs::table.filter(blobs::owner_id.eq(owner)).select(sum).get_result(conn)
}

/// What a person uploaded within an hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Queryable)]
pub struct Hour {
    /// Since 1970.
    pub hour: i64,
    /// Pictures.
    pub uploads: i64,
    /// Bytes that were stored for them.
    pub bytes: i64,
}

/// A person's hours among these, the oldest first.
pub fn hours_of(conn: &mut AnyConnection, owner: UserId, hours: RangeInclusive<i64>) -> QueryResult<Vec<Hour>> {
    upload_hours::table
        .filter(upload_hours::owner_id.eq(owner).and(upload_hours::hour.between(*hours.start(), *hours.end())))
        .order(upload_hours::hour)
        .select((upload_hours::hour, upload_hours::uploads, upload_hours::bytes))
        .load(conn)
}

/// Counts an upload.
pub fn count_upload(conn: &mut AnyConnection, owner: UserId, hour: i64, bytes: i64) -> QueryResult<usize> {
    let first = (
        upload_hours::owner_id.eq(owner),
        upload_hours::hour.eq(hour),
        upload_hours::uploads.eq(1),
        upload_hours::bytes.eq(bytes),
    );
    on_each!(conn, |conn| diesel::insert_into(upload_hours::table)
        .values(first)
        .on_conflict((upload_hours::owner_id, upload_hours::hour))
        .do_update()
        .set((upload_hours::uploads.eq(upload_hours::uploads + 1), upload_hours::bytes.eq(upload_hours::bytes + bytes)))
        .execute(conn))
}

/// Forgets a person's hours but these: the old ones, and those of a clock that was ahead.
pub fn forget_hours_but(conn: &mut AnyConnection, owner: UserId, hours: RangeInclusive<i64>) -> QueryResult<usize> {
    let others = upload_hours::hour.lt(*hours.start()).or(upload_hours::hour.gt(*hours.end()));
    diesel::delete(upload_hours::table.filter(upload_hours::owner_id.eq(owner).and(others))).execute(conn)
}
