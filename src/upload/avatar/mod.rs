//! Pictures of people.

mod store;

use crate::{
    account::{profile::changed, store as people, wire::Me},
    db::lane::Stored,
    error::{AppError, AppResult},
    id::UserId,
    upload::{
        UploadDesk,
        image::process::{Avatar, process_avatar},
        key::Key,
        paths::avatar_paths,
        receive::Received,
    },
};

/// Makes an avatar of a received file, of nobody yet.
///
/// # Errors
/// Whatever is wrong with the picture.
pub async fn make(desk: &UploadDesk, received: Received) -> AppResult<Avatar> {
    desk.pool.make(received.file, process_avatar).await
}

/// Gives a person this picture and shows it to everybody who is connected.
///
/// # Errors
/// A disk or database that fails. The files stay then: the row may name them all the same, when only the answer to the COMMIT was
/// lost; else the sweeper finds them.
pub async fn set(desk: &UploadDesk, user: UserId, avatar: Avatar) -> AppResult<Me> {
    let key = Key::random();
    let [large, small] = avatar_paths(&key);
    desk.files.put_all([(large, avatar.large), (small, avatar.small)]).await?;
    change(desk, user, Some(key)).await
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
        if !people::is_active(conn, user)? {
            return Err(AppError::Unauthenticated);
        }
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
