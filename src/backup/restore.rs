//! Bringing a backup back, into folders and a database with nothing in them.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

use anyhow::Context as _;

use super::{
    MEDIA, SECRET, copy, make::describe, make_sure_of_room, manifest::Manifest, parent, store::sign_out, verify::check,
};
use crate::{
    config::{Settings, Target},
    db::snapshot,
    folder,
};

/// In a data folder whose restore is not finished.
const SIGN: &str = "restoring";

/// Who stays signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sessions {
    /// Whoever was when the backup was made.
    Keep,
    /// Nobody: sessions, tokens, links and codes are gone.
    End,
}

/// Brings a backup back, under a new epoch, and says what it was.
///
/// # Errors
/// When it is damaged or of another kind, or something is where it shall go; then nothing is changed.
pub fn restore(settings: &Settings, from: &Path, sessions: Sessions) -> anyhow::Result<String> {
    let manifest = check(from)?;
    let (target, data, media) = (settings.target(), settings.data_dir(), settings.media_dir());
    refuse_other_kind(&target, &manifest)?;
    anyhow::ensure!(folder::is_empty(&data)?, "--data {}: there is something in it", data.display());
    check_media(&media, &manifest)?;
    let place = nearest(&data);
    make_sure_of_room(place, manifest.bytes(), settings.disk_reserve)?;
    if matches!(target, Target::Postgres(_)) {
        anyhow::ensure!(snapshot::is_vacant(&target)?, "--database-url: there are tables in this database");
    }
    let claim = Claim::of(&data, manifest.media.then_some(&*media))?;
    copy(&from.join(SECRET), &data.join(SECRET))?;
    for entry in manifest.below(MEDIA) {
        let path = Path::new(&entry.path).strip_prefix(MEDIA)?;
        copy(&from.join(&entry.path), &media.join("store").join(path))?;
    }
    let epoch = snapshot::put(&target, from, &manifest.content, |conn| match sessions {
        Sessions::Keep => Ok(()),
        Sessions::End => sign_out(conn),
    })?;
    folder::make_private(&media)?;
    fs::write(media.join("epoch"), format!("{epoch}\n"))?;
    claim.finish()?;
    Ok(describe(&manifest))
}

/// Refuses to serve what a restore left half-way.
///
/// # Errors
/// When the folder is such a one.
pub fn refuse_half(data: &Path) -> anyhow::Result<()> {
    anyhow::ensure!(
        !data.join(SIGN).exists(),
        "--data {}: a restore into this folder broke off. Empty it, and restore again",
        data.display()
    );
    Ok(())
}

fn refuse_other_kind(target: &Target, manifest: &Manifest) -> anyhow::Result<()> {
    match (target, manifest.database.as_str()) {
        (Target::Sqlite(_), "sqlite") | (Target::Postgres(_), "postgres") => Ok(()),
        (Target::Sqlite(_), kind) => {
            anyhow::bail!("this is a backup of {kind}; name an empty database by --database-url")
        }
        (Target::Postgres(_), kind) => anyhow::bail!("this is a backup of {kind}; restore it without --database-url"),
    }
}

/// Pictures go into an empty folder. Without any, the folder that there is must be that of the same database, whose pictures it keeps.
fn check_media(media: &Path, manifest: &Manifest) -> anyhow::Result<()> {
    let is_empty = folder::is_empty(media)?;
    if manifest.media {
        anyhow::ensure!(is_empty, "--media {}: there is something in it", media.display());
    } else if !is_empty {
        let epoch = fs::read_to_string(media.join("epoch")).unwrap_or_default();
        let is_its_own = epoch.trim() == manifest.content.epoch;
        anyhow::ensure!(is_its_own, "--media {}: the pictures in it belong to another database", media.display());
    }
    Ok(())
}

/// The first folder above that there is.
fn nearest(path: &Path) -> &Path {
    let mut path = path;
    while !path.exists() {
        path = parent(path);
    }
    path
}

/// Folders that were empty, and are emptied again unless it is finished.
struct Claim {
    data: PathBuf,
    media: Option<PathBuf>,
    is_finished: bool,
    _lock: File,
}

impl Claim {
    fn of(data: &Path, media: Option<&Path>) -> anyhow::Result<Self> {
        folder::make_private(data)?;
        let lock = folder::lock(data)?;
        fs::write(data.join(SIGN), "").with_context(|| format!("writing into {}", data.display()))?;
        folder::sync(data)?;
        if let Some(media) = media {
            folder::make_private(media)?;
        }
        Ok(Self { data: data.to_owned(), media: media.map(Path::to_owned), is_finished: false, _lock: lock })
    }

    fn finish(mut self) -> anyhow::Result<()> {
        folder::sync(&self.data)?;
        fs::remove_file(self.data.join(SIGN))?;
        folder::sync(&self.data)?;
        self.is_finished = true;
        Ok(())
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        if self.is_finished {
            return;
        }
        for folder in self.media.iter().chain([&self.data]) {
            // As far as it goes; the sign stays where something does.
            let _ = folder::empty(folder, SIGN);
        }
    }
}
