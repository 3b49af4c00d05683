//! Tokens in SQL.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::{
    account::access::{Scope, Wanted, secret::Secret},
    db::{connection::AnyConnection, kept::within, schema::tokens, time::now},
    id::{TokenId, UserId},
    on_each,
};

/// A token as stored, but for its hash.
#[derive(Debug, Clone)]
pub struct TokenRow {
    /// Its number.
    pub id: TokenId,
    /// Whose.
    pub user_id: UserId,
    /// As its owner calls it.
    pub name: String,
    /// Its first characters.
    pub start: String,
    /// What it is good for.
    pub scope: Scope,
    /// When it was made.
    pub created_at: NaiveDateTime,
    /// It is dead from then on.
    pub expires_at: Option<NaiveDateTime>,
    /// To a minute.
    pub last_used_at: Option<NaiveDateTime>,
    /// From where; empty as long as it was not used.
    pub last_ip: String,
}

type Columns =
    (TokenId, UserId, String, String, String, NaiveDateTime, Option<NaiveDateTime>, Option<NaiveDateTime>, String);

/// What to select for [`Columns`].
macro_rules! columns {
    () => {
        (
            tokens::id,
            tokens::user_id,
            tokens::name,
            tokens::start,
            tokens::scope,
            tokens::created_at,
            tokens::expires_at,
            tokens::last_used_at,
            tokens::last_ip,
        )
    };
}

fn row(columns: Columns) -> TokenRow {
    let (id, user_id, name, start, scope, created_at, expires_at, last_used_at, last_ip) = columns;
    // The column has a CHECK: another value cannot be stored.
    let scope = Scope::from_name(&scope).unwrap_or(Scope::Read);
    TokenRow { id, user_id, name, start, scope, created_at, expires_at, last_used_at, last_ip }
}

/// By its hash.
pub fn find(conn: &mut AnyConnection, hash: &[u8]) -> QueryResult<Option<TokenRow>> {
    let found = tokens::table.filter(tokens::token_hash.eq(hash)).select(columns!()).first(conn).optional()?;
    Ok(found.map(row))
}

/// One of a person's.
pub fn find_of(conn: &mut AnyConnection, user: UserId, id: TokenId) -> QueryResult<Option<TokenRow>> {
    let one = tokens::table.filter(tokens::id.eq(id).and(tokens::user_id.eq(user)));
    Ok(one.select(columns!()).first(conn).optional()?.map(row))
}

/// All of a person's, the newest first.
pub fn all_of(conn: &mut AnyConnection, user: UserId) -> QueryResult<Vec<TokenRow>> {
    let all = tokens::table.filter(tokens::user_id.eq(user)).order(tokens::id.desc()).select(columns!());
    Ok(all.load(conn)?.into_iter().map(row).collect())
}

/// How many a person has.
pub fn count_of(conn: &mut AnyConnection, user: UserId) -> QueryResult<i64> {
    tokens::table.filter(tokens::user_id.eq(user)).count().get_result(conn)
}

/// Stores one.
pub fn insert(conn: &mut AnyConnection, user: UserId, secret: &Secret, wanted: &Wanted) -> QueryResult<TokenId> {
    diesel::insert_into(tokens::table)
        .values((
            tokens::token_hash.eq(secret.hash().as_slice()),
            tokens::user_id.eq(user),
            tokens::name.eq(&wanted.name),
            tokens::start.eq(secret.start()),
            tokens::scope.eq(wanted.scope.as_str()),
            tokens::created_at.eq(now()),
            tokens::expires_at.eq(wanted.expires_at),
        ))
        .returning(tokens::id)
        .get_result(conn)
}

/// Notes a use.
pub fn touch(conn: &mut AnyConnection, id: TokenId, at: NaiveDateTime, ip: &str) -> QueryResult<usize> {
    diesel::update(tokens::table.find(id)).set((tokens::last_used_at.eq(at), tokens::last_ip.eq(ip))).execute(conn)
}

/// Ends one.
pub fn delete(conn: &mut AnyConnection, id: TokenId) -> QueryResult<usize> {
    diesel::delete(tokens::table.find(id)).execute(conn)
}

/// Ends all of a person's.
pub fn delete_all(conn: &mut AnyConnection, user: UserId) -> QueryResult<usize> {
    diesel::delete(tokens::table.filter(tokens::user_id.eq(user))).execute(conn)
}

/// Forgets those that expired before `since`.
pub fn delete_expired(conn: &mut AnyConnection, since: NaiveDateTime) -> QueryResult<usize> {
    diesel::delete(tokens::table.filter(tokens::expires_at.lt(since))).execute(conn)
}

/// Which of these still let somebody in.
pub fn standing(conn: &mut AnyConnection, ids: &[TokenId]) -> QueryResult<Vec<TokenId>> {
    let alive = tokens::expires_at.is_null().or(tokens::expires_at.gt(now()));
    let standing = tokens::table.filter(within(tokens::id, ids.iter().map(|id| id.0)).and(alive)).select(tokens::id);
    Ok(on_each!(conn, |conn| standing.load(conn)?))
}
