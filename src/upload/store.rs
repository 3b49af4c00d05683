//! Uploads in SQL.
//!
//! Everything that writes here runs in the ordered lane, so that an upload is never linked, taken back and swept at once. Rooms are
//! erased beside it; what they free is guarded by the row locks of PostgreSQL, see [`crate::upload::intake`].

use std::collections::HashMap;

use chrono::TimeDelta;
use diesel::{dsl::exists, prelude::*};

use crate::{
    db::{
        connection::AnyConnection,
        kept::within,
        schema::{blobs, messages, reports, rooms, storage, uploads},
        time::now,
    },
    id::{MessageId, RoomId, UserId},
    on_each,
    upload::{key::Key, sweeper::store::delete_unused, wire::Upload},
};

/// How long an upload waits for its message, in hours.
pub(super) const WAIT_HOURS: i64 = 24;

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
        let sent = uploads::table
            .inner_join(blobs::table)
            .filter(within(uploads::message_id, some.iter().map(|id| id.0)))
            .order((uploads::message_id, uploads::position))
            .select((uploads::message_id, ROW));
        let rows: Vec<(Option<MessageId>, Row)> = on_each!(conn, |conn| sent.load(conn)?);
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
        .left_join(messages::table.inner_join(rooms::table))
        .filter(uploads::key.eq(key.as_str()))
        // What was pruned is gone before its rows are.
        .filter(
            uploads::message_id
                .is_null()
                .or(messages::seq.nullable().gt(rooms::floor_seq.nullable()).assume_not_null()),
        )
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

/// Name and extensions of a blob's files.
pub fn files_of(conn: &mut AnyConnection, blob: i64) -> QueryResult<Option<(String, String, String)>> {
    blobs::table.find(blob).select((blobs::key, blobs::ext, blobs::thumb_ext)).first(conn).optional()
}

/// Takes a person's own upload, which is in no message, and gives its blob to be named by something else in the same transaction.
/// `None` when there is none.
pub fn take_blob(conn: &mut AnyConnection, owner: UserId, key: &Key) -> QueryResult<Option<i64>> {
    let own = uploads::key.eq(key.as_str()).and(uploads::owner_id.eq(owner)).and(uploads::message_id.is_null());
    diesel::delete(uploads::table.filter(own)).returning(uploads::blob_id).get_result(conn).optional()
}

/// Bytes of all blobs.
pub fn storage(conn: &mut AnyConnection) -> QueryResult<i64> {
    storage::table.select(storage::bytes).first(conn).optional().map(Option::unwrap_or_default)
}

/// Has the sum of all blobs follow what is stored or deleted in the same transaction.
pub(super) fn add_to_storage(conn: &mut AnyConnection, bytes: i64) -> QueryResult<usize> {
    on_each!(conn, |conn| diesel::insert_into(storage::table)
        .values((storage::id.eq(1), storage::bytes.eq(bytes)))
        .on_conflict(storage::id)
        .do_update()
        .set(storage::bytes.eq(storage::bytes + bytes))
        .execute(conn))
}

/// Is it in a message that was reported and waits to be judged?
pub fn is_reported(conn: &mut AnyConnection, key: &Key) -> QueryResult<bool> {
    let open = reports::table
        .filter(reports::message_id.nullable().eq(uploads::message_id).and(reports::settled_at.is_null()));
    let found = uploads::table.filter(uploads::key.eq(key.as_str()).and(exists(open)));
    diesel::select(exists(found)).get_result(conn)
}
