//! The doors beside the socket: a stream of events, and asking again and again, at once or with patience.
//!
//! Each is a [`Line`](super::line::Line) of a hub, as a socket is: it opens, enters its rooms, hears them and is ended by the same
//! code. What differs is what becomes of a frame: a stream writes it, somebody who asks is woken by it.

pub mod coarse;
pub mod cursor;
pub mod events;
pub mod frames;
pub mod guest;
pub mod hello;
pub mod pipe;
pub mod places;
pub mod reduce;
pub mod sync;
pub mod watch;
pub mod watches;

use std::{net::IpAddr, num::NonZeroU32, sync::Arc, time::Duration};

use crate::{
    chat::doors::{coarse::Coarse, places::Places, watches::Watches},
    id::UserId,
    setting::values::Values,
    web::limiter::Limiter,
};

/// Guests' streams and waits of one address, and of all.
const GUESTS: (usize, usize) = (64, 4_096);

/// Waits of all; a person has as many as sockets.
const WAITS: usize = 10_000;

/// How often a person may open a door in a minute: each reads the state of all their rooms.
const OPENINGS: NonZeroU32 = NonZeroU32::new(60).expect("more than none");

/// What the doors of all worker threads share. Cheap to clone.
#[derive(Clone)]
pub struct Doors {
    watches: Watches,
    coarse: Arc<Coarse>,
    guests: Places<IpAddr>,
    waits: Places<UserId>,
    openings: Arc<Limiter<UserId>>,
}

impl Doors {
    /// All closed; with `limits` false they open as often as anybody wants.
    pub fn new(limits: bool) -> Self {
        Self {
            watches: Watches::default(),
            coarse: Arc::default(),
            guests: Places::new(GUESTS.0, GUESTS.1),
            waits: Places::new(0, WAITS),
            openings: Arc::new(Limiter::new(limits, OPENINGS, Duration::from_secs(60))),
        }
    }

    /// Has the limits follow the settings.
    pub fn obey(&self, values: &Values) {
        self.waits.set_each(values.sockets_per_person as usize);
    }
}
