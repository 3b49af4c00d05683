//! How many codes are sent and tried: letters cost money and patience, and a code has only six digits.

use std::{net::IpAddr, num::NonZeroU32, time::Duration};

use crate::{
    error::AppResult,
    id::UserId,
    web::limiter::{HOUR, Limiter, MINUTE},
};

const DAY: Duration = Duration::from_secs(86_400);

const fn tokens(count: u32) -> NonZeroU32 {
    NonZeroU32::new(count).expect("a limit above zero")
}

/// The buckets.
pub struct Limits {
    address: Limiter<String>,
    account: Limiter<UserId>,
    network: Limiter<IpAddr>,
    guesses: Limiter<IpAddr>,
    tests: Limiter<UserId>,
}

impl Limits {
    /// With the limits, or none.
    pub fn new(on: bool) -> Self {
        Self {
            address: Limiter::new(on, tokens(3), MINUTE * 15),
            // With five tries at each, a patient guesser has one chance in 20,000 a day.
            account: Limiter::new(on, tokens(10), DAY),
            network: Limiter::new(on, tokens(20), HOUR),
            guesses: Limiter::new(on, tokens(30), MINUTE * 10),
            tests: Limiter::new(on, tokens(3), MINUTE),
        }
    }

    /// A code for what somebody typed, whether or not there is such an address.
    ///
    /// # Errors
    /// [`crate::error::AppError::TooMany`].
    pub fn ask(&self, network: IpAddr, address: &str) -> AppResult<()> {
        self.network.check(&network)?;
        self.address.check(&address.to_lowercase())
    }

    /// A code for an account. Who does not own it must not be told.
    ///
    /// # Errors
    /// [`crate::error::AppError::TooMany`].
    pub fn account(&self, user: UserId) -> AppResult<()> {
        self.account.check(&user)
    }

    /// A try at any code.
    ///
    /// # Errors
    /// [`crate::error::AppError::TooMany`].
    pub fn guess(&self, network: IpAddr) -> AppResult<()> {
        self.guesses.check(&network)
    }

    /// An admin's test.
    ///
    /// # Errors
    /// [`crate::error::AppError::TooMany`].
    pub fn test(&self, user: UserId) -> AppResult<()> {
        self.tests.check(&user)
    }
}
