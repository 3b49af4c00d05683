//! Where admins make the announcement: upload, check, publish; withdraw it, and bring back an older one.

pub mod form;
pub mod handlers;
pub mod pages;
pub mod wire;
