//! Backups and deletions keep out of each other's way, by a lock in the media folder.
//!
//! A backup copies the rows of one moment, and then the files they name. A file whose row is deleted meanwhile must still be there
//! when its turn comes: so nothing that a row named is deleted or moved while a backup is being made.

use std::{
    fs::{File, TryLockError},
    io,
    path::Path,
};

/// The file to lock.
const NAME: &str = "lock";

fn open(media: &Path) -> io::Result<File> {
    File::options().create(true).truncate(false).write(true).open(media.join(NAME))
}

/// For a backup: no file goes for as long as what is returned lives. Waits while some are going.
///
/// # Errors
/// When the folder does not let it.
pub fn to_copy(media: &Path) -> io::Result<File> {
    let file = open(media)?;
    file.lock_shared()?;
    Ok(file)
}

/// For who deletes: no backup begins for as long as what is returned lives. `None` while one is being made.
///
/// # Errors
/// When the folder does not let it.
pub fn to_delete(media: &Path) -> io::Result<Option<File>> {
    let file = open(media)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}
