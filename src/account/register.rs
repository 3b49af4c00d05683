//! Making accounts.

use std::fmt::Display;

use actix_session::Session;
use serde::Deserialize;

use crate::{
    account::{
        Accounts,
        contact::{Email, Phone},
        login,
        name::{self, Nickname, Username},
        password_rules::Password,
        store::{self, NewUser},
        wire::{Card, SiteRole},
    },
    db::{connection::AnyConnection, lane::Stored, time::now},
    error::{AppError, AppResult, FieldError, FieldErrors},
    web::client::Client,
};

/// What a registration says.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Registration {
    /// See [`Username`].
    pub username: String,
    /// See [`Password`].
    pub password: String,
    /// The user name where it is absent or empty.
    pub nickname: Option<String>,
    /// Absent or empty: none.
    pub email: Option<String>,
    /// Absent or empty: none.
    pub phone: Option<String>,
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
            password_hash: String::new(),
            role: role.as_str(),
            bio: String::new(),
            locale,
            created_at: now(),
        };
        Ok(Checked { user, password })
    }
}

/// A field's value, or its error noted.
pub(super) fn keep<T, E: Display>(
    errors: &mut FieldErrors,
    field: &'static str,
    parsed: Result<T, E>,
    code: impl FnOnce(&E) -> &'static str,
) -> Option<T> {
    parsed.map_err(|error| errors.insert(field, FieldError::new(code(&error), error.to_string()))).ok()
}

pub(super) fn optional<T, E: Display>(
    errors: &mut FieldErrors,
    field: &'static str,
    value: Option<String>,
    parse: impl FnOnce(&str) -> Result<T, E>,
    code: impl FnOnce(&E) -> &'static str,
) -> Option<T> {
    keep(errors, field, parse(&value?), code)
}

/// What a form leaves empty is absent.
pub(super) fn given(value: Option<String>) -> Option<String> {
    value.filter(|text| !text.trim().is_empty())
}

/// Makes an account and logs it in.
///
/// # Errors
/// Wrong or taken fields, too many from one address, a database that does not answer.
pub async fn register(
    accounts: &Accounts,
    session: &Session,
    client: &Client,
    registration: Registration,
    locale: Option<String>,
) -> AppResult<Card> {
    let checked = registration.check(Names::Ordinary, SiteRole::Member, locale)?;
    accounts.throttle.register(client.network())?;
    let card = create(accounts, checked, |_| Ok(())).await?;
    login::begin(session, card.id, client)?;
    Ok(card)
}

/// Hashes the password and stores the account; `first` runs before it in the same transaction.
///
/// # Errors
/// What `first` says; taken fields; a database that does not answer.
pub async fn create(
    accounts: &Accounts,
    checked: Checked,
    mut first: impl FnMut(&mut AnyConnection) -> AppResult<()> + Send + 'static,
) -> AppResult<Card> {
    let Checked { mut user, password } = checked;
    user.password_hash = accounts.hasher.hash(password).await?;
    let welcome = accounts.welcome;
    accounts
        .db
        .ordered(move |conn| {
            first(conn)?;
            let card = store::insert(conn, &user)?;
            let events = welcome(conn, &card)?;
            Ok(Stored::telling(card, events))
        })
        .await
}
