//! What the OpenAPI document says of friends and blocks.

use utoipa::OpenApi;

use crate::contact::handlers;

/// Its routes; the types they name come along.
#[derive(OpenApi)]
#[openapi(paths(handlers::profile, handlers::list, handlers::put, handlers::delete,))]
pub struct Api;
