//! Deleting what nobody names any more: rows in the writer, files after the commit.
//!
//! Only files that somebody wanted gone are deleted: they are noted in the transaction that takes their rows. Those that merely have
//! no row may have one in another state of the database (an older backup was started to look at it), so they are put aside for a
//! month, and come back as soon as a row names them.

pub mod store;

use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

use actix_web::web;

use crate::{
    db::lane::Stored,
    error::{AppError, AppResult},
    upload::{
        UploadDesk,
        files::{Aside, Files},
        paths::key_in,
    },
};

/// How often it looks, unless it is woken.
const ROUND: Duration = Duration::from_secs(60);

/// How often all files are compared with the rows.
const DAY: Duration = Duration::from_secs(24 * 3600);

/// A file without a row is left alone so long: its row may be about to come.
const YOUNG: Duration = Duration::from_secs(3600);

/// Days for which files without a row are kept aside.
const KEPT_DAYS: i64 = 30;

/// Rows or files a step.
const SOME: i64 = 500;

/// Runs for as long as the process.
pub async fn run(desk: UploadDesk) {
    let mut compared: Option<Instant> = None;
    loop {
        delete_stale(&desk).await.unwrap_or_else(|error| error.log());
        match desk.files.may_delete() {
            Ok(Some(_hold)) => {
                if compared.is_none_or(|at| at.elapsed() > DAY) {
                    compared = Some(Instant::now());
                    compare(&desk).await.unwrap_or_else(|error| error.log());
                }
                delete_removed(&desk).await.unwrap_or_else(|error| error.log());
            }
            Ok(None) => tracing::info!("files that nothing names any more wait for the end of a backup"),
            Err(error) => error.log(),
        }
        let _ = tokio::time::timeout(ROUND, desk.sweeper.notified()).await;
    }
}

/// Pictures that nobody sent.
async fn delete_stale(desk: &UploadDesk) -> AppResult<()> {
    let db = &desk.accounts.db;
    while db.read(|conn| Ok(store::has_stale(conn)?)).await? {
        db.ordered(|conn| Ok(Stored::quiet(store::delete_stale(conn, SOME)?))).await?;
    }
    Ok(())
}

/// Files whose rows were taken on purpose. One that cannot be deleted is tried again in the next round and holds up no other.
async fn delete_removed(desk: &UploadDesk) -> AppResult<()> {
    let db = &desk.accounts.db;
    let mut last = String::new();
    loop {
        let after = last.clone();
        let paths = db.read(move |conn| Ok(store::removed(conn, &after, SOME)?)).await?;
        let Some(path) = paths.last() else { return Ok(()) };
        last.clone_from(path);
        let mut gone = Vec::new();
        for path in paths {
            match desk.files.delete(&path).await {
                Ok(()) => gone.push(path),
                Err(error) => error.log(),
            }
        }
        if !gone.is_empty() {
            db.ordered(move |conn| Ok(Stored::quiet(store::forget_removed(conn, &gone)?))).await?;
        }
    }
}

/// Compares everything with everything: the net below all the rest.
async fn compare(desk: &UploadDesk) -> AppResult<()> {
    let files = desk.files.clone();
    web::block(move || files.delete_leftovers(YOUNG)).await.map_err(AppError::internal)?;
    bring_back_or_forget(desk).await?;
    put_orphans_aside(desk).await?;
    desk.accounts.db.ordered(|conn| Ok(Stored::quiet(store::delete_all_unused(conn)?))).await
}

async fn put_orphans_aside(desk: &UploadDesk) -> AppResult<()> {
    for paths in desk.files.older_than(YOUNG).await?.chunks(SOME as usize) {
        let named = named(desk, paths.iter().map(String::as_str)).await?;
        for path in paths.iter().filter(|path| !is_named(path, &named)) {
            tracing::info!(file = path, "a file that nothing names is put aside");
            desk.files.put_aside(path).await.unwrap_or_else(|error| error.log());
        }
    }
    Ok(())
}

async fn bring_back_or_forget(desk: &UploadDesk) -> AppResult<()> {
    for some in desk.files.aside().await?.chunks(SOME as usize) {
        let named = named(desk, some.iter().map(|aside| aside.path.as_str())).await?;
        for aside in some {
            settle(&desk.files, aside, is_named(&aside.path, &named)).await.unwrap_or_else(|error| error.log());
        }
    }
    Ok(())
}

async fn settle(files: &Files, aside: &Aside, is_named: bool) -> AppResult<()> {
    if is_named {
        tracing::info!(file = aside.path, "a file is named again and comes back");
        files.bring_back(aside).await
    } else if aside.days() > KEPT_DAYS {
        files.forget(aside).await
    } else {
        Ok(())
    }
}

/// The keys in these paths that a row names.
async fn named(desk: &UploadDesk, paths: impl Iterator<Item = &str>) -> AppResult<HashSet<String>> {
    let keys: Vec<String> = paths.filter_map(key_in).map(ToOwned::to_owned).collect();
    let named = desk.accounts.db.read(move |conn| Ok(store::named(conn, &keys)?)).await?;
    Ok(named.into_iter().collect())
}

fn is_named(path: &str, named: &HashSet<String>) -> bool {
    key_in(path).is_some_and(|key| named.contains(key))
}
