//! Whose turn it is to write.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The turn of one of a process's threads to write to an SQLite file. SQLite has a lock of its own, but who waits for that asks again
/// and again, up to 100 ms apart, and may find it taken each time. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Turn(Arc<Turns>);

#[derive(Debug, Default)]
struct Turns {
    now: Mutex<()>,
    /// Held by who waits, so that who has just had a turn and wants another comes after them.
    next: Mutex<()>,
}

impl Turn {
    /// Waits for it, and has it as long as what it gives is kept.
    pub fn take(&self) -> MutexGuard<'_, ()> {
        let _next = lock(&self.0.next);
        lock(&self.0.now)
    }
}

/// Neither guards anything that a panic could leave half done.
fn lock(mutex: &Mutex<()>) -> MutexGuard<'_, ()> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
