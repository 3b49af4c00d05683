//! What the OpenAPI document says of rooms.

use utoipa::OpenApi;

use crate::room::{handlers, members, notices};

/// Its routes; the types they name come along.
#[derive(OpenApi)]
#[openapi(paths(
    handlers::list,
    handlers::create,
    handlers::public,
    handlers::show,
    handlers::update,
    handlers::delete,
    handlers::join,
    handlers::leave,
    notices::update,
    handlers::read,
    members::reads,
    members::list,
    members::add,
    members::update,
    members::remove,
    handlers::open_direct,
))]
pub struct Api;
