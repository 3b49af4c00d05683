//! Logging in.

use actix_session::Session;
use serde::Deserialize;

use crate::{
    account::{
        Accounts, name,
        password_rules::Password,
        session_store::key,
        store,
        wire::{Card, Status},
    },
    error::{AppError, AppResult},
    id::UserId,
    web::client::Client,
};

/// Longest name that is looked at, in characters.
const LONGEST: usize = 4 * name::USERNAME_MAX;

/// What a login says.
#[derive(Debug, Clone, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// The user name, in any spelling that folds to it.
    pub username: String,
    /// As set.
    pub password: String,
}

/// Checks name and password and begins a session. An unknown name and a wrong password get the same answer after the same
/// time.
///
/// # Errors
/// [`AppError::BadCredentials`], [`AppError::TooFast`], or a database that does not answer; only after the right password
/// [`AppError::Banned`] and [`AppError::Deactivated`], so that nobody learns of it but who it concerns.
pub async fn login(accounts: &Accounts, session: &Session, client: &Client, login: Login) -> AppResult<Card> {
    // Longer than any spelling of any name: not worth folding, or remembering in a limit.
    if login.username.chars().nth(LONGEST).is_some() {
        return Err(AppError::BadCredentials);
    }
    let key = name::fold(login.username.trim());
    // No database stores U+0000, and PostgreSQL does not even take it as a question.
    if key.contains('\0') {
        return Err(AppError::BadCredentials);
    }
    accounts.throttle.login(&key, client.network())?;
    let (looked_up, ip) = (key.clone(), client.ip.to_string());
    let (found, known_address) = accounts
        .db
        .read(move |conn| {
            let found = store::credentials_by_key(conn, &looked_up)?;
            let known = found.as_ref().map(|found| store::is_known_address(conn, found.id, &ip)).transpose()?;
            Ok((found, known == Some(true)))
        })
        .await?;
    if !known_address {
        accounts.throttle.login_from_unknown_address(&key)?;
    }
    let (found, hash) = found.map(|found| ((found.id, found.status, found.reason), found.password_hash)).unzip();
    // What no password can be is refused without hashing, whoever the name is.
    let fits = match Password::given(&login.password) {
        Ok(password) => accounts.hasher.verify(password, hash).await?,
        Err(_) => false,
    };
    let Some((id, status, reason)) = found.filter(|_| fits) else { return Err(AppError::BadCredentials) };
    match status {
        Status::Active => {}
        Status::Banned => return Err(AppError::Banned(reason)),
        Status::Deactivated => return Err(AppError::Deactivated(reason)),
    }
    let card = accounts.people.find(id).await?.ok_or(AppError::BadCredentials)?;
    begin(session, id, client)?;
    Ok((*card).clone())
}

/// Begins a session under a new token; an old one, which somebody may have planted, ends.
///
/// # Errors
/// When the state cannot be encoded.
pub fn begin(session: &Session, user: UserId, client: &Client) -> AppResult<()> {
    session.renew();
    session.remove(key::SESSION);
    session.remove(key::FAULT);
    session.insert(key::USER, user).map_err(AppError::internal)?;
    session.insert(key::AGENT, &client.agent).map_err(AppError::internal)?;
    session.insert(key::IP, client.ip.to_string()).map_err(AppError::internal)
}
