//! What the OpenAPI document says of the socket.

use utoipa::OpenApi;

use crate::chat::socket;

/// Its routes; the types they name come along.
#[derive(OpenApi)]
#[openapi(paths(socket::open,))]
pub struct Api;
