//! People and their logins: registering, logging in, sessions, access tokens, profiles, passwords.
//!
//! It knows no rooms: what a newcomer joins is told to it by [`Welcome`].

pub mod access;
pub mod act;
pub mod address;
pub mod api;
pub mod bars;
pub mod contact;
pub mod current_user;
pub mod endings;
pub mod handlers;
pub mod hasher;
pub mod invite;
pub mod login;
pub mod memory;
pub mod name;
pub mod needle;
pub mod pages;
pub mod password_rules;
pub mod people;
pub mod presence;
pub mod profile;
pub mod reader;
pub mod recovery;
pub mod register;
pub mod reset;
pub mod session_store;
pub mod setup;
pub mod standing;
pub mod store;
pub mod throttle;
pub mod token;
pub mod verification;
pub mod wire;

use crate::{
    account::{
        access::tokens::Tokens, bars::Bars, hasher::Hasher, people::People, session_store::Sessions,
        throttle::Throttle, verification::Codes, wire::Card,
    },
    courier::Couriers,
    db::{connection::AnyConnection, pool::Db},
    error::AppResult,
    event::Event,
    setting::Live,
    web::locale::Locale,
};

/// What is done for a new person in the transaction that makes the account: joining the lobby.
pub type Welcome = fn(&mut AnyConnection, &Card) -> AppResult<Vec<Event>>;

/// What is done once, in the transaction that makes the first admin: shipping what they find ready, in their language.
pub type FirstAdmin = fn(&mut AnyConnection, Locale) -> AppResult<()>;

/// Everything the account routes work with. Cheap to clone.
#[derive(Clone)]
pub struct Accounts {
    /// The database.
    pub db: Db,
    /// Argon2id, off the event threads.
    pub hasher: Hasher,
    /// The sessions' store.
    pub sessions: Sessions,
    /// Whose a token is.
    pub tokens: Tokens,
    /// What others see of people.
    pub people: People,
    /// Who is shut out this moment.
    pub bars: Bars,
    /// Limits on login and registration.
    pub throttle: std::sync::Arc<Throttle>,
    /// Codes that are sent to people.
    pub codes: std::sync::Arc<Codes>,
    /// Who carries them.
    pub couriers: Couriers,
    /// The settings in force.
    pub live: Live,
    /// Joins the lobby.
    pub welcome: Welcome,
    /// Ships the first presets.
    pub first_admin: FirstAdmin,
}
