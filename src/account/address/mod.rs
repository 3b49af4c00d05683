//! The ways to reach a person: an e-mail address and a phone number. What is confirmed with a code is one account's alone; what is
//! only written down claims nothing.

pub mod handlers;
pub mod pages;
pub mod store;

use serde::Deserialize;

use crate::{
    account::{
        Accounts,
        contact::{Email, Phone},
        current_user::CurrentUser,
        profile, store as people,
        verification::{self, Fresh, Issued, Proof, Purpose, wrong_code},
        wire::Me,
    },
    courier::{
        Channel,
        letter::{Letter, Matter},
    },
    db::lane::Stored,
    error::{AppError, AppResult},
    setting::values::Verify,
    web::{client::Client, locale::Locale},
};

/// It is done already, or is to be undone first.
pub const CONFIRMED: AppError = AppError::Conflict(
    "address_confirmed",
    "This address is confirmed; it is replaced with a code, or removed with the password.",
);

const NEEDED: AppError =
    AppError::Conflict("address_needed", "Everybody here has a confirmed address; replace it instead.");

/// An address of either kind, well-formed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// Which kind.
    pub channel: Channel,
    text: String,
}

impl Address {
    /// Reads one.
    ///
    /// # Errors
    /// [`AppError::Fields`], naming the field as the channel is called.
    pub fn parse(channel: Channel, raw: &str) -> AppResult<Self> {
        let read = match channel {
            Channel::Email => Email::parse(raw).map(|email| email.as_str().to_owned()),
            Channel::Phone => Phone::parse(raw).map(|phone| phone.as_str().to_owned()),
        };
        let text = read.map_err(|error| AppError::field(channel.as_str(), error.code(), &error.to_string()))?;
        Ok(Self { channel, text })
    }

    /// One that was read before.
    pub fn known(channel: Channel, text: &str) -> Self {
        Self { channel, text: text.to_owned() }
    }

    /// As its person wrote it.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What two spellings of one address have in common. Letters beyond ASCII stay as they are: not every mail server makes one
    /// mailbox of them.
    pub fn key(&self) -> String {
        self.text.to_ascii_lowercase()
    }

    /// Are these two spellings of one?
    pub fn is_same(&self, other: &Self) -> bool {
        self.channel == other.channel && self.key() == other.key()
    }

    /// As a code is bound to it.
    pub fn bound(&self) -> String {
        format!("{}:{}", self.channel.as_str(), self.text)
    }

    /// What a code was bound to.
    pub fn of_bound(bound: &str) -> Option<Self> {
        let (name, text) = bound.split_once(':')?;
        Some(Self::known(Channel::named(name)?, text))
    }
}

/// What asks for a code to confirm an address of one's own.
#[derive(Debug, Clone, Default, Deserialize, utoipa::ToSchema)]
#[schema(as = CodeForAddress)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// The new address, or the one that is not confirmed yet.
    pub address: String,
    /// The account's: whoever finds an open session must not take the account along.
    pub password: String,
}

/// Sends a code to an address that is to become one's own.
///
/// # Errors
/// `verification_off`; a wrong address or password; an address that is confirmed already (`address_confirmed`);
/// [`AppError::TooFast`].
pub async fn ask(
    accounts: &Accounts,
    user: &CurrentUser,
    client: &Client,
    locale: Locale,
    channel: Channel,
    asked: Asked,
) -> AppResult<Issued> {
    verification::offered(accounts, channel)?;
    let address = Address::parse(channel, &asked.address)?;
    profile::check_password(accounts, user.id(), &asked.password).await?;
    accounts.codes.limits.ask(client.network(), Purpose::Confirm, &address.bound())?;
    accounts.codes.limits.confirm(user.id())?;
    let Fresh { code, issued, row } = accounts.codes.fresh(Purpose::Confirm, &address.bound(), Some(user.id()));
    let (id, wanted) = (user.id(), address.clone());
    accounts
        .db
        .write(move |conn| {
            if store::confirmed(conn, id, wanted.channel)?.is_some_and(|known| known.key() == wanted.key()) {
                return Err(CONFIRMED);
            }
            verification::store::insert(conn, &row)?;
            Ok(Stored::quiet(()))
        })
        .await?;
    let matter = Matter::Confirm { code, username: user.card.username.clone() };
    accounts.couriers.send(channel, Letter { to: address.as_str().to_owned(), locale, matter });
    Ok(issued)
}

/// Makes an address one's own, with the code that was sent to it; the one before is told.
///
/// # Errors
/// A wrong code; an address that somebody else confirmed meanwhile (`taken`); [`AppError::TooFast`].
pub async fn confirm(
    accounts: &Accounts,
    user: &CurrentUser,
    client: &Client,
    locale: Locale,
    channel: Channel,
    proof: Proof,
) -> AppResult<Me> {
    let proven = verification::prove(accounts, client, Purpose::Confirm, proof, "code").await?;
    let address = Address::of_bound(&proven.address).filter(|address| address.channel == channel);
    let Some(address) = address.filter(|_| proven.user == Some(user.id())) else { return Err(wrong_code("code")) };
    let id = user.id();
    let wanted = address.clone();
    let (me, old) = accounts
        .db
        .write(move |conn| {
            if verification::store::use_up(conn, proven.id)? != 1 {
                return Err(wrong_code("code"));
            }
            let old = store::confirmed(conn, id, channel)?;
            store::set_confirmed(conn, id, &wanted)?;
            verification::store::void(conn, id)?;
            Ok(Stored::quiet((people::me(conn, id)?, old)))
        })
        .await?;
    if let Some(old) = old.filter(|old| old.key() != address.key()) {
        tell(accounts, &old, locale, Matter::Replaced { username: user.card.username.clone() });
    }
    Ok(me)
}

/// Takes an address off an account; if it was confirmed, it is told.
///
/// # Errors
/// `address_needed` where nobody is to be without one; [`AppError::WrongPassword`]; [`AppError::TooFast`].
pub async fn remove(
    accounts: &Accounts,
    user: &CurrentUser,
    locale: Locale,
    channel: Channel,
    password: &str,
) -> AppResult<Me> {
    if accounts.couriers.policy(channel, &accounts.live.get()) == Verify::Required {
        return Err(NEEDED);
    }
    profile::check_password(accounts, user.id(), password).await?;
    let id = user.id();
    let (me, old) = accounts
        .db
        .write(move |conn| {
            let old = store::confirmed(conn, id, channel)?;
            store::clear(conn, id, channel)?;
            verification::store::void(conn, id)?;
            Ok(Stored::quiet((people::me(conn, id)?, old)))
        })
        .await?;
    if let Some(old) = old {
        tell(accounts, &old, locale, Matter::Removed { username: user.card.username.clone() });
    }
    Ok(me)
}

/// Writes to a confirmed address, where that is possible now.
pub fn tell(accounts: &Accounts, address: &Address, locale: Locale, matter: Matter) {
    accounts.couriers.send(address.channel, Letter { to: address.as_str().to_owned(), locale, matter });
}
