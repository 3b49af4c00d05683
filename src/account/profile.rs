//! Changing what one says of oneself, and one's password.

use serde::Deserialize;

use crate::{
    account::{
        Accounts, access,
        address::CONFIRMED,
        contact::{Email, Phone},
        current_user::{CurrentUser, SessionUser},
        name::{self, Nickname},
        password_rules::Password,
        register::{given, keep, optional},
        reset,
        store::{self, ProfileChange},
        verification,
        wire::{Card, Me},
    },
    db::{connection::AnyConnection, lane::Stored},
    error::{AppError, AppResult, FieldError, FieldErrors},
    event::{Ended, Event, Farewell},
    id::{SessionId, UserId},
    web::body::nullable,
};

/// Longest bio, in characters.
const BIO: usize = 500;

/// Longest words on being away, in characters.
const AWAY: usize = 100;

/// Languages there are.
pub const LOCALES: [&str; 2] = ["en", "zh-CN"];

/// What a person wants changed; an absent field stays, `null` clears.
#[derive(Debug, Clone, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ProfilePatch {
    /// The name shown.
    #[serde(deserialize_with = "nullable")]
    pub nickname: Option<Option<String>>,
    /// For nobody else to see.
    #[serde(deserialize_with = "nullable")]
    pub email: Option<Option<String>>,
    /// For nobody else to see.
    #[serde(deserialize_with = "nullable")]
    pub phone: Option<Option<String>>,
    /// A few words.
    #[serde(deserialize_with = "nullable")]
    pub bio: Option<Option<String>>,
    /// `en` or `zh-CN`.
    #[serde(deserialize_with = "nullable")]
    pub locale: Option<Option<String>>,
}

impl ProfilePatch {
    fn check(self, username: &str) -> AppResult<ProfileChange> {
        let mut errors = FieldErrors::new();
        let nickname = self.nickname.map(|nickname| given(nickname).unwrap_or_else(|| username.to_owned()));
        let nickname = optional(&mut errors, "nickname", nickname, Nickname::parse, |error| error.code());
        let email = self.email.map(|email| {
            optional(&mut errors, "email", given(email), Email::parse, |error| error.code())
                .map(|email| email.as_str().to_owned())
        });
        let phone = self.phone.map(|phone| {
            optional(&mut errors, "phone", given(phone), Phone::parse, |error| error.code())
                .map(|phone| phone.as_str().to_owned())
        });
        let bio = self.bio.map(|bio| bio.unwrap_or_default().trim().to_owned());
        if bio.as_ref().is_some_and(|bio| bio.chars().count() > BIO) {
            errors.insert("bio", FieldError::new("too_long", "At most 500 characters."));
        }
        if bio.as_ref().is_some_and(|bio| bio.chars().any(|c| c.is_control() && c != '\n')) {
            errors.insert("bio", FieldError::new("bad_characters", "Control characters are not allowed."));
        }
        let locale = self.locale.map(given);
        if locale.iter().flatten().any(|locale| !LOCALES.contains(&locale.as_str())) {
            errors.insert("locale", FieldError::new("invalid", "There is no such language here."));
        }
        if !errors.is_empty() {
            return Err(AppError::Fields(errors));
        }
        let nickname = nickname.map(|nickname| nickname.as_str().to_owned());
        let nickname_key = nickname.as_deref().map(name::fold);
        Ok(ProfileChange { nickname, nickname_key, email, phone, bio, locale })
    }
}

/// Stores a changed profile and shows it to everybody who is connected.
///
/// # Errors
/// Wrong fields; `address_confirmed` for an address that is to be changed in another way; a database that does not answer.
pub async fn update(accounts: &Accounts, user: &CurrentUser, patch: ProfilePatch) -> AppResult<Me> {
    let change = patch.check(&user.card.username)?;
    let (id, before) = (user.id(), user.card.clone());
    let me = accounts
        .db
        .ordered(move |conn| {
            let me = store::me(conn, id)?;
            let moves = |new: &Option<Option<String>>, old: &Option<String>| new.as_ref().is_some_and(|new| new != old);
            if me.email_confirmed && moves(&change.email, &me.email)
                || me.phone_confirmed && moves(&change.phone, &me.phone)
            {
                return Err(CONFIRMED);
            }
            store::update_profile(conn, id, &change)?;
            let me = store::me(conn, id)?;
            let events = (me.card != *before).then(|| changed(&me.card)).into_iter().collect();
            Ok(Stored::telling(me, events))
        })
        .await?;
    accounts.people.forget(id);
    Ok(me)
}

/// Shows somebody as away, with a few words of theirs or none, or as here again.
///
/// # Errors
/// [`AppError::Fields`] for words that are too long or have control characters; a database that does not answer.
pub async fn set_away(accounts: &Accounts, user: UserId, away: Option<String>) -> AppResult<()> {
    let words = away.as_deref().unwrap_or_default();
    if words.chars().count() > AWAY {
        return Err(AppError::field("away", "too_long", "At most 100 characters."));
    }
    if words.chars().any(char::is_control) {
        return Err(AppError::field("away", "bad_characters", "Control characters are not allowed."));
    }
    let work = move |conn: &mut AnyConnection| {
        store::set_away(conn, user, away.as_deref())?;
        let me = store::me(conn, user)?;
        Ok(Stored::telling((), vec![changed(&me.card)]))
    };
    accounts.db.ordered(work).await?;
    accounts.people.forget(user);
    Ok(())
}

/// The event that shows a person's new card to everybody.
pub fn changed(card: &Card) -> Event {
    Event::UserChanged { user: card.id, nickname: card.nickname.as_str().into(), card: card.to_json() }
}

/// What a change of password says.
#[derive(Debug, Clone, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordChange {
    /// The one to be replaced.
    pub current: String,
    /// 8 to 128 characters, and none that everybody tries.
    pub new: String,
}

/// Sets a new password and ends every other session; tokens stay, and stand in the list beside it.
///
/// # Errors
/// [`AppError::WrongPassword`], a poor new one, [`AppError::TooFast`].
pub async fn change_password(accounts: &Accounts, user: &SessionUser, change: PasswordChange) -> AppResult<()> {
    let mut errors = FieldErrors::new();
    let new = keep(&mut errors, "new", Password::parse(&change.new, &user.card.username), |error| error.code());
    let Some(new) = new else { return Err(AppError::Fields(errors)) };
    check_password(accounts, user.id(), &change.current).await?;
    let hash = accounts.hasher.hash(new).await?;
    set_password(accounts, user.id(), hash, Ended::AllBut(user.session)).await
}

/// Is this the password of somebody who is logged in? Asked before what must not be done in a session that was left open.
///
/// # Errors
/// [`AppError::WrongPassword`], [`AppError::TooFast`].
pub async fn check_password(accounts: &Accounts, user: UserId, given: &str) -> AppResult<()> {
    accounts.throttle.password(user)?;
    let stored = accounts.db.read(move |conn| Ok(store::password_hash(conn, user)?)).await?;
    let given = Password::given(given).map_err(|_| AppError::WrongPassword)?;
    if accounts.hasher.verify(given, Some(stored)).await? { Ok(()) } else { Err(AppError::WrongPassword) }
}

/// Stores a hash and ends sessions in one transaction.
///
/// # Errors
/// When the database does not answer.
pub async fn set_password(accounts: &Accounts, user: UserId, hash: String, which: Ended) -> AppResult<()> {
    let set = move |conn: &mut AnyConnection| Ok(Stored::telling((), replace_password(conn, user, &hash, which)?));
    let done = accounts.db.write(set).await;
    let keep = kept(which);
    accounts.sessions.forget(user, move |id| id != keep);
    done
}

/// The same in a transaction there is; the caller has the sessions forgotten once it is committed. Links and codes for a new
/// password that were not used are worthless afterwards; and where every session ends, so does every token, because that is how
/// somebody gets an account back.
///
/// # Errors
/// When the database fails.
pub fn replace_password(conn: &mut AnyConnection, user: UserId, hash: &str, which: Ended) -> AppResult<Vec<Event>> {
    store::set_password(conn, user, hash)?;
    store::delete_other_sessions(conn, user, kept(which))?;
    if which == Ended::All {
        access::store::delete_all(conn, user)?;
    }
    reset::store::void(conn, user)?;
    verification::store::void(conn, user)?;
    Ok(vec![Event::SessionsEnded { user, which, why: Farewell::Ended }])
}

/// The session that stays, or an id that none has.
fn kept(which: Ended) -> SessionId {
    match which {
        Ended::AllBut(session) => session,
        _ => SessionId(0),
    }
}
