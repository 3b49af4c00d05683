//! Where files are kept: an object store, today a folder.

use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use futures_util::TryStreamExt as _;
use object_store::{Error, GetResult, ObjectStore, ObjectStoreExt as _, local::LocalFileSystem, path::Path as Place};

use crate::{
    error::{AppError, AppResult},
    upload::key::Key,
};

/// The store, and a folder for what is not in it yet. Cheap to clone.
#[derive(Clone)]
pub struct Files {
    store: Arc<dyn ObjectStore>,
    root: PathBuf,
    temporary: PathBuf,
}

impl Files {
    /// Opens the media folder.
    ///
    /// # Errors
    /// When it cannot be made or read.
    pub fn open(folder: &Path) -> anyhow::Result<Self> {
        let (root, temporary) = (folder.join("store"), folder.join("tmp"));
        for folder in [&root, &temporary] {
            fs::create_dir_all(folder).map_err(|error| anyhow::anyhow!("--media {}: {error}", folder.display()))?;
        }
        // A message may name a file as soon as its row is committed, so the file must be on the disk before.
        let store = LocalFileSystem::new_with_prefix(&root)?.with_fsync(true);
        Ok(Self { store: Arc::new(store), root, temporary })
    }

    /// Stores a file, whole or not at all.
    ///
    /// # Errors
    /// [`AppError::Storage`] on a full disk.
    pub async fn put(&self, path: &str, bytes: Vec<u8>) -> AppResult<()> {
        self.store.put(&place(path)?, bytes.into()).await.map_err(app_error)?;
        Ok(())
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

    /// All files that are older than this.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn older_than(&self, age: Duration) -> AppResult<Vec<String>> {
        let limit = SystemTime::now() - age;
        let old = self.store.list(None).try_filter_map(|found| async move {
            Ok((SystemTime::from(found.last_modified) < limit).then(|| found.location.to_string()))
        });
        old.try_collect().await.map_err(app_error)
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
