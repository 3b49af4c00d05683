//! A new password for who forgot theirs, with a code that is sent to an address they confirmed.
//!
//! Whatever is typed gets the same answer, and a ticket to go on with: who has an account here, and which address, is told to
//! nobody but by the letter.

pub mod handlers;
pub mod pages;
pub mod store;

use serde::Deserialize;

use crate::{
    account::{
        Accounts,
        address::{self, Address},
        name,
        password_rules::Password,
        profile, standing,
        verification::{self, Fresh, Issued, Proof, Purpose, wrong_code},
    },
    courier::{Channel, letter::Matter},
    db::{connection::AnyConnection, lane::Stored},
    error::{AppError, AppResult},
    event::Ended,
    id::UserId,
    web::{client::Client, locale::Locale},
};

/// Longest thing that is looked for, in bytes: an address of 254 bytes, in any spelling.
const LONGEST: usize = 1_024;

/// No way to reach anybody.
pub const OFF: AppError =
    AppError::Refused("recovery_off", "This server sends no codes; an admin can give you a link.");

/// Whom a recovery is for, as it was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sought {
    /// By an address.
    Address(Address),
    /// By a user name, folded.
    Name(String),
    /// Nobody can be called so.
    Nobody,
}

impl Sought {
    fn read(typed: &str) -> Self {
        let typed = typed.trim();
        // No database stores U+0000, and PostgreSQL does not even take it as a question.
        if typed.len() > LONGEST || typed.contains('\0') {
            return Self::Nobody;
        }
        let address = Channel::ALL.iter().find_map(|channel| Address::parse(*channel, typed).ok());
        address.map_or_else(|| Self::Name(name::fold(typed)), Self::Address)
    }

    fn bound(&self) -> String {
        match self {
            Self::Address(address) => address.bound().to_lowercase(),
            Self::Name(key) => format!("name:{key}"),
            Self::Nobody => String::new(),
        }
    }
}

/// Somebody who was found, and where to write to them.
#[derive(Debug, Clone)]
pub struct Found {
    /// Who.
    pub id: UserId,
    /// Their name.
    pub username: String,
    /// Their language, where they chose one.
    pub locale: Option<Locale>,
    /// What they confirmed: the address first, then the number.
    pub addresses: Vec<Address>,
}

impl Found {
    /// The address that was typed, or, for a name, the first one that can be written to.
    fn reachable(&self, accounts: &Accounts, sought: &Sought) -> Option<&Address> {
        let fits = |address: &&Address| match sought {
            Sought::Address(typed) => typed.channel == address.channel,
            _ => true,
        };
        self.addresses.iter().filter(fits).find(|address| accounts.couriers.offers(address.channel))
    }
}

/// What asks for a code.
#[derive(Debug, Clone, Default, Deserialize, utoipa::ToSchema)]
#[schema(as = CodeToRecover)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// A confirmed address, or the user name.
    pub account: String,
}

/// Sends a code, if there is somebody to send it to.
///
/// # Errors
/// `recovery_off`; [`AppError::TooFast`] for what was typed or where it came from; a database that does not answer.
pub async fn ask(accounts: &Accounts, client: &Client, locale: Locale, asked: &Asked) -> AppResult<Issued> {
    if !accounts.couriers.offers_any() {
        return Err(OFF);
    }
    if Channel::ALL.iter().any(|channel| accounts.couriers.is_full(*channel)) {
        return Err(AppError::Busy);
    }
    let sought = Sought::read(&asked.account);
    accounts.codes.limits.ask(client.network(), Purpose::Recover, &sought.bound())?;
    let wanted = sought.clone();
    let found = accounts.db.read(move |conn| Ok(store::find(conn, &wanted)?)).await?;
    // A code that is sent to nobody must be good for nobody: it could be guessed at without anyone's being told.
    let reached = found
        .as_ref()
        .and_then(|found| Some((found, found.reachable(accounts, &sought)?)))
        .filter(|(found, _)| accounts.codes.limits.allows_recovery(found.id, client.network()));
    let user = reached.map(|(found, _)| found.id);
    let Fresh { code, issued, row } = accounts.codes.fresh(Purpose::Recover, &sought.bound(), user);
    accounts.db.write(move |conn| Ok(Stored::quiet(verification::store::insert(conn, &row)?))).await?;
    if let Some((found, address)) = reached {
        let matter = Matter::Recover { code, username: found.username.clone() };
        address::tell(accounts, address, found.locale.unwrap_or(locale), matter);
    }
    Ok(issued)
}

/// What sets the new password.
#[derive(Debug, Clone, Default, Deserialize, utoipa::ToSchema)]
#[schema(as = NewPassword)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// From the answer to who asked for the code.
    pub ticket: String,
    /// From the letter.
    pub code: String,
    /// See [`Password`].
    pub password: String,
}

/// Sets the new password, ends every session and tells all confirmed addresses.
///
/// # Errors
/// A poor password, with which the code stays good; a wrong code; [`AppError::TooFast`].
pub async fn claim(accounts: &Accounts, client: &Client, locale: Locale, claim: Claim) -> AppResult<()> {
    // What can be said of the password alone is said before a try is taken, and whoever's it is.
    parse(&claim.password, "")?;
    let proof = Proof { ticket: claim.ticket, code: claim.code };
    let proven = verification::prove(accounts, client, Purpose::Recover, proof, "code").await?;
    let user = proven.user.ok_or_else(|| wrong_code("code"))?;
    let found = accounts.db.read(move |conn| Ok(store::by_id(conn, user)?)).await?;
    let found = found.ok_or_else(|| wrong_code("code"))?;
    let hash = accounts.hasher.hash(parse(&claim.password, &found.username)?).await?;
    let set = move |conn: &mut AnyConnection| {
        // Asked again: another request may have used it, or an admin banned them, while the password was being hashed.
        if verification::store::use_up(conn, proven.id)? != 1 || store::by_id(conn, user)?.is_none() {
            return Err(wrong_code("code"));
        }
        Ok(Stored::telling((), profile::replace_password(conn, user, &hash, Ended::All)?))
    };
    let done = accounts.db.write(set).await;
    standing::forget(accounts, user);
    done?;
    tracing::info!(user.id = user.0, "a password was set with a code");
    for address in &found.addresses {
        let matter = Matter::Recovered { username: found.username.clone() };
        address::tell(accounts, address, found.locale.unwrap_or(locale), matter);
    }
    Ok(())
}

fn parse(password: &str, username: &str) -> AppResult<Password> {
    Password::parse(password, username).map_err(|error| AppError::field("password", error.code(), &error.to_string()))
}
