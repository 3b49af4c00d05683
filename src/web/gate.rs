//! The gate in front of every route: requests to another host, or sent by another site's page, go no further.
//!
//! Cookies are `SameSite=Lax`; this is the second lock. A browser cannot be made to forge `Origin` or `Sec-Fetch-Site`
//! (Fetch standard §3.2 and Fetch Metadata), so an unsafe method or a socket handshake must carry our own. A program without a
//! browser carries neither: it must show a token, and no cookie beside it.

use actix_web::{
    HttpResponse,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::{StatusCode, header},
    middleware::Next,
    web,
};

use crate::{
    error::AppError,
    web::{
        bearer,
        site::{Site, is_loopback_authority},
    },
};

/// What programs without a browser may do without saying where they come from: nothing here acts on a cookie.
const OPEN: [&str; 6] = [
    "/api/v1/login",
    "/api/v1/register",
    "/api/v1/register/code",
    "/api/v1/recovery",
    "/api/v1/recovery/password",
    "/api/v1/setup",
];

/// Probes on the machine itself, whatever the public name is.
const PROBES: [&str; 2] = ["/healthz", "/readyz"];

/// For programs beside the server that show a secret of their own, under whatever name they know it by.
const METRICS: &str = "/metrics";

/// Headers by which a proxy gives itself away.
const FORWARDING: [&str; 5] = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip"];

/// The middleware.
///
/// # Errors
/// None of its own: a refusal is an ordinary response.
pub async fn gate(
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let verdict = {
        let site = req.app_data::<web::Data<Site>>().cloned();
        site.map_or(Verdict::Pass, |site| judge(&req, &site))
    };
    match verdict {
        Verdict::Pass => Ok(next.call(req).await?.map_into_left_body()),
        Verdict::Misdirected => {
            Ok(req.into_response(HttpResponse::new(StatusCode::MISDIRECTED_REQUEST)).map_into_right_body())
        }
        Verdict::Foreign => {
            Ok(req.error_response(AppError::Forbidden("This request comes from another site.")).map_into_right_body())
        }
    }
}

enum Verdict {
    Pass,
    Misdirected,
    Foreign,
}

fn judge(req: &ServiceRequest, site: &Site) -> Verdict {
    let host = text(req, header::HOST.as_str()).unwrap_or_default();
    let is_probe = req.path() == METRICS || PROBES.contains(&req.path()) && is_loopback_authority(host);
    let is_proxied = FORWARDING.iter().any(|name| req.headers().contains_key(*name));
    // A request line may name a host of its own (RFC 9112 §3.2.2).
    let elsewhere = req.uri().authority().is_some_and(|authority| !site.is_own_host(authority.as_str()));
    if elsewhere || !(site.is_own_host(host) || is_probe) || (!site.limits && is_proxied) {
        return Verdict::Misdirected;
    }
    if req.method().is_safe() && !is_handshake(req) {
        return Verdict::Pass;
    }
    let origin = req.headers().get(header::ORIGIN).map(|value| value.to_str().unwrap_or("null"));
    let fetch_site = req.headers().get("sec-fetch-site").map(|value| value.to_str().unwrap_or(""));
    let own_origin = origin.map(|origin| site.is_own_origin(origin, host));
    let own_fetch = fetch_site.map(|value| value == "same-origin");
    match (own_origin, own_fetch) {
        (Some(false), _) | (_, Some(false)) => Verdict::Foreign,
        (Some(true), _) | (_, Some(true)) => Verdict::Pass,
        (None, None) if OPEN.contains(&req.path()) || is_program(req) => Verdict::Pass,
        (None, None) => Verdict::Foreign,
    }
}

/// Nothing here acts on a cookie, and no page of another site can show a token.
fn is_program(req: &ServiceRequest) -> bool {
    bearer::token(req.path(), req.headers()).is_some() && !req.headers().contains_key(header::COOKIE)
}

/// A WebSocket handshake is a GET, and yet acts: CORS does not guard it.
fn is_handshake(req: &ServiceRequest) -> bool {
    req.headers().contains_key(header::UPGRADE)
}

fn text<'a>(req: &'a ServiceRequest, name: &str) -> Option<&'a str> {
    req.headers().get(name)?.to_str().ok()
}
