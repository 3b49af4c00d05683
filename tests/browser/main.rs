//! The tests in a real browser: Chromium through chromedriver, which must be installed (`./check` sees to it). They start the real
//! binary, as the integration tests do, and share their harness; `PARLOR_TEST_DATABASE_URL` chooses the database here too.
//!
//! `driver` starts browsers, `line` is the cable between one of them and the server, `tab` is a person at a browser, `chat` what
//! such a person does on the chat page, `visit` looks for barriers. Pictures of every page go to `target/screens/`; a test that waits in vain leaves one there.
#![allow(clippy::unwrap_used, reason = "in a test the panic is the report")]

mod accounts;
mod announcement;
mod avatar;
mod chat;
mod commands;
mod composing;
mod console;
mod console_settings;
mod console_users;
mod delivery;
mod detour;
mod driver;
mod emoji;
mod guest;
mod history;
mod hostile;
mod images;
mod installed;
mod lightbox;
mod line;
mod lively;
mod looks;
mod mentions;
mod moderation;
mod notices;
mod people;
mod phone;
mod presets;
mod reactions;
mod recall;
mod replies;
mod retention;
mod rooms;
mod search;
#[path = "../it/support/mod.rs"]
#[allow(dead_code, reason = "the callers without a browser are used by the other test binary")]
mod support;
mod tab;
mod tokens;
mod tray;
mod verification;
mod village;
mod visit;
mod without_script;
