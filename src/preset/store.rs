//! Presets and countdowns in SQL. Everything that writes here runs in the ordered lane.

use chrono::{NaiveDateTime, TimeDelta};
use diesel::{
    dsl::{exists, max},
    prelude::*,
};

use crate::{
    account::wire::SiteRole,
    db::{
        connection::AnyConnection,
        schema::{blobs, countdowns, presets, settings, users},
        time::now,
    },
    id::{CountdownId, PresetId, RoomId, UserId},
    on_each,
    preset::{
        content::Content,
        wire::{Blob, PresetView, picture},
    },
};

/// Id, extension, width and height of a picture.
type BlobRow = (i64, String, i64, i64);

/// What presets are read as.
type Row = (PresetId, String, String, Option<i64>, Option<PresetId>, NaiveDateTime, Option<String>, Option<BlobRow>);

fn view((id, label, text, countdown_seconds, next, updated_at, updated_by, blob): Row) -> PresetView {
    PresetView {
        id,
        label,
        text,
        image: blob.as_ref().map(|(_, _, width, height)| picture(id, *width, *height)),
        countdown_seconds,
        next,
        updated_at,
        updated_by,
        blob: blob.map(|(id, ext, ..)| Blob { id, ext }),
    }
}

fn load(conn: &mut AnyConnection, only: Option<PresetId>) -> QueryResult<Vec<PresetView>> {
    let mut query = presets::table
        .left_join(blobs::table)
        .left_join(users::table.on(presets::updated_by.eq(users::id.nullable())))
        .order((presets::position, presets::id))
        .select((
            presets::id,
            presets::label,
            presets::text,
            presets::countdown_seconds,
            presets::next_id,
            presets::updated_at,
            users::nickname.nullable(),
            (blobs::id, blobs::ext, blobs::width, blobs::height).nullable(),
        ))
        .into_boxed();
    if let Some(id) = only {
        query = query.filter(presets::id.eq(id));
    }
    let rows: Vec<Row> = query.load(conn)?;
    Ok(rows.into_iter().map(view).collect())
}

/// All of them, in their order.
pub fn all(conn: &mut AnyConnection) -> QueryResult<Vec<PresetView>> {
    load(conn, None)
}

/// By id.
pub fn find(conn: &mut AnyConnection, id: PresetId) -> QueryResult<Option<PresetView>> {
    Ok(load(conn, Some(id))?.pop())
}

/// Is there one of this id?
pub fn has(conn: &mut AnyConnection, id: PresetId) -> QueryResult<bool> {
    diesel::select(exists(presets::table.find(id))).get_result(conn)
}

/// How many there are.
pub fn count(conn: &mut AnyConnection) -> QueryResult<i64> {
    presets::table.count().get_result(conn)
}

/// Stores one behind all others.
pub fn insert(conn: &mut AnyConnection, content: &Content, by: Option<UserId>) -> QueryResult<PresetId> {
    let last: Option<i64> = presets::table.select(max(presets::position)).first(conn)?;
    diesel::insert_into(presets::table)
        .values((
            presets::label.eq(&content.label),
            presets::text.eq(&content.text),
            presets::blob_id.eq(content.blob),
            presets::position.eq(last.unwrap_or(0) + 1),
            presets::countdown_seconds.eq(content.countdown_seconds),
            presets::next_id.eq(content.next),
            presets::updated_at.eq(now()),
            presets::updated_by.eq(by),
        ))
        .returning(presets::id)
        .get_result(conn)
}

/// Replaces what one consists of.
pub fn update(conn: &mut AnyConnection, id: PresetId, content: &Content, by: UserId) -> QueryResult<usize> {
    diesel::update(presets::table.find(id))
        .set((
            presets::label.eq(&content.label),
            presets::text.eq(&content.text),
            presets::blob_id.eq(content.blob),
            presets::countdown_seconds.eq(content.countdown_seconds),
            presets::next_id.eq(content.next),
            presets::updated_at.eq(now()),
            presets::updated_by.eq(Some(by)),
        ))
        .execute(conn)
}

/// Numbers them in this order.
pub fn set_order(conn: &mut AnyConnection, ids: &[PresetId]) -> QueryResult<()> {
    for (position, id) in (1_i64..).zip(ids) {
        diesel::update(presets::table.find(*id)).set(presets::position.eq(position)).execute(conn)?;
    }
    Ok(())
}

/// Deletes one; what would have been followed by it is followed by nothing.
pub fn delete(conn: &mut AnyConnection, id: PresetId) -> QueryResult<usize> {
    diesel::delete(presets::table.find(id)).execute(conn)
}

/// Everybody who runs the site.
pub fn admins(conn: &mut AnyConnection) -> QueryResult<Vec<UserId>> {
    users::table.filter(users::role.eq(SiteRole::Admin.as_str())).select(users::id).load(conn)
}

/// The row in the table of settings that says that the first presets were made; deleting them must not bring them back.
const SEEDED: &str = "presets_seeded";

/// Notes that the first presets were made; false where that was noted before.
pub fn note_seeded(conn: &mut AnyConnection) -> QueryResult<bool> {
    let noted = on_each!(conn, |conn| diesel::insert_into(settings::table)
        .values((settings::name.eq(SEEDED), settings::value.eq("true"), settings::updated_at.eq(now())))
        .on_conflict_do_nothing()
        .execute(conn))?;
    Ok(noted == 1)
}

/// A countdown to be started.
#[derive(Debug)]
pub struct NewCountdown<'a> {
    /// Where.
    pub room: RoomId,
    /// What it is called.
    pub label: &'a str,
    /// Who starts it.
    pub by: UserId,
    /// How long it takes.
    pub seconds: i64,
    /// What is sent at its end.
    pub next: Option<PresetId>,
}

/// Does one run in this room?
pub fn is_running(conn: &mut AnyConnection, room: RoomId) -> QueryResult<bool> {
    let running = countdowns::room_id.eq(room).and(countdowns::ended_at.is_null());
    diesel::select(exists(countdowns::table.filter(running))).get_result(conn)
}

/// Starts one now.
pub fn start(conn: &mut AnyConnection, new: &NewCountdown<'_>) -> QueryResult<CountdownId> {
    let started_at = now();
    diesel::insert_into(countdowns::table)
        .values((
            countdowns::room_id.eq(new.room),
            countdowns::label.eq(new.label),
            countdowns::started_by.eq(new.by),
            countdowns::started_at.eq(started_at),
            countdowns::ends_at.eq(started_at + TimeDelta::seconds(new.seconds)),
            countdowns::next_id.eq(new.next),
        ))
        .returning(countdowns::id)
        .get_result(conn)
}

/// Those that run and are over by then.
pub fn due(conn: &mut AnyConnection, then: NaiveDateTime) -> QueryResult<Vec<CountdownId>> {
    let over = countdowns::ended_at.is_null().and(countdowns::ends_at.le(then));
    countdowns::table.filter(over).order((countdowns::ends_at, countdowns::id)).select(countdowns::id).load(conn)
}

/// When the next of those that run and are not over by then is.
pub fn next_end(conn: &mut AnyConnection, then: NaiveDateTime) -> QueryResult<Option<NaiveDateTime>> {
    let later = countdowns::ended_at.is_null().and(countdowns::ends_at.gt(then));
    countdowns::table.filter(later).order(countdowns::ends_at).select(countdowns::ends_at).first(conn).optional()
}

/// A countdown that ended just now.
#[derive(Debug, Queryable)]
pub struct Finished {
    /// Where.
    pub room: RoomId,
    /// What it was called.
    pub label: String,
    /// Who had started it.
    pub started_by: UserId,
    /// What is to be sent.
    pub next: Option<PresetId>,
}

/// Ends one that runs and is over; `None` where there is nothing (more) to end.
pub fn finish(conn: &mut AnyConnection, id: CountdownId) -> QueryResult<Option<Finished>> {
    let now = now();
    let over = countdowns::id.eq(id).and(countdowns::ended_at.is_null()).and(countdowns::ends_at.le(now));
    diesel::update(countdowns::table.filter(over))
        .set(countdowns::ended_at.eq(Some(now)))
        .returning((countdowns::room_id, countdowns::label, countdowns::started_by, countdowns::next_id))
        .get_result(conn)
        .optional()
}

/// Ends one that runs before its time; `None` where there is nothing (more) to end.
pub fn stop(conn: &mut AnyConnection, id: CountdownId, by: UserId) -> QueryResult<Option<Finished>> {
    let running = countdowns::id.eq(id).and(countdowns::ended_at.is_null());
    diesel::update(countdowns::table.filter(running))
        .set((countdowns::ended_at.eq(Some(now())), countdowns::stopped_by.eq(Some(by))))
        .returning((countdowns::room_id, countdowns::label, countdowns::started_by, countdowns::next_id))
        .get_result(conn)
        .optional()
}

/// Was there ever one of this id?
pub fn was_started(conn: &mut AnyConnection, id: CountdownId) -> QueryResult<bool> {
    diesel::select(exists(countdowns::table.find(id))).get_result(conn)
}

/// Has a preset count down and end with another.
pub fn follow_with(conn: &mut AnyConnection, id: PresetId, seconds: i64, next: PresetId) -> QueryResult<usize> {
    diesel::update(presets::table.find(id))
        .set((presets::countdown_seconds.eq(Some(seconds)), presets::next_id.eq(Some(next))))
        .execute(conn)
}
