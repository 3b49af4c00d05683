//! Deleting what nobody names any more: rows in the writer, files after the commit.

use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

use actix_web::web;

use crate::{
    db::lane::Stored,
    error::{AppError, AppResult},
    upload::{UploadDesk, store},
};

/// How often it looks, unless it is woken.
const ROUND: Duration = Duration::from_secs(60);

/// How often all files are compared with the rows.
const DAY: Duration = Duration::from_secs(24 * 3600);

/// A file without a row is left alone so long: its row may be about to come.
const YOUNG: Duration = Duration::from_secs(3600);

/// Rows or files a step.
const SOME: i64 = 500;

/// Runs for as long as the process.
pub async fn run(desk: UploadDesk) {
    let mut compared: Option<Instant> = None;
    loop {
        if compared.is_none_or(|at| at.elapsed() > DAY) {
            compared = Some(Instant::now());
            delete_orphans(&desk).await.unwrap_or_else(|error| error.log());
        }
        sweep(&desk).await.unwrap_or_else(|error| error.log());
        let _ = tokio::time::timeout(ROUND, desk.sweeper.notified()).await;
    }
}

async fn sweep(desk: &UploadDesk) -> AppResult<()> {
    let db = &desk.accounts.db;
    while db.read(|conn| Ok(store::has_abandoned(conn)?)).await? {
        db.ordered(|conn| Ok(Stored::quiet(store::delete_abandoned(conn, SOME)?))).await?;
    }
    loop {
        let paths = db.read(|conn| Ok(store::removed(conn, SOME)?)).await?;
        if paths.is_empty() {
            return Ok(());
        }
        for path in &paths {
            desk.files.delete(path).await?;
        }
        db.ordered(move |conn| Ok(Stored::quiet(store::forget_removed(conn, &paths)?))).await?;
    }
}

/// Files whose rows never came, or that a crash left half-written.
async fn delete_orphans(desk: &UploadDesk) -> AppResult<()> {
    let files = desk.files.clone();
    web::block(move || files.delete_leftovers(YOUNG)).await.map_err(AppError::internal)?;
    let old = desk.files.older_than(YOUNG).await?;
    for paths in old.chunks(SOME as usize) {
        let keys: Vec<String> = paths.iter().filter_map(|path| key_in(path)).collect();
        let named = desk.accounts.db.read(move |conn| Ok(store::named(conn, &keys)?)).await?;
        let named: HashSet<String> = named.into_iter().collect();
        for path in paths.iter().filter(|path| key_in(path).is_none_or(|key| !named.contains(&key))) {
            tracing::info!(file = path, "a file that nothing names is deleted");
            desk.files.delete(path).await?;
        }
    }
    Ok(())
}

/// The key in the name of a file.
fn key_in(path: &str) -> Option<String> {
    path.rsplit('/').next()?.get(..22).map(ToOwned::to_owned)
}
