//! What those who run the server rely on: probes and figures, backups that are whole, and the way back.

mod backup;
mod damage;
mod figures;
mod probes;
mod upgrade;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Output,
};

use serde_json::Value;

use crate::support::{client::Member, server::Server};

/// Runs a command that must succeed; what it said.
#[track_caller]
fn done(output: Output) -> String {
    let (said, complaint) = (text(output.stdout), text(output.stderr));
    assert!(output.status.success(), "{said}{complaint}");
    said
}

/// Runs a command that must fail; its complaint.
#[track_caller]
fn refused(output: Output) -> String {
    let (said, complaint) = (text(output.stdout), text(output.stderr));
    assert!(!output.status.success(), "{said}{complaint}");
    complaint
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

fn name(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Makes a backup of a server into a new folder of this name.
#[track_caller]
fn back_up(server: &Server, folder: &Path) {
    done(server.command(&["backup", name(folder)], ""));
}

/// A server that is not running, into which a backup was restored.
#[track_caller]
fn restored(folder: &Path, flags: &[&str]) -> Server {
    let server = Server::setup().prepare();
    done(server.command(&[&["restore", name(folder)], flags].concat(), ""));
    server
}

/// Every message of a room as this member sees it, oldest first.
async fn all_messages(member: &Member, room: i64) -> Vec<Value> {
    let (mut all, mut after) = (Vec::new(), 0);
    loop {
        let page = member.page(room, &format!("after={after}&limit=100")).await.is(200);
        all.extend(page.messages().iter().cloned());
        match all.last() {
            Some(last) if page["more_after"] == true => after = last["seq"].as_i64().unwrap(),
            _ => return all,
        }
    }
}

/// Every file below a folder with its bytes.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let (mut folders, mut found) = (vec![folder.to_owned()], BTreeMap::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false => drop(found.insert(path.clone(), fs::read(&path).unwrap_or_default())),
            }
        }
    }
    found
}
