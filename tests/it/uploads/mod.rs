//! Pictures: taken in, made small, served to whom they are for, swept; and everything that only looks like one.

mod access;
mod avatars;
mod hostile;
mod limits;
mod lost_answer;
mod making;
mod pictures;
mod sweeping;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    client::{Answer, Guest, Member},
    fresh_id,
    picture::{multipart, sending},
    server::Server,
};

/// Bytes to which pictures are reduced.
const BUDGET: i64 = 204_800;

/// Uploads a file that is taken; the `upload`.
async fn taken(member: &Member, name: &str, bytes: &[u8]) -> Value {
    member.upload(name, bytes).await.is(201)["upload"].clone()
}

/// Uploads a file to be kept as it is.
async fn original(member: &Member, bytes: &[u8]) -> Answer {
    Answer::to(sending(member, Method::POST, "uploads?original=1", "o.bin", bytes)).await
}

/// Sends an upload; the stored message.
async fn send(member: &Member, room: i64, upload: &Value) -> Value {
    let body = json!({"client_id": fresh_id(), "text": "look", "uploads": [upload["id"]]});
    member.post(&format!("rooms/{room}/messages"), body).await.is(201)["message"].clone()
}

/// The bytes at an address.
async fn bytes_at(guest: &Guest, url: &Value) -> Vec<u8> {
    let response = guest.request(Method::GET, url.as_str().unwrap()).send().await.unwrap();
    assert_eq!(response.status(), 200, "{url}");
    response.bytes().await.unwrap().to_vec()
}

/// Every file that was sent or made of one and is not put aside, by its path.
fn files(server: &Server) -> Vec<String> {
    below(server, &["store", "tmp"]).into_iter().filter(|path| !path.contains("/store/lost/")).collect()
}

/// Every file that was put aside, by its path.
fn aside(server: &Server) -> Vec<String> {
    below(server, &["store/lost"])
}

/// Every file in these folders of the media.
fn below(server: &Server, folders: &[&str]) -> Vec<String> {
    let media = server.data().join("media");
    let (mut folders, mut found): (Vec<_>, _) = (folders.iter().map(|folder| media.join(folder)).collect(), Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { found.push(path.display().to_string()) }
        }
    }
    found.sort();
    found
}

/// Rows of a table.
fn rows(server: &Server, table: &str) -> i64 {
    server.database().number(&server.data(), &format!("SELECT count(*) AS number FROM {table}"))
}

/// Changes rows behind the server's back.
fn execute(server: &Server, sql: &str) {
    server.database().execute(&server.data(), sql);
}

/// Nothing of an upload is left anywhere.
#[track_caller]
fn nothing_is_left(server: &Server, after: &str) {
    assert_eq!(files(server), Vec::<String>::new(), "after {after}");
    for table in ["blobs", "uploads", "removed_files"] {
        assert_eq!(rows(server, table), 0, "{table} after {after}");
    }
}
