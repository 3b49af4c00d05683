//! The room that everybody joins.

use crate::{
    account::wire::Card,
    db::{connection::AnyConnection, lane::Stored, pool::Db},
    error::{AppError, AppResult},
    event::Event,
    room::{
        acts, store,
        wire::{RoomKind, RoomRole},
    },
};

/// Its name until an admin changes it.
const NAME: &str = "Lobby";

/// Makes the lobby if there is none; called at start.
///
/// # Errors
/// When the database does not answer.
pub async fn ensure(db: &Db) -> AppResult<()> {
    db.ordered(|conn| {
        if store::lobby(conn)?.is_none() {
            store::insert(conn, RoomKind::Public, true, NAME, "", None)?;
        }
        Ok(Stored::quiet(()))
    })
    .await
}

/// Makes a new person a member; runs in the transaction that makes the account.
///
/// # Errors
/// When the database does not answer.
pub fn welcome(conn: &mut AnyConnection, newcomer: &Card) -> AppResult<Vec<Event>> {
    let lobby = store::lobby(conn)?.ok_or_else(|| AppError::internal("there is no lobby"))?;
    acts::enter(conn, lobby, newcomer, RoomRole::Member)
}
