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
#[derive(Debug, Clone, Copy, Default)]
struct State {
    /// New connections are refused.
    down: bool,
    /// What the server says is lost on the way.
    deaf: bool,
    /// How often it was cut. A connection ends with the first cut after its beginning, however soon the cable is mended.
    cuts: u32,
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
        let (state, seen) = watch::channel(State::default());
        tokio::spawn(accept(listener, site.clone(), seen));
        Self { origin, state }
    }

    /// `http://127.0.0.1:port`, as the browser knows the site.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Breaks every connection and refuses new ones.
    pub fn cut(&self) {
        self.state.send_modify(|state| {
            state.down = true;
            state.cuts += 1;
        });
    }

    /// Goes on carrying requests, and loses the answers.
    pub fn lose_answers(&self) {
        self.state.send_modify(|state| state.deaf = true);
    }

    /// Lets new connections through, both ways.
    pub fn mend(&self) {
        self.state.send_modify(|state| (state.down, state.deaf) = (false, false));
    }
}

/// Ends with the line: its sender is gone then.
async fn accept(listener: TcpListener, site: Site, mut state: watch::Receiver<State>) {
    loop {
        tokio::select! {
            client = listener.accept() => {
                let now = *state.borrow();
                if let Ok((client, _)) = client && !now.down {
                    tokio::spawn(join(client, site.address(), now.cuts, state.clone()));
                }
            }
            change = state.changed() => if change.is_err() { return },
        }
    }
}

/// Carries both ways until one end closes or the cable is cut.
async fn join(client: TcpStream, address: String, cuts: u32, mut state: watch::Receiver<State>) {
    let Ok(server) = TcpStream::connect(address).await else { return };
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let hears = state.clone();
    tokio::select! {
        () = carry(from_client, to_server, || true) => {}
        () = carry(from_server, to_client, move || !hears.borrow().deaf) => {}
        _ = state.wait_for(|state| state.cuts > cuts) => {}
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
