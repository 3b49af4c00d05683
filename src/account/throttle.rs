//! How fast anybody may do what: guess passwords, make accounts, and ask, by the class of what is asked.

use std::{net::IpAddr, num::NonZeroU32, time::Duration};

use actix_web::http::Method;

use crate::{
    error::AppResult,
    id::UserId,
    limit::Limit,
    setting::values::Values,
    web::limiter::{HOUR, Limiter, MINUTE},
};

const fn tokens(count: u32) -> NonZeroU32 {
    NonZeroU32::new(count).expect("a limit above zero")
}

/// A page has dozens of pictures: so many count as one request.
const PICTURES: u32 = 5;

/// Classes of requests; every request of somebody who is let in is of one. A search counts against its own limit besides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Pages and answers.
    Reading,
    /// Files of pictures.
    Pictures,
    /// Whatever changes something: each is a commit of the one writer.
    Changing,
}

impl Class {
    /// By what a request is.
    pub fn of(method: &Method, path: &str) -> Self {
        match method.is_safe() {
            false => Self::Changing,
            true if path.starts_with("/media/") => Self::Pictures,
            true => Self::Reading,
        }
    }
}

/// The buckets.
pub struct Throttle {
    login_pair: Limiter<(String, IpAddr)>,
    login_name: Limiter<String>,
    login_address: Limiter<IpAddr>,
    register: Limiter<IpAddr>,
    reset: Limiter<IpAddr>,
    password: Limiter<UserId>,
    read: Limiter<UserId>,
    pictures: Limiter<UserId>,
    write: Limiter<UserId>,
    guest: Limiter<IpAddr>,
    guest_media: Limiter<IpAddr>,
}

impl Throttle {
    /// With the default limits, or none. Those that are settings follow them from [`Throttle::obey`] on.
    pub fn new(on: bool) -> Self {
        let throttle = Self {
            login_pair: Limiter::new(on, tokens(5), MINUTE * 5),
            login_name: Limiter::new(on, tokens(20), MINUTE * 15),
            login_address: Limiter::new(on, tokens(50), HOUR),
            register: Limiter::new(on, tokens(10), HOUR).named(Limit::NewAccounts),
            reset: Limiter::new(on, tokens(10), MINUTE * 10),
            password: Limiter::new(on, tokens(5), MINUTE * 5),
            read: Limiter::new(on, tokens(1), MINUTE).named(Limit::Reading),
            pictures: Limiter::new(on, tokens(1), MINUTE).named(Limit::Pictures),
            write: Limiter::new(on, tokens(1), MINUTE).named(Limit::Changing),
            guest: Limiter::new(on, tokens(1), MINUTE).named(Limit::Guests),
            guest_media: Limiter::new(on, tokens(1), MINUTE).named(Limit::Guests),
        };
        throttle.obey(&Values::default());
        throttle
    }

    /// Has the limits follow the settings.
    pub fn obey(&self, values: &Values) {
        // The whole burst comes back in the time in which so many a second make it.
        let refill = |burst: u32, a_second: u32| Duration::from_secs_f64(f64::from(burst) / f64::from(a_second.max(1)));
        let reading = refill(values.read_burst, values.read_per_second);
        self.read.set(values.read_burst, reading);
        self.pictures.set(values.read_burst.saturating_mul(PICTURES), reading);
        self.write.set(values.change_burst, refill(values.change_burst, values.change_per_second));
        let guests = refill(values.guest_burst, values.guest_per_second);
        self.guest.set(values.guest_burst, guests);
        self.guest_media.set(values.guest_burst.saturating_mul(PICTURES), guests);
        self.register.set(values.registrations_per_hour, HOUR);
    }

    /// A request of somebody who is let in.
    ///
    /// # Errors
    /// [`crate::error::AppError::TooFast`].
    pub fn request(&self, user: UserId, class: Class) -> AppResult<()> {
        match class {
            Class::Reading => self.read.check(&user),
            Class::Pictures => self.pictures.check(&user),
            Class::Changing => self.write(user),
        }
    }

    /// Before any look at the name: many names from one address, and one name from one address.
    ///
    /// # Errors
    /// [`crate::error::AppError::TooFast`].
    pub fn login(&self, key: &str, network: IpAddr) -> AppResult<()> {
        self.login_address.check(&network)?;
        self.login_pair.check(&(key.to_owned(), network))
    }

    /// One name from many addresses. Not asked where the person has logged in from this address before, so that nobody can
    /// be locked out of their own account by others' guessing.
    ///
    /// # Errors
    /// [`crate::error::AppError::TooFast`].
    pub fn login_from_unknown_address(&self, key: &str) -> AppResult<()> {
        self.login_name.check(&key.to_owned())
    }

    /// A page or an answer for a guest, by address.
    ///
    /// # Errors
    /// [`crate::error::AppError::TooFast`].
    pub fn guest(&self, network: IpAddr) -> AppResult<()> {
        self.guest.check(&network)
    }

    /// A picture for a guest, by address.
    ///
    /// # Errors
    /// [`crate::error::AppError::TooFast`].
    pub fn guest_media(&self, network: IpAddr) -> AppResult<()> {
        self.guest_media.check(&network)
    }

    /// Anything a person changes by a request: each is a commit of the one writer.
    ///
    /// # Errors
    /// [`crate::error::AppError::TooFast`].
    pub fn write(&self, user: UserId) -> AppResult<()> {
        self.write.check(&user)
    }

    /// New accounts from one address.
    ///
    /// # Errors
    /// [`crate::error::AppError::TooFast`].
    pub fn register(&self, network: IpAddr) -> AppResult<()> {
        self.register.check(&network)
    }

    /// Tries at one-time links to a new password: each may cost a hash.
    ///
    /// # Errors
    /// [`crate::error::AppError::TooFast`].
    pub fn reset(&self, network: IpAddr) -> AppResult<()> {
        self.reset.check(&network)
    }

    /// Guesses at the current password in a session that was left open.
    ///
    /// # Errors
    /// [`crate::error::AppError::TooFast`].
    pub fn password(&self, user: UserId) -> AppResult<()> {
        self.password.check(&user)
    }
}
