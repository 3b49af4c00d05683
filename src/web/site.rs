//! Under which name this server is reached, and whom it believes about that.

use std::{
    fmt::{self, Display, Formatter},
    future::{Ready, ready},
    net::IpAddr,
};

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header, web::Data};
use url::Url;

use crate::{
    config::{Settings, is_loopback_host},
    error::AppError,
};

/// The address of the site, as far as requests are judged by it.
#[derive(Debug, Clone)]
pub struct Site {
    /// Rate limits and quotas apply.
    pub limits: bool,
    public: Option<Url>,
    trusted_proxies: Vec<IpAddr>,
}

impl Site {
    /// From the settings.
    pub fn new(settings: &Settings) -> Self {
        Self {
            limits: !settings.no_limits,
            public: settings.public_url.clone(),
            trusted_proxies: settings.trusted_proxies.clone(),
        }
    }

    /// Is the site reached by https, so that cookies must never travel without it?
    pub fn is_secure(&self) -> bool {
        self.public.as_ref().is_some_and(|url| url.scheme() == "https")
    }

    /// Name of the session cookie. Browsers accept the `__Host-` prefix, which keeps subdomains from planting one, only on
    /// https.
    pub fn cookie_name(&self) -> &'static str {
        if self.is_secure() { "__Host-parlor" } else { "parlor" }
    }

    /// The address to print: the public URL, or `http://` and where the server listens.
    pub fn url(&self, listening: std::net::SocketAddr) -> String {
        match &self.public {
            Some(url) => url.as_str().trim_end_matches('/').to_owned(),
            None => format!("http://{listening}"),
        }
    }

    /// Is this `Host` header one of ours? Another one means DNS rebinding or a wrong proxy.
    pub fn is_own_host(&self, host: &str) -> bool {
        match &self.public {
            Some(url) => host.eq_ignore_ascii_case(&authority(url)),
            None => is_loopback_authority(host),
        }
    }

    /// Does this `Origin` header name the site itself, reached by `host`?
    pub fn is_own_origin(&self, origin: &str, host: &str) -> bool {
        match &self.public {
            Some(url) => origin == url.origin().ascii_serialization(),
            None => is_loopback_authority(host) && origin.strip_prefix("http://") == Some(host),
        }
    }

    /// May this peer speak for others in `X-Forwarded-For`?
    pub fn is_trusted_proxy(&self, peer: IpAddr) -> bool {
        self.trusted_proxies.contains(&peer.to_canonical())
    }
}

/// How this request reached the site: what stands before the path in a link that is given away, such as `https://chat.example.org`.
#[derive(Debug, Clone)]
pub struct Origin(String);

impl Display for Origin {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromRequest for Origin {
    type Error = AppError;
    type Future = Ready<Result<Self, AppError>>;

    /// The public URL; without one, the `Host` header, which the gate has found to be a loopback name.
    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let public = req.app_data::<Data<Site>>().and_then(|site| site.public.as_ref());
        let host = req.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        ready(Ok(Self(public.map_or_else(|| format!("http://{host}"), |url| url.origin().ascii_serialization()))))
    }
}

/// `host` or `host:port`, as a browser writes it into `Host`.
fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// A loopback name with or without a port.
pub fn is_loopback_authority(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    is_loopback_host(Some(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(public: Option<&str>) -> Site {
        let public = public.map(|url| Url::parse(url).expect("a URL"));
        Site { limits: true, public, trusted_proxies: Vec::new() }
    }

    #[test]
    fn without_a_public_url_only_loopback_is_ours() {
        let site = site(None);
        for host in ["127.0.0.1:8080", "localhost:8080", "[::1]:8080", "localhost"] {
            assert!(site.is_own_host(host), "{host}");
            assert!(site.is_own_origin(&format!("http://{host}"), host), "{host}");
        }
        for host in ["chat.example.org", "127.0.0.1.evil.example", "localhost.evil:80", "127.0.0.1:80x", ""] {
            assert!(!site.is_own_host(host), "{host}");
        }
        for origin in ["https://localhost:8080", "http://localhost:8081", "http://localhost", "null", ""] {
            assert!(!site.is_own_origin(origin, "localhost:8080"), "{origin}");
        }
    }

    #[test]
    fn with_a_public_url_nothing_else_is_ours() {
        let site = site(Some("https://chat.example.org"));
        assert!(site.is_own_host("chat.example.org"));
        assert!(site.is_own_origin("https://chat.example.org", "chat.example.org"));
        for origin in [
            "http://chat.example.org",
            "https://chat.example.org.evil.com",
            "https://chat.example.org:8443",
            "https://evil.com",
            "null",
        ] {
            assert!(!site.is_own_origin(origin, "chat.example.org"), "{origin}");
        }
        assert!(!site.is_own_host("127.0.0.1:8080"));
    }
}
