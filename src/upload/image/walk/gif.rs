//! GIF: blocks (GIF89a §12 on). Of the extensions only timing and looping are kept.

use super::{Cursor, Outline, TRUNCATED};
use crate::upload::image::Checked;

pub(super) fn walk(bytes: &[u8]) -> Checked<Outline> {
    let mut outline = Outline::new();
    let mut cursor = Cursor::at(bytes, 6);
    let screen: [u8; 7] = cursor.array()?;
    skip_colors(&mut cursor, screen[4])?;
    outline.keep(0..cursor.at);
    let canvas = area(&screen[..4]);
    let (mut frames, mut drawn) = (0u32, 0u64);
    loop {
        let start = cursor.at;
        match cursor.byte()? {
            0x3b => {
                outline.keep(start..cursor.at);
                break;
            }
            0x2c => {
                let place: [u8; 9] = cursor.array()?;
                skip_colors(&mut cursor, place[8])?;
                cursor.byte()?;
                skip_blocks(&mut cursor)?;
                outline.keep(start..cursor.at);
                frames += 1;
                // One that reaches beyond the canvas is drawn all the same, by our decoder and by many a reader's.
                let frame = area(&place[4..8]);
                drawn += canvas.max(frame);
                outline.frame_pixels = outline.frame_pixels.max(frame);
            }
            0x21 => {
                let label = cursor.byte()?;
                let body = cursor.at;
                skip_blocks(&mut cursor)?;
                if is_timing(label, &bytes[body..cursor.at]) {
                    outline.keep(start..cursor.at);
                }
            }
            _ => return Err(TRUNCATED),
        }
    }
    if frames == 0 {
        return Err(TRUNCATED);
    }
    outline.frames = frames;
    outline.moving_pixels = if frames > 1 { drawn } else { 0 };
    Ok(outline)
}

/// Width times height.
fn area(sides: &[u8]) -> u64 {
    let side = |at| u64::from(u16::from_le_bytes([sides[at], sides[at + 1]]));
    side(0) * side(2)
}

/// A graphic control, or the loop count that Netscape brought; both of exactly their size, so that nothing hides in them.
fn is_timing(label: u8, body: &[u8]) -> bool {
    match label {
        0xf9 => body.len() == 6 && body[0] == 4,
        0xff => body.len() == 17 && body.starts_with(b"\x0bNETSCAPE2.0\x03\x01"),
        _ => false,
    }
}

/// A colour table, if the flags say that there is one.
fn skip_colors(cursor: &mut Cursor, flags: u8) -> Checked<()> {
    if flags & 0x80 != 0 {
        cursor.take(3 << ((flags & 7) + 1))?;
    }
    Ok(())
}

fn skip_blocks(cursor: &mut Cursor) -> Checked<()> {
    loop {
        match cursor.byte()? {
            0 => return Ok(()),
            length => cursor.take(usize::from(length))?,
        };
    }
}
