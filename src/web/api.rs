//! What the OpenAPI document says of the server.

use utoipa::OpenApi;

use crate::web::readiness;

/// Its routes; the types they name come along.
#[derive(OpenApi)]
#[openapi(paths(readiness::healthz, readiness::readyz,))]
pub struct Api;
