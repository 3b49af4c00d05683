//! What becomes of a connection whose request asks for another protocol.
//!
//! actix-http keeps two buffers of 8 KB for a connection that speaks HTTP, and a state for all that may follow a request. After a 101
//! nothing follows: what comes is the socket's, and what goes out is the body of that answer. So such a request is answered
//! here, by the same application, and the connection keeps nothing but what is on its way.
//!
//! actix-http throws away what it reads behind such a request while the answer to an older one is under way: a client has to wait for the
//! 101 (RFC 6455, §4.1).

use std::{
    cell::RefCell,
    future::poll_fn,
    io,
    pin::{Pin, pin},
    rc::Rc,
    task::{Poll, ready},
    time::Duration,
};

use actix_codec::{Encoder as _, Framed};
use actix_http::{
    BoxedPayloadStream, ConnectionType, Payload, Request, Response,
    body::{BodySize, BoxBody, MessageBody},
    error::PayloadError,
    h1::{Codec, Message},
};
use actix_service::Service;
use actix_web::{
    http::{Method, StatusCode, header::CONTENT_LENGTH},
    web::{Bytes, BytesMut},
};
use futures_util::stream;
use tokio::{
    io::{AsyncWrite as _, AsyncWriteExt as _},
    time::timeout,
};

use crate::web::tcp::{Handle, Tcp};

/// What is read at once. Several frames of a client come in one piece seldom, and a long one in many.
const AT_ONCE: usize = 16 * 1024;

thread_local! {
    /// What all upgraded connections of a thread read into.
    static ARRIVED: RefCell<Box<[u8]>> = RefCell::new(vec![0; AT_ONCE].into());
}

/// How long a client that goes on sending has to read the end.
const LINGER: Duration = Duration::from_secs(5);

/// A request that asks for another protocol, and the connection on which it came.
pub type Asked = (Request, Framed<Tcp, Codec>);

/// Answers it, and stays with the connection until that is over, and the client has closed it, too.
pub async fn answer<S, B>(app: Rc<S>, (req, framed): Asked)
where
    S: Service<Request>,
    S::Error: Into<Response<BoxBody>>,
    S::Response: Into<Response<B>>,
    B: MessageBody + 'static,
{
    let parts = framed.into_parts();
    let (tcp, codec) = (parts.io, parts.codec);
    let length = match *req.method() {
        // Of a handshake, which has no end.
        Method::GET => usize::MAX,
        _ => req.head().headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok()).unwrap_or(0),
    };
    let arriving = arriving(tcp.handle(), parts.read_buf, length);
    let (req, _) = req.replace_payload(Payload::Stream { payload: arriving });
    let answer = match app.call(req).await {
        Ok(answer) => answer.into().map_into_boxed_body(),
        Err(error) => error.into(),
    };
    // A connection that breaks is nobody's fault.
    let _ = write(tcp, codec, parts.write_buf, answer).await;
}

/// So many bytes of what comes, as long as somebody asks for it; first of what came along with the request.
fn arriving(connection: Handle, mut first: BytesMut, mut left: usize) -> BoxedPayloadStream {
    first.truncate(left);
    // A copy, so that nothing keeps the long buffer.
    let mut first = Some(Bytes::copy_from_slice(&first)).filter(|first| !first.is_empty());
    Box::pin(stream::poll_fn(move |cx| {
        let piece = match first.take() {
            Some(first) => Ok(first),
            None if left == 0 => return Poll::Ready(None),
            None => ready!(ARRIVED.with_borrow_mut(|buffer| {
                let most = left.min(buffer.len());
                connection.poll_read(cx, &mut buffer[..most]).map_ok(|count| Bytes::copy_from_slice(&buffer[..count]))
            })),
        };
        left -= piece.as_ref().map_or(0, Bytes::len);
        Poll::Ready(match piece {
            Ok(piece) if piece.is_empty() => None,
            piece => Some(piece.map_err(PayloadError::Io)),
        })
    }))
}

/// Writes the answer behind what is older, and closes the connection behind it.
async fn write(mut tcp: Tcp, mut codec: Codec, mut out: BytesMut, answer: Response<BoxBody>) -> io::Result<()> {
    let (mut head, body) = answer.into_parts();
    if head.status() != StatusCode::SWITCHING_PROTOCOLS {
        head.head_mut().set_connection_type(ConnectionType::Close);
        // actix-http's codec writes no chunks behind a request like this one: what has no length ends with the connection.
        head.head_mut().no_chunking(true);
    }
    let size = body.size();
    codec.encode(Message::Item((head, size)), &mut out)?;
    let mut body = pin!(body);
    // An answer to HEAD, or without a body, ends with its head.
    let mut is_over = matches!(size, BodySize::None | BodySize::Sized(0));
    loop {
        tcp.write_all_buf(&mut out).await?;
        // Not kept for the next time: most have nothing to say for minutes.
        out = BytesMut::new();
        tcp.flush().await?;
        if is_over {
            break;
        }
        let piece = poll_fn(|cx| {
            let piece = body.as_mut().poll_next(cx);
            if piece.is_pending() {
                // All is written: others may write past us. Whether the connection broke is seen where it is read from.
                let _ = Pin::new(&mut tcp).poll_flush(cx);
            }
            piece
        });
        let piece = piece.await.transpose().map_err(|_| io::ErrorKind::Other)?;
        is_over = piece.is_none();
        codec.encode(Message::Chunk(piece), &mut out)?;
    }
    // The client reads to the end before what it sent meanwhile makes the kernel throw that away.
    timeout(LINGER, close(tcp)).await?
}

async fn close(mut tcp: Tcp) -> io::Result<()> {
    tcp.shutdown().await?;
    let connection = tcp.handle();
    while poll_fn(|cx| ARRIVED.with_borrow_mut(|buffer| connection.poll_read(cx, buffer))).await? > 0 {}
    Ok(())
}
