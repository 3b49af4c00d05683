//! Work without which the process must not go on.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::message::scribe::EXIT_PANIC;

/// Does the work; a panic in it ends the process, for a supervisor to start it afresh. Otherwise a mailbox would be closed for ever
/// and the process would look healthy.
pub fn vital<T>(what: &str, work: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        tracing::error!(what, "a part that must not fail panicked; the process ends");
        std::process::exit(EXIT_PANIC)
    })
}
