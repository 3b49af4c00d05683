//! Who is shut out this moment, for work that began before and would go on for a while.

use std::pin::pin;

use futures_util::future::{Either, select};
use tokio::sync::broadcast::{self, error::RecvError};

use crate::{
    error::{AppError, AppResult},
    id::UserId,
};

/// Names that may wait for a listener; who misses one learns of it where the work is stored.
const WAITING: usize = 256;

/// Tells who is shut out. Cheap to clone.
#[derive(Clone)]
pub struct Bars(broadcast::Sender<UserId>);

impl Default for Bars {
    fn default() -> Self {
        Self(broadcast::channel(WAITING).0)
    }
}

impl Bars {
    /// Somebody is shut out; to be called after that is stored.
    pub fn bar(&self, user: UserId) {
        // Nobody may be listening.
        let _ = self.0.send(user);
    }

    /// Does work of a person, and breaks off when they are shut out.
    ///
    /// # Errors
    /// What `work` says; [`AppError::Unauthenticated`] when it was broken off.
    pub async fn unless_barred<T>(&self, user: UserId, work: impl Future<Output = AppResult<T>>) -> AppResult<T> {
        let listener = self.0.subscribe();
        match select(pin!(work), pin!(barred(listener, user))).await {
            Either::Left((outcome, _)) => outcome,
            Either::Right(_) => Err(AppError::Unauthenticated),
        }
    }
}

async fn barred(mut listener: broadcast::Receiver<UserId>, user: UserId) {
    loop {
        match listener.recv().await {
            Ok(barred) if barred == user => return,
            Ok(_) | Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return std::future::pending().await,
        }
    }
}
