//! A PostgreSQL that commits, and whose answer never comes.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU32, Ordering},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Notify,
};

use super::{bytes_at, files, pictures::small, rows};
use crate::support::server::Server;

/// Stands before PostgreSQL. It cuts the first line on which a blob is about to be committed, and lets that commit through only when
/// the server has asked twice what became of it, or begins to store another one.
#[derive(Default)]
struct Between {
    cut: AtomicBool,
    signs: AtomicU32,
    is_signed: Notify,
}

impl Between {
    /// Starts it; its port.
    async fn start(self: &Arc<Self>, database: String) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let between = Arc::clone(self);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(&database).await.unwrap();
                tokio::spawn(Arc::clone(&between).carry(client, server));
            }
        });
        port
    }

    async fn carry(self: Arc<Self>, client: TcpStream, server: TcpStream) {
        let (mut from_client, mut to_client) = client.into_split();
        let (mut from_server, mut to_server) = server.into_split();
        let back = tokio::spawn(async move { tokio::io::copy(&mut from_server, &mut to_client).await });
        let (mut chunk, mut has_blob) = (vec![0; 64 * 1024], false);
        while let Ok(length @ 1..) = from_client.read(&mut chunk).await {
            let said = &chunk[..length];
            let is_blob = has(said, "INSERT INTO \"blobs\"");
            has_blob |= is_blob;
            if (is_blob || has(said, "RETURNING number")) && self.cut.load(Ordering::Acquire) {
                self.signs.fetch_add(1, Ordering::AcqRel);
                self.is_signed.notify_one();
            }
            if has_blob && has(said, "COMMIT") && !self.cut.swap(true, Ordering::AcqRel) {
                back.abort();
                let _ = back.await;
                drop(from_client);
                while self.signs.load(Ordering::Acquire) < 2 {
                    self.is_signed.notified().await;
                }
                to_server.write_all(said).await.unwrap();
                return;
            }
            if to_server.write_all(said).await.is_err() {
                return;
            }
        }
    }
}

fn has(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

// The start of a server blocks its thread.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_picture_whose_commit_was_not_answered_is_stored_once_and_keeps_its_files() {
    let mut server = Server::start();
    let Some(url) = server.database().url() else { return };
    let ann = server.member("ann").await;
    let url = url::Url::parse(&url).unwrap();
    let database = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap_or(5432));
    let between = Arc::new(Between::default());
    let port = between.start(database).await;
    server.stop();
    server.reach_database_through(port);
    server.restart();
    let made = ann.upload("a.png", &small(1)).await.is(201)["upload"].clone();
    assert!(between.cut.load(Ordering::Acquire), "the answer was lost");
    bytes_at(&ann, &made["url"]).await;
    bytes_at(&ann, &made["thumb_url"]).await;
    assert_eq!((rows(&server, "blobs"), rows(&server, "uploads"), files(&server).len()), (1, 1, 2));
}
