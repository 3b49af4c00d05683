//! A number of places, of which each may take only so many. Pure.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use crate::error::{AppError, AppResult};

/// Who has had their share is told to come back after this.
const LATER: Duration = Duration::from_secs(5);

#[derive(Debug)]
struct Taken<K> {
    by: HashMap<K, usize>,
    all: usize,
}

/// The places. Cheap to clone.
#[derive(Debug)]
pub struct Places<K> {
    each: Arc<AtomicUsize>,
    all: usize,
    taken: Arc<Mutex<Taken<K>>>,
}

impl<K> Clone for Places<K> {
    fn clone(&self) -> Self {
        Self { each: self.each.clone(), all: self.all, taken: self.taken.clone() }
    }
}

impl<K: Hash + Eq + Copy> Places<K> {
    /// `all` places, `each` of them for one at most.
    pub fn new(each: usize, all: usize) -> Self {
        Self { each: Arc::new(each.into()), all, taken: Arc::new(Mutex::new(Taken { by: HashMap::new(), all: 0 })) }
    }

    /// Sets how many are for one; who has more already keeps them.
    pub fn set_each(&self, each: usize) {
        self.each.store(each, Ordering::Relaxed);
    }

    /// Takes a place until what is returned is dropped.
    ///
    /// # Errors
    /// [`AppError::TooFast`] for who has had their share, [`AppError::Busy`] where all are taken.
    pub fn take(&self, key: K) -> AppResult<Place<K>> {
        let mut taken = self.lock();
        let mine = taken.by.get(&key).copied().unwrap_or_default();
        if mine >= self.each.load(Ordering::Relaxed) {
            return Err(AppError::TooFast(None, LATER));
        }
        if taken.all >= self.all {
            return Err(AppError::Busy);
        }
        taken.by.insert(key, mine + 1);
        taken.all += 1;
        Ok(Place { places: self.clone(), key })
    }

    fn give_back(&self, key: K) {
        let mut taken = self.lock();
        taken.all -= 1;
        if let Some(mine) = taken.by.get_mut(&key) {
            *mine -= 1;
            if *mine == 0 {
                taken.by.remove(&key);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Taken<K>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place that is taken.
#[derive(Debug)]
pub struct Place<K: Hash + Eq + Copy> {
    places: Places<K>,
    key: K,
}

impl<K: Hash + Eq + Copy> Drop for Place<K> {
    fn drop(&mut self) {
        self.places.give_back(self.key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_a_share_and_all_together_no_more_than_there_are() {
        let places = Places::new(2, 3);
        let (first, _second) = (places.take("ann"), places.take("ann"));
        assert!(matches!(places.take("ann"), Err(AppError::TooFast(..))));
        let _third = places.take("bob");
        assert!(matches!(places.take("cat"), Err(AppError::Busy)));
        drop(first);
        assert!(places.take("cat").is_ok());
        assert!(places.take("ann").is_ok());
    }
}
