//! An echo behind what stands between a chat socket's bytes and the chat. It exists in this test alone.

use std::net::SocketAddr;

use actix::{Actor, ActorContext, StreamHandler};
use actix_http::ws::{CloseReason, Message, ProtocolError};
use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer,
    dev::ServerHandle,
    web::{Payload, get},
};
use actix_web_actors::ws::{WebsocketContext, WsResponseBuilder};
use parlor::chat::{
    fragments::Whole,
    guard::Limits,
    incoming::{Incoming, Step},
};

/// What the client sends in the chapter on limits: 16 MiB at once, and as much in many pieces. A chat socket takes 64 KiB.
const LIMITS: Limits = Limits { message: 32 << 20, fragments: 1 << 20, control_per_second: 1 << 20, binary: true };

/// A running one, in a thread of its own.
pub struct EchoServer {
    /// Where.
    pub address: SocketAddr,
    handle: ServerHandle,
    thread: std::thread::JoinHandle<std::io::Result<()>>,
}

impl EchoServer {
    /// Starts it.
    pub fn start() -> Self {
        let (tell, told) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let server = HttpServer::new(|| App::new().route("/", get().to(open)))
                    .workers(1)
                    // A line is dropped at once after the goodbyes: the client measures that.
                    .client_disconnect_timeout(std::time::Duration::ZERO)
                    .disable_signals()
                    .bind(("127.0.0.1", 0))?;
                let address = server.addrs()[0];
                let server = server.run();
                tell.send((address, server.handle())).unwrap();
                server.await
            })
        });
        let (address, handle) = told.recv().expect("it listens");
        Self { address, handle, thread }
    }

    /// Ends it.
    pub async fn stop(self) {
        self.handle.stop(false).await;
        self.thread.join().unwrap().unwrap();
    }
}

async fn open(req: HttpRequest, stream: Payload) -> Result<HttpResponse, actix_web::Error> {
    let (guarded, codec, incoming) = Incoming::through(stream, LIMITS);
    WsResponseBuilder::new(Echo { incoming }, &req, guarded).codec(codec).start()
}

struct Echo {
    incoming: Incoming,
}

impl Actor for Echo {
    type Context = WebsocketContext<Self>;
}

impl Echo {
    fn step(step: Step, ctx: &mut WebsocketContext<Self>) {
        let code = match step {
            Step::Take(Whole::Text(text)) => return ctx.text(text),
            Step::Take(Whole::Bytes(bytes)) => return ctx.binary(bytes),
            Step::Pong(payload) => return ctx.pong(&payload),
            Step::Wait => return,
            Step::Fail(None) => return ctx.stop(),
            Step::Leave(code) => code,
            Step::Fail(code) => code,
        };
        ctx.close(code.map(|code| CloseReason { code, description: None }));
        ctx.stop();
    }
}

impl StreamHandler<Result<Message, ProtocolError>> for Echo {
    fn handle(&mut self, message: Result<Message, ProtocolError>, ctx: &mut Self::Context) {
        Self::step(self.incoming.read(message), ctx);
    }

    fn finished(&mut self, ctx: &mut Self::Context) {
        Self::step(self.incoming.ended(), ctx);
    }
}
