//! WebSocket frames (RFC 6455 §5.2) as a client reads and writes them: whole text frames, no extensions.

use std::io;

/// What a frame is, by its opcode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One JSON object.
    Text,
    /// To be answered with a pong.
    Ping,
    /// The server ends the connection.
    Close,
    /// Nothing to do with.
    Other,
}

/// The first frame of `bytes`, as its kind and where its payload lies; none while it is not whole.
///
/// # Errors
/// A fragment or a reserved bit: this server sends neither.
pub fn split(bytes: &[u8]) -> io::Result<Option<(Kind, std::ops::Range<usize>)>> {
    let &[first, second, ref rest @ ..] = bytes else { return Ok(None) };
    let (head, length) = match (second & 0x7f, rest) {
        (126, &[a, b, ..]) => (4, usize::from(u16::from_be_bytes([a, b]))),
        (127, &[a, b, c, d, e, f, g, h, ..]) => {
            let length = u64::from_be_bytes([a, b, c, d, e, f, g, h]);
            (10, usize::try_from(length).map_err(io::Error::other)?)
        }
        (126 | 127, _) => return Ok(None),
        (length, _) => (2, usize::from(length)),
    };
    let kind = match first {
        0x81 => Kind::Text,
        0x88 => Kind::Close,
        0x89 => Kind::Ping,
        0x8a => Kind::Other,
        _ => return Err(io::Error::other(format!("a frame that begins with {first:#04x}"))),
    };
    let end = head + length;
    Ok((bytes.len() >= end).then_some((kind, head..end)))
}

/// Appends a masked text frame. The mask hides nothing on a loopback, but the server has to undo it as it would a browser's.
pub fn text(out: &mut Vec<u8>, payload: &[u8]) {
    write(out, 0x81, payload);
}

/// Appends a masked pong.
pub fn pong(out: &mut Vec<u8>, payload: &[u8]) {
    write(out, 0x8a, payload);
}

fn write(out: &mut Vec<u8>, first: u8, payload: &[u8]) {
    const MASK: [u8; 4] = [0x5a, 0x0f, 0xc3, 0x96];
    out.push(first);
    match u16::try_from(payload.len()) {
        Ok(length @ 0..126) => out.push(0x80 | length.to_le_bytes()[0]),
        Ok(length) => {
            out.push(0x80 | 126);
            out.extend(length.to_be_bytes());
        }
        Err(_) => {
            out.push(0x80 | 127);
            out.extend((payload.len() as u64).to_be_bytes());
        }
    }
    out.extend(MASK);
    out.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// As a server does it: reads a masked frame of any length.
    fn unmask(frame: &[u8]) -> Vec<u8> {
        let head = match frame[1] & 0x7f {
            126 => 4,
            127 => 10,
            _ => 2,
        };
        let mask = &frame[head..head + 4];
        frame[head + 4..].iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask).collect()
    }

    proptest! {
        #[test]
        fn what_is_written_is_what_is_read(payload in prop::collection::vec(any::<u8>(), 0..70_000)) {
            let mut frame = Vec::new();
            text(&mut frame, &payload);
            prop_assert_eq!(unmask(&frame), payload);
        }

        #[test]
        fn a_frame_is_found_once_it_is_whole(length in 0_usize..70_000) {
            let mut frame = vec![0x81];
            match length {
                0..126 => frame.push(length.to_le_bytes()[0]),
                126..65_536 => { frame.push(126); frame.extend([length.to_le_bytes()[1], length.to_le_bytes()[0]]); }
                _ => { frame.push(127); frame.extend((length as u64).to_be_bytes()); }
            }
            let head = frame.len();
            frame.resize(head + length, b'x');
            for short in [0, 1, head.saturating_sub(1), frame.len() - 1] {
                prop_assert!(matches!(split(&frame[..short]), Ok(None)));
            }
            frame.push(0x81);
            prop_assert_eq!(split(&frame).ok(), Some(Some((Kind::Text, head..head + length))));
        }
    }

    #[test]
    fn fragments_are_refused() {
        assert!(split(&[0x01, 0x00]).is_err());
        assert!(split(&[0xc1, 0x00]).is_err());
    }
}
