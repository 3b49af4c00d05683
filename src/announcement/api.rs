//! What the OpenAPI document says of the announcement.

use utoipa::OpenApi;

use crate::announcement::handlers;

/// Its routes; the types they name come along.
#[derive(OpenApi)]
#[openapi(paths(handlers::picture, handlers::show, handlers::see,))]
pub struct Api;
