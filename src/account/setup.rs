//! The first admin: whoever holds the one-time link that the server prints makes the account.

use actix_session::Session;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use rand::Rng as _;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use crate::{
    account::{
        Accounts, login,
        register::{self, Door, Names, Registration},
        store,
        wire::{Card, SiteRole},
    },
    db::{connection::AnyConnection, lane::Stored},
    error::{AppError, AppResult},
    web::{client::Client, locale::Locale},
};

/// What the setup form says.
#[derive(Debug, Clone, Default, Deserialize, utoipa::ToSchema)]
#[schema(as = FirstAdmin)]
#[serde(deny_unknown_fields)]
pub struct Setup {
    /// From the link's fragment.
    pub token: String,
    /// Reserved names are allowed.
    pub username: String,
    /// As for everybody.
    pub password: String,
    /// The user name where it is absent or empty.
    pub nickname: Option<String>,
}

/// While there is no admin, makes a new token, keeps its hash and returns it to be printed.
///
/// # Errors
/// When the database does not answer.
pub async fn open(accounts: &Accounts) -> AppResult<Option<String>> {
    let mut bytes = [0u8; 16];
    rand::rng().fill_bytes(&mut bytes);
    let token = URL_SAFE_NO_PAD.encode(bytes);
    let hash = hash(&token);
    let opened = accounts
        .db
        .write(move |conn| {
            // A link that was printed before there was an admin is worth nothing any more.
            let open = !store::has_admin(conn)?;
            store::set_setup(conn, open.then_some(&hash))?;
            Ok(Stored::quiet(open))
        })
        .await?;
    Ok(opened.then_some(token))
}

/// Claims the token, in the transaction that makes the account.
///
/// # Errors
/// [`AppError::SetupClosed`].
pub(super) fn admit(conn: &mut AnyConnection, hash: &[u8]) -> AppResult<()> {
    let claimed = !store::has_admin(conn)? && store::claim_setup(conn, hash)?;
    if claimed { Ok(()) } else { Err(AppError::SetupClosed) }
}

/// Claims the token and makes the admin, both or neither.
///
/// # Errors
/// [`AppError::SetupClosed`] for a wrong token or one already claimed; wrong fields.
pub async fn claim(
    accounts: &Accounts,
    session: &Session,
    client: &Client,
    locale: Locale,
    setup: Setup,
) -> AppResult<Card> {
    let hash = hash(setup.token.trim());
    accounts.throttle.register(client.network())?;
    let registration = Registration {
        username: setup.username,
        password: setup.password,
        nickname: setup.nickname,
        ..Registration::default()
    };
    let checked = registration.check(Names::Privileged, SiteRole::Admin, None)?;
    let card = register::create(accounts, checked, Door::Setup(hash, locale)).await?;
    login::begin(session, card.id, client)?;
    Ok(card)
}

fn hash(token: &str) -> Vec<u8> {
    Sha256::digest(token).to_vec()
}
