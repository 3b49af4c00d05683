//! JPEG: segments and scans (ITU-T T.81 annex B).

use image::metadata::Orientation;

use super::{Cursor, Outline, TRUNCATED, minimal_exif, orientation};
use crate::upload::image::{Checked, Refused, profile::Profile};

/// Most scans: each makes the decoder go over the whole picture.
const SCANS: u32 = 100;

const UNSUPPORTED: Refused = Refused::Bad("This kind of JPEG is not supported.");

/// A JFIF segment (version 1.02, no density, no thumbnail).
const JFIF: [u8; 18] = *b"\xff\xe0\0\x10JFIF\0\x01\x02\0\0\x01\0\x01\0\0";

/// What stands before a profile that is the first of one.
const ONE_PROFILE: &[u8] = b"ICC_PROFILE\0\x01\x01";

pub(super) fn walk(bytes: &[u8]) -> Checked<Outline> {
    let mut outline = Outline::new();
    let mut cursor = Cursor::at(bytes, 2);
    outline.keep(0..2);
    let (mut turned, mut framed, mut scans, mut jfif) = (None, None, 0, false);
    loop {
        let start = cursor.at;
        let marker = marker(&mut cursor)?;
        match marker {
            0xd9 => {
                outline.make(vec![0xff, 0xd9]);
                break;
            }
            0xd0..=0xd7 | 0x01 => continue,
            0xd8 | 0x00 => return Err(TRUNCATED),
            _ => {}
        }
        let length = usize::from(u16::from_be_bytes(cursor.array()?));
        let body = cursor.take(length.checked_sub(2).ok_or(TRUNCATED)?)?;
        match marker {
            0xc0..=0xc2 => {
                if framed.is_some() {
                    return Err(TRUNCATED);
                }
                framed = Some(marker);
                outline.scratch = scratch(marker, body)?;
                outline.keep(start..cursor.at);
            }
            0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                return Err(UNSUPPORTED);
            }
            0xc4 | 0xcc | 0xdb | 0xdd => outline.keep(start..cursor.at),
            0xda => {
                scans += 1;
                if framed.is_none() || scans > SCANS {
                    return Err(Refused::Bad("The picture has too many parts."));
                }
                cursor.at += scan_length(&bytes[cursor.at..]).ok_or(TRUNCATED)?;
                outline.keep(start..cursor.at);
            }
            0xe0 if body.starts_with(b"JFIF\0") && !jfif => {
                jfif = true;
                outline.make(JFIF.to_vec());
            }
            0xe1 if body.starts_with(b"Exif\0\0") => turned = turned.or_else(|| orientation(&body[6..])),
            // ICC.1 annex B.4; those we know need one segment.
            0xe2 if body.starts_with(ONE_PROFILE) && outline.profile.is_none() => {
                outline.profile = Profile::read(&body[ONE_PROFILE.len()..]);
                if let Some(profile) = &outline.profile {
                    let length = u16::try_from(ONE_PROFILE.len() + profile.bytes().len() + 2).expect("it is small");
                    outline.make([b"\xff\xe2", &length.to_be_bytes()[..], ONE_PROFILE, profile.bytes()].concat());
                }
            }
            // How the colours are coded; what follows the twelve bytes is no part of it.
            0xee if body.starts_with(b"Adobe") && body.len() >= 12 => {
                outline.make([b"\xff\xee\0\x0e", &body[..12]].concat());
            }
            _ => {}
        }
    }
    match (scans, framed) {
        (0, _) => return Err(TRUNCATED),
        (2.., Some(0xc0 | 0xc1)) => return Err(UNSUPPORTED), // a scan a colour: our decoder gets those wrong
        _ => {}
    }
    if let Some(turned) = turned.filter(|turned| *turned != Orientation::NoTransforms) {
        outline.orientation = turned;
        insert_exif(&mut outline, turned);
    }
    Ok(outline)
}

/// Behind the first two bytes, where a camera puts it.
fn insert_exif(outline: &mut Outline, orientation: Orientation) {
    let tiff = minimal_exif(orientation);
    let length = u16::try_from(tiff.len() + 8).expect("it is minimal").to_be_bytes();
    let mut stripped = Outline::new();
    stripped.make([&b"\xff\xd8\xff\xe1"[..], &length, b"Exif\0\0", &tiff].concat());
    for piece in outline.pieces.drain(..) {
        match piece {
            super::Piece::Kept(range) => stripped.keep(range.start.max(2)..range.end),
            super::Piece::Made(bytes) => stripped.make(bytes),
        }
    }
    outline.pieces = stripped.pieces;
}

fn marker(cursor: &mut Cursor) -> Checked<u8> {
    if cursor.byte()? != 0xff {
        return Err(TRUNCATED);
    }
    loop {
        match cursor.byte()? {
            0xff => {}
            marker => return Ok(marker),
        }
    }
}

/// Bytes of coded data until the next marker that is no restart.
fn scan_length(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += bytes.get(at..)?.iter().position(|byte| *byte == 0xff)?;
        match bytes.get(at + 1)? {
            0x00 | 0xd0..=0xd7 => at += 2,
            0xff => at += 1,
            _ => return Some(at),
        }
    }
}

/// What a progressive picture needs: all its coefficients, two bytes each, until the last scan.
fn scratch(marker: u8, frame: &[u8]) -> Checked<u64> {
    let [precision, high_h, low_h, high_w, low_w, count, components @ ..] = frame else { return Err(TRUNCATED) };
    let (height, width) = (u16::from_be_bytes([*high_h, *low_h]), u16::from_be_bytes([*high_w, *low_w]));
    if *precision != 8 || height == 0 || width == 0 || components.len() < usize::from(*count) * 3 {
        return Err(UNSUPPORTED);
    }
    if marker != 0xc2 {
        return Ok(0);
    }
    let factors = components.chunks_exact(3).take(usize::from(*count));
    let shares: Vec<u64> = factors.map(|part| u64::from(part[1] >> 4) * u64::from(part[1] & 15)).collect();
    let largest = shares.iter().copied().max().unwrap_or(1).max(1);
    let pixels = u64::from(width) * u64::from(height);
    Ok(pixels * 2 * shares.iter().sum::<u64>() / largest)
}
