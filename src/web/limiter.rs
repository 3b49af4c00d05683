//! Token buckets, one a key.

use std::{
    hash::Hash,
    num::NonZeroU32,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use governor::{
    DefaultKeyedRateLimiter, Quota,
    clock::{Clock as _, DefaultClock},
};

use crate::error::{AppError, AppResult};

/// After so many checks, buckets that are full again are forgotten.
const SWEEP: u32 = 1_024;

/// A limit of `burst` at once, refilled evenly over a time; or none at all.
pub struct Limiter<K: Hash + Eq + Clone> {
    buckets: Option<DefaultKeyedRateLimiter<K>>,
    clock: DefaultClock,
    checks: AtomicU32,
}

impl<K: Hash + Eq + Clone> Limiter<K> {
    /// `burst` tokens, the whole of which comes back within `refill`. With `on` false everything passes.
    pub fn new(on: bool, burst: NonZeroU32, refill: Duration) -> Self {
        let quota = Quota::with_period(refill / burst.get()).map(|quota| quota.allow_burst(burst));
        Self {
            buckets: quota.filter(|_| on).map(DefaultKeyedRateLimiter::keyed),
            clock: DefaultClock::default(),
            checks: AtomicU32::new(0),
        }
    }

    /// Takes a token.
    ///
    /// # Errors
    /// [`AppError::TooMany`] with the time until there is one.
    pub fn check(&self, key: &K) -> AppResult<()> {
        let Some(buckets) = &self.buckets else { return Ok(()) };
        if self.checks.fetch_add(1, Ordering::Relaxed) % SWEEP == SWEEP - 1 {
            buckets.retain_recent();
        }
        buckets.check_key(key).map_err(|wait| AppError::TooMany(wait.wait_time_from(self.clock.now())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_the_next_is_told_how_long_to_wait() {
        let limiter = Limiter::new(true, const { NonZeroU32::new(3).unwrap() }, Duration::from_secs(300));
        assert!((0..3).all(|_| limiter.check(&"a").is_ok()));
        let Err(AppError::TooMany(wait)) = limiter.check(&"a") else { panic!("the fourth must wait") };
        assert!(wait > Duration::from_secs(90) && wait <= Duration::from_secs(100), "{wait:?}");
        assert!(limiter.check(&"b").is_ok(), "another key has its own bucket");
    }
}
