//! Where files are in the store, by the keys in their rows.

use crate::upload::key::Key;

/// Where a blob's file is in the store.
pub fn image_path(key: &Key, ext: &str) -> String {
    format!("images/{}/{}.{ext}", key.folder(), key.as_str())
}

/// Where a blob's small picture is in the store.
pub fn thumb_path(key: &Key, ext: &str) -> String {
    format!("images/{}/{}-t.{ext}", key.folder(), key.as_str())
}

/// Where an avatar's two files are in the store: large, small.
pub fn avatar_paths(key: &Key) -> [String; 2] {
    let stem = format!("avatars/{}/{}", key.folder(), key.as_str());
    [format!("{stem}.jpg"), format!("{stem}-s.jpg")]
}

/// Where the two files of the site's mark are in the store: large, small.
pub fn logo_paths(key: &Key) -> [String; 2] {
    let stem = format!("logos/{}/{}", key.folder(), key.as_str());
    [format!("{stem}.png"), format!("{stem}-s.png")]
}

/// The key in the name of a file.
pub fn key_in(path: &str) -> Option<&str> {
    path.rsplit('/').next()?.get(..22)
}
