//! Rooms: finding them, and changing, archiving, handing over and deleting them from outside. The acts are [`crate::room::charge`]'s.

pub mod change;
pub mod handlers;
pub mod list;
pub mod pages;
pub mod store;
pub mod wire;
