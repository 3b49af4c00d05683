//! Parlor: a self-hosted chat server for the browser.
//!
//! By feature; the arrows of who may use whom point down this list, and a test keeps them so:
//! [`app`] builds the server from [`routes`]; [`backup`] copies all there is; [`openapi`] tells programs what they are; [`monitor`] tells how the server is; [`admin`] is the console; [`chat`] is live; [`preset`], [`announcement`], [`report`],
//! [`message`], [`upload`], [`room`], [`contact`] and [`account`] are what it is about; [`courier`] writes to people outside; [`mod@web`], [`setting`], [`audit`] and
//! [`db`] know no feature; [`event`], [`id`], [`error`], [`limit`], [`config`], [`clock`], [`folder`] and [`meter`] are for all. `docs/architecture.md` tells the rest.

pub mod account;
pub mod admin;
pub mod announcement;
pub mod app;
pub mod audit;
pub mod backup;
pub mod bench;
pub mod chat;
pub mod clock;
pub mod command;
pub mod config;
pub mod contact;
pub mod control;
pub mod courier;
pub mod db;
pub mod error;
pub mod event;
pub mod folder;
pub mod housekeeping;
pub mod id;
pub mod limit;
pub mod message;
pub mod meter;
pub mod monitor;
pub mod openapi;
pub mod preset;
pub mod reference;
pub mod report;
pub mod room;
pub mod routes;
pub mod secrets;
pub mod setting;
pub mod upload;
pub mod vital;
pub mod web;
