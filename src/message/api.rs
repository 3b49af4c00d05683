//! What the OpenAPI document says of messages.

use utoipa::OpenApi;

use crate::message::{handlers, history, reaction, search};

/// Its routes; the types they name come along.
#[derive(OpenApi)]
#[openapi(paths(
    history::list,
    handlers::create,
    history::changes,
    history::many,
    history::show,
    handlers::edit,
    handlers::delete,
    handlers::recall,
    reaction::handlers::list,
    reaction::handlers::put,
    reaction::handlers::delete,
    search::handlers::list,
))]
pub struct Api;
