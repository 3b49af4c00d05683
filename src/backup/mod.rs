//! Copies of everything, made beside a running server, checked, and brought back.
//!
//! A backup is a folder: `manifest.json` with the SHA-256 of every other file and what the database holds, `manifest.sha256` with its
//! own; the database (`parlor.db`, or `tables/`); `secret.key`, without which nobody would stay signed in; and `media/`. It is written
//! under another name (`draft`) and gets its own when it is whole (`make`). `verify` reads all of it again, `restore` brings it back
//! into empty folders, and `before` makes a small one before an upgrade.

pub mod before;
mod draft;
pub mod make;
pub mod manifest;
pub mod restore;
mod store;
pub mod verify;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::folder;

/// The secrets, in a backup as in a data folder.
const SECRET: &str = "secret.key";

/// The folder of pictures in a backup.
const MEDIA: &str = "media";

/// Bytes as people write them.
fn megabytes(bytes: u64) -> String {
    format!("{}.{} MB", bytes / 1_000_000, bytes / 100_000 % 10)
}

/// Refuses to fill a disk.
fn make_sure_of_room(below: &Path, needed: u64, reserve: u64) -> anyhow::Result<()> {
    let Some((_, free)) = folder::disk(below) else { return Ok(()) };
    anyhow::ensure!(
        free >= needed.saturating_add(reserve),
        "there is no room in {}: it takes about {}, {} are free, and {} of them must stay free (--disk-reserve)",
        below.display(),
        megabytes(needed),
        megabytes(free),
        megabytes(reserve)
    );
    Ok(())
}

/// The folder that a path is in.
fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// All files below a folder, as paths from there on, in order. Links are followed, as the server itself does.
fn files_below(root: &Path) -> io::Result<Vec<PathBuf>> {
    let (mut folders, mut files) = (vec![root.to_owned()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            match fs::metadata(&path) {
                Ok(found) if found.is_dir() => folders.push(path),
                Ok(found) if found.is_file() => files.extend(path.strip_prefix(root).ok().map(Path::to_owned)),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
    }
    files.sort_unstable();
    Ok(files)
}

/// Copies a file, with the folders it is in, and brings it to the disk. False when it is gone.
fn copy(from: &Path, to: &Path) -> io::Result<bool> {
    fs::create_dir_all(parent(to))?;
    match fs::copy(from, to) {
        Ok(_) => fs::File::open(to)?.sync_all().map(|()| true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            // Which of the two it was that is not there, the error does not say.
            if from.exists() { Err(error) } else { Ok(false) }
        }
        Err(error) => Err(error),
    }
}
