//! Memory for the pictures that are being made.

use std::{
    env, fs,
    io::{Cursor, Write as _},
    path::Path,
    process::Command,
};

use futures_util::future::join_all;
use image::{DynamicImage, Frame, ImageFormat, Rgba, RgbaImage, codecs::gif::GifEncoder};
use parlor::upload::image::process::{Mode, process, read, weight};

use crate::support::{picture::png, server::Server};

#[tokio::test]
async fn a_picture_needs_no_more_memory_than_there_is_and_all_others_have_their_turn() {
    let server = Server::setup().flag(&["--image-memory", "4194304"]).start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    // A file of a few KiB, 2.4 MB of pixels, and three times as much to make something of them.
    let refused = ann.upload("large.png", &png(1_000, 800, [1, 2, 3])).await.refuses(422, "bad_image");
    assert!(refused["detail"].as_str().unwrap().contains("memory"), "{}", refused.body);
    // Each needs more than half of it.
    let pictures: Vec<Vec<u8>> = (0..3).map(|number| png(600, 600, [number, 9, 9])).collect();
    let uploads = pictures.iter().map(|file| bob.upload("fits.png", file));
    for answer in join_all(uploads).await {
        answer.is(201);
    }
    ann.upload("small.png", &png(100, 100, [7, 7, 7])).await.is(201);
}

/// Names the picture that a process is to make, and then say what it took.
const PICTURE: &str = "PARLOR_TEST_PICTURE";

/// Tables of the codecs, and what an allocator keeps.
const SLACK: u64 = 3_000_000;

/// What making a picture takes is seen in a process that does nothing else: this test starts itself for each.
#[test]
fn making_a_picture_takes_no_more_memory_than_it_weighs() {
    if let Some(path) = env::var_os(PICTURE) {
        return make_alone(Path::new(&path));
    }
    let folder = tempfile::tempdir().unwrap();
    let mut light = Vec::new();
    for (name, file) in pictures(1_800) {
        let path = folder.path().join(name);
        fs::write(&path, file).unwrap();
        let (weight, taken) = (weight(&read(&path).unwrap()).unwrap(), taken_alone(&path));
        if taken > weight + SLACK {
            light.push(format!("{name} weighs {weight} and takes {taken}"));
        }
    }
    assert!(light.is_empty(), "{light:#?}");
}

fn taken_alone(path: &Path) -> u64 {
    let mut alone = Command::new(env::current_exe().unwrap());
    alone.args(["--exact", "limits::memory::making_a_picture_takes_no_more_memory_than_it_weighs", "--nocapture"]);
    // As the server has its allocator do it: what is large goes back at once.
    alone.env(PICTURE, path).env("MALLOC_MMAP_THRESHOLD_", "131072").env("MALLOC_TRIM_THRESHOLD_", "1048576");
    let said = String::from_utf8(alone.output().unwrap().stdout).unwrap();
    let taken = said.split("taken: ").nth(1).unwrap_or_else(|| panic!("{}: {said}", path.display()));
    taken.split_whitespace().next().unwrap().parse().unwrap()
}

fn make_alone(path: &Path) {
    let make = |path: &Path| process(&read(path).unwrap(), Mode::Budget(204_800)).unwrap();
    // The code itself is in memory from the first time on.
    let folder = tempfile::tempdir().unwrap();
    for (name, file) in pictures(60) {
        let small = folder.path().join(name);
        fs::write(&small, file).unwrap();
        make(&small);
    }
    let before = memory("VmRSS:");
    make(path);
    let _ = writeln!(std::io::stdout(), "\ntaken: {}", memory("VmHWM:") - before);
}

/// A line of `/proc/self/status`, in bytes.
fn memory(name: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1_024
}

/// The heaviest ways: what is calm is written at its full size, what is coarse is made a little smaller before.
fn pictures(side: u32) -> Vec<(&'static str, Vec<u8>)> {
    let calm = |x: u32, y: u32, alpha: u8| Rgba([(x / 8) as u8, (y / 8) as u8, 90, alpha]);
    let mut state = 7u32;
    let coarse = |x: u32, y: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let grain = if state >> 28 == 0 { state >> 16 } else { 0 };
        calm(x ^ grain, y ^ grain, (x / 20) as u8)
    };
    let opaque = DynamicImage::from(RgbaImage::from_fn(side, side, |x, y| calm(x, y, 255)));
    // Finding its colours takes long without optimisation.
    let small = side * 3 / 5;
    vec![
        ("photograph.jpg", written(&opaque.to_rgb8().into(), ImageFormat::Jpeg)),
        ("opaque.png", written(&opaque, ImageFormat::Png)),
        ("see-through.png", written(&RgbaImage::from_fn(small, small, coarse).into(), ImageFormat::Png)),
        ("moving-in-part.gif", moving(side, side - 10)),
        ("moving-beyond.gif", moving(side / 2, side)),
    ]
}

fn written(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// Two frames, the second with another side.
fn moving(first: u32, second: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = GifEncoder::new(&mut bytes);
    for side in [first, second] {
        let image = RgbaImage::from_pixel(side, side, Rgba([(side % 200) as u8, 100, 100, 255]));
        encoder.encode_frame(Frame::new(image)).unwrap();
    }
    drop(encoder);
    bytes
}
