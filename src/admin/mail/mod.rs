//! Whether letters leave the server: what became of them, and a letter to oneself to see it.

pub mod handlers;
pub mod pages;

use serde::Serialize;
use serde_json::json;

use crate::{
    account::{Accounts, current_user::Admin, store},
    audit::{self, Act, Entry, Target},
    courier::{
        Channel, Failure,
        letter::{Letter, Matter},
        queue::Record,
    },
    db::lane::Stored,
    error::{AppError, AppResult},
    web::locale::Locale,
};

const NO_ADDRESS: AppError =
    AppError::Conflict("no_address", "Write your own address into your account first; the test goes there.");

const OFF: AppError = AppError::Conflict("mail_off", "Nothing is configured to send this with.");

/// What is configured, without secrets, and what became of the letters; null where nothing is.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Mail)]
pub struct Status {
    /// By mail.
    #[schema(required)]
    pub email: Option<Record>,
    /// By text message.
    #[schema(required)]
    pub phone: Option<Record>,
}

/// How letters fare.
pub fn status(accounts: &Accounts) -> Status {
    let [email, phone] = Channel::ALL.map(|channel| accounts.couriers.record(channel));
    Status { email, phone }
}

/// Sends a letter to the admin's own address at once; what came of it is the answer.
///
/// # Errors
/// `mail_off`, `no_address`, [`AppError::TooFast`], a database that does not answer.
pub async fn test(
    accounts: &Accounts,
    admin: &Admin,
    locale: Locale,
    channel: Channel,
) -> AppResult<Result<(), Failure>> {
    if !accounts.couriers.offers(channel) {
        return Err(OFF);
    }
    let id = admin.id();
    let me = accounts.db.read(move |conn| Ok(store::me(conn, id)?)).await?;
    let to = match channel {
        Channel::Email => me.email,
        Channel::Phone => me.phone,
    };
    let to = to.ok_or(NO_ADDRESS)?;
    accounts.codes.limits.test(id)?;
    let actor = admin.actor();
    let entry = Entry::new(Act::MailTest, Target::site()).with(json!({ "channel": channel.as_str() }));
    accounts.db.write(move |conn| Ok(Stored::quiet(audit::note(conn, &actor, &entry)?))).await?;
    Ok(accounts.couriers.try_now(channel, Letter { to, locale, matter: Matter::Test }).await)
}
