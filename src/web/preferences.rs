//! Language and appearance, chosen by anybody, logged in or not, and kept in two cookies.

use actix_web::{
    HttpResponse,
    cookie::{Cookie, SameSite, time::Duration},
    http::header,
    web,
};
use serde::Deserialize;

use crate::web::{body::Form, locale::Locale, pages::Theme};

const A_YEAR: Duration = Duration::days(365);

/// `POST /preferences/`.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.route("/preferences/", web::post().to(save));
}

#[derive(Deserialize)]
struct Preferences {
    locale: Option<String>,
    theme: Option<String>,
    next: Option<String>,
}

/// Sets the cookies and leads back; what is not one of our values is left as it was.
async fn save(Form(form): Form<Preferences>) -> HttpResponse {
    let next = form.next.as_deref().and_then(local_path).unwrap_or("/");
    let mut response = HttpResponse::SeeOther();
    response.insert_header((header::LOCATION, next));
    if let Some(locale) = form.locale.as_deref().and_then(Locale::from_tag) {
        response.cookie(preference("locale", locale.tag()));
    }
    if let Some(theme) = form.theme.as_deref().and_then(Theme::from_name) {
        response.cookie(preference("theme", theme.name()));
    }
    response.finish()
}

/// A cookie that lives a year.
pub fn preference(name: &'static str, value: &'static str) -> Cookie<'static> {
    Cookie::build(name, value).path("/").max_age(A_YEAR).same_site(SameSite::Lax).http_only(true).finish()
}

/// `next`, if it names a place on this server and nothing else: a browser reads `//host`, `/\host` and paths with
/// control characters in them as other servers. As in every URL on the wire, all characters are visible ASCII.
pub fn local_path(next: &str) -> Option<&str> {
    let local = next.starts_with('/')
        && !next.starts_with("//")
        && next.len() <= 2_000
        && next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    local.then_some(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_this_server_are_followed() {
        for good in ["/", "/r/7", "/account/?saved=1#top"] {
            assert_eq!(local_path(good), Some(good));
        }
        for bad in [
            "",
            "r/7",
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "/a\\b",
            "/a\nb",
            "/\t/evil.example",
            "/大厅",
        ] {
            assert_eq!(local_path(bad), None, "{bad:?}");
        }
    }
}
