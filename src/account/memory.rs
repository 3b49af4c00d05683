//! A short memory of rows that nearly every request asks for, which forgets at once what changed.

use std::{
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use moka::sync::Cache;

use crate::error::AppResult;

/// How long a row is believed without asking the database.
const TTL: Duration = Duration::from_secs(60);

/// Values by key. Cheap to clone.
#[derive(Clone)]
pub struct Memory<K: Hash + Eq + Send + Sync + 'static, V: Send + Sync + 'static> {
    cache: Cache<K, Arc<V>>,
    /// How often anything was forgotten: whoever read a row before that must not remember it after.
    forgotten: Arc<Mutex<u64>>,
}

impl<K, V> Memory<K, V>
where
    K: Hash + Eq + Copy + Send + Sync + 'static,
    V: Send + Sync + 'static,
{
    /// An empty memory of at most so many values.
    pub fn new(capacity: u64) -> Self {
        let cache = Cache::builder().max_capacity(capacity).time_to_live(TTL).support_invalidation_closures().build();
        Self { cache, forgotten: Arc::default() }
    }

    /// The value of a key, remembered or read. What is forgotten while it is being read is returned, for it was true when it was
    /// asked for, and not kept.
    ///
    /// # Errors
    /// What `read` says.
    pub async fn get_or_read(
        &self,
        key: K,
        read: impl AsyncFnOnce() -> AppResult<Option<V>>,
    ) -> AppResult<Option<Arc<V>>> {
        if let Some(value) = self.cache.get(&key) {
            return Ok(Some(value));
        }
        let before = *self.forgotten();
        let Some(value) = read().await?.map(Arc::new) else { return Ok(None) };
        let forgotten = self.forgotten();
        if *forgotten == before {
            self.cache.insert(key, value.clone());
        }
        drop(forgotten);
        Ok(Some(value))
    }

    /// Forgets one value; to be called after the change is stored.
    pub fn forget(&self, key: &K) {
        let mut forgotten = self.forgotten();
        *forgotten += 1;
        self.cache.invalidate(key);
    }

    /// Forgets some values; to be called after the change is stored.
    pub fn forget_if(&self, which: impl Fn(&V) -> bool + Send + Sync + 'static) {
        let mut forgotten = self.forgotten();
        *forgotten += 1;
        let done = self.cache.invalidate_entries_if(move |_, value| which(value));
        done.expect("the cache was built with invalidation closures");
    }

    /// Held while anything is remembered or forgotten, so that nothing comes between the look at the number and the deed.
    fn forgotten(&self) -> MutexGuard<'_, u64> {
        self.forgotten.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[actix_web::test]
    async fn what_changes_all_the_time_is_read_all_the_time_and_never_put_off() {
        let memory = Memory::new(10);
        for round in 0..20 {
            let changing = memory.get_or_read(1, async || {
                memory.forget(&2);
                Ok(Some(round))
            });
            assert_eq!(changing.await.expect("is read").as_deref(), Some(&round));
        }
        assert_eq!(memory.get_or_read(1, async || Ok(Some(100))).await.expect("is read").as_deref(), Some(&100));
        assert_eq!(
            memory.get_or_read(1, async || Ok(Some(101))).await.expect("is read").as_deref(),
            Some(&100),
            "is kept"
        );
    }
}
