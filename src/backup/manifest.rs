//! What is in a backup, by name, length and hash.

use std::{
    fs::{self, File},
    io::{self, Read as _, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Component, Path},
};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::files_below;
use crate::{clock, db::snapshot::Content};

/// Its file, and the file with its own hash, in the form that `sha256sum --check` reads.
pub const NAME: &str = "manifest.json";
/// See [`NAME`].
pub const SUM: &str = "manifest.sha256";

/// How backups look; another number is another way.
const FORMAT: u32 = 1;

/// The manifest.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Manifest {
    format: u32,
    /// The version of Parlor that made it.
    pub parlor: String,
    /// When, RFC 3339 in UTC.
    pub made_at: String,
    /// `sqlite` or `postgres`.
    pub database: String,
    /// Are the pictures in it?
    pub media: bool,
    /// What the database holds.
    #[serde(flatten)]
    pub content: Content,
    /// Every file but the manifest's own two.
    pub files: Vec<Entry>,
}

/// A file of a backup.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Entry {
    /// From the folder on, with slashes.
    pub path: String,
    /// Its length.
    pub bytes: u64,
    /// Of its content, in hexadecimal digits.
    pub sha256: String,
}

impl Manifest {
    /// Of what lies in this folder.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn of(folder: &Path, database: &str, media: bool, content: Content, except: &str) -> anyhow::Result<Self> {
        let mut files = Vec::new();
        for path in files_below(folder)?.iter().filter(|path| path.as_os_str() != except) {
            files.push(Entry::of(folder, path)?);
        }
        let made_at = clock::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
        let parlor = env!("CARGO_PKG_VERSION").to_owned();
        Ok(Self { format: FORMAT, parlor, made_at, database: database.to_owned(), media, content, files })
    }

    /// Writes it, and its hash behind it.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn write(&self, folder: &Path) -> anyhow::Result<()> {
        let text = serde_json::to_vec_pretty(self)?;
        let sum = format!("{}  {NAME}\n", hex(&Sha256::digest(&text)));
        write(&folder.join(NAME), &text)?;
        Ok(write(&folder.join(SUM), sum.as_bytes())?)
    }

    /// Reads it, if it is whole and undamaged.
    ///
    /// # Errors
    /// When it is not, or is of another format.
    pub fn read(folder: &Path) -> anyhow::Result<Self> {
        let is_none = || format!("{} is no backup, or one that broke off", folder.display());
        let text = fs::read(folder.join(NAME)).with_context(is_none)?;
        let sum = fs::read_to_string(folder.join(SUM)).with_context(is_none)?;
        anyhow::ensure!(sum.split(' ').next() == Some(&hex(&Sha256::digest(&text))), "{NAME} is damaged");
        let manifest: Self = serde_json::from_slice(&text).context("the manifest cannot be understood")?;
        anyhow::ensure!(
            manifest.format == FORMAT,
            "it is of format {}, which this Parlor does not know",
            manifest.format
        );
        let is_inside = |path: &str| Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
        anyhow::ensure!(manifest.files.iter().all(|entry| is_inside(&entry.path)), "it names files outside of itself");
        Ok(manifest)
    }

    /// All its bytes.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|entry| entry.bytes).sum()
    }

    /// Its files below a folder of it.
    pub fn below(&self, folder: &str) -> impl Iterator<Item = &Entry> {
        self.files.iter().filter(move |entry| Path::new(&entry.path).starts_with(folder))
    }

    /// Rows of a table.
    pub fn rows(&self, table: &str) -> u64 {
        self.content.tables.get(table).map_or(0, |table| table.rows)
    }
}

impl Entry {
    /// Of a file as it is now.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn of(folder: &Path, path: &Path) -> anyhow::Result<Self> {
        let name = path.to_str().with_context(|| format!("{} is not UTF-8", path.display()))?;
        let (bytes, sha256) = hash(&folder.join(path)).with_context(|| format!("reading {}", path.display()))?;
        Ok(Self { path: name.to_owned(), bytes, sha256 })
    }
}

fn hash(path: &Path) -> io::Result<(u64, String)> {
    let (mut file, mut hash, mut bytes) = (File::open(path)?, Sha256::new(), 0);
    let mut chunk = vec![0; 128 * 1024];
    loop {
        match file.read(&mut chunk)? {
            0 => return Ok((bytes, hex(&hash.finalize()))),
            length => {
                hash.update(&chunk[..length]);
                bytes += length as u64;
            }
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::options().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
