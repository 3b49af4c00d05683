//! WebP: RIFF chunks (RFC 9649 §2).

use image::metadata::Orientation;

use super::{Cursor, Outline, Piece, TRUNCATED, minimal_exif, orientation};
use crate::upload::image::{Checked, profile::Profile};

/// Flags of the VP8X chunk that are kept: alpha and animation.
const KEPT_FLAGS: u8 = 0x10 | 0x02;

/// The flag that says that there is EXIF.
const EXIF_FLAG: u8 = 0x08;

/// The flag that says that there is a colour profile.
const PROFILE_FLAG: u8 = 0x20;

pub(super) fn walk(bytes: &[u8]) -> Checked<Outline> {
    let mut outline = Outline::new();
    let mut header = Cursor::at(bytes, 4);
    let size = u32::from_le_bytes(header.array()?) as usize;
    let end = size.checked_add(8).filter(|end| (12..=bytes.len()).contains(end)).ok_or(TRUNCATED)?;
    let mut cursor = Cursor::at(&bytes[..end], 12);
    let (mut extended, mut canvas, mut frames, mut pictures) = (None, 0u64, 0u32, 0u32);
    while cursor.at < end {
        let chunk = chunk(&mut cursor)?;
        match chunk.name {
            b"VP8X" if extended.is_none() && chunk.body.len() == 10 && outline.pieces.is_empty() => {
                extended = Some(0);
                canvas = side(&chunk.body[4..7]) * side(&chunk.body[7..10]);
                outline.make(extended_header(chunk.body));
            }
            b"VP8 " | b"VP8L" => {
                pictures += 1;
                outline.keep(chunk.start..cursor.at);
            }
            b"ALPH" => outline.keep(chunk.start..cursor.at),
            b"ANIM" if chunk.body.len() == 6 => outline.keep(chunk.start..cursor.at),
            b"ANMF" => {
                frames += 1;
                outline.make(frame(chunk.body)?);
            }
            b"ICCP" if extended.is_some() && outline.pieces.len() == 1 => {
                outline.profile = Profile::read(chunk.body);
                if let Some(profile) = &outline.profile {
                    outline.make(written(b"ICCP", profile.bytes()));
                }
            }
            b"EXIF" => {
                // Some writers begin it as JPEG does.
                let tiff = chunk.body.strip_prefix(b"Exif\0\0").unwrap_or(chunk.body);
                outline.orientation = orientation(tiff).unwrap_or(outline.orientation);
            }
            _ => {}
        }
    }
    if (pictures == 0) == (frames == 0) || pictures > 1 {
        return Err(TRUNCATED);
    }
    if frames > 0 {
        outline.frames = frames;
        outline.moving_pixels = canvas * u64::from(frames);
    }
    finish(&mut outline, extended.is_some());
    Ok(outline)
}

/// The RIFF header over what is left, and what its flags must say.
fn finish(outline: &mut Outline, extended: bool) {
    let turned = extended && outline.orientation != Orientation::NoTransforms;
    if let Some(Piece::Made(header)) = outline.pieces.first_mut().filter(|_| extended) {
        header[8] |= if turned { EXIF_FLAG } else { 0 };
        header[8] |= if outline.profile.is_some() { PROFILE_FLAG } else { 0 };
    }
    if turned {
        outline.make(written(b"EXIF", &minimal_exif(outline.orientation)));
    }
    let size = u32::try_from(outline.stripped_len() + 4).expect("it is no larger than what was read");
    outline.pieces.insert(0, Piece::Made([&b"RIFF"[..], &size.to_le_bytes(), b"WEBP"].concat()));
}

struct Chunk<'a> {
    start: usize,
    name: &'a [u8; 4],
    body: &'a [u8],
}

fn chunk<'a>(cursor: &mut Cursor<'a>) -> Checked<Chunk<'a>> {
    let start = cursor.at;
    let name = cursor.take(4)?.try_into().expect("four bytes");
    let length = u32::from_le_bytes(cursor.array()?) as usize;
    let body = cursor.take(length)?;
    if length % 2 == 1 {
        cursor.take(1)?;
    }
    Ok(Chunk { start, name, body })
}

fn written(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).expect("it is no larger than what was read").to_le_bytes();
    let padding: &[u8] = if body.len() % 2 == 1 { &[0] } else { &[] };
    [&name[..], &length, body, padding].concat()
}

fn extended_header(body: &[u8]) -> Vec<u8> {
    let mut header = written(b"VP8X", body);
    header[8] &= KEPT_FLAGS;
    header
}

/// A frame of an animation with its picture and its transparency, and nothing else.
fn frame(body: &[u8]) -> Checked<Vec<u8>> {
    let mut cursor = Cursor::at(body, 0);
    let mut kept = cursor.take(16)?.to_vec();
    while cursor.at < body.len() {
        let chunk = chunk(&mut cursor)?;
        if matches!(chunk.name, b"VP8 " | b"VP8L" | b"ALPH") {
            kept.extend_from_slice(&body[chunk.start..cursor.at]);
        }
    }
    Ok(written(b"ANMF", &kept))
}

/// A side of the canvas: three bytes, less one.
fn side(bytes: &[u8]) -> u64 {
    u64::from(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], 0])) + 1
}
