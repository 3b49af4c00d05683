//! Uploads in SQL.
//!
//! Everything that writes here runs in the ordered lane, so that an upload is never linked, taken back and swept at once, and a blob
//! never goes while somebody comes to use it.

use std::collections::HashMap;

use chrono::{NaiveDateTime, TimeDelta};
use diesel::{
    dsl::{exists, not, sql},
    prelude::*,
    sql_types::BigInt,
};

use crate::{
    db::{
        connection::AnyConnection,
        schema::{blobs, messages, removed_files, uploads, users},
        time::now,
    },
    id::{MessageId, RoomId, UserId},
    on_each,
    upload::{key::Key, wire::Upload},
};

/// How long an upload waits for its message, in hours.
const WAIT_HOURS: i64 = 24;

/// Rows named in one statement; SQLite takes 32,766 parameters.
const SOME: usize = 10_000;

/// The columns of an [`Upload`].
type Row = (String, String, String, String, i64, i64, i64, String, bool, String);

const ROW: (
    uploads::key,
    blobs::ext,
    blobs::thumb_ext,
    blobs::mime,
    blobs::bytes,
    blobs::width,
    blobs::height,
    blobs::color,
    blobs::animated,
    uploads::name,
) = (
    uploads::key,
    blobs::ext,
    blobs::thumb_ext,
    blobs::mime,
    blobs::bytes,
    blobs::width,
    blobs::height,
    blobs::color,
    blobs::animated,
    uploads::name,
);

fn upload((id, ext, thumb_ext, mime, bytes, width, height, color, animated, name): Row) -> Upload {
    let (url, thumb_url) = (format!("/media/{id}.{ext}"), format!("/media/{id}-t.{thumb_ext}"));
    Upload { id, url, thumb_url, mime, bytes, width, height, color, animated, name }
}

/// Uploads by owner and key.
pub type Free = HashMap<(UserId, String), Upload>;

/// Of the uploads that these people want to send, those that they may: their own, in no message yet, and not about to be swept.
pub fn free(conn: &mut AnyConnection, wanted: &[(UserId, &str)]) -> QueryResult<Free> {
    let oldest = now() - TimeDelta::hours(WAIT_HOURS);
    let mut free = Free::new();
    for some in wanted.chunks(SOME) {
        let keys: Vec<&str> = some.iter().map(|(_, key)| *key).collect();
        let rows: Vec<(UserId, Row)> = uploads::table
            .inner_join(blobs::table)
            .filter(uploads::key.eq_any(keys).and(uploads::message_id.is_null()).and(uploads::created_at.gt(oldest)))
            .select((uploads::owner_id, ROW))
            .load(conn)?;
        free.extend(rows.into_iter().map(|(owner, row)| ((owner, row.0.clone()), upload(row))));
    }
    Ok(free)
}

/// Makes uploads parts of messages, in this order, all in one statement. They must come from [`free`] in the same transaction.
pub fn link<'a>(
    conn: &mut AnyConnection,
    messages: impl IntoIterator<Item = (MessageId, &'a [Upload])>,
) -> QueryResult<usize> {
    let mut values = Vec::new();
    for (message, uploads) in messages {
        let keys = uploads.iter().filter_map(|upload| Key::parse(&upload.id));
        values.extend(keys.enumerate().map(|(position, key)| format!("('{}',{message},{position})", key.as_str())));
    }
    if values.is_empty() {
        return Ok(0);
    }
    // Numbers of ours and keys, which have no quotes; both databases name the columns so.
    diesel::sql_query(format!(
        "UPDATE uploads SET message_id = links.column2, position = links.column3 FROM (VALUES {}) AS links \
         WHERE uploads.key = links.column1",
        values.join(",")
    ))
    .execute(conn)
}

/// The uploads of messages, each message's in order; messages without any are absent.
pub fn of_messages(conn: &mut AnyConnection, ids: &[MessageId]) -> QueryResult<HashMap<MessageId, Vec<Upload>>> {
    let mut found: HashMap<MessageId, Vec<Upload>> = HashMap::new();
    for some in ids.chunks(SOME) {
        let rows: Vec<(Option<MessageId>, Row)> = uploads::table
            .inner_join(blobs::table)
            .filter(uploads::message_id.eq_any(some.iter().map(|id| Some(*id))))
            .order((uploads::message_id, uploads::position))
            .select((uploads::message_id, ROW))
            .load(conn)?;
        for (message, row) in rows {
            found.entry(message.expect("it is one of those asked for")).or_default().push(upload(row));
        }
    }
    Ok(found)
}

/// Takes the uploads out of messages that are recalled or deleted, for good. The files of blobs that nobody uses any more are noted
/// for the sweeper, which should then be woken.
pub fn unlink_all(conn: &mut AnyConnection, ids: &[MessageId]) -> QueryResult<()> {
    for some in ids.chunks(SOME) {
        let ids: Vec<_> = some.iter().map(|id| Some(*id)).collect();
        let blobs: Vec<i64> =
            uploads::table.filter(uploads::message_id.eq_any(&ids)).select(uploads::blob_id).load(conn)?;
        diesel::delete(uploads::table.filter(uploads::message_id.eq_any(&ids))).execute(conn)?;
        delete_unused(conn, &blobs)?;
    }
    Ok(())
}

/// Deletes those of these blobs that no upload names, and notes their files.
fn delete_unused(conn: &mut AnyConnection, ids: &[i64]) -> QueryResult<()> {
    let unused: Vec<(i64, String, String, String)> = blobs::table
        .filter(blobs::id.eq_any(ids))
        .filter(not(exists(uploads::table.filter(uploads::blob_id.eq(blobs::id)))))
        .select((blobs::id, blobs::key, blobs::ext, blobs::thumb_ext))
        .load(conn)?;
    delete_blobs(conn, unused)
}

fn delete_blobs(conn: &mut AnyConnection, unused: Vec<(i64, String, String, String)>) -> QueryResult<()> {
    let ids: Vec<i64> = unused.iter().map(|(id, ..)| *id).collect();
    diesel::delete(blobs::table.filter(blobs::id.eq_any(ids))).execute(conn)?;
    for (_, key, ext, thumb_ext) in unused {
        let Some(key) = Key::parse(&key) else { continue };
        note_removed(conn, &[image_path(&key, &ext), thumb_path(&key, &thumb_ext)])?;
    }
    Ok(())
}

/// Where a blob's file is in the store.
pub fn image_path(key: &Key, ext: &str) -> String {
    format!("images/{}/{}.{ext}", key.folder(), key.as_str())
}

/// Where a blob's small picture is in the store.
pub fn thumb_path(key: &Key, ext: &str) -> String {
    format!("images/{}/{}-t.{ext}", key.folder(), key.as_str())
}

/// Where an avatar's two files are in the store: large, small.
pub fn avatar_paths(key: &Key) -> [String; 2] {
    let stem = format!("avatars/{}/{}", key.folder(), key.as_str());
    [format!("{stem}.jpg"), format!("{stem}-s.jpg")]
}

/// Notes files whose rows are gone, for the sweeper.
pub fn note_removed(conn: &mut AnyConnection, paths: &[String]) -> QueryResult<()> {
    for path in paths {
        on_each!(conn, |conn| diesel::insert_into(removed_files::table)
            .values(removed_files::path.eq(path))
            .on_conflict_do_nothing()
            .execute(conn))?;
    }
    Ok(())
}

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

/// The blob that a person made of the same bytes before, and its extension.
pub fn blob_of(conn: &mut AnyConnection, owner: UserId, source_hash: &[u8]) -> QueryResult<Option<(i64, String)>> {
    let same = blobs::owner_id.eq(owner).and(blobs::source_hash.eq(source_hash));
    blobs::table.filter(same).select((blobs::id, blobs::ext)).first(conn).optional()
}

/// Stores a blob.
pub fn insert_blob(conn: &mut AnyConnection, blob: &NewBlob) -> QueryResult<i64> {
    diesel::insert_into(blobs::table).values(blob.clone()).returning(blobs::id).get_result(conn)
}

/// Stores a use of a blob.
pub fn insert(conn: &mut AnyConnection, owner: UserId, blob: i64, name: &str) -> QueryResult<Upload> {
    let key = Key::random();
    diesel::insert_into(uploads::table)
        .values((
            uploads::key.eq(key.as_str()),
            uploads::blob_id.eq(blob),
            uploads::owner_id.eq(owner),
            uploads::position.eq(0),
            uploads::name.eq(name),
            uploads::created_at.eq(now()),
        ))
        .execute(conn)?;
    uploads::table.inner_join(blobs::table).filter(uploads::key.eq(key.as_str())).select(ROW).first(conn).map(upload)
}

/// Deletes a person's own upload that is in no message. False when there is none.
pub fn delete_free(conn: &mut AnyConnection, owner: UserId, key: &Key) -> QueryResult<bool> {
    let own = uploads::key.eq(key.as_str()).and(uploads::owner_id.eq(owner)).and(uploads::message_id.is_null());
    let Some(blob) = uploads::table.filter(own).select(uploads::blob_id).first(conn).optional()? else {
        return Ok(false);
    };
    diesel::delete(uploads::table.find(key.as_str())).execute(conn)?;
    delete_unused(conn, &[blob])?;
    Ok(true)
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

/// What must be known to serve an upload's files.
#[derive(Debug)]
pub struct Place {
    /// Whose.
    pub owner: UserId,
    /// The room of its message, if it is in one.
    pub room: Option<RoomId>,
    /// Name of the files.
    pub blob_key: String,
    /// Of the image.
    pub ext: String,
    /// Of the small one.
    pub thumb_ext: String,
    /// Only to be shown.
    pub name: String,
}

/// Where an upload is, by its key.
pub fn place(conn: &mut AnyConnection, key: &Key) -> QueryResult<Option<Place>> {
    let row: Option<(UserId, Option<RoomId>, String, String, String, String)> = uploads::table
        .inner_join(blobs::table)
        .left_join(messages::table)
        .filter(uploads::key.eq(key.as_str()))
        .select((
            uploads::owner_id,
            messages::room_id.nullable(),
            blobs::key,
            blobs::ext,
            blobs::thumb_ext,
            uploads::name,
        ))
        .first(conn)
        .optional()?;
    let place = |(owner, room, blob_key, ext, thumb_ext, name)| Place { owner, room, blob_key, ext, thumb_ext, name };
    Ok(row.map(place))
}

/// Gives a person another picture, or none; the old one's files are noted for the sweeper.
pub fn set_avatar(conn: &mut AnyConnection, user: UserId, key: Option<&Key>) -> QueryResult<()> {
    let old: Option<String> = users::table.find(user).select(users::avatar).first(conn)?;
    diesel::update(users::table.find(user)).set(users::avatar.eq(key.map(Key::as_str))).execute(conn)?;
    match old.as_deref().and_then(Key::parse) {
        Some(old) => note_removed(conn, &avatar_paths(&old)),
        None => Ok(()),
    }
}

/// Deletes uploads that nobody sent within a day, and blobs that no upload names (their messages were erased with their room).
pub fn delete_abandoned(conn: &mut AnyConnection, limit: i64) -> QueryResult<()> {
    let oldest = now() - TimeDelta::hours(WAIT_HOURS);
    let stale: Vec<String> = uploads::table
        .filter(uploads::message_id.is_null().and(uploads::created_at.le(oldest)))
        .limit(limit)
        .select(uploads::key)
        .load(conn)?;
    diesel::delete(uploads::table.filter(uploads::key.eq_any(stale))).execute(conn)?;
    let unused = blobs::table
        .filter(not(exists(uploads::table.filter(uploads::blob_id.eq(blobs::id)))))
        .limit(limit)
        .select((blobs::id, blobs::key, blobs::ext, blobs::thumb_ext))
        .load(conn)?;
    delete_blobs(conn, unused)
}

/// Is there anything for [`delete_abandoned`]? Asked first, so that a quiet minute costs no commit.
pub fn has_abandoned(conn: &mut AnyConnection) -> QueryResult<bool> {
    let oldest = now() - TimeDelta::hours(WAIT_HOURS);
    let stale = uploads::table.filter(uploads::message_id.is_null().and(uploads::created_at.le(oldest)));
    let unused = blobs::table.filter(not(exists(uploads::table.filter(uploads::blob_id.eq(blobs::id)))));
    Ok(diesel::select(exists(stale)).get_result(conn)? || diesel::select(exists(unused)).get_result(conn)?)
}

/// Files whose rows are gone.
pub fn removed(conn: &mut AnyConnection, limit: i64) -> QueryResult<Vec<String>> {
    removed_files::table.limit(limit).select(removed_files::path).load(conn)
}

/// Forgets files that are gone.
pub fn forget_removed(conn: &mut AnyConnection, paths: &[String]) -> QueryResult<usize> {
    diesel::delete(removed_files::table.filter(removed_files::path.eq_any(paths))).execute(conn)
}

/// Of these keys of files, those that a blob or a person still names.
pub fn named(conn: &mut AnyConnection, keys: &[String]) -> QueryResult<Vec<String>> {
    let mut named: Vec<String> = blobs::table.filter(blobs::key.eq_any(keys)).select(blobs::key).load(conn)?;
    let avatars: Vec<Option<String>> =
        users::table.filter(users::avatar.eq_any(keys)).select(users::avatar).load(conn)?;
    named.extend(avatars.into_iter().flatten());
    Ok(named)
}
