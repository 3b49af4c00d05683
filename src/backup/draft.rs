//! A folder under way: under another name, until it is whole.

use std::{
    fs::{self, File},
    io::ErrorKind,
    path::{Path, PathBuf},
};

use anyhow::Context as _;

use super::parent;
use crate::folder;

/// In a folder that is not finished, locked as long as somebody works on it.
const SIGN: &str = "unfinished";

/// The folder. Dropped before it is finished, it leaves nothing.
pub struct Draft {
    path: PathBuf,
    target: PathBuf,
    sign: File,
    is_finished: bool,
}

impl Draft {
    /// Begins one that is to become `target`. What an interrupted one left is cleared away.
    ///
    /// # Errors
    /// When something is there, or somebody else is just making it.
    pub fn begin(target: &Path) -> anyhow::Result<Self> {
        anyhow::ensure!(!target.try_exists()?, "{} exists; nothing is written over it", target.display());
        let name = target.file_name().with_context(|| format!("{} is no name for a backup", target.display()))?;
        let path = target.with_file_name(format!("{}.partial", name.to_string_lossy()));
        if path.exists() {
            clear_away(&path)?;
        }
        fs::create_dir(&path).with_context(|| format!("making {}", path.display()))?;
        folder::make_private(&path)?;
        let sign = File::create_new(path.join(SIGN))?;
        sign.try_lock().with_context(|| format!("{} is being written", path.display()))?;
        Ok(Self { path, target: target.to_owned(), sign, is_finished: false })
    }

    /// Where it is for now.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file in it by which it is seen to be unfinished.
    pub fn sign(&self) -> &'static str {
        SIGN
    }

    /// Brings all its names to the disk and gives it its own.
    ///
    /// # Errors
    /// When something has come to be there meanwhile, or the disk fails.
    pub fn finish(mut self) -> anyhow::Result<()> {
        sync_all(&self.path)?;
        fs::remove_file(self.path.join(SIGN))?;
        // Onto a folder with something in it, or onto a file, this fails.
        fs::rename(&self.path, &self.target).with_context(|| format!("naming it {}", self.target.display()))?;
        self.is_finished = true;
        folder::sync(parent(&self.target))?;
        Ok(())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.is_finished {
            // What stays is seen to be unfinished, and cleared away by the next try.
            let _ = folder::remove(&self.path, SIGN);
        }
        let _ = self.sign.unlock();
    }
}

/// Clears away what was left behind, and nothing else.
fn clear_away(path: &Path) -> anyhow::Result<()> {
    let sign = match File::open(path.join(SIGN)) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            // Ours may have broken off before it had a sign. With anything in it, it is somebody else's.
            let is_no_draft = || format!("{} is there and is no unfinished backup; move it away", path.display());
            return fs::remove_dir(path).with_context(is_no_draft);
        }
        opened => opened?,
    };
    anyhow::ensure!(sign.try_lock().is_ok(), "{} is being written by somebody else", path.display());
    folder::remove(path, SIGN).with_context(|| format!("clearing {} away", path.display()))
}

/// Names are in folders, and those must be on the disk too.
fn sync_all(path: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync_all(&entry.path())?;
        }
    }
    folder::sync(path)
}
