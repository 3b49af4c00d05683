//! What admins make of accounts: banning, deactivating and silencing them, and the ways back.
//!
//! Each is one transaction in the ordered lane, with its entry in the audit log: two admins who act at once cannot leave the site
//! without one, and whoever is shut out says nothing afterwards.

use chrono::{Datelike as _, NaiveDateTime};
use serde_json::{Value, json};

use crate::{
    account::{
        Accounts, FirstAdmin, access, profile, store,
        wire::{Card, SiteRole, Status, silenced_frame},
    },
    audit::{self, Act, Actor, Entry, Target},
    db::{connection::AnyConnection, lane::Stored, time},
    error::{AppError, AppResult},
    event::{Ended, Event, Farewell},
    id::UserId,
    web::locale::Locale,
};

/// Longest reason, in characters.
const REASON: usize = 500;

const LAST_ADMIN: AppError = AppError::Conflict("last_admin", "The site needs an admin; make somebody else one first.");

/// Shuts somebody out: every session and token ends with this, every socket closes, and a login is answered with the reason. Again only
/// changes the reason.
///
/// # Errors
/// Not found, oneself (`self`), the last admin (`last_admin`), a reason that is too long.
pub async fn ban(accounts: &Accounts, actor: &Actor, whom: UserId, reason: &str) -> AppResult<()> {
    shut_out(accounts, actor, whom, Status::Banned, reason).await
}

/// Puts an account out of use, such as of somebody who left.
///
/// # Errors
/// As for [`ban`]; somebody banned (`banned`).
pub async fn deactivate(accounts: &Accounts, actor: &Actor, whom: UserId, reason: &str) -> AppResult<()> {
    shut_out(accounts, actor, whom, Status::Deactivated, reason).await
}

/// Lets somebody banned in again; harmless for who is active.
///
/// # Errors
/// Not found; somebody deactivated (`deactivated`).
pub async fn unban(accounts: &Accounts, actor: &Actor, whom: UserId) -> AppResult<()> {
    let actor = actor.clone();
    accounts.db.ordered(move |conn| let_in(conn, &actor, whom, Status::Banned)).await
}

/// Puts an account into use again; harmless for who is active.
///
/// # Errors
/// Not found; somebody banned (`banned`).
pub async fn reactivate(accounts: &Accounts, actor: &Actor, whom: UserId) -> AppResult<()> {
    let actor = actor.clone();
    accounts.db.ordered(move |conn| let_in(conn, &actor, whom, Status::Deactivated)).await
}

/// Lets somebody read and not write, everywhere, until this time; the reason is for the audit log.
///
/// # Errors
/// Not found, oneself (`self`), a time that is no time to come, a reason that is too long.
pub async fn silence(
    accounts: &Accounts,
    actor: &Actor,
    whom: UserId,
    until: NaiveDateTime,
    reason: &str,
) -> AppResult<()> {
    let (actor, until, reason) = (actor.clone(), to_come(until)?, check_reason(reason)?);
    accounts
        .db
        .ordered(move |conn| {
            let (card, ..) = other(conn, &actor, whom)?;
            let mut detail = json!({ "until": time::rfc3339(&until) });
            if !reason.is_empty() {
                detail["reason"] = reason.as_str().into();
            }
            set_silenced(conn, &actor, &card, Some(until), detail)
        })
        .await
}

/// Lets somebody write again; what rooms say of them stays.
///
/// # Errors
/// Not found.
pub async fn unsilence(accounts: &Accounts, actor: &Actor, whom: UserId) -> AppResult<()> {
    let actor = actor.clone();
    accounts
        .db
        .ordered(move |conn| {
            let card = store::find(conn, whom)?.ok_or(AppError::NotFound)?;
            match store::silenced_until(conn, whom)? {
                Some(_) => set_silenced(conn, &actor, &card, None, json!({})),
                None => Ok(Stored::quiet(())),
            }
        })
        .await
}

/// Gives somebody another role on the site.
///
/// # Errors
/// Not found; the last admin (`last_admin`); a bot, or a person who is to be one (`bot`).
pub async fn set_role(accounts: &Accounts, actor: &Actor, whom: UserId, role: SiteRole) -> AppResult<Card> {
    let actor = actor.clone();
    let first_admin = accounts.first_admin;
    let card = accounts.db.ordered(move |conn| change_role(conn, &actor, whom, role, first_admin)).await?;
    accounts.people.forget(whom);
    Ok(card)
}

fn change_role(
    conn: &mut AnyConnection,
    actor: &Actor,
    whom: UserId,
    role: SiteRole,
    first_admin: FirstAdmin,
) -> AppResult<Stored<Card>> {
    let before = store::find(conn, whom)?.ok_or(AppError::NotFound)?;
    if before.role == role {
        return Ok(Stored::quiet(before));
    }
    if [role, before.role].contains(&SiteRole::Bot) {
        return Err(BOT);
    }
    match role {
        SiteRole::Admin if !store::has_admin(conn)? => first_admin(conn, Locale::of_environment())?,
        SiteRole::Admin => {}
        _ => keep_an_admin(conn, whom)?,
    }
    store::set_role(conn, whom, role)?;
    let detail = json!({ "from": before.role, "to": role });
    audit::note(conn, actor, &Entry::new(Act::UserRole, target(&before)).with(detail))?;
    let card = Card { role, ..before };
    let event = profile::changed(&card);
    Ok(Stored::telling(card, vec![event]))
}

/// To be called before somebody stops being an admin, whether by a role or by a ban.
///
/// # Errors
/// [`AppError::Conflict`] `last_admin` where nobody else is one.
pub fn keep_an_admin(conn: &mut AnyConnection, whom: UserId) -> AppResult<()> {
    let (card, status, _) = store::standing_of(conn, whom)?.ok_or(AppError::NotFound)?;
    let is_one = card.role == SiteRole::Admin && status == Status::Active;
    if is_one && !store::has_other_admin(conn, whom)? { Err(LAST_ADMIN) } else { Ok(()) }
}

/// A time from which somebody may write again.
///
/// # Errors
/// [`AppError::Fields`] for one that has passed or is not of four digits.
pub fn to_come(until: NaiveDateTime) -> AppResult<NaiveDateTime> {
    match until > time::now() && until.year() <= 9_999 {
        true => Ok(until),
        false => Err(AppError::field("silenced_until", "invalid", "A time to come, up to the end of 9999.")),
    }
}

async fn shut_out(accounts: &Accounts, actor: &Actor, whom: UserId, status: Status, reason: &str) -> AppResult<()> {
    let (actor, reason) = (actor.clone(), check_reason(reason)?);
    let done = accounts.db.ordered(move |conn| set_status(conn, &actor, whom, status, &reason)).await;
    if done.as_ref().err().is_none_or(AppError::is_fault) {
        shut(accounts, whom);
    }
    done
}

/// After a commit of [`set_status`], or one of which nobody knows: nothing in memory lets them in any more.
pub fn shut(accounts: &Accounts, whom: UserId) {
    forget(accounts, whom);
    accounts.bars.bar(whom);
}

/// To be called when every session and every token of a person ended in a transaction, or may have.
pub fn forget(accounts: &Accounts, whom: UserId) {
    accounts.sessions.forget(whom, |_| true);
    accounts.tokens.forget(whom, |_| true);
}

/// [`ban`] or [`deactivate`] in a transaction that does more; [`shut`] is to be called after it. The reason is a checked one.
///
/// # Errors
/// As for those.
pub fn set_status(
    conn: &mut AnyConnection,
    actor: &Actor,
    whom: UserId,
    status: Status,
    reason: &str,
) -> AppResult<Stored<()>> {
    let (card, before, stored) = other(conn, actor, whom)?;
    if before == Status::Banned && status == Status::Deactivated {
        return Err(BANNED);
    }
    if (before, stored.as_str()) == (status, reason) {
        return Ok(Stored::quiet(()));
    }
    keep_an_admin(conn, whom)?;
    store::set_status(conn, whom, status, reason)?;
    store::delete_sessions(conn, whom)?;
    access::store::delete_all(conn, whom)?;
    let (act, why) = match status {
        Status::Banned => (Act::UserBan, Farewell::Banned),
        _ => (Act::UserDeactivate, Farewell::Deactivated),
    };
    audit::note(conn, actor, &Entry::new(act, target(&card)).with(json!({ "reason": reason })))?;
    Ok(Stored::telling((), vec![Event::SessionsEnded { user: whom, which: Ended::All, why }]))
}

/// What is refused because the account is a bot's, or would be.
pub const BOT: AppError =
    AppError::Conflict("bot", "A bot stays one and has no password; a person does not become one.");

/// Why somebody who is not active is refused.
///
/// # Errors
/// When the database fails; not found.
pub fn out(conn: &mut AnyConnection, whom: UserId) -> AppResult<AppError> {
    match store::standing_of(conn, whom)?.ok_or(AppError::NotFound)?.1 {
        Status::Banned => Ok(BANNED),
        _ => Ok(DEACTIVATED),
    }
}

/// What is refused of somebody banned.
pub(super) const BANNED: AppError = AppError::Conflict("banned", "The account is banned.");
/// What is refused of somebody deactivated.
pub(super) const DEACTIVATED: AppError = AppError::Conflict("deactivated", "The account is deactivated.");

fn let_in(conn: &mut AnyConnection, actor: &Actor, whom: UserId, from: Status) -> AppResult<Stored<()>> {
    let (card, before, _) = store::standing_of(conn, whom)?.ok_or(AppError::NotFound)?;
    match before {
        Status::Active => return Ok(Stored::quiet(())),
        before if before == from => {}
        Status::Banned => return Err(BANNED),
        Status::Deactivated => return Err(DEACTIVATED),
    }
    store::set_status(conn, whom, Status::Active, "")?;
    let act = if from == Status::Banned { Act::UserUnban } else { Act::UserReactivate };
    audit::note(conn, actor, &Entry::new(act, target(&card)))?;
    Ok(Stored::quiet(()))
}

/// [`silence`] in a transaction that does more; whoever is silenced for longer stays so.
///
/// # Errors
/// As for that.
pub fn set_silence(
    conn: &mut AnyConnection,
    actor: &Actor,
    whom: UserId,
    until: NaiveDateTime,
) -> AppResult<Stored<()>> {
    let (card, ..) = other(conn, actor, whom)?;
    match store::silenced_until(conn, whom)? {
        Some(longer) if longer >= until => Ok(Stored::quiet(())),
        _ => set_silenced(conn, actor, &card, Some(until), json!({ "until": time::rfc3339(&until) })),
    }
}

fn set_silenced(
    conn: &mut AnyConnection,
    actor: &Actor,
    card: &Card,
    until: Option<NaiveDateTime>,
    detail: Value,
) -> AppResult<Stored<()>> {
    store::set_silenced(conn, card.id, until)?;
    let act = if until.is_some() { Act::UserSilence } else { Act::UserUnsilence };
    audit::note(conn, actor, &Entry::new(act, target(card)).with(detail))?;
    Ok(Stored::telling((), vec![Event::ToUser { user: card.id, frame: silenced_frame(until) }]))
}

/// Somebody else than who acts.
fn other(conn: &mut AnyConnection, actor: &Actor, whom: UserId) -> AppResult<(Card, Status, String)> {
    match actor.id == Some(whom) {
        true => Err(AppError::Conflict("self", "Not yourself.")),
        false => store::standing_of(conn, whom)?.ok_or(AppError::NotFound),
    }
}

/// As the audit log names a person.
pub fn target(card: &Card) -> Target {
    Target::new("user", card.id.0, card.username.as_str())
}

/// A reason without blanks around it.
///
/// # Errors
/// [`AppError::Fields`] for one that is too long or has control characters.
pub fn check_reason(reason: &str) -> AppResult<String> {
    let reason = reason.trim();
    if reason.chars().count() > REASON {
        return Err(AppError::field("reason", "too_long", "At most 500 characters."));
    }
    if reason.chars().any(|c| c.is_control() && c != '\n') {
        return Err(AppError::field("reason", "bad_characters", "Control characters are not allowed."));
    }
    Ok(reason.to_owned())
}
