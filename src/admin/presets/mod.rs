//! Presets and countdowns in the console, and its part of the API.

pub mod form;
pub mod handlers;
pub mod pages;

use crate::{account::current_user::Admin, preset::acts::By};

/// Who acts.
fn by(admin: &Admin) -> By {
    By { user: admin.id(), actor: admin.actor() }
}
