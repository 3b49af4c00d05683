//! Where files are kept: an object store, today a folder.

use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use chrono::{NaiveDate, Utc};
use futures_util::TryStreamExt as _;
use object_store::{Error, GetResult, ObjectStore, ObjectStoreExt as _, local::LocalFileSystem, path::Path as Place};

use crate::{
    error::{AppError, AppResult},
    upload::{hold, key::Key},
};

/// The folder in the store of files that were put aside, by the day on which that was.
pub const ASIDE: &str = "lost";

/// The store, and a folder for what is not in it yet. Cheap to clone.
#[derive(Clone)]
pub struct Files {
    store: Arc<dyn ObjectStore>,
    media: PathBuf,
    root: PathBuf,
    temporary: PathBuf,
}

impl Files {
    /// Opens the media folder of the database with this epoch. `adopt` gives it another database's folder.
    ///
    /// # Errors
    /// When it cannot be made or read; when its files belong to another database, which would find them without rows.
    pub fn open(folder: &Path, epoch: &str, adopt: bool) -> anyhow::Result<Self> {
        let (root, temporary) = (folder.join("store"), folder.join("tmp"));
        for folder in [&root, &temporary] {
            fs::create_dir_all(folder).map_err(|error| anyhow::anyhow!("--media {}: {error}", folder.display()))?;
        }
        claim(folder, epoch, adopt)?;
        let media = folder.to_owned();
        // A message may name a file as soon as its row is committed, so the file must be on the disk before.
        let store = LocalFileSystem::new_with_prefix(&root)?.with_fsync(true);
        Ok(Self { store: Arc::new(store), media, root, temporary })
    }

    /// Stores a file, whole or not at all.
    ///
    /// # Errors
    /// [`AppError::Storage`] on a full disk.
    pub async fn put(&self, path: &str, bytes: Vec<u8>) -> AppResult<()> {
        self.store.put(&place(path)?, bytes.into()).await.map_err(app_error)?;
        Ok(())
    }

    /// Stores two files that belong together, or neither; their paths.
    ///
    /// # Errors
    /// As for [`Files::put`].
    pub async fn put_all(&self, files: [(String, Vec<u8>); 2]) -> AppResult<[String; 2]> {
        let paths = files.each_ref().map(|(path, _)| path.clone());
        for (path, bytes) in files {
            if let Err(error) = self.put(&path, bytes).await {
                self.discard(&paths).await;
                return Err(error);
            }
        }
        Ok(paths)
    }

    /// Deletes files that no row will ever name.
    pub async fn discard(&self, paths: &[String]) {
        for path in paths {
            self.delete(path).await.unwrap_or_else(|error| error.log());
        }
    }

    /// Opens a file.
    ///
    /// # Errors
    /// [`AppError::NotFound`].
    pub async fn get(&self, path: &str) -> AppResult<GetResult> {
        self.store.get(&place(path)?).await.map_err(app_error)
    }

    /// Deletes a file; one that is not there is as good as deleted.
    ///
    /// # Errors
    /// When the store does not let it.
    pub async fn delete(&self, path: &str) -> AppResult<()> {
        match self.store.delete(&place(path)?).await {
            Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(app_error(error)),
        }
    }

    /// All files that are older than this, but for those aside.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn older_than(&self, age: Duration) -> AppResult<Vec<String>> {
        let limit = SystemTime::now() - age;
        let old = self.store.list(None).try_filter_map(|found| async move {
            let path = found.location.to_string();
            Ok((SystemTime::from(found.last_modified) < limit && Aside::parse(&path).is_none()).then_some(path))
        });
        old.try_collect().await.map_err(app_error)
    }

    /// Puts a file aside; one that is not there is as good as put aside.
    ///
    /// # Errors
    /// When the store does not let it.
    pub async fn put_aside(&self, path: &str) -> AppResult<()> {
        let aside = Aside { day: Utc::now().date_naive(), path: path.to_owned() };
        match self.store.rename(&place(path)?, &place(&aside.place())?).await {
            Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(app_error(error)),
        }
    }

    /// All files that are aside.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn aside(&self) -> AppResult<Vec<Aside>> {
        let found = self.store.list(Some(&place(ASIDE)?));
        let aside = found.try_filter_map(|found| async move { Ok(Aside::parse(found.location.as_ref())) });
        aside.try_collect().await.map_err(app_error)
    }

    /// Puts a file back to where it was.
    ///
    /// # Errors
    /// When the store does not let it.
    pub async fn bring_back(&self, aside: &Aside) -> AppResult<()> {
        self.store.rename(&place(&aside.place())?, &place(&aside.path)?).await.map_err(app_error)
    }

    /// Deletes a file that is aside.
    ///
    /// # Errors
    /// When the store does not let it.
    pub async fn forget(&self, aside: &Aside) -> AppResult<()> {
        self.delete(&aside.place()).await
    }

    /// Deleting what rows named is allowed for as long as what is returned lives; `None` while a backup is being made.
    ///
    /// # Errors
    /// When the folder does not let it.
    pub fn may_delete(&self) -> AppResult<Option<fs::File>> {
        hold::to_delete(&self.media).map_err(AppError::internal)
    }

    /// The path of a temporary file that is not made yet.
    pub fn temporary(&self) -> Temporary {
        Temporary(self.temporary.join(Key::random().as_str()))
    }

    /// Deletes temporary files, and half-written ones of the store, that are older than this: what a crash left. It blocks.
    pub fn delete_leftovers(&self, age: Duration) {
        let limit = SystemTime::now() - age;
        delete_old(&self.temporary, limit, &|_| true);
        // `LocalFileSystem` writes to "name#number" and renames.
        delete_old(&self.root, limit, &|name| name.contains('#'));
    }
}

/// A file that was put aside.
#[derive(Debug)]
pub struct Aside {
    day: NaiveDate,
    /// Where it was, and may come back to.
    pub path: String,
}

impl Aside {
    fn parse(place: &str) -> Option<Self> {
        let (day, path) = place.strip_prefix(ASIDE)?.strip_prefix('/')?.split_once('/')?;
        Some(Self { day: day.parse().ok()?, path: path.to_owned() })
    }

    fn place(&self) -> String {
        format!("{ASIDE}/{}/{}", self.day, self.path)
    }

    /// How long ago that was, in days.
    pub fn days(&self) -> i64 {
        (Utc::now().date_naive() - self.day).num_days()
    }
}

/// Ties a media folder to its database by the epoch, in a file of that name.
fn claim(folder: &Path, epoch: &str, adopt: bool) -> anyhow::Result<()> {
    let path = folder.join("epoch");
    let cannot = |error| anyhow::anyhow!("--media {}: {error}", folder.display());
    let known = match fs::read_to_string(&path) {
        // What cannot be read may name another database: only a file that is not there names none.
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(cannot(error)),
        known => known.unwrap_or_default(),
    };
    if known.trim() == epoch {
        return Ok(());
    }
    anyhow::ensure!(
        known.trim().is_empty() || adopt,
        "--media {}: the pictures in it belong to another database. Are --database-url and --data the right ones? \
         If this database shall have the folder, delete the file {}",
        folder.display(),
        path.display()
    );
    fs::write(&path, format!("{epoch}\n")).map_err(cannot)
}

fn delete_old(folder: &Path, limit: SystemTime, which: &dyn Fn(&str) -> bool) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let Ok(found) = entry.metadata() else { continue };
        if found.is_dir() {
            delete_old(&entry.path(), limit, which);
        } else if found.modified().is_ok_and(|at| at < limit) && entry.file_name().to_str().is_some_and(which) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn place(path: &str) -> AppResult<Place> {
    Place::parse(path).map_err(AppError::internal)
}

fn app_error(error: Error) -> AppError {
    match &error {
        Error::NotFound { .. } => AppError::NotFound,
        _ if is_full(&error) => AppError::Storage,
        _ => AppError::internal(error),
    }
}

fn is_full(error: &(dyn std::error::Error + 'static)) -> bool {
    let kind = error.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
    matches!(kind, Some(ErrorKind::StorageFull | ErrorKind::QuotaExceeded)) || error.source().is_some_and(is_full)
}

/// A file on its way in; it goes when this does.
#[derive(Debug)]
pub struct Temporary(PathBuf);

impl Temporary {
    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}
