//! Clients without a socket: a stream of events, and asking again and again.

mod events;
mod guests;
mod sync;
mod together;

use reqwest::Method;

use crate::support::client::{Answer, Guest};

/// Asks how the rooms stand, with the tag of the answer before.
async fn ask(guest: &Guest, query: &str, tag: &str) -> Answer {
    Answer::to(guest.request(Method::GET, &format!("sync{query}")).header("if-none-match", tag)).await
}
