//! Folders that belong to this process, and to its user alone.

use std::{
    fs::{self, File, Permissions},
    io,
    os::unix::fs::PermissionsExt as _,
    path::Path,
};

/// Makes a folder for nobody else.
///
/// # Errors
/// When it cannot be made.
pub fn make_private(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)?;
    fs::set_permissions(path, Permissions::from_mode(0o700))
}

/// One process a data folder: two would each believe to be the only writer. Held as long as the file is.
///
/// # Errors
/// When another process has it.
pub fn lock(data: &Path) -> anyhow::Result<File> {
    let file = File::options().create(true).truncate(false).write(true).open(data.join("lock"))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(_) => anyhow::bail!("--data {}: another Parlor is working on this folder", data.display()),
    }
}

/// Bytes of the disk below a folder, all and free, where the system tells.
pub fn disk(folder: &Path) -> Option<(u64, u64)> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    Some((disk.f_blocks.saturating_mul(disk.f_frsize), disk.f_bavail.saturating_mul(disk.f_frsize)))
}

/// Is there nothing in it, or no such folder?
///
/// # Errors
/// When it cannot be read.
pub fn is_empty(folder: &Path) -> io::Result<bool> {
    match fs::read_dir(folder) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error),
    }
}

/// Empties a folder, its entry of this name last: wherever that breaks off, what is left still bears it.
///
/// # Errors
/// When something in it stays; then that entry stays too.
pub fn empty(folder: &Path, last: &str) -> io::Result<()> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder)? {
        paths.push(entry?.path());
    }
    paths.sort_by_key(|path| path.ends_with(last));
    for path in paths {
        if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) }?;
    }
    Ok(())
}

/// Deletes a folder in that order.
///
/// # Errors
/// The same.
pub fn remove(folder: &Path, last: &str) -> io::Result<()> {
    empty(folder, last)?;
    fs::remove_dir(folder)
}

/// Brings the names in a folder to the disk.
///
/// # Errors
/// When the system cannot.
pub fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
