//! What no decent client does, and that everybody else is still served afterwards: `handshake`, then `framing` below the frames of the
//! protocol, `frames` themselves, and `http`; `dawdling` takes its time, `strangers` want to get in, `routes` are called by everybody.
//! `anything` is any bytes and any text, `autobahn` runs a conformance suite against the framing, `schemathesis` one against the OpenAPI
//! document.

mod anything;
mod autobahn;
mod dawdling;
mod frames;
mod framing;
mod handshake;
mod http;
mod routes;
mod schemathesis;
mod strangers;

use crate::support::{
    client::Member,
    raw::Raw,
    server::{Server, Setup},
    socket::Socket,
};

/// A server, somebody who misbehaves, and somebody who must not notice.
struct Scene {
    server: Server,
    mallory: Member,
    lobby: i64,
    bystander: Socket,
}

impl Scene {
    async fn on(setup: Setup) -> Self {
        let server = setup.start();
        let mallory = server.member("mallory").await;
        let bob = server.member("bob").await;
        let (lobby, bystander) = (bob.lobby().await, bob.connect().await);
        Self { server, mallory, lobby, bystander }
    }

    async fn new() -> Self {
        Self::on(Server::setup()).await
    }

    /// The other client still talks.
    async fn others_are_served(&mut self) {
        self.bystander.say(self.lobby, "unimpressed").await;
        self.bystander.message("unimpressed").await;
    }

    /// A socket opened by hand.
    async fn socket(&self) -> Raw {
        Raw::socket(&self.mallory).await
    }
}
