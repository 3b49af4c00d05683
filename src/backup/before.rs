//! A copy of the database before it is upgraded, so that there is a way back.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;

use super::{
    make::{What, make},
    manifest,
};
use crate::{
    clock,
    config::Settings,
    db::{connection::AnyConnection, migrate},
    folder,
};

/// The folder of these copies in the data folder.
const FOLDER: &str = "backups";

/// What their names have in common.
const BEFORE: &str = "-before-";

/// How many are kept.
const KEPT: usize = 3;

/// Makes a copy where an upgrade is due, and lets the oldest go. Pictures are not touched by an upgrade, and not copied.
///
/// # Errors
/// When it cannot be made; the database is not upgraded then.
pub fn upgrade(settings: &Settings, conn: &mut AnyConnection) -> anyhow::Result<()> {
    let Some(version) = migrate::upgrade(conn)? else { return Ok(()) };
    let folder = settings.data_dir().join(FOLDER);
    folder::make_private(&folder)?;
    let target = unused(&folder, &version);
    let made = make(settings, &target, What::NoMedia)
        .context("the copy before the upgrade could not be made (--no-migration-backup upgrades without one)")?;
    tracing::info!(backup = %target.display(), "the database is about to be upgraded, and was copied before: {made}");
    keep_the_newest(&folder)
}

fn unused(folder: &Path, version: &str) -> PathBuf {
    let stem = format!("{}{BEFORE}{version}", clock::now().format("%Y%m%dT%H%M%SZ"));
    let names = std::iter::once(stem.clone()).chain((2..).map(|number| format!("{stem}-{number}")));
    let mut paths = names.map(|name| folder.join(name));
    paths.find(|path| !path.exists()).expect("there are more numbers than files")
}

fn keep_the_newest(folder: &Path) -> anyhow::Result<()> {
    let entries = fs::read_dir(folder)?.flatten().map(|entry| entry.path());
    let is_ours = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.contains(BEFORE) && path.join(manifest::NAME).is_file()
    };
    let mut ours: Vec<PathBuf> = entries.filter(is_ours).collect();
    ours.sort_unstable();
    ours.truncate(ours.len().saturating_sub(KEPT));
    for old in ours {
        // The next time finds it by its manifest, should this break off.
        folder::remove(&old, manifest::NAME).with_context(|| format!("deleting {}", old.display()))?;
    }
    Ok(())
}
