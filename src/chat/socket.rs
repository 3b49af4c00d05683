//! `GET /ws/chat/`: what a handshake must bring before any 101.

use std::rc::Rc;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{Version, header},
    web,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::{
    account::current_user::CurrentUser,
    chat::{Chat, hub::Hub, session::Session},
    error::AppError,
};

/// The handler. The gate has seen to it that the request comes from our own page, or from a program that shows a token.
///
/// # Errors
/// 401 without a session, 400 and 426 for a handshake that is none.
#[utoipa::path(
    get, path = "/ws/chat/", tag = "socket",
    summary = "The socket",
    description = "Frames both ways are described in `docs/protocol.md`. With a token that may only read, the socket listens.",
    responses(
        (status = 101, description = "WebSocket, version 13: text frames of one JSON object each."),
        (status = 400, description = "`malformed`: no handshake"),
        (status = 426, description = "`upgrade_required`: another version than 13"),
    ),
)]
pub async fn open(
    req: HttpRequest,
    user: CurrentUser,
    chat: web::Data<Chat>,
    hub: web::Data<Rc<Hub>>,
    stream: web::Payload,
) -> Result<HttpResponse, actix_web::Error> {
    let text = |name| req.headers().get(name).and_then(|value: &header::HeaderValue| value.to_str().ok());
    if text(header::SEC_WEBSOCKET_VERSION) != Some("13") {
        let mut response = HttpResponse::UpgradeRequired();
        return Ok(response.insert_header((header::SEC_WEBSOCKET_VERSION, "13")).finish());
    }
    let key = text(header::SEC_WEBSOCKET_KEY).and_then(|key| STANDARD.decode(key).ok());
    if key.is_none_or(|key| key.len() != 16) {
        return Err(AppError::Malformed("Sec-WebSocket-Key must be 16 bytes in base64.".into()).into());
    }
    // RFC 6455, §4.2.1. A body would be taken for frames, or frames for a body.
    if req.version() < Version::HTTP_11 || req.headers().contains_key(header::TRANSFER_ENCODING) {
        return Err(AppError::Malformed("A handshake is HTTP/1.1, and has no body.".into()).into());
    }
    Session::open(chat, (**hub).clone(), user, &req, stream)
}
