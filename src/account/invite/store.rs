//! Invitations in SQL.

use diesel::{dsl::exists, prelude::*};

use crate::{
    account::invite::Wanted,
    db::{connection::AnyConnection, schema::invites, time::now},
    id::{InviteId, UserId},
};

/// What holds of an invitation that lets somebody in now.
macro_rules! valid {
    ($hash:expr) => {
        invites::table.filter(
            invites::token_hash
                .eq($hash)
                .and(invites::revoked_at.is_null())
                .and(invites::expires_at.is_null().or(invites::expires_at.gt(now())))
                .and(invites::max_uses.is_null().or(invites::max_uses.gt(invites::uses.nullable()))),
        )
    };
}

/// Stores one.
pub fn insert(conn: &mut AnyConnection, hash: &[u8], by: UserId, wanted: &Wanted) -> QueryResult<InviteId> {
    diesel::insert_into(invites::table)
        .values((
            invites::token_hash.eq(hash),
            invites::note.eq(&wanted.note),
            invites::created_by.eq(by.0),
            invites::created_at.eq(now()),
            invites::expires_at.eq(wanted.expires_at),
            invites::max_uses.eq(wanted.max_uses),
            invites::uses.eq(0),
        ))
        .returning(invites::id)
        .get_result(conn)
        .map(InviteId)
}

/// Takes one use of a valid one; `None` where there is none to take. The row stays locked to the end of the transaction.
pub fn use_up(conn: &mut AnyConnection, hash: &[u8]) -> QueryResult<Option<InviteId>> {
    let used = diesel::update(valid!(hash))
        .set(invites::uses.eq(invites::uses + 1))
        .returning(invites::id)
        .get_result::<i64>(conn)
        .optional()?;
    Ok(used.map(InviteId))
}

/// Is there a use to take?
pub fn is_valid(conn: &mut AnyConnection, hash: &[u8]) -> QueryResult<bool> {
    diesel::select(exists(valid!(hash))).get_result(conn)
}

/// Ends one: 1 where it was not ended already.
pub fn revoke(conn: &mut AnyConnection, id: InviteId) -> QueryResult<usize> {
    diesel::update(invites::table.filter(invites::id.eq(id.0).and(invites::revoked_at.is_null())))
        .set(invites::revoked_at.eq(now()))
        .execute(conn)
}

/// What an admin noted of it; `None` where there is no such invitation.
pub fn note_of(conn: &mut AnyConnection, id: InviteId) -> QueryResult<Option<String>> {
    invites::table.find(id.0).select(invites::note).first(conn).optional()
}
