//! How many codes are sent and tried: letters cost money and patience, and a code has only six digits.

use std::{net::IpAddr, num::NonZeroU32, time::Duration};

use crate::{
    account::verification::Purpose,
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
    address: Limiter<(Purpose, String)>,
    daily: Limiter<(Purpose, String)>,
    confirmations: Limiter<UserId>,
    recoveries: Limiter<UserId>,
    recoveries_from: Limiter<(UserId, IpAddr)>,
    recoveries_now: Limiter<UserId>,
    network: Limiter<IpAddr>,
    guesses: Limiter<IpAddr>,
    tests: Limiter<UserId>,
}

impl Limits {
    /// With the limits, or none.
    pub fn new(on: bool) -> Self {
        Self {
            address: Limiter::new(on, tokens(3), MINUTE * 15),
            daily: Limiter::new(on, tokens(20), DAY),
            confirmations: Limiter::new(on, tokens(4), HOUR * 6),
            // With five tries at each, a patient guesser has one chance in 10,000 a day, and the owner is told of each of them. One
            // who asks for nothing but trouble leaves enough for the owner.
            recoveries: Limiter::new(on, tokens(20), DAY),
            recoveries_from: Limiter::new(on, tokens(6), DAY),
            recoveries_now: Limiter::new(on, tokens(3), MINUTE * 15),
            network: Limiter::new(on, tokens(20), HOUR),
            guesses: Limiter::new(on, tokens(30), MINUTE * 10),
            tests: Limiter::new(on, tokens(3), MINUTE),
        }
    }

    /// A code for what somebody typed, whether or not there is such an address. Each purpose counts by itself: what a stranger asks
    /// for keeps nobody from what is theirs.
    ///
    /// # Errors
    /// [`crate::error::AppError::TooFast`].
    pub fn ask(&self, network: IpAddr, purpose: Purpose, address: &str) -> AppResult<()> {
        self.network.check(&network)?;
        let typed = (purpose, address.to_lowercase());
        self.address.check(&typed)?;
        self.daily.check(&typed)
    }

    /// A code for an address of one's own.
    ///
    /// # Errors
    /// [`crate::error::AppError::TooFast`].
    pub fn confirm(&self, user: UserId) -> AppResult<()> {
        self.confirmations.check(&user)
    }

    /// May somebody's password be recovered once more, however they were named? Whoever asks need not be them, and must not be told.
    pub fn allows_recovery(&self, user: UserId, network: IpAddr) -> bool {
        let nearest = || self.recoveries_from.check(&(user, network));
        nearest().and_then(|()| self.recoveries_now.check(&user)).and_then(|()| self.recoveries.check(&user)).is_ok()
    }

    /// A try at any code.
    ///
    /// # Errors
    /// [`crate::error::AppError::TooFast`].
    pub fn guess(&self, network: IpAddr) -> AppResult<()> {
        self.guesses.check(&network)
    }

    /// An admin's test.
    ///
    /// # Errors
    /// [`crate::error::AppError::TooFast`].
    pub fn test(&self, user: UserId) -> AppResult<()> {
        self.tests.check(&user)
    }
}
