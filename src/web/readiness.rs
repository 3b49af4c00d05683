//! Is the server about to end? Asked by `/readyz`, which says no as soon as the end begins.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// Ready until told otherwise. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Readiness(Arc<AtomicBool>);

impl Readiness {
    /// True until the end begins.
    pub fn is_ready(&self) -> bool {
        !self.0.load(Ordering::Acquire)
    }

    /// From now on it is not.
    pub fn end(&self) {
        self.0.store(true, Ordering::Release);
    }
}
