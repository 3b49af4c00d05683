//! Making a backup, with or without a server running.

use std::{fs, path::Path};

use anyhow::Context as _;

use super::{MEDIA, SECRET, copy, draft::Draft, files_below, make_sure_of_room, manifest::Manifest, megabytes, parent};
use crate::{
    config::{Settings, Target},
    db::snapshot,
    upload::{files, hold},
};

/// What of it all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// Everything.
    Everything,
    /// The database and the secrets.
    NoMedia,
}

/// Makes a backup, and says what is in it.
///
/// # Errors
/// When something is in its place already, there is no room, or the database or the disk fails; then nothing is left of it.
pub fn make(settings: &Settings, target: &Path, what: What) -> anyhow::Result<String> {
    let media = Some(settings.media_dir().join("store")).filter(|store| what == What::Everything && store.exists());
    // No picture goes from here on, so that those that the rows name are there when they are copied.
    let hold = media.is_some().then(|| hold::to_copy(&settings.media_dir())).transpose()?;
    let place =
        fs::canonicalize(parent(target)).with_context(|| format!("{} is no folder", parent(target).display()))?;
    let pictures = media.as_deref().map(pictures).transpose()?.unwrap_or_default();
    let needed = snapshot::size(&settings.target())? + pictures.iter().map(|(_, bytes)| bytes).sum::<u64>();
    make_sure_of_room(&place, needed, settings.disk_reserve)?;
    let draft = Draft::begin(target)?;
    let content = snapshot::take(&settings.target(), draft.path())?;
    let secret = settings.data_dir().join(SECRET);
    anyhow::ensure!(copy(&secret, &draft.path().join(SECRET))?, "there is no {}", secret.display());
    if let Some(store) = &media {
        // Those that came meanwhile may be named by the rows, too.
        for (path, _) in self::pictures(store)? {
            copy(&store.join(&path), &draft.path().join(MEDIA).join(&path))
                .with_context(|| format!("copying {}", path.display()))?;
        }
    }
    drop(hold);
    let database = if matches!(settings.target(), Target::Sqlite(_)) { "sqlite" } else { "postgres" };
    let manifest = Manifest::of(draft.path(), database, what == What::Everything, content, draft.sign())?;
    manifest.write(draft.path())?;
    draft.finish()?;
    Ok(describe(&manifest))
}

/// The pictures in the store, and their lengths: neither those that were put aside nor those under way.
fn pictures(store: &Path) -> anyhow::Result<Vec<(std::path::PathBuf, u64)>> {
    let mut found = Vec::new();
    for path in files_below(store)? {
        let is_under_way = path.to_string_lossy().contains('#');
        if path.starts_with(files::ASIDE) || is_under_way {
            continue;
        }
        let bytes = fs::metadata(store.join(&path)).map_or(0, |file| file.len());
        found.push((path, bytes));
    }
    Ok(found)
}

/// What is in a backup, in a line.
pub(super) fn describe(manifest: &Manifest) -> String {
    let pictures = match manifest.media {
        true => format!("{} files of pictures", manifest.below(MEDIA).count()),
        false => "no pictures".to_owned(),
    };
    format!(
        "{} people, {} messages, {pictures}; {} in all, from {} ({})",
        manifest.rows("users"),
        manifest.rows("messages"),
        megabytes(manifest.bytes()),
        manifest.made_at,
        manifest.database
    )
}
