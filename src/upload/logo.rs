//! The site's own mark. Which one it is, is a setting; its files are here.

use crate::{
    db::connection::AnyConnection,
    error::AppResult,
    upload::{UploadDesk, image::process::process_logo, key::Key, paths::logo_paths, receive::Received, sweeper},
};

/// Makes a mark of a received file and stores its files; nothing names them yet.
///
/// # Errors
/// Whatever is wrong with the picture; a disk that fails.
pub async fn store(desk: &UploadDesk, received: Received) -> AppResult<Key> {
    let logo = desk.pool.make(received.file, process_logo).await?;
    let key = Key::random();
    let [large, small] = logo_paths(&key);
    desk.files.put_all([(large, logo.large), (small, logo.small)]).await?;
    Ok(key)
}

/// Notes the files of a mark that is no longer the site's for the sweeper; to be called where the setting is changed.
///
/// # Errors
/// When the database fails.
pub fn release(conn: &mut AnyConnection, key: &str) -> AppResult<()> {
    match Key::parse(key) {
        Some(key) => Ok(sweeper::store::note_removed(conn, &logo_paths(&key))?),
        None => Ok(()),
    }
}
