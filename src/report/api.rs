//! What the OpenAPI document says of reports.

use utoipa::OpenApi;

use crate::report::handlers;

/// Its routes; the types they name come along.
#[derive(OpenApi)]
#[openapi(paths(handlers::create,))]
pub struct Api;
