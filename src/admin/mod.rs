//! The console: the pages and the API of those who run the site.
//!
//! Who acts is an [`Admin`](crate::account::current_user::Admin) in every signature, and every act writes to the audit log in its own
//! transaction. The acts themselves belong to the features; here they are listed, filtered and put on pages, which work without
//! JavaScript: a GET shows, a POST acts and leads back with a word of what was done.

pub mod announcement;
pub mod api;
pub mod audit;
pub mod console;
pub mod csv;
pub mod flash;
pub mod invites;
pub mod mail;
pub mod messages;
pub mod overview;
pub mod presets;
pub mod reports;
pub mod rooms;
pub mod settings;
pub mod table;
pub mod users;
