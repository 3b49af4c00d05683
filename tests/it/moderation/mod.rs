//! Who may write, when and what: silence, slow mode, rooms where only some write or nobody, words that are not wanted.

mod archive;
mod policy;
mod silence;
mod slow;
mod words;

use serde_json::{Value, json};

use crate::support::{
    doors::{Act, Door, Person},
    server::Server,
};

/// A time in so many seconds, or so many ago.
fn in_seconds(seconds: i64) -> String {
    (chrono::Utc::now() + chrono::TimeDelta::seconds(seconds)).to_rfc3339()
}

/// The same as the database writes it.
fn stored_in(seconds: i64) -> String {
    (chrono::Utc::now().naive_utc() + chrono::TimeDelta::seconds(seconds)).format("%Y-%m-%d %H:%M:%S%.6f").to_string()
}

/// A message of so few words.
fn words(text: &str) -> Value {
    json!({ "text": text })
}

/// Sends what must be stored.
async fn says(person: &mut Person, door: Door, room: i64, text: &str) -> i64 {
    person.does(door, Act::Send(room, words(text))).await.id
}

/// Changes a row behind the server's back.
fn execute(server: &Server, sql: &str) {
    server.database().execute(&server.data(), sql);
}
