//! One-time links to a new password, made by an admin for somebody who forgot theirs.
//!
//! The token stands in the link's fragment, so that no log has it, and is stored as its hash. It is good for a day and for one
//! password; a newer link, and any change of the password, make it worthless, and it does not help who is banned or deactivated.

pub mod handlers;
pub mod pages;
pub mod store;

use chrono::{NaiveDateTime, TimeDelta};
use serde::Deserialize;
use serde_json::json;

use crate::{
    account::{
        Accounts,
        password_rules::Password,
        profile, standing, store as people, token,
        wire::{SiteRole, Status},
    },
    audit::{self, Act, Actor, Entry},
    db::{connection::AnyConnection, lane::Stored, time},
    error::{AppError, AppResult},
    event::Ended,
    id::UserId,
    web::client::Client,
};

/// How long a link is good.
const HOURS: i64 = 24;

const INVALID: AppError = AppError::Refused("reset_invalid", "This link is not valid (any more).");

/// A link that was just made.
pub struct Issued {
    /// For the link's fragment; it is told this once.
    pub token: String,
    /// Good until then.
    pub expires_at: NaiveDateTime,
}

/// Makes a link for somebody; older ones are worthless from now on.
///
/// # Errors
/// Not found; somebody banned or deactivated (`banned`, `deactivated`); a bot (`bot`).
pub async fn issue(accounts: &Accounts, actor: &Actor, whom: UserId) -> AppResult<Issued> {
    let (token, actor) = (token::fresh::<32>(), actor.clone());
    let hash = token::hash(&token);
    let expires_at = time::now() + TimeDelta::hours(HOURS);
    accounts
        .db
        .write(move |conn| {
            let (card, status, _) = people::standing_of(conn, whom)?.ok_or(AppError::NotFound)?;
            if status != Status::Active {
                return Err(standing::out(conn, whom)?);
            }
            if card.role == SiteRole::Bot {
                return Err(standing::BOT);
            }
            store::void(conn, whom)?;
            store::insert(conn, &hash, whom, actor.id, expires_at)?;
            audit::note(conn, &actor, &Entry::new(Act::UserReset, standing::target(&card)))?;
            Ok(Stored::quiet(()))
        })
        .await?;
    Ok(Issued { token, expires_at })
}

/// Makes the link somebody has worthless; harmless where they have none.
///
/// # Errors
/// Not found; a database that does not answer.
pub async fn void(accounts: &Accounts, actor: &Actor, whom: UserId) -> AppResult<()> {
    let actor = actor.clone();
    accounts
        .db
        .write(move |conn| {
            let card = people::find(conn, whom)?.ok_or(AppError::NotFound)?;
            if store::void(conn, whom)? > 0 {
                let entry = Entry::new(Act::UserReset, standing::target(&card));
                audit::note(conn, &actor, &entry.with(json!({ "voided": true })))?;
            }
            Ok(Stored::quiet(()))
        })
        .await
}

/// What the form says.
#[derive(Debug, Clone, Default, Deserialize, utoipa::ToSchema)]
#[schema(as = NewPassword)]
#[serde(deny_unknown_fields)]
pub struct Reset {
    /// From the link's fragment.
    pub token: String,
    /// 8 to 128 characters, and none that everybody tries.
    pub password: String,
}

/// Sets the new password and ends every session and token.
///
/// # Errors
/// `reset_invalid` for a link that is unknown, used, too old or of somebody shut out; a poor password, with which the link stays
/// good; [`AppError::TooFast`].
pub async fn claim(accounts: &Accounts, client: &Client, reset: Reset) -> AppResult<()> {
    accounts.throttle.reset(client.network())?;
    let hash = token::hash(&reset.token);
    let looked_up = hash.clone();
    let (user, username) = accounts.db.read(move |conn| owner(conn, &looked_up)).await?;
    let password = Password::parse(&reset.password, &username)
        .map_err(|error| AppError::field("password", error.code(), &error.to_string()))?;
    let password = accounts.hasher.hash(password).await?;
    let set = move |conn: &mut AnyConnection| {
        // Asked again: another request may have used it while the password was being hashed.
        owner(conn, &hash)?;
        if store::use_up(conn, &hash)? != 1 {
            return Err(INVALID);
        }
        Ok(Stored::telling((), profile::replace_password(conn, user, &password, Ended::All)?))
    };
    let done = accounts.db.write(set).await;
    standing::forget(accounts, user);
    done
}

/// Whose link this is, if it is good.
fn owner(conn: &mut AnyConnection, hash: &[u8]) -> AppResult<(UserId, String)> {
    let user = store::find(conn, hash)?.ok_or(INVALID)?;
    match people::standing_of(conn, user)? {
        Some((card, Status::Active, _)) => Ok((user, card.username)),
        _ => Err(INVALID),
    }
}
