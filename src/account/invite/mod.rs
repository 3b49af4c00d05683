//! Links that let somebody register: made and revoked by admins, good for so many accounts and so long.

pub mod store;

use chrono::{NaiveDateTime, TimeDelta};
use serde_json::json;

use crate::{
    account::{Accounts, store::NewUser, token, token::TokenHash},
    audit::{self, Act, Actor, Entry, Target},
    db::{connection::AnyConnection, lane::Stored, time},
    error::{AppError, AppResult, FieldError, FieldErrors},
    id::InviteId,
    setting::{Live, values::Registration},
};

/// Longest note, in characters.
const NOTE: usize = 100;

/// Most accounts an invitation may be good for.
pub const MOST_USES: i64 = 10_000;

/// Longest life, in days.
const DAYS: i64 = 3_650;

const CLOSED: AppError = AppError::Refused("registration_closed", "Nobody can register here at the moment.");
const NEEDED: AppError = AppError::Refused("invite_needed", "Registering needs an invitation.");
/// For a token that lets nobody in.
pub const INVALID: AppError = AppError::Refused("invite_invalid", "This invitation is not valid (any more).");

/// What an admin wants to make.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// For whom or what it is; only admins see it.
    pub note: String,
    /// For so many accounts; `None` for any number.
    pub max_uses: Option<i64>,
    /// Until then; `None` for as long as it is not revoked.
    pub expires_at: Option<NaiveDateTime>,
}

impl Wanted {
    fn check(self) -> AppResult<Self> {
        let mut errors = FieldErrors::new();
        let note = self.note.trim().to_owned();
        if note.chars().count() > NOTE {
            errors.insert("note", FieldError::new("too_long", "At most 100 characters."));
        }
        if note.chars().any(char::is_control) {
            errors.insert("note", FieldError::new("bad_characters", "Control characters are not allowed."));
        }
        if self.max_uses.is_some_and(|uses| !(1..=MOST_USES).contains(&uses)) {
            errors.insert("max_uses", FieldError::new("invalid", "A number from 1 to 10000, or null."));
        }
        let last = time::now() + TimeDelta::days(DAYS);
        if self.expires_at.is_some_and(|at| at <= time::now() || at > last) {
            errors.insert("expires_at", FieldError::new("invalid", "A time to come, within ten years, or null."));
        }
        if errors.is_empty() { Ok(Self { note, ..self }) } else { Err(AppError::Fields(errors)) }
    }
}

/// Makes an invitation; the token that is in its link is told this once.
///
/// # Errors
/// Wrong fields; an actor who is no person; a database that does not answer.
pub async fn make(accounts: &Accounts, actor: &Actor, wanted: Wanted) -> AppResult<(InviteId, String)> {
    let wanted = wanted.check()?;
    let by = actor.id.ok_or(AppError::Forbidden("Only an admin makes invitations."))?;
    let (token, actor) = (token::fresh::<16>(), actor.clone());
    let hash = token::hash(&token);
    let id = accounts
        .db
        .write(move |conn| {
            let id = store::insert(conn, &hash, by, &wanted)?;
            let detail = json!({
                "max_uses": wanted.max_uses,
                "expires_at": wanted.expires_at.as_ref().map(time::rfc3339),
            });
            audit::note(conn, &actor, &Entry::new(Act::InviteAdd, target(id, &wanted.note)).with(detail))?;
            Ok(Stored::quiet(id))
        })
        .await?;
    Ok((id, token))
}

/// Ends an invitation; who came by it stays. Harmless for one that is revoked already.
///
/// # Errors
/// [`AppError::NotFound`].
pub async fn revoke(accounts: &Accounts, actor: &Actor, id: InviteId) -> AppResult<()> {
    let actor = actor.clone();
    accounts
        .db
        .write(move |conn| {
            let note = store::note_of(conn, id)?.ok_or(AppError::NotFound)?;
            if store::revoke(conn, id)? == 1 {
                audit::note(conn, &actor, &Entry::new(Act::InviteRevoke, target(id, &note)))?;
            }
            Ok(Stored::quiet(()))
        })
        .await
}

fn target(id: InviteId, note: &str) -> Target {
    Target::new("invite", id.0, note)
}

/// What somebody who registers shows at the door.
#[derive(Clone)]
pub struct Ticket {
    live: Live,
    hash: Option<TokenHash>,
}

impl Ticket {
    /// The ticket with this token, which may be empty.
    ///
    /// # Errors
    /// [`AppError::Refused`] where nobody may register, or not without a token.
    pub fn new(live: &Live, token: Option<&str>) -> AppResult<Self> {
        let hash = token.filter(|token| !token.trim().is_empty()).map(token::hash);
        match (live.get().registration, &hash) {
            (Registration::Closed, _) => Err(CLOSED),
            (Registration::Invite, None) => Err(NEEDED),
            _ => Ok(Self { live: live.clone(), hash }),
        }
    }

    /// Lets somebody in, in the transaction that makes the account: the last use of an invitation is one account's alone. While
    /// registration is open, an invitation that is not valid keeps nobody out.
    ///
    /// # Errors
    /// [`AppError::Refused`], and then nobody came in.
    pub fn admit(&self, conn: &mut AnyConnection, user: &mut NewUser) -> AppResult<()> {
        user.invite_id = match &self.hash {
            Some(hash) => store::use_up(conn, hash)?,
            None => None,
        };
        match (self.live.get().registration, user.invite_id) {
            (Registration::Closed, _) => Err(CLOSED),
            (Registration::Invite, None) => Err(INVALID),
            _ => Ok(()),
        }
    }
}

/// Would this token let somebody in now? For the page that asks for it.
///
/// # Errors
/// When the database does not answer.
pub async fn is_valid(accounts: &Accounts, token: &str) -> AppResult<bool> {
    let hash = token::hash(token);
    accounts.db.read(move |conn| Ok(store::is_valid(conn, &hash)?)).await
}
