//! `GET /ws/chat/`: what a handshake must bring before any 101.

use std::{
    any::Any,
    os::fd::{AsRawFd as _, RawFd},
    rc::Rc,
    time::Duration,
};

use actix_web::{HttpRequest, HttpResponse, dev::Extensions, http::header, web};
use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::{
    account::current_user::CurrentUser,
    chat::{Chat, hub::Hub, session::Session},
    error::AppError,
};

/// After so long without an acknowledgement the kernel gives a connection up: the net below our own deadlines.
const USER_TIMEOUT: Duration = Duration::from_secs(30);

/// The descriptor of a request's connection.
#[derive(Debug, Clone, Copy)]
struct Descriptor(RawFd);

/// Keeps what [`open`] needs of a connection; for `HttpServer::on_connect`.
pub fn on_connect(connection: &dyn Any, data: &mut Extensions) {
    if let Some(stream) = connection.downcast_ref::<actix_web::rt::net::TcpStream>() {
        // Without it a stuck peer is noticed later, by our own deadlines.
        let _ = socket2::SockRef::from(stream).set_tcp_user_timeout(Some(USER_TIMEOUT));
        data.insert(Descriptor(stream.as_raw_fd()));
    }
}

/// The descriptor of the connection on which a request came; good as long as the request or its response lives.
pub fn descriptor(req: &HttpRequest) -> Option<RawFd> {
    req.conn_data::<Descriptor>().map(|descriptor| descriptor.0)
}

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
    Session::open((**chat).clone(), (**hub).clone(), user, descriptor(&req), &req, stream)
}
