//! Pictures made here: good ones, talkative ones, and parts of bad ones.

use std::io::Cursor;

use image::{
    DynamicImage, Frame, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage, codecs::gif::GifEncoder, metadata::Orientation,
};

use crate::support::picture::png;

/// In this format.
pub fn written(image: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.into().write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// Left half red, right half blue.
pub fn halves(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, _| if x < width / 2 { Rgb([220, 20, 20]) } else { Rgb([20, 20, 220]) })
}

/// A small picture; another one for each number.
pub fn small(number: u8) -> Vec<u8> {
    written(RgbImage::from_pixel(20, 10, Rgb([number, 120, 200])), ImageFormat::Png)
}

/// Numbers without a pattern, the same each time.
pub fn noise(length: usize) -> Vec<u8> {
    let mut state = 7u32;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()[1]
    };
    (0..length).map(|_| next()).collect()
}

/// A picture that nothing makes small.
pub fn noisy(width: u32, height: u32) -> RgbImage {
    RgbImage::from_raw(width, height, noise((width * height * 3) as usize)).unwrap()
}

/// Red above what one can see through.
pub fn clear_below(side: u32) -> RgbaImage {
    RgbaImage::from_fn(side, side, |_, y| if y < side / 2 { Rgba([200, 0, 0, 255]) } else { Rgba([0; 4]) })
}

/// A GIF that moves.
pub fn moving(width: u32, height: u32, frames: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = GifEncoder::new(&mut bytes);
    for index in 0..frames {
        let color = Rgba([if index % 2 == 0 { 250 } else { 5 }, 100, 100, 255]);
        encoder.encode_frame(Frame::new(RgbaImage::from_pixel(width, height, color))).unwrap();
    }
    drop(encoder);
    bytes
}

/// A PNG that moves (APNG): red, and then blue.
pub fn moving_png() -> Vec<u8> {
    let [red, blue] = [[250, 5, 5], [5, 5, 250]].map(|color| png(40, 30, color));
    // A length, a name, 13 bytes and a sum, behind the signature of 8; the last chunk is 12 bytes long.
    let (head, rest) = red.split_at(8 + 25);
    let (data, end) = rest.split_at(rest.len() - 12);
    let other = &blue[8 + 25 + 8..blue.len() - 12 - 4];
    let frame = |number: u32| {
        let size = [40_u32, 30, 0, 0].map(u32::to_be_bytes).concat();
        chunk(b"fcTL", &[&number.to_be_bytes()[..], &size, &[0, 1, 0, 10, 0, 0]].concat())
    };
    let count = chunk(b"acTL", &[2_u32.to_be_bytes(), [0; 4]].concat());
    let second = chunk(b"fdAT", &[&2_u32.to_be_bytes()[..], other].concat());
    [head, &count[..], &frame(0), data, &frame(1), &second, end].concat()
}

/// A WebP that moves: red, and then blue.
pub fn moving_webp() -> Vec<u8> {
    let part = |name: &[u8; 4], body: &[u8]| {
        let length = u32::try_from(body.len()).unwrap().to_le_bytes();
        [&name[..], &length, body, &[0][..body.len() % 2]].concat()
    };
    let size = [39, 0, 0, 29, 0, 0];
    let frame = |color: [u8; 3]| {
        let still = written(RgbImage::from_pixel(40, 30, Rgb(color)), ImageFormat::WebP);
        // Behind `RIFF`, a length and `WEBP`.
        part(b"ANMF", &[&[0; 6][..], &size, &[100, 0, 0, 0], &still[12..]].concat())
    };
    let canvas = part(b"VP8X", &[&[2, 0, 0, 0][..], &size].concat());
    let parts = [canvas, part(b"ANIM", &[0; 6]), frame([250, 5, 5]), frame([5, 5, 250])].concat();
    part(b"RIFF", &[b"WEBP", &parts[..]].concat())
}

/// A JPEG segment.
pub fn segment(marker: u8, body: &[u8]) -> Vec<u8> {
    [&[0xff, marker][..], &u16::try_from(body.len() + 2).unwrap().to_be_bytes(), body].concat()
}

/// A PNG chunk with the right checksum.
pub fn chunk(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let named = [&name[..], body].concat();
    let length = u32::try_from(body.len()).unwrap().to_be_bytes();
    [&length[..], &named, &crc(&named).to_be_bytes()].concat()
}

fn crc(bytes: &[u8]) -> u32 {
    let step = |crc: u32| if crc & 1 == 1 { 0xedb8_8320 ^ (crc >> 1) } else { crc >> 1 };
    !bytes.iter().fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |crc, _| step(crc)))
}

/// A PNG that says of itself that it is so large, with a few bytes of pixels.
pub fn boastful_png(width: u32, height: u32) -> Vec<u8> {
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 0, 0, 0, 0]].concat();
    let pixels = chunk(b"IDAT", b"x\x9c\x03\0\0\0\0\x01");
    [b"\x89PNG\r\n\x1a\n", &chunk(b"IHDR", &header)[..], &pixels, &chunk(b"IEND", b"")].concat()
}

/// A JPEG with everything that a camera and a joker put in: orientation, a place, a comment, a tail.
pub fn talkative(orientation: u8) -> Vec<u8> {
    let plain = written(halves(64, 32), ImageFormat::Jpeg);
    let mut tiff = b"II\x2a\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    tiff.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
    tiff.extend(b"GPS secret 52.52N 13.40E");
    let parts = [
        segment(0xe1, &[b"Exif\0\0", &tiff[..]].concat()),
        segment(0xe1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>secret</x:xmpmeta>"),
        segment(0xe2, b"ICC_PROFILE\0\x01\x01secret"),
        segment(0xfe, b"<script>secret</script>"),
    ];
    [&plain[..2], &parts.concat(), &plain[2..], b"PK\x03\x04<html>secret</html>"].concat()
}

/// Does a file contain this text?
pub fn says(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

/// The pixels of a file, as a viewer shows them that honours the orientation.
pub fn shown(bytes: &[u8]) -> DynamicImage {
    let mut image = image::load_from_memory(bytes).unwrap();
    let exif = bytes.windows(6).position(|window| window == b"Exif\0\0");
    let orientation = exif.and_then(|at| Orientation::from_exif_chunk(&bytes[at + 6..]));
    image.apply_orientation(orientation.unwrap_or(Orientation::NoTransforms));
    image
}
