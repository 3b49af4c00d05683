//! What the OpenAPI document says of probes and figures.

use utoipa::OpenApi;

use crate::monitor::handlers;

/// Its routes; the types they name come along.
#[derive(OpenApi)]
#[openapi(paths(handlers::healthz, handlers::readyz, handlers::metrics))]
pub struct Api;
