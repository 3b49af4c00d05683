//! A backup that is not what was made is never taken for one.

use std::{fs, path::Path};

use serde_json::Value;

use super::{back_up, done, name, refused};
use crate::support::server::Server;

async fn a_backup(folder: &Path) -> Server {
    let server = Server::start();
    let ann = server.member("ann").await;
    let lobby = ann.lobby().await;
    for number in 0..20 {
        ann.say(lobby, &format!("message {number}")).await;
    }
    ann.picture().await;
    back_up(&server, folder);
    server
}

/// Every file that the manifest names.
fn named(backup: &Path) -> Vec<String> {
    let manifest: Value = serde_json::from_slice(&fs::read(backup.join("manifest.json")).unwrap()).unwrap();
    let files = manifest["files"].as_array().unwrap();
    files.iter().map(|file| file["path"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn every_damaged_missing_or_added_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let backup = folder.path().join("backup");
    let server = a_backup(&backup).await;
    let verify = || server.command(&["verify", name(&backup)], "");
    let said = done(verify());
    assert!(said.contains("1 people, 20 messages"), "{said}");
    let files = named(&backup);
    assert!(
        files.iter().any(|file| file == "secret.key") && files.iter().any(|file| file.starts_with("media/images/"))
    );
    for file in files.iter().map(String::as_str).chain(["manifest.json", "manifest.sha256"]) {
        let path = backup.join(file);
        let whole = fs::read(&path).unwrap();
        let mut damaged = whole.clone();
        match damaged.len() {
            0 => damaged.push(b'\n'),
            length => damaged[length / 2] ^= 1,
        }
        fs::write(&path, damaged).unwrap();
        let complaint = refused(verify());
        let told = if file == "manifest.sha256" { "manifest.json" } else { file };
        assert!(complaint.contains(told), "{file}: {complaint}");
        fs::remove_file(&path).unwrap();
        let complaint = refused(verify());
        assert!(complaint.contains(file) || file.starts_with("manifest"), "{file}: {complaint}");
        fs::write(&path, whole).unwrap();
    }
    done(verify());
    fs::write(backup.join("parlor.db-wal"), "a log of another database").unwrap();
    assert!(refused(verify()).contains("parlor.db-wal"));
}

#[tokio::test]
async fn a_damaged_backup_is_not_restored() {
    let folder = tempfile::tempdir().unwrap();
    let backup = folder.path().join("backup");
    a_backup(&backup).await;
    let picture = named(&backup).into_iter().find(|file| file.starts_with("media/")).unwrap();
    fs::remove_file(backup.join(&picture)).unwrap();
    let fresh = Server::setup().prepare();
    assert!(refused(fresh.command(&["restore", name(&backup)], "")).contains(&picture));
    assert!(!fresh.data().exists());
}

#[tokio::test]
async fn whenever_a_backup_is_killed_its_name_stands_for_a_whole_one_or_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole");
    let server = a_backup(&whole).await;
    let (target, partial) = (folder.path().join("next"), folder.path().join("next.partial"));
    for moment in 0..8 {
        let mut child = server.begin(&["backup", name(&target)]);
        while !partial.exists() && child.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        // Not to wait for something, but to strike at another moment each time.
        std::thread::sleep(std::time::Duration::from_millis(5 * moment));
        child.kill().unwrap();
        child.wait().unwrap();
        if partial.join("unfinished").exists() {
            refused(server.command(&["verify", name(&partial)], ""));
        } else if partial.exists() && fs::read_dir(&partial).unwrap().next().is_some() {
            // All that was left to do was to give it its name.
            done(server.command(&["verify", name(&partial)], ""));
            fs::remove_dir_all(&partial).unwrap();
        }
        if target.exists() {
            done(server.command(&["verify", name(&target)], ""));
            fs::remove_dir_all(&target).unwrap();
        }
    }
    // And once for certain: what such an end leaves, just before the manifest is written.
    let _ = fs::remove_dir_all(&partial);
    fs::rename(&whole, &partial).unwrap();
    fs::write(partial.join("unfinished"), "").unwrap();
    fs::remove_file(partial.join("manifest.json")).unwrap();
    refused(server.command(&["verify", name(&partial)], ""));
    back_up(&server, &target);
    done(server.command(&["verify", name(&target)], ""));
    assert!(!partial.exists(), "what was left is cleared away");
    fs::create_dir(&partial).unwrap();
    fs::write(partial.join("mine"), "").unwrap();
    fs::rename(&target, folder.path().join("moved")).unwrap();
    refused(server.command(&["backup", name(&target)], ""));
    assert!(partial.join("mine").exists(), "what is no backup is left alone");
}

#[tokio::test]
async fn what_an_interrupted_backup_left_is_known_for_that_until_all_of_it_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let (target, partial) = (folder.path().join("backup"), folder.path().join("backup.partial"));
    let server = Server::start();
    fs::create_dir(&partial).unwrap();
    let left: Vec<_> = (0..2_000).map(|number| partial.join(format!("left-{number}"))).collect();
    let sign = partial.join("unfinished");
    for file in left.iter().chain([&sign]) {
        fs::write(file, "").unwrap();
    }
    let mut child = server.begin(&["backup", name(&target)]);
    // A new one has this sign before it has anything else, and never what is left of the old one.
    while child.try_wait().unwrap().is_none() {
        let is_known = sign.exists();
        assert!(is_known || !left.iter().any(|file| file.exists()), "another try would refuse to clear that away");
    }
    assert!(target.join("manifest.json").exists() && !partial.exists());
}

#[tokio::test]
async fn a_restore_that_broke_off_is_not_served() {
    let mut server = Server::start();
    server.member("ann").await;
    server.stop();
    fs::write(server.data().join("restoring"), "").unwrap();
    let complaint = server.refuses_to_start(&[]);
    assert!(complaint.contains("broke off"), "{complaint}");
}
