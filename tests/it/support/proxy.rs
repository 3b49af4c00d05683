//! A line between a client and a site that breaks in the ways lines break.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use rand::{RngExt, SeedableRng, rngs::StdRng};
use tokio::{
    io::{AsyncWriteExt, Interest},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
    time::{Duration, sleep},
};

use super::server::Site;

/// By these an answer is known that says: it is committed.
const COMMITTED: [&[u8]; 2] = [b"\"type\":\"ack\"", b"HTTP/1.1 201 "];

/// Stands before a site. Cheap to clone.
#[derive(Clone)]
pub struct Proxy {
    site: Site,
    inner: Arc<Inner>,
}

struct Inner {
    target: Site,
    /// Nothing is carried any more, and nothing is said of it.
    silent: watch::Sender<bool>,
    /// Decides over each answer that says "committed": does it come through?
    fate: Mutex<(StdRng, f64)>,
    cut: AtomicUsize,
}

impl Proxy {
    /// Stands before a site, wherever that moves.
    pub async fn before(target: &Site) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let site = Site::at(&format!("http://{}", listener.local_addr().unwrap()));
        let inner = Arc::new(Inner {
            target: target.clone(),
            silent: watch::channel(false).0,
            fate: Mutex::new((StdRng::seed_from_u64(0), 0.0)),
            cut: AtomicUsize::default(),
        });
        let proxy = Self { site, inner };
        let inside = Arc::clone(&proxy.inner);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(Arc::clone(&inside).carry(client));
            }
        });
        proxy
    }

    /// Where it is reached.
    pub fn site(&self) -> &Site {
        &self.site
    }

    /// From now on cuts so many of the lines on which an answer comes that says "committed", instead of passing it on.
    pub fn cut_answers(&self, share: f64, seed: u64) {
        *self.inner.fate.lock().unwrap() = (StdRng::seed_from_u64(seed), share);
    }

    /// How many answers it has kept to itself.
    pub fn kept_answers(&self) -> usize {
        self.inner.cut.load(Ordering::Relaxed)
    }

    /// Goes silent: all lines stay open, and nothing passes.
    pub fn go_silent(&self) {
        self.inner.silent.send_replace(true);
    }
}

impl Inner {
    async fn carry(self: Arc<Self>, client: TcpStream) {
        // Of a site that is down the client hears that its line is cut.
        let Ok(server) = TcpStream::connect(self.target.address()).await else { return };
        let _ = (client.set_nodelay(true), server.set_nodelay(true));
        let (from_client, to_client) = client.into_split();
        let (from_server, to_server) = server.into_split();
        tokio::select! {
            () = self.pass(&from_client, to_server, false) => {}
            () = self.pass(&from_server, to_client, true) => {}
        }
    }

    /// Carries one direction until the line ends.
    async fn pass(&self, from: &OwnedReadHalf, mut to: OwnedWriteHalf, is_answer: bool) {
        let mut silent = self.silent.subscribe();
        let mut chunk = vec![0; 64 * 1024];
        loop {
            tokio::select! {
                biased;
                _ = silent.wait_for(|silent| *silent) => break,
                ready = from.readable() => if ready.is_err() { return },
            }
            match from.try_read(&mut chunk) {
                Ok(length @ 1..) => {
                    let said = &chunk[..length];
                    if is_answer && self.is_cut(said) {
                        return;
                    }
                    if to.write_all(said).await.is_err() {
                        return;
                    }
                }
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                Ok(0) | Err(_) => return,
            }
        }
        // Nothing is read any more, so that the sender's buffers fill; its end is seen all the same.
        while !from.ready(Interest::READABLE).await.is_ok_and(|ready| ready.is_read_closed()) {
            sleep(Duration::from_millis(50)).await;
        }
    }

    fn is_cut(&self, said: &[u8]) -> bool {
        let (dice, share) = &mut *self.fate.lock().unwrap();
        let is_cut = *share > 0.0 && COMMITTED.iter().any(|sign| has(said, sign)) && dice.random_bool(*share);
        if is_cut {
            self.cut.fetch_add(1, Ordering::Relaxed);
        }
        is_cut
    }
}

fn has(bytes: &[u8], sign: &[u8]) -> bool {
    bytes.windows(sign.len()).any(|window| window == sign)
}
