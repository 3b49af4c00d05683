//! Sessions that an admin ends: theirs and everybody's, each with its entry in the audit log.

use serde_json::json;

use crate::{
    account::{Accounts, session_store::ended_one, standing, store, wire::Card},
    audit::{self, Act, Actor, Entry},
    db::lane::Stored,
    error::{AppError, AppResult},
    event::{Ended, Event, Farewell},
    id::{SessionId, UserId},
};

/// Ends every session of somebody, and their sockets.
///
/// # Errors
/// Not found; a database that does not answer.
pub async fn end_all(accounts: &Accounts, actor: &Actor, whom: UserId) -> AppResult<()> {
    let actor = actor.clone();
    let ended = accounts
        .db
        .write(move |conn| {
            let card = store::find(conn, whom)?.ok_or(AppError::NotFound)?;
            let count = store::delete_sessions(conn, whom)?;
            if count > 0 {
                audit::note(conn, &actor, &entry(&card, count))?;
            }
            let ended = Event::SessionsEnded { user: whom, which: Ended::Sessions, why: Farewell::Ended };
            Ok(Stored::telling((), vec![ended]))
        })
        .await;
    accounts.sessions.forget(whom, |_| true);
    ended
}

/// Ends one session of somebody, and its sockets.
///
/// # Errors
/// [`AppError::NotFound`] when it is not theirs.
pub async fn end_one(accounts: &Accounts, actor: &Actor, whom: UserId, session: SessionId) -> AppResult<()> {
    let actor = actor.clone();
    let ended = accounts
        .db
        .write(move |conn| {
            let card = store::find(conn, whom)?.ok_or(AppError::NotFound)?;
            match store::delete_session(conn, whom, session)? {
                0 => return Err(AppError::NotFound),
                count => audit::note(conn, &actor, &entry(&card, count))?,
            }
            Ok(Stored::telling((), vec![ended_one(whom, session)]))
        })
        .await;
    accounts.sessions.forget(whom, move |id| id == session);
    ended
}

fn entry(card: &Card, count: usize) -> Entry {
    Entry::new(Act::UserSessions, standing::target(card)).with(json!({ "count": count }))
}
