//! Messages of all rooms: searching them and deleting them.
//!
//! Reading order: [`asked`] reads the query string, [`look`] searches and notes what must be noted, [`summary`] says what a deletion takes.

pub mod asked;
pub mod handlers;
pub mod look;
pub mod pages;
pub mod store;
pub mod summary;
