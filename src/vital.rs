//! Work without which the process must not go on.

use std::{
    fmt::Display,
    panic::{AssertUnwindSafe, catch_unwind},
    process,
};

/// What a supervisor sees of a process that could not go on (sysexits' EX_SOFTWARE).
const EX_SOFTWARE: i32 = 70;

/// Does the work; a panic in it ends the process, for a supervisor to start it afresh. Otherwise a mailbox would be closed for ever
/// and the process would look healthy.
pub fn vital<T>(what: &str, work: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| give_up(format_args!("the {what} panicked")))
}

/// Ends the process where it stands. Nothing that was acknowledged is lost by it, as it is not where a process is killed.
pub fn give_up(why: impl Display) -> ! {
    tracing::error!("{why}; this process ends");
    process::exit(EX_SOFTWARE)
}
