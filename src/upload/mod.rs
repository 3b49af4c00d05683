//! Uploads: images, checked, re-encoded, stored, and served to whom they are for.

pub mod image;
pub mod key;
pub mod store;
pub mod wire;
