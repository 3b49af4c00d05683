//! What the OpenAPI document says of the socket.

use utoipa::OpenApi;

use crate::chat::{doors, socket};

/// Its routes; the types they name come along.
#[derive(OpenApi)]
#[openapi(paths(socket::open, doors::events::events, doors::hello::hello, doors::sync::sync))]
pub struct Api;
