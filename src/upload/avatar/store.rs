//! People's pictures in SQL.

use diesel::prelude::*;

use crate::{
    db::{connection::AnyConnection, schema::users},
    id::UserId,
    upload::{key::Key, paths::avatar_paths, sweeper::store::note_removed},
};

/// Gives a person another picture, or none; the old one's files are noted for the sweeper.
pub fn set_avatar(conn: &mut AnyConnection, user: UserId, key: Option<&Key>) -> QueryResult<()> {
    let old: Option<String> = users::table.find(user).select(users::avatar).first(conn)?;
    diesel::update(users::table.find(user)).set(users::avatar.eq(key.map(Key::as_str))).execute(conn)?;
    // When the work is done again after an answer that was lost, the old one may be the new one.
    match old.as_deref().and_then(Key::parse).filter(|old| Some(old) != key) {
        Some(old) => note_removed(conn, &avatar_paths(&old)),
        None => Ok(()),
    }
}
