//! What the OpenAPI document says of slash commands.

use utoipa::OpenApi;

use crate::command::handlers;

/// Its routes; the types they name come along.
#[derive(OpenApi)]
#[openapi(paths(handlers::list, handlers::run))]
pub struct Api;
