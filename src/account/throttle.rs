//! Limits on guessing passwords and on making accounts.

use std::{net::IpAddr, num::NonZeroU32, time::Duration};

use crate::{
    error::AppResult,
    id::UserId,
    web::limiter::{HOUR, Limiter, MINUTE},
};

const fn tokens(count: u32) -> NonZeroU32 {
    NonZeroU32::new(count).expect("a limit above zero")
}

/// The buckets.
pub struct Throttle {
    login_pair: Limiter<(String, IpAddr)>,
    login_name: Limiter<String>,
    login_address: Limiter<IpAddr>,
    register: Limiter<IpAddr>,
    reset: Limiter<IpAddr>,
    password: Limiter<UserId>,
    write: Limiter<UserId>,
    guest: Limiter<IpAddr>,
    guest_media: Limiter<IpAddr>,
}

impl Throttle {
    /// With the default limits, or none.
    pub fn new(on: bool) -> Self {
        Self {
            login_pair: Limiter::new(on, tokens(5), MINUTE * 5),
            login_name: Limiter::new(on, tokens(20), MINUTE * 15),
            login_address: Limiter::new(on, tokens(50), HOUR),
            register: Limiter::new(on, tokens(10), HOUR),
            reset: Limiter::new(on, tokens(10), MINUTE * 10),
            password: Limiter::new(on, tokens(5), MINUTE * 5),
            write: Limiter::new(on, tokens(30), Duration::from_secs(6)),
            guest: Limiter::new(on, tokens(60), Duration::from_secs(10)),
            guest_media: Limiter::new(on, tokens(300), Duration::from_secs(10)),
        }
    }

    /// Before any look at the name: many names from one address, and one name from one address.
    ///
    /// # Errors
    /// [`crate::error::AppError::TooMany`].
    pub fn login(&self, key: &str, network: IpAddr) -> AppResult<()> {
        self.login_address.check(&network)?;
        self.login_pair.check(&(key.to_owned(), network))
    }

    /// One name from many addresses. Not asked where the person has logged in from this address before, so that nobody can
    /// be locked out of their own account by others' guessing.
    ///
    /// # Errors
    /// [`crate::error::AppError::TooMany`].
    pub fn login_from_unknown_address(&self, key: &str) -> AppResult<()> {
        self.login_name.check(&key.to_owned())
    }

    /// A page or an answer for a guest, by address.
    ///
    /// # Errors
    /// [`crate::error::AppError::TooMany`].
    pub fn guest(&self, network: IpAddr) -> AppResult<()> {
        self.guest.check(&network)
    }

    /// A picture for a guest, by address.
    ///
    /// # Errors
    /// [`crate::error::AppError::TooMany`].
    pub fn guest_media(&self, network: IpAddr) -> AppResult<()> {
        self.guest_media.check(&network)
    }

    /// Anything a person changes by a request: each is a commit of the one writer.
    ///
    /// # Errors
    /// [`crate::error::AppError::TooMany`].
    pub fn write(&self, user: UserId) -> AppResult<()> {
        self.write.check(&user)
    }

    /// New accounts from one address.
    ///
    /// # Errors
    /// [`crate::error::AppError::TooMany`].
    pub fn register(&self, network: IpAddr) -> AppResult<()> {
        self.register.check(&network)
    }

    /// Tries at one-time links to a new password: each may cost a hash.
    ///
    /// # Errors
    /// [`crate::error::AppError::TooMany`].
    pub fn reset(&self, network: IpAddr) -> AppResult<()> {
        self.reset.check(&network)
    }

    /// Sets how many new accounts one address may make in an hour.
    pub fn set_registrations(&self, an_hour: u32) {
        self.register.set(an_hour, HOUR);
    }

    /// Guesses at the current password in a session that was left open.
    ///
    /// # Errors
    /// [`crate::error::AppError::TooMany`].
    pub fn password(&self, user: UserId) -> AppResult<()> {
        self.password.check(&user)
    }
}
