//! A short memory of rows that nearly every request asks for, which forgets at once what changed.

use std::{
    hash::Hash,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use moka::sync::Cache;

use crate::error::{AppError, AppResult};

/// How long a row is believed without asking the database.
const TTL: Duration = Duration::from_secs(60);

/// A row that changes as often as this while it is read is put off.
const TRIES: u32 = 5;

/// Values by key. Cheap to clone.
#[derive(Clone)]
pub struct Memory<K: Hash + Eq + Send + Sync + 'static, V: Send + Sync + 'static> {
    cache: Cache<K, Arc<V>>,
    /// How often anything was forgotten: whoever read a row before that must not remember it after.
    forgotten: Arc<AtomicU64>,
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

    /// The value of a key, remembered or read. Nothing that was forgotten while it was being read is returned or kept.
    ///
    /// # Errors
    /// What `read` says.
    pub async fn get_or_read(&self, key: K, read: impl AsyncFn() -> AppResult<Option<V>>) -> AppResult<Option<Arc<V>>> {
        if let Some(value) = self.cache.get(&key) {
            return Ok(Some(value));
        }
        for _ in 0..TRIES {
            let before = self.forgotten.load(Ordering::SeqCst);
            let Some(value) = read().await?.map(Arc::new) else { return Ok(None) };
            self.cache.insert(key, value.clone());
            if self.forgotten.load(Ordering::SeqCst) == before {
                return Ok(Some(value));
            }
            self.cache.invalidate(&key);
        }
        Err(AppError::Busy)
    }

    /// Forgets one value; to be called after the change is stored.
    pub fn forget(&self, key: &K) {
        self.forgotten.fetch_add(1, Ordering::SeqCst);
        self.cache.invalidate(key);
    }

    /// Forgets some values; to be called after the change is stored.
    pub fn forget_if(&self, which: impl Fn(&V) -> bool + Send + Sync + 'static) {
        self.forgotten.fetch_add(1, Ordering::SeqCst);
        let forgotten = self.cache.invalidate_entries_if(move |_, value| which(value));
        forgotten.expect("the cache was built with invalidation closures");
    }
}
