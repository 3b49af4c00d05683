//! The routes that small chat servers of the Django tutorials' kind have, on the lobby: same paths, parameters, JSON and statuses, so
//! that a script or page written for one works here. Who may do what is decided where it is for everybody else; these files
//! translate.

pub mod api;
pub mod background;
pub mod messages;
pub mod presets;
pub mod recent;
pub mod sending;

use actix_web::{
    HttpMessage as _, HttpRequest, HttpResponse,
    http::{StatusCode, header},
};
use serde::Serialize;

use crate::{
    db::{connection::AnyConnection, pool::Db},
    error::{AppError, AppResult},
    id::RoomId,
    room::store as rooms,
    web::error_page::AsItIs,
};

/// The room that all these routes are about.
async fn lobby(db: &Db) -> AppResult<RoomId> {
    let find = |conn: &mut AnyConnection| rooms::lobby(conn)?.ok_or(AppError::NotFound);
    db.read(find).await
}

/// An answer of these routes' own, also where its status is an error's.
fn plainly(status: StatusCode, body: &impl Serialize) -> HttpResponse {
    as_it_is(HttpResponse::build(status).insert_header((header::CACHE_CONTROL, "no-store")).json(body))
}

/// A refusal in a few words.
fn in_words(status: StatusCode, text: String) -> HttpResponse {
    as_it_is(HttpResponse::build(status).content_type("text/plain; charset=utf-8").body(text))
}

fn as_it_is(mut response: HttpResponse) -> HttpResponse {
    response.extensions_mut().insert(AsItIs);
    response
}

/// Back to the chat, as a form is answered.
fn home() -> HttpResponse {
    HttpResponse::Found().insert_header((header::LOCATION, "/")).finish()
}

/// Does the caller want JSON, and no page?
fn wants_json(req: &HttpRequest) -> bool {
    let accepts = req.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let sends = req.content_type().eq_ignore_ascii_case("application/json");
    sends || (accepts.contains("application/json") && !accepts.contains("text/html"))
}
