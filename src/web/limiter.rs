//! Token buckets, one a key.

use std::{
    hash::Hash,
    num::NonZeroU32,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use governor::{
    DefaultKeyedRateLimiter, Quota,
    clock::{Clock as _, DefaultClock},
};

use crate::error::{AppError, AppResult};

/// A minute: the time of quick limits.
pub const MINUTE: Duration = Duration::from_secs(60);

/// An hour: the time most limits are set for.
pub const HOUR: Duration = Duration::from_secs(3_600);

/// After so many checks, buckets that are full again are forgotten.
const SWEEP: u32 = 1_024;

/// A limit of `burst` at once, refilled evenly over a time; or none at all.
pub struct Limiter<K: Hash + Eq + Clone> {
    on: bool,
    limit: RwLock<Limit<K>>,
    clock: DefaultClock,
    checks: AtomicU32,
}

struct Limit<K: Hash + Eq + Clone> {
    burst: NonZeroU32,
    refill: Duration,
    buckets: Option<Arc<DefaultKeyedRateLimiter<K>>>,
}

impl<K: Hash + Eq + Clone> Limit<K> {
    fn new(on: bool, burst: NonZeroU32, refill: Duration) -> Self {
        let quota = Quota::with_period(refill / burst.get()).map(|quota| quota.allow_burst(burst));
        let buckets = quota.filter(|_| on).map(|quota| Arc::new(DefaultKeyedRateLimiter::keyed(quota)));
        Self { burst, refill, buckets }
    }
}

impl<K: Hash + Eq + Clone> Limiter<K> {
    /// `burst` tokens, the whole of which comes back within `refill`. With `on` false everything passes.
    pub fn new(on: bool, burst: NonZeroU32, refill: Duration) -> Self {
        let limit = RwLock::new(Limit::new(on, burst, refill));
        Self { on, limit, clock: DefaultClock::default(), checks: AtomicU32::new(0) }
    }

    /// Sets another limit (a burst of 0 counts as 1). Every bucket is full then; where nothing changes, they stay as they are.
    pub fn set(&self, burst: u32, refill: Duration) {
        let burst = NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN);
        let mut limit = self.limit.write().unwrap_or_else(PoisonError::into_inner);
        if (limit.burst, limit.refill) != (burst, refill) {
            *limit = Limit::new(self.on, burst, refill);
        }
    }

    /// Takes a token.
    ///
    /// # Errors
    /// [`AppError::TooMany`] with the time until there is one.
    pub fn check(&self, key: &K) -> AppResult<()> {
        let buckets = self.limit.read().unwrap_or_else(PoisonError::into_inner).buckets.clone();
        let Some(buckets) = buckets else { return Ok(()) };
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

    #[test]
    fn another_limit_counts_at_once_and_the_same_one_forgets_nothing() {
        let limiter = Limiter::new(true, const { NonZeroU32::new(1).unwrap() }, Duration::from_secs(300));
        assert!(limiter.check(&"a").is_ok());
        limiter.set(1, Duration::from_secs(300));
        assert!(limiter.check(&"a").is_err());
        limiter.set(2, Duration::from_secs(300));
        assert!((0..2).all(|_| limiter.check(&"a").is_ok()));
        assert!(limiter.check(&"a").is_err());
    }
}
