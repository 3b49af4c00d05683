//! What every page and route shares: who may ask from where, limits, bodies, headers, pages, assets, languages, the way out.
//!
//! It knows no feature.

pub mod assets;
pub mod bearer;
pub mod body;
pub mod client;
pub mod connection;
pub mod error_page;
pub mod gate;
pub mod headers;
pub mod limiter;
pub mod locale;
pub mod mark;
pub mod outbound;
pub mod pages;
pub mod preferences;
pub mod readiness;
pub mod server;
pub mod shell;
pub mod site;
pub mod tcp;
pub mod upgrade;
