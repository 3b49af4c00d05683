//! Does a disk still have space? What grows most, messages and pictures, is refused a little before the end, so that what is left does for
//! what people need all the same: logging in and out, reading marks, deleting.

use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use crate::error::{AppError, AppResult};

/// Bytes that are left for everything else.
const RESERVE: u64 = 16 * 1024 * 1024;

/// How long an answer of the disk is believed.
const FRESH: Duration = Duration::from_millis(500);

/// The disk below a folder. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Space(Option<Arc<Disk>>);

#[derive(Debug)]
struct Disk {
    folder: PathBuf,
    asked: Mutex<Instant>,
    is_low: AtomicBool,
}

impl Space {
    /// That of the disk of this folder.
    pub fn below(folder: PathBuf) -> Self {
        let is_low = AtomicBool::new(is_low(&folder));
        Self(Some(Arc::new(Disk { folder, asked: Mutex::new(Instant::now()), is_low })))
    }

    /// May something that grows be stored?
    ///
    /// # Errors
    /// [`AppError::Storage`] where little is left.
    pub fn check(&self) -> AppResult<()> {
        match &self.0 {
            Some(disk) if disk.is_low() => Err(AppError::Storage),
            _ => Ok(()),
        }
    }
}

impl Disk {
    fn is_low(&self) -> bool {
        // Whoever finds it locked goes by the last answer.
        if let Ok(mut asked) = self.asked.try_lock().or_else(|error| match error {
            std::sync::TryLockError::Poisoned(error) => Ok(PoisonError::into_inner(error)),
            std::sync::TryLockError::WouldBlock => Err(()),
        }) && asked.elapsed() >= FRESH
        {
            *asked = Instant::now();
            let is_low = is_low(&self.folder);
            if is_low != self.is_low.swap(is_low, Ordering::Relaxed) {
                match is_low {
                    true => tracing::error!("the disk is nearly full: messages or pictures are refused"),
                    false => tracing::info!("the disk has space again"),
                }
            }
        }
        self.is_low.load(Ordering::Relaxed)
    }
}

/// A disk that does not answer is not full; whoever writes to it will hear.
fn is_low(folder: &std::path::Path) -> bool {
    rustix::fs::statvfs(folder).is_ok_and(|disk| disk.f_bavail.saturating_mul(disk.f_frsize) < RESERVE)
}
