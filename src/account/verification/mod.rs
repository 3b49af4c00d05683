//! Codes of six digits that are sent to people: each good for five minutes, five tries, one use, one purpose, one address, and
//! only with the ticket that the browser got which asked for it.
//!
//! A million codes are quickly tried by whoever reads the database, so they are stored under a key that is not in it. Where there
//! is nobody to write to, a code is stored all the same, and no answer differs.

pub mod cookie;
pub mod handlers;
pub mod limits;
pub mod newcomer;
pub mod store;

use chrono::{NaiveDateTime, TimeDelta};
use hmac::{Hmac, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use unicode_normalization::UnicodeNormalization as _;

use crate::{
    account::{
        Accounts, token,
        verification::{limits::Limits, store::NewCode},
    },
    courier::{Channel, letter::MINUTES},
    db::{
        connection::AnyConnection,
        lane::Stored,
        time::{self, now},
    },
    error::{AppError, AppResult},
    id::UserId,
    setting::values::Verify,
    web::client::Client,
};

/// Digits of a code.
const DIGITS: usize = 6;

/// Codes there are.
const CODES: u32 = 10_u32.pow(DIGITS as u32);

/// How often a code may be tried.
pub const TRIES: i64 = 5;

/// What a code is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Registering with an address.
    Register,
    /// Making an address one's own.
    Confirm,
    /// Setting a new password.
    Recover,
}

impl Purpose {
    /// As stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::Confirm => "confirm",
            Self::Recover => "recover",
        }
    }
}

/// What whoever asked for a code is told.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = IssuedCode)]
pub struct Issued {
    /// To be given back with the code.
    pub ticket: String,
    /// The code is good until then.
    #[serde(serialize_with = "time::serialize")]
    pub expires_at: NaiveDateTime,
}

/// What shows that an address is one's own.
#[derive(Debug, Clone, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    /// From the answer to who asked for the code.
    pub ticket: String,
    /// From the letter.
    pub code: String,
}

impl Proof {
    /// The digits, however they were typed; `None` for what no code can be.
    fn digits(&self) -> Option<String> {
        let digits: String = self.code.nfkc().filter(|c| !c.is_whitespace() && *c != '-').take(DIGITS + 1).collect();
        (digits.len() == DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(digits)
    }
}

/// A code that was right, and can now be used up.
#[derive(Debug, Clone)]
pub struct Proven {
    /// Its row.
    pub id: i64,
    /// What it was sent to, as [`crate::account::address::Address::bound`] writes it.
    pub address: String,
    /// Whose account it is about.
    pub user: Option<UserId>,
}

/// A code that was just made. It is told to nobody but its addressee.
pub struct Fresh {
    /// Six digits.
    pub code: String,
    /// For the browser that asked.
    pub issued: Issued,
    /// To be stored.
    pub row: NewCode,
}

/// Makes codes and knows them again.
pub struct Codes {
    key: Hmac<Sha256>,
    /// How many are sent and tried.
    pub limits: Limits,
}

impl Codes {
    /// With the server's key; with `on` false nothing is limited but the tries at one code.
    pub fn new(key: Hmac<Sha256>, on: bool) -> Self {
        Self { key, limits: Limits::new(on) }
    }

    /// Makes one.
    pub fn fresh(&self, purpose: Purpose, address: &str, user: Option<UserId>) -> Fresh {
        let code = format!("{:0DIGITS$}", rand::random_range(0..CODES));
        let ticket = token::fresh::<32>();
        let (ticket_hash, created_at) = (token::hash(&ticket), now());
        let expires_at = created_at + TimeDelta::minutes(MINUTES);
        let code_hash = self.mac(&ticket_hash, purpose, address, &code).finalize().into_bytes().to_vec();
        let row = NewCode {
            ticket_hash,
            purpose: purpose.as_str(),
            address: address.to_owned(),
            user_id: user.map(|user| user.0),
            code_hash,
            tries: 0,
            created_at,
            expires_at,
        };
        Fresh { code, issued: Issued { ticket, expires_at }, row }
    }

    fn mac(&self, ticket_hash: &[u8], purpose: Purpose, address: &str, code: &str) -> Hmac<Sha256> {
        // The parts cannot run into each other: the first and the last have one length, and no purpose begins another.
        let parts = [ticket_hash, purpose.as_str().as_bytes(), address.as_bytes(), code.as_bytes()];
        parts.iter().fold(self.key.clone(), |mac, part| mac.chain_update(part))
    }

    /// Takes one of the tries at a code, and gives it back where the code was right. To be committed in either case.
    ///
    /// # Errors
    /// When the database fails.
    pub fn check(&self, conn: &mut AnyConnection, purpose: Purpose, proof: &Proof) -> AppResult<Option<Proven>> {
        let Some(digits) = proof.digits() else { return Ok(None) };
        let hash = token::hash(&proof.ticket);
        let Some(row) = store::take_try(conn, &hash, purpose)? else { return Ok(None) };
        let mac = self.mac(&hash, purpose, &row.address, &digits);
        // Compares in constant time.
        if mac.verify_slice(&row.code_hash).is_err() {
            return Ok(None);
        }
        store::give_back_try(conn, row.id)?;
        Ok(Some(Proven { id: row.id, address: row.address, user: row.user_id.map(UserId) }))
    }
}

/// What a wrong, used, exhausted or old code gets, which is all the same.
pub fn wrong_code(field: &'static str) -> AppError {
    AppError::field(field, "wrong_code", "This code is wrong, used or too old; ask for another one.")
}

/// Checks a code in a transaction of its own, because a wrong try must count.
///
/// # Errors
/// [`wrong_code`] for this field; [`AppError::TooFast`].
pub async fn prove(
    accounts: &Accounts,
    client: &Client,
    purpose: Purpose,
    proof: Proof,
    field: &'static str,
) -> AppResult<Proven> {
    accounts.codes.limits.guess(client.network())?;
    let codes = accounts.codes.clone();
    let proven = accounts.db.write(move |conn| Ok(Stored::quiet(codes.check(conn, purpose, &proof)?))).await?;
    proven.ok_or_else(|| wrong_code(field))
}

/// Are such addresses confirmed here?
///
/// # Errors
/// `verification_off`; [`AppError::Busy`] where letters would be lost.
pub fn offered(accounts: &Accounts, channel: Channel) -> AppResult<()> {
    match accounts.couriers.policy(channel, &accounts.live.get()) {
        Verify::Off => Err(OFF),
        _ if accounts.couriers.is_full(channel) => Err(AppError::Busy),
        _ => Ok(()),
    }
}

/// Nobody is sent a code here.
pub const OFF: AppError = AppError::Refused("verification_off", "This server sends no codes to such addresses.");

/// Takes away codes that are too old, once a minute.
pub async fn sweep(accounts: Accounts) {
    let mut tick = tokio::time::interval(std::time::Duration::from_secs(60));
    loop {
        tick.tick().await;
        let swept = accounts.db.write(|conn| Ok(Stored::quiet(store::sweep(conn)?))).await;
        swept.map(drop).unwrap_or_else(|error| error.log());
    }
}

#[cfg(test)]
mod tests {
    use hmac::KeyInit as _;

    use super::*;

    fn proof(code: &str) -> Proof {
        Proof { ticket: String::new(), code: code.to_owned() }
    }

    #[test]
    fn digits_are_read_however_they_were_typed() {
        for typed in ["012345", " 012 345 ", "012-345", "０１２３４５", "012345\n"] {
            assert_eq!(proof(typed).digits().as_deref(), Some("012345"), "{typed:?}");
        }
        for typed in ["", "12345", "1234567", "abcdef", "٠١٢٣٤٥", "0123456789012"] {
            assert_eq!(proof(typed).digits(), None, "{typed:?}");
        }
    }

    #[test]
    fn a_codes_hash_depends_on_all_it_is_good_for() {
        let codes = Codes::new(Hmac::new_from_slice(b"key").expect("HMAC takes keys of any length"), true);
        let mac = |ticket: &[u8], purpose, address: &str, code: &str| {
            codes.mac(ticket, purpose, address, code).finalize().into_bytes()
        };
        let one = mac(b"t", Purpose::Register, "email:a", "123456");
        for other in [
            mac(b"u", Purpose::Register, "email:a", "123456"),
            mac(b"t", Purpose::Recover, "email:a", "123456"),
            mac(b"t", Purpose::Register, "email:b", "123456"),
            mac(b"t", Purpose::Register, "email:a", "123457"),
        ] {
            assert_ne!(one, other);
        }
        let fresh = codes.fresh(Purpose::Register, "email:a", None);
        assert_eq!((fresh.code.len(), fresh.issued.ticket.len()), (6, 43));
    }
}
