//! The OpenAPI document: gathered from the features, whose handlers and wire types say what they are, finished by what all routes
//! have in common, and served as it is and as a page.

pub mod common;
pub mod pages;
pub mod schema;
pub mod view;

use std::sync::LazyLock;

use actix_web::{HttpResponse, http::header, web::Bytes};
use serde_json::Value;
use utoipa::{OpenApi, openapi::Server};

use crate::{account, admin, announcement, chat, command, contact, message, monitor, reference, report, room, upload};

/// What the document is about, for who reads it first.
const ABOUT: &str = "Everything the page of a Parlor server can do. Times are RFC 3339 in UTC, ids are integers below 2^53, \
errors are `application/problem+json` (RFC 9457) with a `code` of a closed table. A person's browser shows its session cookie and, \
with what changes something, its own `Origin`; a program shows an access token, made in the account page, in `Authorization: Bearer`, \
and neither cookie nor `Origin`. `docs/protocol.md` in the source tells the rest.";

#[derive(OpenApi)]
#[openapi(
    info(title = "Parlor", description = ABOUT, license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")),
    paths(document),
    tags(
        (name = "accounts", description = "Registering, logging in, my profile and my sessions."),
        (name = "tokens", description = "What programs show instead of a cookie."),
        (name = "people", description = "Other people, and what they are to me."),
        (name = "rooms", description = "Rooms and who is in them."),
        (name = "messages", description = "What is said."),
        (name = "pictures", description = "Uploads, avatars and the files themselves."),
        (name = "announcement", description = "The announcement in force."),
        (name = "socket", description = "What happens, told live."),
        (name = "console: people", description = "For admins: accounts, bots, invitations, the audit log."),
        (name = "console: rooms and messages", description = "For admins: the overview, rooms, messages, reports."),
        (name = "console: presets", description = "For admins: messages sent with one click, and countdowns."),
        (name = "console: announcement", description = "For admins: versions of the announcement."),
        (name = "console: settings", description = "For admins: what can be set while the server runs."),
        (name = "classic", description = "What scripts for small chats of the Django tutorials' kind call, on the lobby."),
        (name = "server", description = "The server itself."),
    ),
)]
struct Root;

/// The document.
pub static DOCUMENT: LazyLock<Value> = LazyLock::new(gather);

static JSON: LazyLock<Bytes> = LazyLock::new(|| Bytes::from(DOCUMENT.to_string()));

fn gather() -> Value {
    let mut document = Root::openapi();
    for part in [
        account::api::Api::openapi(),
        contact::api::Api::openapi(),
        room::api::Api::openapi(),
        message::api::Api::openapi(),
        command::api::Api::openapi(),
        report::api::Api::openapi(),
        upload::api::Api::openapi(),
        announcement::api::Api::openapi(),
        chat::api::Api::openapi(),
        admin::api::Api::openapi(),
        reference::api::Api::openapi(),
        monitor::api::Api::openapi(),
    ] {
        document.merge(part);
    }
    document.info.version = env!("CARGO_PKG_VERSION").to_owned();
    document.servers = Some(vec![Server::new("/")]);
    schema::finish(&mut document);
    common::finish(&mut document);
    let mut document = serde_json::to_value(document).expect("the document has only strings and numbers");
    schema::polish(&mut document);
    document
}

/// `GET /api/openapi.json`
#[utoipa::path(
    get, path = "/api/openapi.json", tag = "server",
    summary = "This document",
    responses((status = 200, content_type = "application/json", body = Object)),
    security(()),
)]
pub async fn document() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/json")
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .body(Bytes::clone(&JSON))
}
