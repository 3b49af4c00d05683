//! The server is killed while a picture is on its way.

use std::{fs, time::Duration};

use rand::RngExt;
use reqwest::Method;
use tokio::time::sleep;

use super::{count, report::Row};
use crate::support::{
    client::Member,
    picture::{multipart, png},
    raw::Raw,
    server::Server,
};

/// The bytes of a request with this picture.
fn request(member: &Member, picture: &[u8]) -> Vec<u8> {
    let (kind, body) = multipart(&[], "a.png", picture);
    let site = member.site();
    let head = format!(
        "POST /api/v1/uploads HTTP/1.1\r\nHost: {}\r\nOrigin: {}\r\nCookie: {}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
        site.address(),
        site.origin(),
        member.cookies(),
        body.len()
    );
    [head.into_bytes(), body].concat()
}

fn rows(server: &Server, table: &str) -> i64 {
    server.database().number(&server.data(), &format!("SELECT count(*) AS number FROM {table}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_during_an_upload_no_row_names_a_file_that_is_not_there() {
    let cycles = count(2, 4, 20);
    let mut server = Server::start();
    let ann = server.member("ann").await;
    for cycle in 0..cycles {
        let picture = png(300 + cycle as u32, 200, [cycle as u8, 2, 3]);
        let bytes = request(&ann, &picture);
        // Half of them are killed while they arrive, half while they are made and stored.
        let at = if cycle % 2 == 0 { rand::rng().random_range(1..bytes.len()) } else { bytes.len() };
        let mut raw = Raw::to(server.site()).await;
        raw.send(&bytes[..at]).await;
        sleep(Duration::from_millis(rand::rng().random_range(0..60))).await;
        server.kill();
        server.restart();
        let (blobs, files) = (rows(&server, "blobs"), server.stored_files("images") as i64);
        assert!(files >= 2 * blobs, "{blobs} rows name {} files, and there are {files}", 2 * blobs);
        let left = fs::read_dir(server.data().join("media/tmp")).unwrap().count();
        assert_eq!(left, 0, "what was half received is gone");
        let upload = ann.upload("a.png", &picture).await.is(201)["upload"].clone();
        for url in [&upload["url"], &upload["thumb_url"]] {
            let answer = ann.request(Method::GET, url.as_str().unwrap()).send().await.unwrap();
            assert_eq!(answer.status(), 200);
        }
    }
    Row::new("SIGKILL during an upload", &server, cycles)
        .fact("no row without its files, none left half received")
        .write();
}
