//! What the OpenAPI document says of pictures.

use utoipa::OpenApi;

use crate::upload::{handlers, media};

/// Its routes; the types they name come along.
#[derive(OpenApi)]
#[openapi(paths(
    handlers::create,
    handlers::delete,
    handlers::set_avatar,
    handlers::delete_avatar,
    media::image,
    media::avatar,
    media::logo,
))]
pub struct Api;
