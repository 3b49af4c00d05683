//! Uploads: images, checked, re-encoded, stored, and served to whom they are for.

pub mod wire;
