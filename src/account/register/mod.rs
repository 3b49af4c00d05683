//! Making accounts.

pub mod pages;

use std::fmt::Display;

use actix_session::Session;
use serde::Deserialize;
use serde_json::json;

use crate::{
    account::{
        Accounts,
        contact::{Email, Phone},
        invite::Ticket,
        login,
        name::{self, Nickname, Username},
        password_rules::Password,
        setup, standing,
        store::{self, NewUser},
        token::TokenHash,
        verification::{
            Proof,
            newcomer::{self, Admission},
        },
        wire::{Card, SiteRole},
    },
    audit::{self, Act, Actor, Entry},
    db::{connection::AnyConnection, lane::Stored, time::now},
    error::{AppError, AppResult, FieldError, FieldErrors},
    web::{client::Client, locale::Locale},
};

/// What a registration says.
#[derive(Debug, Clone, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Registration {
    /// Letters and digits of one script, `_`, `-` and `.`; 2 to 20 characters.
    pub username: String,
    /// 8 to 128 characters, and none that everybody tries.
    pub password: String,
    /// The user name where it is absent or empty.
    pub nickname: Option<String>,
    /// Absent or empty: none.
    pub email: Option<String>,
    /// Absent or empty: none.
    pub phone: Option<String>,
    /// The token of an invitation's link, where one is needed.
    pub invite: Option<String>,
    /// Shows that the e-mail address is theirs, where that is needed.
    pub email_proof: Option<Proof>,
    /// The same of the number.
    pub phone_proof: Option<Proof>,
}

/// A registration that holds in itself; only the database can still say that something is taken.
pub struct Checked {
    user: NewUser,
    password: Password,
}

/// Which names may be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Names {
    /// All but the reserved ones.
    Ordinary,
    /// Reserved ones too: for those who run the server.
    Privileged,
}

impl Registration {
    /// Checks every field and says all that is wrong at once.
    ///
    /// # Errors
    /// [`AppError::Fields`].
    pub fn check(self, names: Names, role: SiteRole, locale: Option<String>) -> AppResult<Checked> {
        let mut errors = FieldErrors::new();
        let username = match names {
            Names::Ordinary => Username::parse(&self.username),
            Names::Privileged => Username::parse_privileged(&self.username),
        };
        let username = keep(&mut errors, "username", username, |error| error.code());
        let password = Password::parse(&self.password, username.as_ref().map_or("", Username::as_str));
        let password = keep(&mut errors, "password", password, |error| error.code());
        let nickname = given(self.nickname).unwrap_or_else(|| self.username.clone());
        let nickname = keep(&mut errors, "nickname", Nickname::parse(&nickname), |error| error.code());
        let email = optional(&mut errors, "email", given(self.email), Email::parse, |error| error.code());
        let phone = optional(&mut errors, "phone", given(self.phone), Phone::parse, |error| error.code());
        let (Some(username), Some(password), Some(nickname), true) = (username, password, nickname, errors.is_empty())
        else {
            // A name that cannot be a user name makes a poor nickname too; one complaint is enough.
            if errors.contains_key("username") {
                errors.remove("nickname");
            }
            return Err(AppError::Fields(errors));
        };
        let user = NewUser {
            username_key: username.folded(),
            skeleton: username.skeleton(),
            username: username.as_str().to_owned(),
            nickname_key: name::fold(nickname.as_str()),
            nickname: nickname.as_str().to_owned(),
            email: email.map(|email| email.as_str().to_owned()),
            phone: phone.map(|phone| phone.as_str().to_owned()),
            email_key: None,
            phone_key: None,
            password_hash: String::new(),
            role: role.as_str(),
            bio: String::new(),
            locale,
            invite_id: None,
            created_at: now(),
        };
        Ok(Checked { user, password })
    }
}

/// A field's value, or its error noted.
pub(in crate::account) fn keep<T, E: Display>(
    errors: &mut FieldErrors,
    field: &'static str,
    parsed: Result<T, E>,
    code: impl FnOnce(&E) -> &'static str,
) -> Option<T> {
    parsed.map_err(|error| errors.insert(field, FieldError::new(code(&error), error.to_string()))).ok()
}

pub(in crate::account) fn optional<T, E: Display>(
    errors: &mut FieldErrors,
    field: &'static str,
    value: Option<String>,
    parse: impl FnOnce(&str) -> Result<T, E>,
    code: impl FnOnce(&E) -> &'static str,
) -> Option<T> {
    keep(errors, field, parse(&value?), code)
}

/// What a form leaves empty is absent.
pub(in crate::account) fn given(value: Option<String>) -> Option<String> {
    value.filter(|text| !text.trim().is_empty())
}

/// By which door somebody comes in; it is passed in the transaction that makes the account.
#[derive(Clone)]
pub enum Door {
    /// By the first admin's link, which has this hash, in this language.
    Setup(TokenHash, Locale),
    /// By themselves, with the addresses they confirmed.
    Public(Ticket, Admission),
    /// Made by an admin or at the command line, which the audit log notes.
    Staff(Actor),
}

impl Door {
    fn admit(&self, conn: &mut AnyConnection, user: &mut NewUser) -> AppResult<()> {
        match self {
            Self::Setup(hash, _) => setup::admit(conn, hash),
            Self::Public(ticket, admission) => {
                ticket.admit(conn, user)?;
                admission.admit(conn, user)
            }
            Self::Staff(_) => Ok(()),
        }
    }

    fn locale(&self) -> Locale {
        match self {
            Self::Setup(_, locale) => *locale,
            _ => Locale::of_environment(),
        }
    }

    fn note(&self, conn: &mut AnyConnection, card: &Card) -> AppResult<()> {
        let Self::Staff(actor) = self else { return Ok(()) };
        let detail = json!({ "role": card.role });
        audit::note(conn, actor, &Entry::new(Act::UserAdd, standing::target(card)).with(detail))
    }
}

/// Makes an account and logs it in.
///
/// # Errors
/// A door that is closed, wrong or taken fields, too many from one address, a database that does not answer.
pub async fn register(
    accounts: &Accounts,
    session: &Session,
    client: &Client,
    registration: Registration,
    locale: Option<String>,
) -> AppResult<Card> {
    let (checked, door) = public_door(accounts, client, registration, locale).await?;
    let card = create(accounts, checked, door).await?;
    login::begin(session, card.id, client)?;
    Ok(card)
}

/// Looks at all that somebody brings who registers, before anything is made of it.
///
/// # Errors
/// A door that is closed, wrong fields or codes, too many from one address.
pub async fn public_door(
    accounts: &Accounts,
    client: &Client,
    mut registration: Registration,
    locale: Option<String>,
) -> AppResult<(Checked, Door)> {
    let ticket = Ticket::new(&accounts.live, registration.invite.as_deref())?;
    let proofs = [registration.email_proof.take(), registration.phone_proof.take()];
    let checked = registration.check(Names::Ordinary, SiteRole::Member, locale)?;
    let admission = newcomer::prove(accounts, client, &checked.user, proofs).await?;
    accounts.throttle.register(client.network())?;
    Ok((checked, Door::Public(ticket, admission)))
}

/// Hashes the password and stores the account.
///
/// # Errors
/// What the door says; taken fields; a database that does not answer.
pub async fn create(accounts: &Accounts, checked: Checked, door: Door) -> AppResult<Card> {
    let Checked { mut user, password } = checked;
    user.password_hash = accounts.hasher.hash(password).await?;
    let (welcome, first_admin) = (accounts.welcome, accounts.first_admin);
    accounts
        .db
        .ordered(move |conn| {
            let is_first_admin = user.role == SiteRole::Admin.as_str() && !store::has_admin(conn)?;
            door.admit(conn, &mut user)?;
            if is_first_admin {
                first_admin(conn, door.locale())?;
            }
            let card = store::insert(conn, &user)?;
            door.note(conn, &card)?;
            let events = welcome(conn, &card)?;
            Ok(Stored::telling(card, events))
        })
        .await
}
