//! PNG: chunks (W3C PNG §5). Of an APNG the still picture is kept.

use image::metadata::Orientation;

use super::{Cursor, Outline, TRUNCATED, minimal_exif, orientation};
use crate::upload::image::{Checked, profile::Profile};

pub(super) fn walk(bytes: &[u8]) -> Checked<Outline> {
    let mut outline = Outline::new();
    let mut cursor = Cursor::at(bytes, 8);
    outline.keep(0..8);
    let (mut first, mut data) = (true, false);
    loop {
        let start = cursor.at;
        let length = u32::from_be_bytes(cursor.array()?) as usize;
        let name: [u8; 4] = cursor.array()?;
        let body = cursor.take(length)?;
        cursor.take(4)?;
        if first != (&name == b"IHDR") || !name.iter().all(u8::is_ascii_alphabetic) {
            return Err(TRUNCATED);
        }
        first = false;
        match &name {
            b"IEND" => {
                outline.keep(start..cursor.at);
                break;
            }
            b"eXIf" if outline.orientation == Orientation::NoTransforms => {
                if let Some(turned) = orientation(body).filter(|turned| *turned != Orientation::NoTransforms) {
                    outline.orientation = turned;
                    outline.make(exif(turned));
                }
            }
            b"iCCP" if outline.profile.is_none() && !data => {
                outline.profile = Profile::unpack(body);
                if let Some(profile) = &outline.profile {
                    outline.make(written(b"iCCP", &profile.packed()));
                }
            }
            _ if is_picture(&name, length) => {
                data |= &name == b"IDAT";
                outline.keep(start..cursor.at);
            }
            // A critical chunk that nobody knows.
            _ if name[0].is_ascii_uppercase() => return Err(TRUNCATED),
            _ => {}
        }
    }
    if data { Ok(outline) } else { Err(TRUNCATED) }
}

/// The pixels, and what says in a few bytes which colours they are.
fn is_picture(name: &[u8; 4], length: usize) -> bool {
    match name {
        b"IHDR" => length == 13,
        b"PLTE" => length <= 768,
        b"tRNS" => length <= 256,
        b"IDAT" => true,
        b"sRGB" => length == 1,
        b"gAMA" => length == 4,
        b"cHRM" => length == 32,
        b"sBIT" => length <= 4,
        _ => false,
    }
}

fn exif(turned: Orientation) -> Vec<u8> {
    written(b"eXIf", &minimal_exif(turned))
}

fn written(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let named = [&name[..], body].concat();
    let length = u32::try_from(body.len()).expect("it is small").to_be_bytes();
    [&length[..], &named, &crc(&named).to_be_bytes()].concat()
}

/// CRC-32 as in annex D, bit by bit: for a few kilobytes.
fn crc(bytes: &[u8]) -> u32 {
    let step = |crc: u32| if crc & 1 == 1 { 0xedb8_8320 ^ (crc >> 1) } else { crc >> 1 };
    !bytes.iter().fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |crc, _| step(crc)))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_checksum_is_the_one_of_every_empty_end_chunk() {
        assert_eq!(super::crc(b"IEND"), 0xae42_6082);
    }
}
