//! Searching messages, in Chinese as in any other script, alike on both databases.
//!
//! Reading order: [`fold`] says what counts as equal, [`tokens`] what a message is looked up by, [`query`] what is searched for,
//! [`find`] how the two meet, [`snippet`] what is shown. [`index`] keeps step with the messages, [`backfill`] indexes what is older than
//! the index; [`store`] speaks SQL. [`oversee`] searches for admins; [`pages`] is
//! for browsers without JavaScript.

pub mod backfill;
pub mod find;
pub mod fold;
pub mod handlers;
pub mod index;
pub mod oversee;
pub mod pages;
pub mod query;
pub mod snippet;
pub mod store;
pub mod tokens;
pub mod wire;

use std::{num::NonZeroU32, time::Duration};

use crate::{id::UserId, limit::Limit, web::limiter::Limiter};

/// Searches of a person in a minute.
pub const A_MINUTE: NonZeroU32 = NonZeroU32::new(30).expect("above zero");

/// The limit on searches.
pub fn pace(on: bool) -> Limiter<UserId> {
    Limiter::new(on, A_MINUTE, Duration::from_secs(60)).named(Limit::Searching)
}
