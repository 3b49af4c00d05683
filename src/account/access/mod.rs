//! Access tokens: what programs show instead of a session's cookie, in `Authorization: Bearer`.
//!
//! A token acts as its owner, within its [`Scope`], and never on what lets people in: passwords, sessions, tokens, addresses. It is
//! told once and stored as its hash; a token that was revoked is a row that is gone. People make their own, admins those of bots.

pub mod handlers;
pub mod pages;
pub mod secret;
pub mod store;
pub mod tokens;
pub mod wire;

use chrono::{NaiveDateTime, TimeDelta};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    account::{
        Accounts,
        access::{secret::Secret, store::TokenRow, wire::TokenView},
        standing, store as people,
        wire::{Card, SiteRole},
    },
    audit::{self, Act, Actor, Entry},
    db::{connection::AnyConnection, lane::Stored, time},
    error::{AppError, AppResult, FieldError, FieldErrors},
    event::{Ended, Event, Farewell},
    id::{Pass, TokenId, UserId},
};

/// Longest name, in characters.
pub const NAME: usize = 60;

/// Tokens a person may have.
const MOST: i64 = 50;

/// Longest life, in days.
const DAYS: i64 = 3_650;

/// Expired tokens stay in the list so long, in days.
pub const SHOWN_DAYS: i64 = 30;

/// What a token is good for; each may do all that the ones before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = TokenScope)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Reading: methods that change nothing.
    Read,
    /// All that its owner may, but for the console.
    Write,
    /// The console too, as long as its owner is an admin.
    Admin,
}

impl Scope {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Read, Self::Write, Self::Admin];

    /// As stored and told.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Admin => "admin",
        }
    }

    /// The one of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == name)
    }

    /// Is this enough for what takes `needed`?
    ///
    /// # Errors
    /// [`AppError::Scope`].
    pub fn covers(self, needed: Self) -> AppResult<()> {
        if self >= needed { Ok(()) } else { Err(AppError::Scope(needed.as_str())) }
    }
}

/// A token to be made.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// As its owner calls it.
    pub name: String,
    /// What it is to be good for.
    pub scope: Scope,
    /// It is dead from then on; `None` for no end.
    pub expires_at: Option<NaiveDateTime>,
}

impl Wanted {
    fn check(self) -> AppResult<Self> {
        let mut errors = FieldErrors::new();
        let name = self.name.trim().to_owned();
        if name.is_empty() {
            errors.insert("name", FieldError::new("required", "Give it a name."));
        }
        if name.chars().count() > NAME {
            errors.insert("name", FieldError::new("too_long", "At most 60 characters."));
        }
        if name.chars().any(char::is_control) {
            errors.insert("name", FieldError::new("bad_characters", "Control characters are not allowed."));
        }
        let last = time::now() + TimeDelta::days(DAYS);
        if self.expires_at.is_some_and(|at| at <= time::now() || at > last) {
            errors.insert("expires_at", FieldError::new("invalid", "A time to come, within ten years, or null."));
        }
        if errors.is_empty() { Ok(Self { name, ..self }) } else { Err(AppError::Fields(errors)) }
    }
}

/// A token that was just made.
pub struct Issued {
    /// As lists show it.
    pub token: TokenView,
    /// To be told this once.
    pub secret: Secret,
}

impl TokenRow {
    /// Does it let somebody in this moment?
    pub fn is_alive(&self) -> bool {
        self.expires_at.is_none_or(|at| at > time::now())
    }
}

/// Somebody's tokens, the newest first.
///
/// # Errors
/// When the database does not answer.
pub async fn list(accounts: &Accounts, owner: UserId) -> AppResult<Vec<TokenView>> {
    let rows = accounts.db.read(move |conn| Ok(store::all_of(conn, owner)?)).await?;
    Ok(rows.into_iter().map(TokenView::new).collect())
}

/// Makes a token for oneself.
///
/// # Errors
/// Wrong fields; too many (`too_many`); a database that does not answer.
pub async fn make(accounts: &Accounts, owner: UserId, wanted: Wanted) -> AppResult<Issued> {
    issue(accounts, owner, None, wanted).await
}

/// Makes a token for a bot, which the audit log notes.
///
/// # Errors
/// Not found; somebody who makes their own (`not_a_bot`); a bot that is shut out; as for [`make`].
pub async fn make_for_bot(accounts: &Accounts, actor: &Actor, bot: UserId, wanted: Wanted) -> AppResult<Issued> {
    issue(accounts, bot, Some(actor.clone()), wanted).await
}

async fn issue(accounts: &Accounts, owner: UserId, actor: Option<Actor>, wanted: Wanted) -> AppResult<Issued> {
    let wanted = wanted.check()?;
    let secret = Secret::fresh();
    let stored = secret.clone();
    let row = accounts
        .db
        .write(move |conn| {
            let card = may_have(conn, owner, actor.is_some(), wanted.scope)?;
            if store::count_of(conn, owner)? >= MOST {
                return Err(AppError::Conflict("too_many", "50 tokens at most; revoke one first."));
            }
            let id = store::insert(conn, owner, &stored, &wanted)?;
            let row = store::find_of(conn, owner, id)?.ok_or(AppError::NotFound)?;
            if let Some(actor) = &actor {
                audit::note(conn, actor, &entry(Act::TokenAdd, &card, &row))?;
            }
            Ok(Stored::quiet(row))
        })
        .await?;
    Ok(Issued { token: TokenView::new(row), secret })
}

/// May this account be given such a token, by an admin or by itself?
fn may_have(conn: &mut AnyConnection, owner: UserId, by_admin: bool, scope: Scope) -> AppResult<Card> {
    let card = people::find(conn, owner)?.ok_or(AppError::NotFound)?;
    if by_admin && card.role != SiteRole::Bot {
        return Err(AppError::Conflict("not_a_bot", "People make their own tokens."));
    }
    // Held to the end of the transaction: a ban that comes now waits, and then ends this token too.
    if !people::is_active(conn, owner)? {
        return Err(if by_admin { standing::out(conn, owner)? } else { AppError::Unauthenticated });
    }
    if scope == Scope::Admin && card.role != SiteRole::Admin {
        return Err(AppError::field("scope", "invalid", "Only an admin's token can have it."));
    }
    Ok(card)
}

/// Revokes one of one's own tokens: every connection that it opened ends.
///
/// # Errors
/// [`AppError::NotFound`] when it is not theirs.
pub async fn revoke(accounts: &Accounts, owner: UserId, token: TokenId) -> AppResult<()> {
    end(accounts, owner, token, None).await
}

/// Revokes anybody's token, which the audit log notes.
///
/// # Errors
/// [`AppError::NotFound`] when it is not theirs.
pub async fn revoke_by(accounts: &Accounts, actor: &Actor, owner: UserId, token: TokenId) -> AppResult<()> {
    end(accounts, owner, token, Some(actor.clone())).await
}

async fn end(accounts: &Accounts, owner: UserId, token: TokenId, actor: Option<Actor>) -> AppResult<()> {
    let done = accounts
        .db
        .write(move |conn| {
            let row = store::find_of(conn, owner, token)?.ok_or(AppError::NotFound)?;
            store::delete(conn, token)?;
            if let Some(actor) = &actor {
                let card = people::find(conn, owner)?.ok_or(AppError::NotFound)?;
                audit::note(conn, actor, &entry(Act::TokenRevoke, &card, &row))?;
            }
            Ok(Stored::telling((), vec![ended(owner, token)]))
        })
        .await;
    // Also where it failed: if the answer to its COMMIT was lost, it may stand.
    accounts.tokens.forget(owner, move |id| id == token);
    done
}

fn entry(act: Act, card: &Card, row: &TokenRow) -> Entry {
    let detail = json!({ "token": row.id, "name": row.name, "scope": row.scope });
    Entry::new(act, standing::target(card)).with(detail)
}

/// The event of one token that is over.
pub fn ended(owner: UserId, token: TokenId) -> Event {
    Event::SessionsEnded { user: owner, which: Ended::One(Pass::Token(token)), why: Farewell::Ended }
}

/// Which of these sessions and tokens still let somebody in.
///
/// # Errors
/// When the database fails.
pub fn still_standing(conn: &mut AnyConnection, passes: &[Pass]) -> AppResult<Vec<Pass>> {
    let (mut sessions, mut tokens) = (Vec::new(), Vec::new());
    for pass in passes {
        match pass {
            Pass::Session(id) => sessions.push(*id),
            Pass::Token(id) => tokens.push(*id),
        }
    }
    let sessions = people::standing(conn, &sessions)?.into_iter().map(Pass::Session);
    let tokens = store::standing(conn, &tokens)?.into_iter().map(Pass::Token);
    Ok(sessions.chain(tokens).collect())
}
