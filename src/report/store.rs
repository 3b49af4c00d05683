//! Reports in SQL.

use chrono::NaiveDateTime;
use diesel::{
    dsl::count,
    prelude::*,
    result::{DatabaseErrorKind, Error},
};

use crate::{
    db::{connection::AnyConnection, schema::reports, time::now},
    id::{MessageId, ReportId, RoomId, UserId},
    on_each,
    report::wire::{Reason, ReportView},
};

/// How many reported messages wait.
pub fn count_open(conn: &mut AnyConnection) -> QueryResult<i64> {
    reports::table
        .filter(reports::settled_at.is_null())
        .select(count(reports::message_id).aggregate_distinct())
        .first(conn)
}

/// A report to be stored.
#[derive(Debug)]
pub struct NewReport<'a> {
    /// About which message.
    pub message: MessageId,
    /// Where that is.
    pub room: RoomId,
    /// Whose.
    pub reporter: UserId,
    /// Why.
    pub reason: Reason,
    /// In their own words.
    pub note: &'a str,
}

/// Stores a report. False if this person reported this message before.
///
/// # Errors
/// [`Error::NotFound`] when the message was erased meanwhile.
pub fn insert(conn: &mut AnyConnection, new: &NewReport<'_>) -> QueryResult<bool> {
    let values = (
        reports::message_id.eq(new.message.0),
        reports::room_id.eq(new.room.0),
        reports::reporter_id.eq(new.reporter.0),
        reports::reason.eq(new.reason.as_str()),
        reports::note.eq(new.note),
        reports::created_at.eq(now()),
    );
    let stored: QueryResult<usize> = on_each!(conn, |conn| diesel::insert_into(reports::table)
        .values(values)
        .on_conflict_do_nothing()
        .execute(conn));
    match stored {
        Err(Error::DatabaseError(DatabaseErrorKind::ForeignKeyViolation, _)) => Err(Error::NotFound),
        stored => Ok(stored? == 1),
    }
}

/// What a person said of a message.
pub fn find(conn: &mut AnyConnection, message: MessageId, reporter: UserId) -> QueryResult<Option<ReportView>> {
    let found: Option<(ReportId, String, String, NaiveDateTime)> = reports::table
        .filter(reports::message_id.eq(message.0).and(reports::reporter_id.eq(reporter.0)))
        .select((reports::id, reports::reason, reports::note, reports::created_at))
        .first(conn)
        .optional()?;
    Ok(found.map(|(id, reason, note, created_at)| {
        let reason = reason.parse().unwrap_or(Reason::Other);
        ReportView { id, message, reason, note, created_at }
    }))
}
