//! Confirming addresses before there is an account: a code is sent to the address first, and shown with the registration.

use serde::Deserialize;

use crate::{
    account::{
        Accounts,
        address::{self, Address},
        invite::{self, Ticket},
        store::NewUser,
        verification::{self, Fresh, Issued, Proof, Proven, Purpose, store, wrong_code},
    },
    courier::{Channel, letter::Matter},
    db::{connection::AnyConnection, lane::Stored},
    error::{AppError, AppResult, FieldError, FieldErrors},
    setting::values::{Registration, Verify},
    web::{client::Client, locale::Locale},
};

/// What asks for a code to register with: one address, and the invitation where one is needed.
#[derive(Debug, Clone, Default, Deserialize, utoipa::ToSchema)]
#[schema(as = CodeToRegister)]
#[serde(deny_unknown_fields, default)]
pub struct Asked {
    /// This one,
    pub email: Option<String>,
    /// or this one.
    pub phone: Option<String>,
    /// The token of an invitation's link.
    pub invite: Option<String>,
}

impl Asked {
    /// The one address it names.
    ///
    /// # Errors
    /// None or both; no address.
    pub fn address(&self) -> AppResult<Address> {
        match (&self.email, &self.phone) {
            (Some(email), None) => Address::parse(Channel::Email, email),
            (None, Some(phone)) => Address::parse(Channel::Phone, phone),
            _ => Err(AppError::Invalid("Send email or phone, one of the two.".into())),
        }
    }
}

/// Sends a code to an address that nobody has confirmed. An address that somebody has gets a letter which says so instead; the
/// answer is the same.
///
/// # Errors
/// A closed door; `verification_off`; a wrong address; [`AppError::TooFast`].
pub async fn ask(
    accounts: &Accounts,
    client: &Client,
    locale: Locale,
    address: &Address,
    invite: Option<&str>,
) -> AppResult<Issued> {
    // Whoever may not register has no letters sent either.
    Ticket::new(&accounts.live, invite)?;
    if accounts.live.get().registration == Registration::Invite
        && !invite::is_valid(accounts, invite.unwrap_or_default()).await?
    {
        return Err(invite::INVALID);
    }
    verification::offered(accounts, address.channel)?;
    accounts.codes.limits.ask(client.network(), Purpose::Register, &address.bound())?;
    let Fresh { code, issued, row } = accounts.codes.fresh(Purpose::Register, &address.bound(), None);
    let sought = address.clone();
    let owner = accounts
        .db
        .write(move |conn| {
            store::insert(conn, &row)?;
            Ok(Stored::quiet(address::store::owner(conn, &sought)?))
        })
        .await?;
    match owner {
        None => address::tell(accounts, address, locale, Matter::Register { code }),
        // As its owner writes it, not as it was typed.
        Some((username, known)) => address::tell(accounts, &known, locale, Matter::Known { username }),
    }
    Ok(issued)
}

/// Codes that were right, to be used up in the transaction that makes the account.
#[derive(Debug, Clone, Default)]
pub struct Admission {
    codes: Vec<(Channel, Proven)>,
}

impl Admission {
    /// Marks the addresses of the new account as confirmed.
    ///
    /// # Errors
    /// [`wrong_code`] where another registration was faster.
    pub fn admit(&self, conn: &mut AnyConnection, user: &mut NewUser) -> AppResult<()> {
        for (channel, proven) in &self.codes {
            if store::use_up(conn, proven.id)? != 1 {
                return Err(wrong_code(field(*channel)));
            }
            // What the code was sent to, however the form spells it.
            let (text, key) = match Address::of_bound(&proven.address) {
                Some(address) => (Some(address.as_str().to_owned()), Some(address.key())),
                None => return Err(wrong_code(field(*channel))),
            };
            match channel {
                Channel::Email => (user.email, user.email_key) = (text, key),
                Channel::Phone => (user.phone, user.phone_key) = (text, key),
            }
        }
        Ok(())
    }
}

/// The field of a code.
fn field(channel: Channel) -> &'static str {
    match channel {
        Channel::Email => "email_code",
        Channel::Phone => "phone_code",
    }
}

/// The address that somebody who registers wrote down.
fn written(user: &NewUser, channel: Channel) -> Option<Address> {
    let text = match channel {
        Channel::Email => &user.email,
        Channel::Phone => &user.phone,
    };
    text.as_deref().map(|text| Address::known(channel, text))
}

/// Checks the codes of a registration: each that is there, and those that must be.
///
/// # Errors
/// `verification_off` where one must be and none can be sent; fields that are missing or wrong; [`AppError::TooFast`].
pub async fn prove(
    accounts: &Accounts,
    client: &Client,
    user: &NewUser,
    proofs: [Option<Proof>; 2],
) -> AppResult<Admission> {
    let mut admission = Admission::default();
    let mut errors = FieldErrors::new();
    for (channel, proof) in Channel::ALL.into_iter().zip(proofs) {
        let needed = channel.setting(&accounts.live.get()) == Verify::Required;
        let proof = proof.filter(|proof| !proof.ticket.is_empty() || !proof.code.trim().is_empty());
        let missing = |errors: &mut FieldErrors, field| {
            errors.insert(field, FieldError::new("required", "This is needed here."));
        };
        match (written(user, channel), proof) {
            _ if needed && !accounts.couriers.offers(channel) => return Err(verification::OFF),
            (None, _) if needed => missing(&mut errors, channel.as_str()),
            (Some(_), None) if needed => missing(&mut errors, field(channel)),
            (Some(address), Some(proof)) => {
                match verification::prove(accounts, client, Purpose::Register, proof, field(channel)).await {
                    Ok(proven) if Address::of_bound(&proven.address).is_some_and(|sent| sent.is_same(&address)) => {
                        admission.codes.push((channel, proven));
                    }
                    Ok(_) => errors.extend(wrong_code(field(channel)).fields().cloned().unwrap_or_default()),
                    Err(AppError::Fields(wrong)) => errors.extend(wrong),
                    Err(error) => return Err(error),
                }
            }
            _ => {}
        }
    }
    if errors.is_empty() { Ok(admission) } else { Err(AppError::Fields(errors)) }
}
