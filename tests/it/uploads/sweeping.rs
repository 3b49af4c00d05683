//! What nobody names goes.

use std::{
    fs::{self, File},
    time::{Duration, SystemTime},
};

use super::{aside, bytes_at, execute, files, nothing_is_left, pictures::small, rows, send, taken};
use crate::support::{
    client::Member,
    eventually,
    server::{Server, parlor},
};

/// Time passes, and something wakes the sweeper before its minute is over.
async fn a_day_later(server: &Server, member: &Member) {
    execute(server, "UPDATE uploads SET created_at = '2020-01-01 00:00:00'");
    member.delete("uploads/AAAAAAAAAAAAAAAAAAAAAA").await.is(404);
}

#[tokio::test]
async fn a_picture_that_nobody_sends_goes_after_a_day_and_one_in_a_message_stays() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let forgotten = taken(&ann, "a.png", &small(1)).await;
    let sent = taken(&ann, "b.png", &small(2)).await;
    send(&ann, ann.lobby().await, &sent).await;
    a_day_later(&server, &ann).await;
    eventually("the forgotten one goes", async || files(&server).len() == 2).await;
    assert!(aside(&server).is_empty(), "for good");
    ann.get(forgotten["url"].as_str().unwrap()).await.is(404);
    bytes_at(&ann, &sent["url"]).await;
    assert_eq!((rows(&server, "uploads"), rows(&server, "blobs")), (1, 1));
}

#[tokio::test]
async fn a_file_stays_as_long_as_one_use_of_it_does() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let first = taken(&ann, "a.png", &small(1)).await;
    let second = taken(&ann, "a.png", &small(1)).await;
    send(&ann, ann.lobby().await, &second).await;
    a_day_later(&server, &ann).await;
    eventually("the first use goes", async || rows(&server, "uploads") == 1).await;
    ann.get(first["url"].as_str().unwrap()).await.is(404);
    bytes_at(&ann, &second["url"]).await;
}

#[tokio::test]
async fn the_pictures_of_an_erased_room_go_with_it() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let room = ann.make_room("private", "short-lived").await;
    let upload = taken(&ann, "a.png", &small(1)).await;
    send(&ann, room, &upload).await;
    ann.delete(&format!("rooms/{room}")).await.is(204);
    eventually("its messages are erased", async || rows(&server, "messages") == 0).await;
    a_day_later(&server, &ann).await;
    eventually("its files go", async || files(&server).is_empty()).await;
    eventually("they are forgotten", async || rows(&server, "removed_files") == 0).await;
    nothing_is_left(&server, "the room");
}

#[tokio::test]
async fn what_a_crash_left_goes_or_is_put_aside_at_the_next_start_and_nothing_else() {
    let mut server = Server::start();
    let ann = server.member("ann").await;
    let upload = taken(&ann, "a.png", &small(1)).await;
    let media = server.data().join("media");
    let folder = media.join("store/images/zz");
    fs::create_dir_all(&folder).unwrap();
    let old = SystemTime::now() - Duration::from_secs(2 * 3600);
    let leave = |path: std::path::PathBuf, at: SystemTime| File::create(path).unwrap().set_modified(at).unwrap();
    leave(media.join("tmp/half-received"), old);
    leave(folder.join("zz00000000000000000000.jpg"), old);
    leave(folder.join("zz00000000000000000000-t.jpg#1"), old);
    let young = folder.join("zz11111111111111111111.jpg");
    leave(young.clone(), SystemTime::now());
    // The picture's own files are older than that, too.
    for path in files(&server).iter().filter(|path| !path.contains("/zz/")) {
        File::options().write(true).open(path).unwrap().set_modified(old).unwrap();
    }
    server.kill();
    server.restart();
    eventually("leftovers go", async || files(&server).len() == 3).await;
    assert_eq!(aside(&server).len(), 1, "a file without a row is kept for a while: {:?}", aside(&server));
    assert!(young.exists(), "the row of a young file may be on its way");
    bytes_at(&ann, &upload["url"]).await;
}

#[tokio::test]
async fn files_noted_for_deletion_before_a_crash_go_after_it() {
    let mut server = Server::start();
    let ann = server.member("ann").await;
    taken(&ann, "a.png", &small(1)).await;
    let all = files(&server);
    let paths: Vec<&str> = all.iter().map(|path| path.split_once("/store/").unwrap().1).collect();
    server.kill();
    execute(&server, "DELETE FROM uploads");
    execute(&server, "DELETE FROM blobs");
    for path in &paths {
        execute(&server, &format!("INSERT INTO removed_files (path) VALUES ('{path}')"));
    }
    execute(&server, "INSERT INTO removed_files (path) VALUES ('images/gone/already.jpg')");
    server.restart();
    eventually("they go", async || files(&server).is_empty() && rows(&server, "removed_files") == 0).await;
}

/// Makes every file so old that its row must be there if it is to come.
fn an_hour_later(server: &Server) {
    let old = SystemTime::now() - Duration::from_secs(2 * 3600);
    for path in files(server) {
        File::options().write(true).open(path).unwrap().set_modified(old).unwrap();
    }
}

#[tokio::test]
async fn a_database_without_the_rows_of_the_pictures_does_them_no_harm() {
    let mut server = Server::start();
    let ann = server.member("ann").await;
    let sent = taken(&ann, "a.png", &small(1)).await;
    send(&ann, ann.lobby().await, &sent).await;
    an_hour_later(&server);
    server.kill();
    // What a backup from before does not have.
    for table in ["blobs", "uploads"] {
        execute(&server, &format!("CREATE TABLE later_{table} AS SELECT * FROM {table}"));
    }
    execute(&server, "DELETE FROM uploads");
    execute(&server, "DELETE FROM blobs");
    server.restart();
    eventually("they are put aside", async || files(&server).is_empty() && aside(&server).len() == 2).await;
    server.kill();
    for table in ["blobs", "uploads"] {
        execute(&server, &format!("INSERT INTO {table} SELECT * FROM later_{table}"));
    }
    server.restart();
    eventually("they come back", async || files(&server).len() == 2 && aside(&server).is_empty()).await;
    bytes_at(&ann, &sent["url"]).await;
}

#[tokio::test]
async fn a_file_is_kept_aside_for_a_month() {
    let mut server = Server::start();
    server.kill();
    let lost = server.data().join("media/store/lost");
    let ago = |days| chrono::Utc::now().date_naive() - chrono::TimeDelta::days(days);
    for day in [ago(32), ago(3)] {
        let folder = lost.join(day.to_string()).join("images/zz");
        fs::create_dir_all(&folder).unwrap();
        File::create(folder.join("zz00000000000000000000.jpg")).unwrap();
    }
    server.restart();
    eventually("the old one goes", async || aside(&server).len() == 1).await;
    assert!(aside(&server)[0].contains(&ago(3).to_string()));
}

#[tokio::test]
async fn another_database_does_not_get_the_folder_of_the_pictures() {
    let mut server = Server::start();
    let ann = server.member("ann").await;
    let upload = taken(&ann, "a.png", &small(1)).await;
    an_hour_later(&server);
    server.kill();
    let media = server.data().join("media");
    let folder = tempfile::tempdir().unwrap();
    let arguments = [
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--data",
        folder.path().to_str().unwrap(),
        "--media",
        media.to_str().unwrap(),
    ];
    let output = parlor(folder.path(), &arguments, &[]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && said.contains("belong to another database"), "{said}");
    server.restart();
    bytes_at(&ann, &upload["url"]).await;
}

#[tokio::test]
async fn a_file_that_cannot_be_deleted_holds_up_no_other() {
    let mut server = Server::start();
    let ann = server.member("ann").await;
    taken(&ann, "a.png", &small(1)).await;
    server.kill();
    let paths: Vec<String> =
        files(&server).iter().map(|path| path.split_once("/store/").unwrap().1.to_owned()).collect();
    let folder = server.data().join("media/store/images/!!/stuck.jpg");
    fs::create_dir_all(folder.join("not-empty")).unwrap();
    execute(&server, "DELETE FROM uploads");
    execute(&server, "DELETE FROM blobs");
    for path in paths.iter().map(String::as_str).chain(["images/!!/stuck.jpg"]) {
        execute(&server, &format!("INSERT INTO removed_files (path) VALUES ('{path}')"));
    }
    server.restart();
    eventually("the others go", async || files(&server).is_empty() && rows(&server, "removed_files") == 1).await;
    ann.get("me").await.is(200);
}
