//! Every limit: what is within it passes, what is beyond it gets a clear answer that names it, nothing is lost, and nobody else is
//! concerned. `table` holds the list in `docs/limits.md` against what can be set.

mod bodies;
mod memory;
mod requests;
mod rooms;
mod sockets;
mod table;
mod uploads;

use reqwest::{Method, RequestBuilder};
use serde_json::Value;

use crate::support::{
    client::{Answer, Guest, Member},
    server::Setup,
};

/// A server behind a proxy, so that a test speaks from the addresses it likes.
fn proxied(setup: Setup) -> Setup {
    setup.limits().flag(&["--trusted-proxies", "127.0.0.1"])
}

/// A question from an address.
fn from(guest: &Guest, address: &str, path: &str) -> RequestBuilder {
    guest.request(Method::GET, path).header("x-forwarded-for", address)
}

/// Sets limits, at once.
async fn set(admin: &Member, limits: Value) {
    admin.patch("admin/settings", limits).await.is(200);
}

impl Answer {
    /// Demands a refusal by this limit; with seconds to wait where `waits` says so, in the body and in the header alike.
    #[track_caller]
    fn meets(self, limit: &str, status: u16, code: &str, waits: bool) -> Self {
        let answer = self.refuses(status, code);
        assert_eq!(answer["limit"], limit, "{}", answer.body);
        assert!(answer["detail"].as_str().is_some_and(|detail| detail.ends_with('.')), "{}", answer.body);
        let (told, header) = (answer["retry_after"].as_f64(), answer.header("retry-after"));
        assert_eq!(told.is_some(), waits, "{}", answer.body);
        assert_eq!(header, told.map_or_else(String::new, |seconds| seconds.ceil().to_string()), "{}", answer.body);
        answer
    }
}
