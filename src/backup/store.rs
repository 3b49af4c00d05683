//! What a restore does to rows.

use diesel::prelude::*;

use crate::db::{
    connection::AnyConnection,
    schema::{password_resets, sessions, tokens, verifications},
};

/// Takes away all that lets people in without their password.
pub fn sign_out(conn: &mut AnyConnection) -> QueryResult<()> {
    diesel::delete(sessions::table).execute(conn)?;
    diesel::delete(tokens::table).execute(conn)?;
    diesel::delete(password_resets::table).execute(conn)?;
    diesel::delete(verifications::table).execute(conn).map(drop)
}
