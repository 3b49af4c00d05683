//! The HTTP server: what `HttpServer` of actix-web does, over connections of our own ([`Tcp`]).

use std::{fmt::Debug, future::ready, io, net::TcpListener, rc::Rc, time::Duration};

use actix_http::{HttpService, Request, Response};
use actix_service::{
    IntoServiceFactory, Service, ServiceFactory, ServiceFactoryExt as _, fn_factory, fn_service, map_config,
};
use actix_web::{
    body::{BoxBody, MessageBody},
    dev::{AppConfig, Extensions, Server},
    rt::net::TcpStream,
};
use futures_util::{FutureExt as _, future::LocalBoxFuture};
use tokio::sync::OnceCell;

use crate::web::{tcp::Tcp, upgrade};

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
        let app = Shared::new(map_config(app, |()| AppConfig::default()));
        let for_upgrades = app.clone();
        let upgrades = fn_factory(move || {
            let app = for_upgrades.new_service(());
            async move {
                let app = app.await?;
                Ok::<_, S::InitError>(fn_service(move |asked: upgrade::Asked| {
                    upgrade::answer(app.clone(), asked).map(Ok::<_, actix_web::Error>)
                }))
            }
        });
        let http = HttpService::build()
            .graceful_shutdown_signal(move || {
                let ending = ending.clone();
                async move { ending.notified().await }
            })
            .keep_alive(bounds.keep_alive)
            .client_request_timeout(bounds.head)
            .client_disconnect_timeout(bounds.linger)
            .on_connect_ext(on_connect.clone())
            .upgrade(upgrades)
            .h1(app);
        let accept = |stream: TcpStream| {
            let peer = stream.peer_addr().ok();
            ready(Ok((Tcp::new(stream), peer)))
        };
        fn_service(accept).and_then(http)
    };
    Ok(builder.shutdown_timeout(bounds.shutdown.as_secs()).disable_signals().listen("parlor", listener, service)?.run())
}

/// A thread's one instance of the application, for requests of either kind.
struct Shared<F: ServiceFactory<Request>> {
    factory: Rc<F>,
    made: Rc<OnceCell<Rc<F::Service>>>,
}

impl<F: ServiceFactory<Request>> Shared<F> {
    fn new(factory: F) -> Self {
        Self { factory: Rc::new(factory), made: Rc::default() }
    }
}

impl<F: ServiceFactory<Request>> Clone for Shared<F> {
    fn clone(&self) -> Self {
        Self { factory: self.factory.clone(), made: self.made.clone() }
    }
}

impl<F> ServiceFactory<Request> for Shared<F>
where
    F: ServiceFactory<Request, Config = ()> + 'static,
{
    type Response = F::Response;
    type Error = F::Error;
    type Config = ();
    type Service = Rc<F::Service>;
    type InitError = F::InitError;
    type Future = LocalBoxFuture<'static, Result<Self::Service, Self::InitError>>;

    fn new_service(&self, (): ()) -> Self::Future {
        let Self { factory, made } = self.clone();
        Box::pin(async move {
            let made = made.get_or_try_init(|| async { factory.new_service(()).await.map(Rc::new) }).await;
            made.cloned()
        })
    }
}
