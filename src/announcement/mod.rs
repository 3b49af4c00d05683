//! The announcement: an image, a text or both, which everybody is shown once a version.
//!
//! A version is a draft until it is published; the newest published one that was not withdrawn is in force. What admins do to versions
//! is in `acts`; who lists and edits them is the console's matter.

pub mod acts;
pub mod api;
pub mod content;
pub mod handlers;
pub mod pages;
pub mod store;
pub mod wire;

/// Versions that are kept, and drafts beside them.
pub const KEPT: usize = 20;
