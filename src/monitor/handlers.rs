//! Probes and figures over HTTP.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web::Data,
};
use serde::Serialize;
use subtle::ConstantTimeEq as _;

use crate::{
    error::{AppError, AppResult},
    monitor::{Monitor, board, checks::Checks},
    web::error_page::AsItIs,
};

/// As Prometheus knows the format.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// `GET /healthz`
#[utoipa::path(
    method(get, head), path = "/healthz", tag = "server",
    summary = "Does the process answer?",
    responses(
        (status = 200, content_type = "text/plain", body = String),
    ),
    security(()),
)]
pub async fn healthz() -> &'static str {
    "ok"
}

/// Does the server take requests?
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Ready {
    ready: bool,
    /// `ok`, or in a few words what is wrong.
    checks: Checks,
}

/// `GET /readyz`
#[utoipa::path(
    method(get, head), path = "/readyz", tag = "server",
    summary = "Does the server take requests?",
    responses(
        (status = 200, body = Ready),
        (status = 503, description = "It does not; the checks say why.", body = Ready),
    ),
    security(()),
)]
pub async fn readyz(monitor: Data<Monitor>) -> HttpResponse {
    let checks = monitor.check().await;
    let ready = checks.is_ready();
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let mut response =
        HttpResponse::build(status).insert_header((header::CACHE_CONTROL, "no-store")).json(Ready { ready, checks });
    response.extensions_mut().insert(AsItIs);
    response
}

/// `GET /metrics`
///
/// # Errors
/// 404 where no token is configured, 401 for another one.
#[utoipa::path(
    get, path = "/metrics", tag = "server",
    summary = "Figures for Prometheus",
    description = "For whom shows `PARLOR_METRICS_TOKEN` in `Authorization: Bearer`; no access token does.",
    responses(
        (status = 200, content_type = "application/openmetrics-text", body = String),
        (status = 401, description = "`bad_token`: it is another one, or none."),
        (status = 404, description = "`not_found`: none is configured."),
    ),
    security(()),
)]
pub async fn metrics(req: HttpRequest, monitor: Data<Monitor>) -> AppResult<HttpResponse> {
    let token = monitor.token.as_ref().ok_or(AppError::NotFound)?;
    let shown = req.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let shown = shown.and_then(|value| value.split_once(' ')).filter(|(way, _)| way.eq_ignore_ascii_case("bearer"));
    let shown = shown.map_or("", |(_, token)| token.trim());
    if !bool::from(shown.as_bytes().ct_eq(token.expose().as_bytes())) {
        return Err(AppError::BadToken);
    }
    let text = board::figures(monitor).await?;
    let no_store = (header::CACHE_CONTROL, "no-store");
    Ok(HttpResponse::Ok().content_type(OPEN_METRICS).insert_header(no_store).body(text))
}
