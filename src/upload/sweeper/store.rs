//! What nobody names any more, in SQL.

use chrono::TimeDelta;
use diesel::{
    dsl::{exists, not},
    prelude::*,
};

use crate::{
    db::{
        connection::AnyConnection,
        schema::{announcements, blobs, presets, removed_files, uploads, users},
        time::now,
    },
    on_each, setting,
    upload::{
        key::Key,
        paths::{image_path, thumb_path},
        store::{WAIT_HOURS, add_to_storage},
    },
};

/// Deletes those of these blobs that no upload, preset or announcement names, and notes their files.
pub fn delete_unused(conn: &mut AnyConnection, ids: &[i64]) -> QueryResult<()> {
    delete_unused_of(conn, Some(ids))
}

/// The same for all blobs there are. It reads the whole table.
pub fn delete_all_unused(conn: &mut AnyConnection) -> QueryResult<()> {
    delete_unused_of(conn, None)
}

fn delete_unused_of(conn: &mut AnyConnection, of: Option<&[i64]>) -> QueryResult<()> {
    let mut unused = blobs::table
        .filter(not(exists(uploads::table.filter(uploads::blob_id.eq(blobs::id)))))
        .filter(not(exists(presets::table.filter(presets::blob_id.eq(blobs::id.nullable())))))
        .filter(not(exists(announcements::table.filter(announcements::blob_id.eq(blobs::id.nullable())))))
        .select((blobs::id, blobs::key, blobs::ext, blobs::thumb_ext))
        .limit(SOME)
        .into_boxed();
    if let Some(ids) = of {
        unused = unused.filter(blobs::id.eq_any(ids));
    }
    let unused: Vec<(i64, String, String, String)> = unused.load(conn)?;
    let ids: Vec<i64> = unused.iter().map(|(id, ..)| *id).collect();
    let gone: Vec<i64> =
        diesel::delete(blobs::table.filter(blobs::id.eq_any(ids))).returning(blobs::stored_bytes).load(conn)?;
    let paths = unused.iter().filter_map(|(_, key, ext, thumb_ext)| {
        let key = Key::parse(key)?;
        Some([image_path(&key, ext), thumb_path(&key, thumb_ext)])
    });
    note_removed(conn, &paths.flatten().collect::<Vec<_>>())?;
    // Last: on PostgreSQL whoever stores a picture waits for this row from now on.
    if !gone.is_empty() {
        add_to_storage(conn, -gone.iter().sum::<i64>())?;
    }
    Ok(())
}

/// Rows taken in one statement; no message or step of the sweeper frees as many.
pub const SOME: i64 = 10_000;

/// Notes files whose rows are gone, for the sweeper.
pub fn note_removed(conn: &mut AnyConnection, paths: &[String]) -> QueryResult<()> {
    for some in paths.chunks(1_000) {
        let rows: Vec<_> = some.iter().map(|path| removed_files::path.eq(path)).collect();
        on_each!(conn, |conn| diesel::insert_into(removed_files::table)
            .values(&rows)
            .on_conflict_do_nothing()
            .execute(conn))?;
    }
    Ok(())
}

/// Deletes some uploads that nobody sent in time, and notes the files that no row names any more.
pub fn delete_stale(conn: &mut AnyConnection, limit: i64) -> QueryResult<()> {
    let oldest = now() - TimeDelta::hours(WAIT_HOURS);
    let stale: Vec<(String, i64)> = uploads::table
        .filter(uploads::message_id.is_null().and(uploads::created_at.le(oldest)))
        .limit(limit)
        .select((uploads::key, uploads::blob_id))
        .load(conn)?;
    let (keys, blobs): (Vec<String>, Vec<i64>) = stale.into_iter().unzip();
    diesel::delete(uploads::table.filter(uploads::key.eq_any(keys))).execute(conn)?;
    delete_unused(conn, &blobs)
}

/// Is there anything for [`delete_stale`]? Asked first, so that a quiet minute costs no commit.
pub fn has_stale(conn: &mut AnyConnection) -> QueryResult<bool> {
    let oldest = now() - TimeDelta::hours(WAIT_HOURS);
    let stale = uploads::table.filter(uploads::message_id.is_null().and(uploads::created_at.le(oldest)));
    diesel::select(exists(stale)).get_result(conn)
}

/// Files whose rows are gone, in order, from behind this path on.
pub fn removed(conn: &mut AnyConnection, after: &str, limit: i64) -> QueryResult<Vec<String>> {
    let rest = removed_files::table.filter(removed_files::path.gt(after));
    rest.order(removed_files::path).limit(limit).select(removed_files::path).load(conn)
}

/// Forgets files that are gone.
pub fn forget_removed(conn: &mut AnyConnection, paths: &[String]) -> QueryResult<usize> {
    diesel::delete(removed_files::table.filter(removed_files::path.eq_any(paths))).execute(conn)
}

/// Of these keys of files, those that a blob, a person or the settings still name.
pub fn named(conn: &mut AnyConnection, keys: &[String]) -> QueryResult<Vec<String>> {
    let mut named: Vec<String> = blobs::table.filter(blobs::key.eq_any(keys)).select(blobs::key).load(conn)?;
    let avatars: Vec<Option<String>> =
        users::table.filter(users::avatar.eq_any(keys)).select(users::avatar).load(conn)?;
    named.extend(avatars.into_iter().flatten());
    let logo = setting::store::all(conn)?.remove("logo").and_then(|key| key.as_str().map(ToOwned::to_owned));
    named.extend(logo.filter(|key| keys.contains(key)));
    Ok(named)
}
