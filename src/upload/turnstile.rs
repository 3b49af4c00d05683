//! Who may upload now: so many at once, so many a minute.

use std::{
    collections::HashMap,
    net::IpAddr,
    num::NonZeroU32,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use crate::{
    error::{AppError, AppResult},
    id::UserId,
    limit::Limit,
    setting::values::Values,
    web::limiter::{Limiter, MINUTE},
};

/// Uploads of one person at the same time.
const AT_ONCE: u32 = 2;

/// Who uploads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Uploader {
    /// Somebody who is logged in.
    Person(UserId),
    /// Somebody who registers.
    Network(IpAddr),
}

/// The limits, or none.
pub struct Turnstile {
    on: bool,
    pace: Limiter<Uploader>,
    inside: Mutex<HashMap<Uploader, u32>>,
}

impl Turnstile {
    /// With `on` false everything passes.
    pub fn new(on: bool, values: &Values) -> Self {
        let pace = Limiter::new(on, NonZeroU32::MIN, MINUTE).named(Limit::UploadPace);
        let turnstile = Self { on, pace, inside: Mutex::default() };
        turnstile.obey(values);
        turnstile
    }

    /// Has the limits follow the settings.
    pub fn obey(&self, values: &Values) {
        self.pace.set(values.upload_burst, MINUTE * values.upload_burst / values.uploads_per_minute.max(1));
    }

    /// How many uploads are under way.
    pub fn inside(&self) -> u32 {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner).values().sum()
    }

    /// Lets an upload begin; it lasts as long as what is returned.
    ///
    /// # Errors
    /// [`AppError::TooFast`].
    pub fn enter(self: &Arc<Self>, who: Uploader) -> AppResult<Turn> {
        let turn = self.admit(who)?;
        self.count(who)?;
        Ok(turn)
    }

    /// Counts a file.
    ///
    /// # Errors
    /// [`AppError::TooFast`] within a minute.
    pub fn count(&self, who: Uploader) -> AppResult<()> {
        self.pace.check(&who)
    }

    /// Lets a body begin that may have files; each is then to be counted.
    ///
    /// # Errors
    /// [`AppError::TooFast`] at once.
    pub fn admit(self: &Arc<Self>, who: Uploader) -> AppResult<Turn> {
        let turn = Turn { turnstile: Arc::clone(self), who };
        let inside = self.change(who, |count| count + 1);
        if self.on && inside > AT_ONCE {
            return Err(AppError::TooFast(None, Duration::from_secs(1)));
        }
        Ok(turn)
    }

    fn change(&self, who: Uploader, change: impl FnOnce(u32) -> u32) -> u32 {
        let mut inside = self.inside.lock().unwrap_or_else(PoisonError::into_inner);
        let count = change(inside.get(&who).copied().unwrap_or(0));
        match count {
            0 => inside.remove(&who),
            count => inside.insert(who, count),
        };
        count
    }
}

/// One upload that is under way.
pub struct Turn {
    turnstile: Arc<Turnstile>,
    who: Uploader,
}

impl Turn {
    /// Does the rest of an upload, also when whoever asked is gone: the place is taken until then, and nothing is left half-done.
    ///
    /// # Errors
    /// What `work` says.
    pub async fn to_the_end<T: 'static, E: From<AppError> + 'static>(
        self,
        work: impl Future<Output = Result<T, E>> + 'static,
    ) -> Result<T, E> {
        let work = async move {
            let _turn = self;
            work.await
        };
        actix_web::rt::spawn(work).await.map_err(AppError::internal)?
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.turnstile.change(self.who, |count| count.saturating_sub(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_uploads_two_at_once_and_the_third_waits_for_one_of_them() {
        let turnstile = Arc::new(Turnstile::new(true, &Values::default()));
        let ann = Uploader::Person(UserId(1));
        let first = turnstile.enter(ann).expect("there is room");
        let _second = turnstile.enter(ann).expect("there is room");
        assert!(turnstile.enter(ann).is_err());
        assert!(turnstile.enter(Uploader::Person(UserId(2))).is_ok(), "another is not concerned");
        drop(first);
        assert!(turnstile.enter(ann).is_ok());
    }
}
