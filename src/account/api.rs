//! What the OpenAPI document says of people and their logins.

use utoipa::OpenApi;

use crate::{
    account::{access, address, handlers, recovery, reset, verification},
    courier::Channel,
};

/// Its routes; the types they name come along.
#[derive(OpenApi)]
#[openapi(
    paths(
        handlers::register,
        handlers::login,
        handlers::setup,
        reset::handlers::reset,
        verification::handlers::ask,
        recovery::handlers::ask,
        recovery::handlers::claim,
        handlers::logout,
        handlers::me,
        handlers::update_me,
        handlers::change_password,
        handlers::sessions,
        handlers::end_other_sessions,
        handlers::end_session,
        address::handlers::ask,
        address::handlers::confirm,
        address::handlers::remove,
        access::handlers::list,
        access::handlers::create,
        access::handlers::revoke,
        handlers::users,
    ),
    components(schemas(Channel))
)]
pub struct Api;
