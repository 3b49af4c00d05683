//! Argon2id (RFC 9106) with OWASP's parameters, off the event threads and a few at once.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use actix_web::web;
use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};
use tokio::sync::Semaphore;

use crate::{
    account::password_rules::Password,
    error::{AppError, AppResult},
};

/// Each hash takes 19 MiB for about 20 ms: two at once bound both.
const AT_ONCE: usize = 2;

/// More than these waiting are told to come back.
const WAITING: usize = 32;

/// Memory in KiB, passes, lanes: OWASP's first choice for Argon2id.
const MEMORY: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Hashes and verifies passwords. Cheap to clone.
#[derive(Clone)]
pub struct Hasher {
    permits: Arc<Semaphore>,
    queued: Arc<AtomicUsize>,
    /// What an unknown name is verified against, so that it takes the same time.
    dummy: Arc<str>,
}

impl Hasher {
    /// Makes the dummy hash; takes as long as one login.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn new() -> AppResult<Self> {
        let dummy = hash(b"a password that nobody has")?.into();
        Ok(Self { permits: Arc::new(Semaphore::new(AT_ONCE)), queued: Arc::default(), dummy })
    }

    /// A PHC string for a password.
    ///
    /// # Errors
    /// [`AppError::TooFast`] when too many wait already.
    pub async fn hash(&self, password: Password) -> AppResult<String> {
        self.run(move || hash(password.as_bytes())).await
    }

    /// Does the password fit? Without a hash (an unknown name) it takes as long and says no.
    ///
    /// # Errors
    /// [`AppError::TooFast`] when too many wait already.
    pub async fn verify(&self, password: Password, stored: Option<String>) -> AppResult<bool> {
        let dummy = self.dummy.clone();
        self.run(move || {
            let known = stored.is_some();
            let fits = verify(password.as_bytes(), stored.as_deref().unwrap_or(&dummy))?;
            Ok(fits && known)
        })
        .await
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> AppResult<T> + Send + 'static) -> AppResult<T> {
        let place = Place::take(&self.queued)?;
        let permit = self.permits.clone().acquire_owned().await.map_err(AppError::internal)?;
        // The hash goes on when its request breaks off, and so must what bounds it.
        let bounded = move || {
            let _held = (place, permit);
            work()
        };
        web::block(bounded).await.map_err(AppError::internal)?
    }
}

/// A place in the queue, given back however the request ends.
struct Place(Arc<AtomicUsize>);

impl Place {
    fn take(queued: &Arc<AtomicUsize>) -> AppResult<Self> {
        let place = Self(queued.clone());
        if place.0.fetch_add(1, Ordering::Relaxed) < WAITING + AT_ONCE {
            Ok(place)
        } else {
            Err(AppError::TooFast(None, std::time::Duration::from_secs(1)))
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn argon2() -> AppResult<Argon2<'static>> {
    let params = Params::new(MEMORY, PASSES, LANES, None).map_err(AppError::internal)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hash(password: &[u8]) -> AppResult<String> {
    Ok(argon2()?.hash_password(password).map_err(AppError::internal)?.to_string())
}

fn verify(password: &[u8], stored: &str) -> AppResult<bool> {
    let parsed = PasswordHash::new(stored).map_err(AppError::internal)?;
    Ok(argon2()?.verify_password(password, &parsed).is_ok())
}
