//! The cable between one browser and the server. It can be cut, as a train does in a tunnel, and it can lose answers.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
};

use crate::support::server::Site;

/// What the cable does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Carries everything.
    Whole,
    /// Carries requests and loses what the server says.
    Deaf,
    /// Breaks every connection, old or new.
    Cut,
}

/// A port that leads to the server, whatever port that has at the moment.
pub struct Line {
    origin: String,
    state: watch::Sender<State>,
}

impl Line {
    /// A whole cable to this site.
    pub async fn to(site: &Site) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let (state, seen) = watch::channel(State::Whole);
        tokio::spawn(accept(listener, site.clone(), seen));
        Self { origin, state }
    }

    /// `http://127.0.0.1:port`, as the browser knows the site.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Breaks every connection and refuses new ones.
    pub fn cut(&self) {
        self.state.send_replace(State::Cut);
    }

    /// Goes on carrying requests, and loses the answers.
    pub fn lose_answers(&self) {
        self.state.send_replace(State::Deaf);
    }

    /// Lets new connections through.
    pub fn mend(&self) {
        self.state.send_replace(State::Whole);
    }
}

/// Ends with the line: its sender is gone then.
async fn accept(listener: TcpListener, site: Site, mut state: watch::Receiver<State>) {
    loop {
        tokio::select! {
            client = listener.accept() => {
                let now = *state.borrow();
                if let Ok((client, _)) = client && now != State::Cut {
                    tokio::spawn(join(client, site.address(), state.clone()));
                }
            }
            change = state.changed() => if change.is_err() { return },
        }
    }
}

/// Carries both ways until one end closes or the cable is cut.
async fn join(client: TcpStream, address: String, mut state: watch::Receiver<State>) {
    let Ok(server) = TcpStream::connect(address).await else { return };
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let hears = state.clone();
    tokio::select! {
        () = carry(from_client, to_server, || true) => {}
        () = carry(from_server, to_client, move || *hears.borrow() == State::Whole) => {}
        _ = state.wait_for(|state| *state == State::Cut) => {}
    }
}

async fn carry(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, open: impl Fn() -> bool) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        if open() && to.write_all(&buffer[..count]).await.is_err() {
            return;
        }
    }
}
