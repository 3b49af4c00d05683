//! Time and memory of making pictures: `cargo bench --features browser --bench image`.
//!
//! Each picture is made in a process of its own, so that the peak is that picture's alone.
#![expect(clippy::print_stdout, reason = "the table is what it is for")]

use std::{
    env, fs,
    io::Cursor,
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};

use image::{DynamicImage, Frame, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage, codecs::gif::GifEncoder};
use parlor::upload::image::process::{Mode, process, process_avatar, read};

const BUDGET: usize = 204_800;

fn main() {
    let arguments: Vec<String> = env::args().collect();
    match arguments.iter().position(|argument| argument == "--one") {
        Some(at) => one(&arguments[at + 1], Path::new(&arguments[at + 2])),
        None => table(),
    }
}

fn table() {
    let folder = env::temp_dir().join(format!("parlor-bench-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder for pictures");
    println!("{:<34}{:>11}{:>9}{:>9}  result", "picture", "bytes in", "ms", "peak MiB");
    for (name, path) in pictures(&folder) {
        for mode in ["reduced", "original", "avatar"] {
            let length = fs::metadata(&path).expect("it was written").len();
            let own = env::current_exe().expect("this program");
            let output = Command::new(own).args(["--one", mode]).arg(&path).output().expect("it runs again");
            println!(
                "{:<34}{length:>11}{}",
                format!("{name}, {mode}"),
                String::from_utf8_lossy(&output.stdout).trim_end()
            );
        }
    }
    let _ = fs::remove_dir_all(folder);
}

/// Makes one picture and says how long it took and how much it held.
fn one(mode: &str, path: &Path) {
    let before = status("VmRSS:");
    let began = Instant::now();
    let result = match mode {
        "avatar" => read(path)
            .and_then(|read| process_avatar(&read))
            .map(|made| format!("{} + {} bytes", made.large.len(), made.small.len())),
        mode => {
            let mode = if mode == "original" { Mode::Original(usize::MAX) } else { Mode::Budget(BUDGET) };
            read(path).and_then(|read| process(&read, mode)).map(|made| {
                let (mime, length, thumb) = (made.kind.mime(), made.bytes.len(), made.thumb.len());
                format!("{mime} {}×{}, {length} bytes, small one {thumb}", made.width, made.height)
            })
        }
    };
    let took = began.elapsed().as_millis();
    let peak = (status("VmHWM:") - before) / 1024;
    println!("{took:>9}{peak:>9}  {}", result.unwrap_or_else(|refused| refused.to_string()));
}

/// A line of /proc/self/status, in KiB.
fn status(name: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find(|line| line.starts_with(name)).expect("the kernel says so");
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).expect("a number of KiB")
}

fn pictures(folder: &Path) -> Vec<(&'static str, PathBuf)> {
    let write = |name: &'static str, bytes: Vec<u8>| {
        let path = folder.join(name.replace([' ', '/'], "-"));
        fs::write(&path, bytes).expect("the disk has room");
        (name, path)
    };
    let mut next = noise();
    vec![
        write("photograph 12 MP JPEG", written(photograph(4_000, 3_000), ImageFormat::Jpeg)),
        write("photograph 24 MP JPEG", written(photograph(6_000, 4_000), ImageFormat::Jpeg)),
        write(
            "noise 12 MP JPEG",
            written(RgbImage::from_fn(4_000, 3_000, |_, _| Rgb([next(), next(), next()])), ImageFormat::Jpeg),
        ),
        write(
            "noise 4 MP PNG",
            written(RgbImage::from_fn(2_000, 2_000, |_, _| Rgb([next(), next(), next()])), ImageFormat::Png),
        ),
        write(
            "see-through noise 4 MP PNG",
            written(RgbaImage::from_fn(2_000, 2_000, |_, _| Rgba([next(), next(), next(), next()])), ImageFormat::Png),
        ),
        write(
            "drawing 8 MP PNG",
            written(
                RgbImage::from_fn(3_840, 2_160, |x, y| Rgb([(x / 400 * 20) as u8, (y / 300 * 30) as u8, 90])),
                ImageFormat::Png,
            ),
        ),
        write("GIF 480×480, 60 frames", gif(480, 60)),
    ]
}

/// Soft shapes, edges and a little grain, as a camera gives.
fn photograph(width: u32, height: u32) -> RgbImage {
    let mut next = noise();
    RgbImage::from_fn(width, height, |x, y| {
        let (u, v) = (x as f32 / width as f32, y as f32 / height as f32);
        let soft = ((u * 9.0).sin() * (v * 7.0).cos() + (u * 41.0 + v * 23.0).sin() * 0.4 + 1.5) / 3.0;
        let leaf = ((x as f32 / 11.0).sin() * (y as f32 / 13.0).sin()).abs() * (v * 3.0).fract() * 0.35;
        let grain = f32::from(next()) / 255.0 * 0.05;
        let value = |share: f32| ((soft * share + leaf + grain).clamp(0.0, 1.0) * 255.0) as u8;
        Rgb([value(0.9), value(0.7 + 0.2 * v), value(0.5 + 0.4 * u)])
    })
}

fn gif(side: u32, frames: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = GifEncoder::new(&mut bytes);
    for index in 0..frames {
        let at = |x: u32, y: u32| if (x + index * 8) / 60 % 2 == y / 60 % 2 { 230 } else { 30 };
        let frame = RgbaImage::from_fn(side, side, |x, y| Rgba([at(x, y), 80, 120, 255]));
        encoder.encode_frame(Frame::new(frame)).expect("a frame");
    }
    drop(encoder);
    bytes
}

fn noise() -> impl FnMut() -> u8 {
    let mut state = 7u32;
    move || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()[1]
    }
}

fn written(image: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.into().write_to(&mut bytes, format).expect("it can be written");
    bytes.into_inner()
}
