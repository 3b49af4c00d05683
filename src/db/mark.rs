//! A high-water mark in the data folder.
//!
//! A damaged write-ahead log loses committed rows silently: SQLite stops reading it at the first bad frame, and
//! `integrity_check` still says ok. A standby of PostgreSQL that is promoted before it has everything looks as whole. So every commit
//! leaves its number in `<data>/mark` (`mark.postgres`), and a database that is behind its mark is refused at start instead of being served
//! short.
//!
//! Layout: two slots of 32 bytes, written in turn so that a torn write spoils one at most:
//! `commit_no` i64 LE, first 8 bytes of SHA-256 of the epoch, first 16 bytes of SHA-256 of those.

use std::{
    fs::{File, OpenOptions},
    io,
    os::unix::fs::{FileExt, OpenOptionsExt},
    path::Path,
};

use sha2::{Digest, Sha256};

const SLOT: usize = 32;

/// The open file.
#[derive(Debug)]
pub struct Mark {
    file: File,
    epoch: [u8; 8],
    highest: i64,
    dirty: bool,
}

impl Mark {
    /// Opens or makes the mark of a database with this epoch. A mark of another epoch counts for nothing.
    ///
    /// # Errors
    /// When the file cannot be read or made.
    pub fn open(path: &Path, epoch: &str) -> io::Result<Self> {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)?;
        let mut mark = Self { file, epoch: short(epoch), highest: 0, dirty: false };
        mark.highest = (0..2).filter_map(|slot| mark.read(slot)).max().unwrap_or(0);
        Ok(mark)
    }

    /// Does the file say that there is a database, of whatever epoch?
    pub fn is_set(path: &Path) -> bool {
        std::fs::metadata(path).is_ok_and(|file| file.len() > 0)
    }

    /// The highest commit that was seen.
    pub fn highest(&self) -> i64 {
        self.highest
    }

    /// Notes a commit. It survives the process at once and the machine after [`Mark::sync`].
    pub fn set(&mut self, commit_no: i64) {
        let slot = encode(commit_no, self.epoch);
        // A mark that lags only weakens the check at the next start; the message itself is stored.
        if let Err(error) = self.file.write_all_at(&slot, (commit_no.unsigned_abs() % 2) * SLOT as u64) {
            tracing::warn!(%error, "the mark could not be written");
        }
        self.highest = commit_no;
        self.dirty = true;
    }

    /// Brings the mark to the disk.
    pub fn sync(&mut self) {
        if std::mem::take(&mut self.dirty)
            && let Err(error) = self.file.sync_data()
        {
            tracing::warn!(%error, "the mark could not be synced");
        }
    }

    fn read(&self, slot: u64) -> Option<i64> {
        let mut bytes = [0; SLOT];
        self.file.read_exact_at(&mut bytes, slot * SLOT as u64).ok()?;
        let commit_no = i64::from_le_bytes(bytes[..8].try_into().ok()?);
        (bytes == encode(commit_no, self.epoch)).then_some(commit_no)
    }
}

fn encode(commit_no: i64, epoch: [u8; 8]) -> [u8; SLOT] {
    let mut slot = [0; SLOT];
    slot[..8].copy_from_slice(&commit_no.to_le_bytes());
    slot[8..16].copy_from_slice(&epoch);
    let sum = Sha256::digest(&slot[..16]);
    slot[16..].copy_from_slice(&sum[..16]);
    slot
}

fn short(epoch: &str) -> [u8; 8] {
    let mut short = [0; 8];
    short.copy_from_slice(&Sha256::digest(epoch)[..8]);
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_remembers_the_highest_commit_of_its_epoch_and_a_torn_slot_costs_one() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("mark");
        let mut mark = Mark::open(&path, "a").expect("opens");
        for commit_no in 1..=7 {
            mark.set(commit_no);
        }
        mark.sync();
        assert_eq!(Mark::open(&path, "a").expect("opens").highest(), 7);
        assert_eq!(Mark::open(&path, "b").expect("opens").highest(), 0);
        mark.file.write_all_at(&[1, 2, 3], 32).expect("writes");
        assert_eq!(Mark::open(&path, "a").expect("opens").highest(), 6);
    }
}
