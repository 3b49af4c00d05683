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
    DefaultKeyedRateLimiter, NotUntil, Quota,
    clock::{Clock as _, DefaultClock},
};

use crate::{
    error::{AppError, AppResult},
    limit::Limit,
};

/// A minute: the time of quick limits.
pub const MINUTE: Duration = Duration::from_secs(60);

/// An hour: the time most limits are set for.
pub const HOUR: Duration = Duration::from_secs(3_600);

/// After so many checks, buckets that are full again are forgotten.
const SWEEP: u32 = 1_024;

/// A limit of `burst` at once, refilled evenly over a time; or none at all.
pub struct Limiter<K: Hash + Eq + Clone> {
    on: bool,
    /// Of what sets it, where it is somebody's to set.
    limit: Option<Limit>,
    rate: RwLock<Rate<K>>,
    clock: DefaultClock,
    checks: AtomicU32,
}

struct Rate<K: Hash + Eq + Clone> {
    burst: NonZeroU32,
    refill: Duration,
    buckets: Option<Arc<DefaultKeyedRateLimiter<K>>>,
}

impl<K: Hash + Eq + Clone> Rate<K> {
    fn new(on: bool, burst: NonZeroU32, refill: Duration) -> Self {
        let quota = Quota::with_period(refill / burst.get()).map(|quota| quota.allow_burst(burst));
        let buckets = quota.filter(|_| on).map(|quota| Arc::new(DefaultKeyedRateLimiter::keyed(quota)));
        Self { burst, refill, buckets }
    }
}

impl<K: Hash + Eq + Clone> Limiter<K> {
    /// `burst` tokens, the whole of which comes back within `refill`. With `on` false everything passes.
    pub fn new(on: bool, burst: NonZeroU32, refill: Duration) -> Self {
        let rate = RwLock::new(Rate::new(on, burst, refill));
        Self { on, limit: None, rate, clock: DefaultClock::default(), checks: AtomicU32::new(0) }
    }

    /// The same, of which a refusal says what sets it.
    pub fn named(self, limit: Limit) -> Self {
        Self { limit: Some(limit), ..self }
    }

    /// Sets another rate (a burst of 0 counts as 1). Every bucket is full then; where nothing changes, they stay as they are.
    pub fn set(&self, burst: u32, refill: Duration) {
        let burst = NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN);
        let mut rate = self.rate.write().unwrap_or_else(PoisonError::into_inner);
        if (rate.burst, rate.refill) != (burst, refill) {
            *rate = Rate::new(self.on, burst, refill);
        }
    }

    /// Takes a token.
    ///
    /// # Errors
    /// [`AppError::TooFast`] with its limit and the time until there is one.
    pub fn check(&self, key: &K) -> AppResult<()> {
        let buckets = self.rate.read().unwrap_or_else(PoisonError::into_inner).buckets.clone();
        let Some(buckets) = buckets else { return Ok(()) };
        if self.checks.fetch_add(1, Ordering::Relaxed) % SWEEP == SWEEP - 1 {
            buckets.retain_recent();
        }
        let refuse = |wait: NotUntil<_>| AppError::TooFast(self.limit, wait.wait_time_from(self.clock.now()));
        buckets.check_key(key).map_err(refuse)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_the_next_is_told_how_long_to_wait() {
        let limiter = Limiter::new(true, const { NonZeroU32::new(3).unwrap() }, Duration::from_secs(300));
        assert!((0..3).all(|_| limiter.check(&"a").is_ok()));
        let Err(AppError::TooFast(None, wait)) = limiter.check(&"a") else { panic!("the fourth must wait") };
        assert!(wait > Duration::from_secs(90) && wait <= Duration::from_secs(100), "{wait:?}");
        assert!(limiter.check(&"b").is_ok(), "another key has its own bucket");
    }

    #[test]
    fn a_refusal_says_which_limit_it_was() {
        let limiter = Limiter::new(true, NonZeroU32::MIN, HOUR).named(Limit::NewRooms);
        assert!(limiter.check(&"a").is_ok());
        assert!(matches!(limiter.check(&"a"), Err(AppError::TooFast(Some(Limit::NewRooms), _))));
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
