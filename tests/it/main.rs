//! The integration tests: they start the real binary and speak to it as browsers, scripts and attackers do, over HTTP and the
//! socket alone. One binary, so that it links once; a module a feature; `support` is the harness.
//!
//! Each test has its own server, database and folder. With `PARLOR_TEST_DATABASE_URL=postgres://user@host/postgres` every one of
//! them runs on a fresh PostgreSQL database, else on SQLite.
#![allow(clippy::unwrap_used, reason = "in a test the panic is the report")]

mod accounts;
mod admin_messages;
mod admin_overview;
mod admin_reports;
mod admin_rooms;
mod admin_routes;
mod admin_users;
mod announcement;
mod architecture;
mod audit;
mod ban;
mod bench;
mod blocked;
mod bots;
mod classic;
mod command;
mod commands;
mod contacts;
mod doors;
mod faults;
mod guards;
mod guests;
mod history;
mod hostile;
mod invisible;
mod invites;
mod limits;
mod live;
mod mention_all;
mod messages;
mod moderation;
mod notices;
mod one_writer;
mod openapi;
mod operations;
mod pages;
mod pictures;
mod presets;
mod profile;
mod protocol;
mod reactions;
mod reading;
mod recall;
mod replies;
mod reports;
mod reset;
mod retention;
mod rooms;
mod search;
mod search_page;
mod sessions;
mod settings;
mod start;
mod support;
mod tokens;
mod unread;
mod uploads;
mod verification;
mod without_script;
