//! The disk is full: nothing is acknowledged that is not stored, what was stored can be read, and it goes on by itself when there is
//! space again.

use std::{
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Instant,
};

use rlimit::Resource;

use super::{
    count, is_too_quick_for,
    load::Load,
    report::{Row, not_run},
    usual,
};
use crate::support::{PASSWORD, client::Member, eventually, picture::png, server::Server};

/// Lets the files of a process grow up to so many bytes.
fn limit_files(server: &Server, bytes: u64) {
    let id = i32::try_from(server.process_id()).unwrap();
    rlimit::prlimit(id, Resource::FSIZE, Some((bytes, rlimit::INFINITY)), None).expect("a limit can be set");
}

fn length(server: &Server, name: &str) -> u64 {
    fs::metadata(server.data().join(name)).map_or(0, |file| file.len())
}

/// What was sent can be read, though nothing can be written.
async fn reads_go_on(member: &Member) {
    let lobby = member.lobby().await;
    assert!(!member.page(lobby, "").await.is(200).messages().is_empty());
    member.changes(lobby, "after=0").await.is(200);
    member.get("me").await.is(200);
}

/// Files on their way in.
fn temporary_files(server: &Server) -> usize {
    fs::read_dir(server.data().join("media/tmp")).unwrap().count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_may_not_grow_refuses_sends_and_goes_on_when_it_may() {
    let cycles = count(1, 2, 10);
    let server = Server::start();
    if server.database().url().is_some() {
        return; // What grows there are PostgreSQL's files.
    }
    let load = Load::on(&server, usual()).await;
    let mut back = Vec::new();
    for _ in 0..cycles {
        load.goes_on(30).await;
        let before = load.book.refused_with("storage");
        limit_files(&server, length(&server, "parlor.db").max(length(&server, "parlor.db-wal")) + 32 * 1024);
        load.until("sends are refused", || load.book.refused_with("storage") > before + 20).await;
        let reader = load.member();
        reads_go_on(reader).await;
        server.guest().try_login(&reader.username, PASSWORD).await.any_of(&[200, 503, 507]);
        limit_files(&server, rlimit::INFINITY);
        let start = Instant::now();
        load.goes_on(1).await;
        back.push(start.elapsed());
    }
    load.goes_on(50).await;
    let verdict = load.finish(&server).await;
    Row::new("Files may not grow (RLIMIT_FSIZE)", &server, cycles)
        .verdict(&verdict)
        .times("allowed to first ack", &back)
        .write();
}

#[tokio::test]
async fn a_picture_for_which_there_is_no_space_leaves_nothing_behind() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let picture = noise(400, 300);
    limit_files(&server, 128 * 1024);
    let answer = ann.upload("a.png", &picture).await;
    limit_files(&server, rlimit::INFINITY);
    answer.refuses(507, "storage");
    assert_eq!(temporary_files(&server), 0);
    ann.upload("a.png", &picture).await.is(201);
    assert_eq!((temporary_files(&server), server.stored_files("images")), (0, 2));
}

/// A picture that cannot be made small: 24 bits of noise a pixel.
fn noise(width: u32, height: u32) -> Vec<u8> {
    let mut picture = png(width, height, [1, 2, 3]);
    // Bytes behind the end of the picture are no picture, but they must be received.
    picture.extend((0..400_000_u32).map(|number| (number.wrapping_mul(2_654_435_761) >> 24) as u8));
    picture
}

/// A small disk, for root.
pub struct SmallDisk(PathBuf);

impl SmallDisk {
    /// Mounts one there; `None` where that is not allowed.
    pub fn mount(folder: &Path, megabytes: u32) -> Option<Self> {
        let option = format!("size={megabytes}m");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &option, "tmpfs"]).arg(folder).stderr(Stdio::null());
        mount.status().is_ok_and(|status| status.success()).then(|| Self(folder.to_owned()))
    }

    /// Leaves so many bytes free.
    pub fn fill(&self, free: u64) {
        let disk = rustix::fs::statvfs(&self.0).unwrap();
        let there = disk.f_bavail * disk.f_frsize;
        let mut ballast = File::options().create(true).append(true).open(self.0.join("ballast")).unwrap();
        let mut left = there.saturating_sub(free);
        while left > 0 {
            let some = left.min(64 * 1024);
            // A disk that is full is what was wanted.
            if ballast.write_all(&vec![0; some as usize]).is_err() {
                return;
            }
            left -= some;
        }
    }

    /// Gives it all back.
    pub fn empty(&self) {
        fs::remove_file(self.0.join("ballast")).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_disk_that_is_nearly_full_people_still_log_in_and_read() {
    let what = "a disk that is full (tmpfs)";
    if is_too_quick_for(what) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = SmallDisk::mount(folder.path(), 96) else { return not_run(what, "no disk can be mounted") };
    let server = Server::setup().within(folder.path()).start();
    if server.database().url().is_some() {
        return; // What grows there are PostgreSQL's files.
    }
    let cycles = count(0, 1, 5);
    let load = Load::on(&server, usual()).await;
    let reader = load.member().clone();
    let mut back = Vec::new();
    for _ in 0..cycles {
        load.goes_on(50).await;
        disk.fill(8 * 1024 * 1024);
        let before = load.book.refused_with("storage");
        load.until("sends are refused", || load.book.refused_with("storage") > before + 20).await;
        reads_go_on(&reader).await;
        let guest = server.guest();
        guest.try_login(&reader.username, PASSWORD).await.is(200);
        guest.post("logout", serde_json::Value::Null).await.any_of(&[200, 204]);
        reader.upload("a.png", &png(64, 48, [1, 2, 3])).await.refuses(507, "storage");
        // And when somebody else takes what is left:
        disk.fill(0);
        reads_go_on(&reader).await;
        server.guest().try_login(&reader.username, PASSWORD).await.any_of(&[200, 503, 507]);
        assert_eq!(temporary_files(&server), 0);
        disk.empty();
        let start = Instant::now();
        load.goes_on(1).await;
        back.push(start.elapsed());
        eventually("pictures are taken again", async || {
            reader.upload("a.png", &png(64, 48, [1, 2, 3])).await.status == 201
        })
        .await;
    }
    load.goes_on(50).await;
    let verdict = load.finish(&server).await;
    Row::new("Disk full (tmpfs)", &server, cycles).verdict(&verdict).times("space to first ack", &back).write();
}
