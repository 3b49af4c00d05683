//! Pictures of people.

use crate::{
    account::{profile::changed, store as people, wire::Me},
    db::lane::Stored,
    error::AppResult,
    id::UserId,
    upload::{
        UploadDesk,
        image::process::{Avatar, process_avatar},
        key::Key,
        receive::Received,
        store,
    },
};

/// Makes an avatar of a received file, of nobody yet.
///
/// # Errors
/// Whatever is wrong with the picture.
pub async fn make(desk: &UploadDesk, received: Received) -> AppResult<Avatar> {
    Ok(desk.pool.run(move || process_avatar(received.file.path())).await??)
}

/// Gives a person this picture and shows it to everybody who is connected.
///
/// # Errors
/// A disk or database that fails.
pub async fn set(desk: &UploadDesk, user: UserId, avatar: Avatar) -> AppResult<Me> {
    let key = Key::random();
    let paths = store::avatar_paths(&key);
    let set = put(desk, user, &key, avatar).await;
    if set.is_err() {
        for path in &paths {
            desk.files.delete(path).await.unwrap_or_else(|error| error.log());
        }
    }
    set
}

async fn put(desk: &UploadDesk, user: UserId, key: &Key, avatar: Avatar) -> AppResult<Me> {
    let [large, small] = store::avatar_paths(key);
    desk.files.put(&large, avatar.large).await?;
    desk.files.put(&small, avatar.small).await?;
    change(desk, user, Some(key.clone())).await
}

/// Takes a person's picture away; twice is as good as once.
///
/// # Errors
/// A database that fails.
pub async fn remove(desk: &UploadDesk, user: UserId) -> AppResult<Me> {
    change(desk, user, None).await
}

async fn change(desk: &UploadDesk, user: UserId, key: Option<Key>) -> AppResult<Me> {
    let work = move |conn: &mut crate::db::connection::AnyConnection| {
        store::set_avatar(conn, user, key.as_ref())?;
        let me = people::me(conn, user)?;
        let event = changed(&me.card);
        Ok(Stored::telling(me, vec![event]))
    };
    let me = desk.accounts.db.ordered(work).await?;
    desk.accounts.people.forget(user);
    desk.sweeper.notify_one();
    Ok(me)
}
