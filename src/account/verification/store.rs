//! Codes in SQL.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::{
    account::verification::{Purpose, TRIES},
    db::{connection::AnyConnection, schema::verifications, time::now},
    id::UserId,
};

/// A code to be stored.
#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = verifications)]
#[expect(missing_docs, reason = "the columns are explained in the migration")]
pub struct NewCode {
    pub ticket_hash: Vec<u8>,
    pub purpose: &'static str,
    pub address: String,
    pub user_id: Option<i64>,
    pub code_hash: Vec<u8>,
    pub tries: i64,
    pub created_at: NaiveDateTime,
    pub expires_at: NaiveDateTime,
}

/// A code that may be tried.
#[derive(Debug, Queryable)]
pub struct Tried {
    /// Its row.
    pub id: i64,
    /// What it was sent to.
    pub address: String,
    /// Whose account it is about.
    pub user_id: Option<i64>,
    /// What the right one hashes to.
    pub code_hash: Vec<u8>,
}

/// Stores one.
pub fn insert(conn: &mut AnyConnection, code: &NewCode) -> QueryResult<usize> {
    diesel::insert_into(verifications::table).values(code.clone()).execute(conn)
}

/// What holds of codes that are good.
macro_rules! good {
    () => {
        verifications::used_at.is_null().and(verifications::expires_at.gt(now()))
    };
}

/// Takes a try at the code of a ticket, where there is one left.
pub fn take_try(conn: &mut AnyConnection, ticket_hash: &[u8], purpose: Purpose) -> QueryResult<Option<Tried>> {
    let code = verifications::table.filter(
        verifications::ticket_hash
            .eq(ticket_hash)
            .and(verifications::purpose.eq(purpose.as_str()))
            .and(verifications::tries.lt(TRIES))
            .and(good!()),
    );
    diesel::update(code)
        .set(verifications::tries.eq(verifications::tries + 1))
        .returning((verifications::id, verifications::address, verifications::user_id, verifications::code_hash))
        .get_result(conn)
        .optional()
}

/// Gives the last try back.
pub fn give_back_try(conn: &mut AnyConnection, id: i64) -> QueryResult<usize> {
    diesel::update(verifications::table.find(id)).set(verifications::tries.eq(verifications::tries - 1)).execute(conn)
}

/// Uses a good one: 1 for exactly one caller.
pub fn use_up(conn: &mut AnyConnection, id: i64) -> QueryResult<usize> {
    diesel::update(verifications::table.filter(verifications::id.eq(id).and(good!())))
        .set(verifications::used_at.eq(now()))
        .execute(conn)
}

/// Takes away what somebody has not used: after a change of the password or of an address, a letter on its way helps nobody.
pub fn void(conn: &mut AnyConnection, user: UserId) -> QueryResult<usize> {
    diesel::delete(verifications::table.filter(verifications::user_id.eq(user.0))).execute(conn)
}

/// Takes away what is too old.
pub fn sweep(conn: &mut AnyConnection) -> QueryResult<usize> {
    diesel::delete(verifications::table.filter(verifications::expires_at.le(now()))).execute(conn)
}
