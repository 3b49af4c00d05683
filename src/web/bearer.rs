//! `Authorization: Bearer …` (RFC 6750 §2.1): what programs show instead of a cookie.

use actix_web::http::header::{AUTHORIZATION, HeaderMap};

/// Where tokens count: what is for programs, the classic routes among it. Pages belong to people.
const PLACES: [&str; 10] = [
    "/api/",
    "/media/",
    "/ws/",
    "/post/",
    "/send_preset/",
    "/send_preset_image/",
    "/send-preset-image/",
    "/upload_global_background",
    "/delete_message/",
    "/recall_message/",
];

/// The token that a request to such a place shows; empty for one that cannot be read, `None` without any. Other ways to say who one
/// is are no matter of ours: a proxy in front may have one.
pub fn token<'a>(path: &str, headers: &'a HeaderMap) -> Option<&'a str> {
    if !PLACES.iter().any(|place| path.starts_with(place)) {
        return None;
    }
    let mut shown = headers.get_all(AUTHORIZATION).filter_map(|value| {
        let value = value.to_str().unwrap_or("Bearer");
        let (scheme, token) = value.split_once(' ').unwrap_or((value, ""));
        scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
    });
    let first = shown.next()?;
    // Two of them: who could say which one counts?
    Some(if shown.next().is_some() { "" } else { first })
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn shown(path: &str, values: &[&'static str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        values.iter().for_each(|value| headers.append(AUTHORIZATION, HeaderValue::from_static(value)));
        token(path, &headers).map(str::to_owned)
    }

    #[test]
    fn a_token_counts_once_and_for_programs_alone() {
        for path in ["/api/v1/me", "/media/x.jpg", "/ws/chat/", "/post/", "/recall_message/1/"] {
            assert_eq!(shown(path, &["Bearer abc"]).as_deref(), Some("abc"));
        }
        assert_eq!(shown("/api/v1/me", &["bearer  abc "]).as_deref(), Some("abc"));
        assert_eq!(shown("/api/v1/me", &["Basic eDp5", "Bearer abc"]).as_deref(), Some("abc"));
        assert_eq!(shown("/api/v1/me", &["Bearer abc", "Bearer def"]).as_deref(), Some(""));
        assert_eq!(shown("/api/v1/me", &["Bearer"]).as_deref(), Some(""));
        for none in [&["Basic abc"][..], &["abc"], &[]] {
            assert_eq!(shown("/api/v1/me", none), None);
        }
        for page in ["/", "/account/", "/admin/", "/apis"] {
            assert_eq!(shown(page, &["Bearer abc"]), None);
        }
    }
}
