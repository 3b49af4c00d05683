//! Uploads: images, checked, re-encoded, stored, and served to whom they are for.
//!
//! A request's body is `receive`d into a temporary file, its picture made in the `pool` by [`image`], its files put into `files` and
//! its rows into `store`, all by `intake`; `media` serves it; what is no longer named by a row is deleted by the `sweeper`.

pub mod api;
pub mod avatar;
pub mod files;
pub mod handlers;
pub mod hold;
pub mod image;
pub mod intake;
pub mod key;
pub mod logo;
pub mod media;
pub mod name;
pub mod pages;
pub mod paths;
pub mod pool;
pub mod receive;
pub mod store;
pub mod sweeper;
pub mod turnstile;
pub mod wire;

use std::sync::Arc;

use tokio::sync::Notify;

use crate::{
    account::Accounts,
    config::Settings,
    setting::{Live, values::Values},
    upload::{files::Files, pool::Pool, turnstile::Turnstile},
};

/// Everything the upload and media routes work with. Cheap to clone.
#[derive(Clone)]
pub struct UploadDesk {
    /// People, and the database.
    pub accounts: Accounts,
    /// Where files are kept.
    pub files: Files,
    /// Where pictures are made.
    pub pool: Pool,
    /// Who may upload now.
    pub turnstile: Arc<Turnstile>,
    /// What is allowed is set there.
    pub live: Live,
    /// Wakes the sweeper; for whoever called [`store::unlink_all`].
    pub sweeper: Arc<Notify>,
}

/// What is allowed.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// Largest file taken, in bytes.
    pub upload_bytes: u64,
    /// Most bytes of a reduced picture.
    pub image_budget: usize,
    /// Most bytes of an original; 0 where originals are not kept.
    pub original_bytes: usize,
}

impl From<&Values> for Rules {
    fn from(values: &Values) -> Self {
        Self {
            upload_bytes: values.upload_max_bytes,
            image_budget: values.image_budget as usize,
            original_bytes: values.original_max_bytes as usize,
        }
    }
}

impl UploadDesk {
    /// Opens the media folder of the database with this epoch.
    ///
    /// # Errors
    /// As for [`Files::open`].
    pub fn open(settings: &Settings, accounts: Accounts, live: Live, epoch: &str) -> anyhow::Result<Self> {
        Ok(Self {
            accounts,
            files: Files::open(&settings.media_dir(), epoch, settings.accept_loss)?,
            pool: Pool::new(settings.image_memory),
            turnstile: Arc::new(Turnstile::new(!settings.no_limits, &live.get())),
            live,
            sweeper: Arc::default(),
        })
    }

    /// What is allowed now.
    pub fn rules(&self) -> Rules {
        Rules::from(&*self.live.get())
    }
}
