//! Links to a new password in SQL.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::{
    db::{connection::AnyConnection, schema::password_resets, time::now},
    id::UserId,
};

/// What holds of a link that is good.
macro_rules! good {
    ($hash:expr) => {
        password_resets::table.filter(
            password_resets::token_hash
                .eq($hash)
                .and(password_resets::used_at.is_null())
                .and(password_resets::expires_at.gt(now())),
        )
    };
}

/// Stores one.
pub fn insert(
    conn: &mut AnyConnection,
    hash: &[u8],
    whom: UserId,
    by: Option<UserId>,
    expires_at: NaiveDateTime,
) -> QueryResult<usize> {
    diesel::insert_into(password_resets::table)
        .values((
            password_resets::token_hash.eq(hash),
            password_resets::user_id.eq(whom.0),
            password_resets::created_by.eq(by.map(|by| by.0)),
            password_resets::created_at.eq(now()),
            password_resets::expires_at.eq(expires_at),
        ))
        .execute(conn)
}

/// Whose a good one is.
pub fn find(conn: &mut AnyConnection, hash: &[u8]) -> QueryResult<Option<UserId>> {
    let found: Option<i64> = good!(hash).select(password_resets::user_id).first(conn).optional()?;
    Ok(found.map(UserId))
}

/// Until when the link somebody has is good, if they have one.
pub fn open_until(conn: &mut AnyConnection, whom: UserId) -> QueryResult<Option<NaiveDateTime>> {
    password_resets::table
        .filter(
            password_resets::user_id
                .eq(whom.0)
                .and(password_resets::used_at.is_null())
                .and(password_resets::expires_at.gt(now())),
        )
        .select(password_resets::expires_at)
        .first(conn)
        .optional()
}

/// Uses a good one: 1 for exactly one caller.
pub fn use_up(conn: &mut AnyConnection, hash: &[u8]) -> QueryResult<usize> {
    diesel::update(good!(hash)).set(password_resets::used_at.eq(now())).execute(conn)
}

/// Takes away what somebody has not used.
pub fn void(conn: &mut AnyConnection, whom: UserId) -> QueryResult<usize> {
    let unused = password_resets::user_id.eq(whom.0).and(password_resets::used_at.is_null());
    diesel::delete(password_resets::table.filter(unused)).execute(conn)
}
