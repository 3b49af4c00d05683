//! The HTTP server: what `HttpServer` of actix-web does, over connections of our own ([`Tcp`]).

use std::{fmt::Debug, future::ready, io, net::TcpListener, time::Duration};

use actix_http::{HttpService, Request, Response};
use actix_service::{IntoServiceFactory, Service, ServiceFactory, ServiceFactoryExt as _, fn_service, map_config};
use actix_web::{
    body::{BoxBody, MessageBody},
    dev::{AppConfig, Extensions, Server},
    rt::net::TcpStream,
};

use crate::web::tcp::Tcp;

/// How many, and how long.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Threads, each with an instance of the application.
    pub workers: usize,
    /// Connections of a thread.
    pub connections: usize,
    /// A connection without a request.
    pub keep_alive: Duration,
    /// The head of a connection's first request.
    pub head: Duration,
    /// A connection that is to be closed, for the other side to close it.
    pub linger: Duration,
    /// Requests that are being answered when the server ends; in whole seconds.
    pub shutdown: Duration,
}

/// Serves an application; `on_connect` sees each connection. Signals are somebody else's.
///
/// # Errors
/// When the socket cannot be listened on.
pub fn serve<F, I, S, B>(
    factory: F,
    listener: TcpListener,
    bounds: Bounds,
    on_connect: impl Fn(&Tcp, &mut Extensions) + Send + Clone + 'static,
) -> io::Result<Server>
where
    F: Fn() -> I + Send + Clone + 'static,
    I: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = AppConfig> + 'static,
    S::Error: Into<actix_web::Error> + 'static,
    S::InitError: Debug,
    S::Response: Into<Response<B>> + 'static,
    S::Service: 'static,
    <S::Service as Service<Request>>::Future: 'static,
    B: MessageBody + 'static,
{
    let builder = Server::build().workers(bounds.workers).max_concurrent_connections(bounds.connections);
    let ending = builder.graceful_shutdown_signal();
    let service = move || {
        let ending = ending.clone();
        let app =
            factory().into_factory().map_err(|error| -> Response<BoxBody> { error.into().error_response().into() });
        let http = HttpService::build()
            .graceful_shutdown_signal(move || {
                let ending = ending.clone();
                async move { ending.notified().await }
            })
            .keep_alive(bounds.keep_alive)
            .client_request_timeout(bounds.head)
            .client_disconnect_timeout(bounds.linger)
            .on_connect_ext(on_connect.clone())
            .h1(map_config(app, |()| AppConfig::default()));
        let accept = |stream: TcpStream| {
            let peer = stream.peer_addr().ok();
            ready(Ok((Tcp::new(stream), peer)))
        };
        fn_service(accept).and_then(http)
    };
    Ok(builder.shutdown_timeout(bounds.shutdown.as_secs()).disable_signals().listen("parlor", listener, service)?.run())
}
