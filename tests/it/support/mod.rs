//! The harness: a server to talk to, and a type for each kind of caller.
//!
//! `server` spawns the binary, `database` gives it a database of its own; `client` speaks HTTP as a guest or a member, `socket`
//! speaks frames, `stream` hears them as events, `raw` speaks bytes, `witness` holds answers against the OpenAPI document, `doors` asks by request and
//! by frame alike; `program` shows a token instead of a cookie; `outside` is the world that letters go to; `picture` makes what is sent; `frame` reads JSON; `workshop`
//! is a room with somebody of every kind; `proxy` is a line that breaks in every way, `cluster` a PostgreSQL that may be killed.

pub mod client;
pub mod cluster;
pub mod database;
pub mod doors;
pub mod frame;
pub mod outside;
pub mod picture;
pub mod program;
pub mod proxy;
pub mod raw;
pub mod server;
pub mod socket;
pub mod stream;
pub mod witness;
pub mod workshop;

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

/// How long a test waits for something that must happen; generous, for a busy machine.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// The password of every member that the harness registers.
pub const PASSWORD: &str = "correct horse 电池";

/// Waits for what no frame tells.
pub async fn eventually(what: &str, is_so: impl AsyncFn() -> bool) {
    let end = Instant::now() + DEADLINE;
    while !is_so().await {
        assert!(Instant::now() < end, "in vain: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A `client_id` or `ref` that no other frame of this run has.
pub fn fresh_id() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    format!("it-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}
