//! How much a person may upload, in a day and in all, and how much everybody together. Counted in the transaction that stores the picture.

use std::{ops::RangeInclusive, time::Duration};

use super::store::{self, Hour};
use crate::{
    db::{connection::AnyConnection, time::now},
    error::{AppError, AppResult},
    id::UserId,
    limit::Limit,
    upload::{UploadDesk, store as uploads},
};

/// A day, in hours: those that count are this one and the 23 before it.
const DAY: i64 = 24;

const HOUR: i64 = 3_600;

/// The numbers in force; 0 bytes are no end, 0 pictures are none.
#[derive(Debug, Clone, Copy)]
pub struct Quotas {
    uploads: i64,
    bytes: i64,
    person: i64,
    site: i64,
}

impl Quotas {
    /// As they are set now; `None` where no quota counts.
    pub fn of(desk: &UploadDesk) -> Option<Self> {
        let values = desk.live.get();
        (!desk.live.is_unlimited()).then(|| Self {
            uploads: values.uploads_per_day,
            bytes: values.upload_bytes_per_day,
            person: values.upload_bytes_per_person,
            site: values.storage_max_bytes,
        })
    }
}

/// Before any work is done for somebody who has used all they may.
///
/// # Errors
/// [`AppError::Full`]; a database that does not answer.
pub async fn check(desk: &UploadDesk, owner: UserId) -> AppResult<()> {
    match Quotas::of(desk) {
        Some(quotas) => desk.accounts.db.read(move |conn| within(conn, owner, 1, quotas)).await,
        None => Ok(()),
    }
}

/// Counts an upload for which so many bytes are stored, if it may be.
///
/// # Errors
/// [`AppError::Full`]; a database that fails.
pub fn spend(conn: &mut AnyConnection, owner: UserId, bytes: i64, quotas: Option<Quotas>) -> AppResult<()> {
    let Some(quotas) = quotas else { return Ok(()) };
    within(conn, owner, bytes, quotas)?;
    store::forget_hours_but(conn, owner, a_day())?;
    store::count_upload(conn, owner, this_hour(), bytes)?;
    Ok(())
}

fn within(conn: &mut AnyConnection, owner: UserId, bytes: i64, quotas: Quotas) -> AppResult<()> {
    let hours = store::hours_of(conn, owner, a_day())?;
    let pictures: Vec<_> = hours.iter().map(|Hour { hour, uploads, .. }| (*hour, *uploads)).collect();
    within_a_day(&pictures, 1, quotas.uploads, Limit::Uploads)?;
    if bytes == 0 {
        return Ok(());
    }
    if quotas.bytes > 0 {
        let stored: Vec<_> = hours.iter().map(|Hour { hour, bytes, .. }| (*hour, *bytes)).collect();
        within_a_day(&stored, bytes, quotas.bytes, Limit::UploadBytes)?;
    }
    if quotas.person > 0 && store::stored_by(conn, owner)? + bytes > quotas.person {
        return Err(AppError::Full(Limit::PersonBytes, None));
    }
    if quotas.site > 0 && uploads::storage(conn)? + bytes > quotas.site {
        return Err(AppError::Full(Limit::SiteBytes, None));
    }
    Ok(())
}

/// Is there room for so much more within a day? If not, when enough of it is a day old.
fn within_a_day(hours: &[(i64, i64)], more: i64, limit: i64, name: Limit) -> AppResult<()> {
    let mut over = hours.iter().map(|(_, used)| used).sum::<i64>() + more - limit;
    if over <= 0 {
        return Ok(());
    }
    let freed = hours.iter().find(|(_, used)| {
        over -= used;
        over <= 0
    });
    Err(AppError::Full(name, freed.map(|(hour, _)| until(hour + DAY))))
}

fn until(hour: i64) -> Duration {
    Duration::from_secs(u64::try_from(hour * HOUR - now().and_utc().timestamp()).unwrap_or_default().max(1))
}

/// The hours that count. What was counted while the clock was ahead would count until then.
fn a_day() -> RangeInclusive<i64> {
    let hour = this_hour();
    hour - DAY + 1..=hour
}

fn this_hour() -> i64 {
    now().and_utc().timestamp() / HOUR
}
