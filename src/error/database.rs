//! What the errors of the databases mean.

use diesel::result::{DatabaseErrorKind, Error as DieselError};

use super::AppError;

impl From<DieselError> for AppError {
    fn from(error: DieselError) -> Self {
        let text = error.to_string();
        match error {
            DieselError::NotFound => Self::NotFound,
            DieselError::DatabaseError(
                DatabaseErrorKind::SerializationFailure
                | DatabaseErrorKind::ClosedConnection
                | DatabaseErrorKind::UnableToSendCommand
                // A standby, which may be promoted soon.
                | DatabaseErrorKind::ReadOnlyTransaction,
                _,
            ) => Self::Busy,
            DieselError::BrokenTransactionManager => Self::Busy,
            _ if is_storage(&text) => Self::Storage,
            _ if is_passing(&text) => Self::Busy,
            _ => Self::Internal(text),
        }
    }
}

/// A disk that is full, or at a quota or a limit on the size of files, which SQLite calls an I/O error.
fn is_storage(text: &str) -> bool {
    ["database or disk is full", "disk I/O error", "No space left"].iter().any(|part| text.contains(part))
}

/// Lock and time limits, and the ways libpq words a lost server, which Diesel reports as unknown errors.
fn is_passing(text: &str) -> bool {
    [
        "database is locked",
        "deadlock detected",
        "lock timeout",
        "statement timeout",
        "server closed the connection",
        "no connection to the server",
        "terminating connection",
        "connection to server",
        "could not receive data",
        "could not send data",
        "connection not open",
        "SSL SYSCALL",
        "the database system is",
    ]
    .iter()
    .any(|part| text.contains(part))
}
