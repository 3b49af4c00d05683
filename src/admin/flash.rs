//! A word of what was done, carried over the redirect behind a form in a cookie that the next page takes.

use actix_web::{
    HttpRequest, HttpResponse,
    cookie::{Cookie, SameSite, time::Duration},
    http::header,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

/// The cookie's name.
const COOKIE: &str = "flash";

/// Where it is sent.
const PATH: &str = "/admin/";

/// What was done: `flash-<key>` in the locales, with a name and a count to fill in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flash {
    /// Completes the key.
    pub key: String,
    /// What it was done to.
    #[serde(default)]
    pub name: String,
    /// To how many.
    #[serde(default)]
    pub count: i64,
    /// Something was refused.
    #[serde(default)]
    pub wrong: bool,
}

impl Flash {
    /// Done.
    pub fn done(key: &str) -> Self {
        Self { key: key.to_owned(), name: String::new(), count: 0, wrong: false }
    }

    /// Refused; the key is completed by the error's code.
    pub fn wrong(code: &str) -> Self {
        Self { wrong: true, ..Self::done(code) }
    }

    /// With what it was done to.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// With how many.
    #[must_use]
    pub fn count(mut self, count: i64) -> Self {
        self.count = count;
        self
    }

    /// What the last form left, if anything.
    pub fn of(req: &HttpRequest) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(req.cookie(COOKIE)?.value()).ok()?;
        serde_json::from_slice(&bytes).ok()
    }
}

/// Leads to a page of the console and has it say what was done.
pub fn see_other(place: &str, flash: &Flash) -> HttpResponse {
    let value = serde_json::to_vec(flash).map(|json| URL_SAFE_NO_PAD.encode(json)).unwrap_or_default();
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, place))
        .cookie(cookie(value, Duration::minutes(1)))
        .finish()
}

/// Takes the cookie away, once it was shown.
pub(super) fn taken() -> Cookie<'static> {
    cookie(String::new(), Duration::ZERO)
}

fn cookie(value: String, age: Duration) -> Cookie<'static> {
    Cookie::build(COOKIE, value).path(PATH).max_age(age).same_site(SameSite::Lax).http_only(true).finish()
}
