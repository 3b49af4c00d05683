//! What those who run the server may do to accounts from its command line.
//!
//! The same acts are carried out by a running server, told through its control socket so that live sessions learn them, or by
//! the command itself when no server runs.

use serde::{Deserialize, Serialize};

use crate::{
    account::{
        Accounts, name,
        password_rules::Password,
        profile,
        register::{self, Door, Names, Registration},
        standing, store,
        wire::{Card, SiteRole},
    },
    audit::{self, Actor, Entry},
    db::{connection::AnyConnection, lane::Stored},
    error::{AppError, AppResult},
    event::Ended,
};

/// One act.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "act")]
pub enum Act {
    /// Make an account.
    Add {
        /// Reserved names are allowed.
        username: String,
        /// As for everybody.
        password: String,
        /// On the site.
        role: SiteRole,
    },
    /// Set a password and end all sessions.
    Passwd {
        /// Whose.
        username: String,
        /// As for everybody.
        password: String,
    },
    /// Change a role.
    Role {
        /// Whose.
        username: String,
        /// On the site.
        role: SiteRole,
    },
    /// Everybody.
    List,
}

/// Carries an act out and says what was done, a line each.
///
/// # Errors
/// What is wrong with the act, in words for whoever typed it.
pub async fn carry_out(accounts: &Accounts, act: Act) -> Result<String, String> {
    let done = match act {
        Act::Add { username, password, role } => add(accounts, username, password, role).await,
        Act::Passwd { username, password } => passwd(accounts, &username, &password).await,
        Act::Role { username, role } => set_role(accounts, &username, role).await,
        Act::List => list(accounts).await,
    };
    done.map_err(|error| explain(&error))
}

async fn add(accounts: &Accounts, username: String, password: String, role: SiteRole) -> AppResult<String> {
    if role == SiteRole::Bot {
        return Err(AppError::field("role", "invalid", "a bot is made in the console; it has no password"));
    }
    let registration = Registration { username, password, ..Registration::default() };
    let checked = registration.check(Names::Privileged, role, None)?;
    let card = register::create(accounts, checked, Door::Staff(Actor::command_line())).await?;
    Ok(format!("added {} ({})", card.username, card.role.as_str()))
}

async fn passwd(accounts: &Accounts, username: &str, password: &str) -> AppResult<String> {
    let card = find(accounts, username).await?;
    if card.role == SiteRole::Bot {
        return Err(standing::BOT);
    }
    let password = Password::parse(password, &card.username)
        .map_err(|error| AppError::field("password", error.code(), &error.to_string()))?;
    let hash = accounts.hasher.hash(password).await?;
    let (id, target) = (card.id, standing::target(&card));
    let set = move |conn: &mut AnyConnection| {
        audit::note(conn, &Actor::command_line(), &Entry::new(audit::Act::UserPassword, target.clone()))?;
        Ok(Stored::telling((), profile::replace_password(conn, id, &hash, Ended::All)?))
    };
    let done = accounts.db.write(set).await;
    standing::forget(accounts, id);
    done?;
    Ok(format!("{} has a new password, and all their sessions and tokens ended", card.username))
}

async fn set_role(accounts: &Accounts, username: &str, role: SiteRole) -> AppResult<String> {
    let card = find(accounts, username).await?;
    let card = standing::set_role(accounts, &Actor::command_line(), card.id, role).await?;
    Ok(format!("{} is {} now", card.username, card.role.as_str()))
}

async fn list(accounts: &Accounts) -> AppResult<String> {
    let people = accounts.db.read(|conn| Ok(store::list(conn)?)).await?;
    let lines = people.iter().map(|card| format!("{}\t{}\t{}", card.username, card.role.as_str(), card.nickname));
    Ok(lines.collect::<Vec<_>>().join("\n"))
}

async fn find(accounts: &Accounts, username: &str) -> AppResult<Card> {
    let key = name::fold(username);
    accounts.db.read(move |conn| store::find_by_key(conn, &key)?.ok_or(AppError::NotFound)).await
}

fn explain(error: &AppError) -> String {
    match (error, error.fields()) {
        (AppError::NotFound, _) => "there is no such person".to_owned(),
        (_, Some(fields)) => {
            let lines = fields.iter().map(|(field, error)| format!("{field}: {}", error.text));
            lines.collect::<Vec<_>>().join("\n")
        }
        _ => error.to_string(),
    }
}
