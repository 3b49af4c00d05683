//! Does the server take requests? Asked by `/readyz`, and answered with no as soon as the end begins.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use actix_web::{http::StatusCode, web::Data};

/// `GET /healthz`
#[utoipa::path(
    get, path = "/healthz", tag = "server",
    summary = "Does the process answer?",
    responses(
        (status = 200, content_type = "text/plain", body = String),
    ),
    security(()),
)]
pub async fn healthz() -> &'static str {
    "ok"
}

/// `GET /readyz`
#[utoipa::path(
    get, path = "/readyz", tag = "server",
    summary = "Does the server take requests?",
    responses(
        (status = 200, content_type = "text/plain", body = String),
        (status = 503, description = "It is about to end."),
    ),
    security(()),
)]
pub async fn readyz(readiness: Data<Readiness>) -> (&'static str, StatusCode) {
    match readiness.is_ready() {
        true => ("ready", StatusCode::OK),
        false => ("not ready", StatusCode::SERVICE_UNAVAILABLE),
    }
}

/// Ready until told otherwise. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Readiness(Arc<AtomicBool>);

impl Readiness {
    /// True until the end begins.
    pub fn is_ready(&self) -> bool {
        !self.0.load(Ordering::Acquire)
    }

    /// From now on it is not.
    pub fn end(&self) {
        self.0.store(true, Ordering::Release);
    }
}
