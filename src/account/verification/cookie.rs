//! What a browser keeps between the page that has a code sent and the page that asks for it: the tickets and what was typed. The
//! server reads nothing out of it but what it shows and what it then proves.

use std::collections::BTreeMap;

use actix_web::{
    HttpRequest,
    cookie::{Cookie, SameSite, time::Duration},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use crate::courier::letter::MINUTES;

/// The cookie's name; each flow has its own path.
const COOKIE: &str = "code";

/// A code that was asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// To be given back with the code.
    pub ticket: String,
    /// Where to, as it was typed.
    pub to: String,
}

/// What is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// By channel, or by another word where only one is asked for.
    pub sent: BTreeMap<String, Sent>,
    /// An invitation on its way.
    #[serde(default)]
    pub invite: String,
}

impl Kept {
    /// One code.
    pub fn one(name: &str, ticket: String, to: &str) -> Self {
        let sent = Sent { ticket, to: to.to_owned() };
        Self { sent: BTreeMap::from([(name.to_owned(), sent)]), ..Self::default() }
    }

    /// What the browser kept, if anything.
    pub fn of(req: &HttpRequest) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(req.cookie(COOKIE)?.value()).ok()?;
        serde_json::from_slice(&bytes).ok()
    }

    /// Has the browser keep it on the pages below `path`, as long as the code is good.
    pub fn keep(&self, path: &'static str) -> Cookie<'static> {
        let value = serde_json::to_vec(self).map(|json| URL_SAFE_NO_PAD.encode(json)).unwrap_or_default();
        cookie(value, path, Duration::minutes(MINUTES))
    }

    /// Has the browser forget it.
    pub fn forget(path: &'static str) -> Cookie<'static> {
        cookie(String::new(), path, Duration::ZERO)
    }
}

fn cookie(value: String, path: &'static str, age: Duration) -> Cookie<'static> {
    Cookie::build(COOKIE, value).path(path).max_age(age).same_site(SameSite::Lax).http_only(true).finish()
}
