//! What is looked for in lists of names.

use crate::{
    account::name::fold,
    error::{AppError, AppResult},
};

/// Longer than any name.
const LONGEST: usize = 100;

/// The folded words to look for; empty for everything.
///
/// # Errors
/// [`AppError::Invalid`] for what no name can contain: control characters, or far too much.
pub fn needle(query: &str) -> AppResult<String> {
    if query.chars().nth(LONGEST).is_some() || query.chars().any(char::is_control) {
        return Err(AppError::Invalid("q has at most 100 characters, and no control characters.".into()));
    }
    Ok(fold(query.trim()))
}
