//! Parlor: a self-hosted chat server for the browser.
//!
//! By feature; the arrows of who may use whom point down this list, and a test keeps them so:
//! [`app`] builds the server from [`routes`]; [`chat`] is live; [`message`], [`upload`], [`room`], [`contact`] and
//! [`account`] are what it is about; [`mod@web`] and
//! [`db`] know no feature; [`event`], [`id`], [`error`], [`config`] are words for all. `docs/architecture.md` tells the rest.

pub mod account;
pub mod app;
pub mod chat;
pub mod config;
pub mod contact;
pub mod control;
pub mod db;
pub mod error;
pub mod event;
pub mod housekeeping;
pub mod id;
pub mod message;
pub mod room;
pub mod routes;
pub mod secrets;
pub mod upload;
pub mod web;
