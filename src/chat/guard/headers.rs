//! Reads the headers of WebSocket frames (RFC 6455 §5.2) as they come, in pieces of any size, and looks at no payload.
//!
//! Pure: the time is told to it.

use std::{collections::VecDeque, time::Duration};

use actix_http::ws::CloseCode;

use crate::chat::guard::Limits;

/// Most payload of a control frame (RFC 6455 §5.5).
const CONTROL_PAYLOAD_MAX: u8 = 125;
/// Longest header: two bytes, eight of length, four of mask.
const HEADER_MAX: usize = 14;

const CONTINUATION: u8 = 0x0;
const TEXT: u8 = 0x1;
const BINARY: u8 = 0x2;
const CLOSE: u8 = 0x8;
const PONG: u8 = 0xA;

/// A frame that must not reach the codec.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Violation {
    /// The code to close the socket with (RFC 6455 §7.4.1).
    pub code: CloseCode,
    /// How many bytes of the piece stand before that frame.
    pub good: usize,
}

/// Reads the headers of a client's frames out of a stream of bytes. Pure: it keeps no payload and asks no clock.
#[derive(Debug)]
pub struct Headers {
    limits: Limits,
    /// The header being read, as far as it came.
    header: [u8; HEADER_MAX],
    filled: usize,
    /// Bytes to come of the payload being skipped.
    payload: u64,
    /// The message whose last fragment is still to come.
    message: Option<Fragmented>,
    /// When the last control frames came, oldest first; at most `control_per_second` of them.
    controls: VecDeque<Duration>,
    /// Frames that came whole.
    whole: u64,
}

#[derive(Debug, Default)]
struct Fragmented {
    bytes: u64,
    count: u32,
}

impl Headers {
    /// For a connection that has just been upgraded.
    pub fn new(limits: Limits) -> Self {
        let (header, controls) = ([0; HEADER_MAX], VecDeque::new());
        Self { limits, header, filled: 0, payload: 0, message: None, controls, whole: 0 }
    }

    /// How many frames came whole since the connection was upgraded.
    pub fn whole(&self) -> u64 {
        self.whole
    }

    /// Reads the next piece of the stream, which came at `now` (counted from any fixed moment).
    /// After a violation the rest of the stream means nothing any more.
    pub fn feed(&mut self, piece: &[u8], now: Duration) -> Result<(), Violation> {
        let mut at = 0;
        let mut good = 0;
        while at < piece.len() {
            if self.payload == 0 {
                self.header[self.filled] = piece[at];
                self.filled += 1;
                at += 1;
                self.check_header(now).map_err(|code| Violation { code, good })?;
            } else {
                let skipped = (piece.len() - at).min(usize::try_from(self.payload).unwrap_or(usize::MAX));
                self.payload -= skipped as u64;
                at += skipped;
            }
            if self.filled == 0 && self.payload == 0 {
                good = at;
                self.whole += 1;
            }
        }
        Ok(())
    }

    /// Looks at the header after one more byte of it; when it is whole, its payload is next.
    fn check_header(&mut self, now: Duration) -> Result<(), CloseCode> {
        match self.filled {
            1 => self.check_kind(),
            2 if self.header[1] & 0x80 == 0 => Err(CloseCode::Protocol),
            2 if self.is_control() => self.check_control(now),
            n if n == self.header_length() => self.start_payload(),
            _ => Ok(()),
        }
    }

    /// First byte: the flags, the opcode, and whether a frame of this kind may come now (RFC 6455 §5.4).
    fn check_kind(&self) -> Result<(), CloseCode> {
        let (flags, opcode) = (self.header[0] & 0xf0, self.header[0] & 0x0f);
        let last = flags & 0x80 != 0;
        let in_order = match opcode {
            CONTINUATION => self.message.is_some(),
            TEXT | BINARY => self.message.is_none(),
            CLOSE..=PONG => last,
            _ => false,
        };
        if flags & 0x70 != 0 || !in_order {
            Err(CloseCode::Protocol)
        } else if opcode == BINARY && !self.limits.binary {
            Err(CloseCode::Unsupported)
        } else {
            Ok(())
        }
    }

    /// Second byte of a control frame: its length, and how many came within the last second.
    fn check_control(&mut self, now: Duration) -> Result<(), CloseCode> {
        if self.header[1] & 0x7f > CONTROL_PAYLOAD_MAX {
            return Err(CloseCode::Protocol);
        }
        if self.controls.len() >= self.limits.control_per_second {
            let oldest = self.controls.pop_front().unwrap_or_default();
            if now.saturating_sub(oldest) < Duration::from_secs(1) {
                return Err(CloseCode::Policy);
            }
        }
        self.controls.push_back(now);
        Ok(())
    }

    /// The header is whole: is what it declares too much?
    fn start_payload(&mut self) -> Result<(), CloseCode> {
        let length = self.declared_length();
        let last = self.header[0] & 0x80 != 0;
        if !self.is_control() {
            let mut message = self.message.take().unwrap_or_default();
            message.bytes = message.bytes.saturating_add(length);
            message.count += 1;
            if message.bytes > self.limits.message || message.count > self.limits.fragments {
                return Err(CloseCode::Size);
            }
            self.message = (!last).then_some(message);
        }
        self.filled = 0;
        self.payload = length;
        Ok(())
    }

    fn is_control(&self) -> bool {
        self.header[0] & 0x08 != 0
    }

    /// Bytes of the whole header, known from its second byte on.
    fn header_length(&self) -> usize {
        match self.header[1] & 0x7f {
            126 => 8,
            127 => HEADER_MAX,
            _ => 6,
        }
    }

    fn declared_length(&self) -> u64 {
        let bytes = match self.header[1] & 0x7f {
            126 => &self.header[2..4],
            127 => &self.header[2..10],
            short => return u64::from(short),
        };
        bytes.iter().fold(0, |length, byte| length << 8 | u64::from(*byte))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::chat::guard::MESSAGE_MAX;

    const LAST: u8 = 0x80;

    /// A masked frame with `length` bytes of payload.
    fn frame(first: u8, length: usize) -> Vec<u8> {
        let mut bytes = header(first, length as u64);
        bytes.resize(bytes.len() + length, b'x');
        bytes
    }

    fn header(first: u8, length: u64) -> Vec<u8> {
        let mut bytes = match length {
            0..126 => vec![first, 0x80 | length as u8],
            126..0x1_0000 => [&[first, 0x80 | 126][..], &(length as u16).to_be_bytes()].concat(),
            _ => [&[first, 0x80 | 127][..], &length.to_be_bytes()].concat(),
        };
        bytes.extend([1, 2, 3, 4]);
        bytes
    }

    fn judge(bytes: &[u8]) -> Result<(), CloseCode> {
        Headers::new(Limits::default()).feed(bytes, Duration::ZERO).map_err(|violation| violation.code)
    }

    /// Feeds the bytes in two pieces, cut everywhere; every cut must give the same.
    fn judge_every_split(bytes: &[u8]) -> Result<(), CloseCode> {
        let whole = judge(bytes);
        for cut in 0..=bytes.len() {
            let mut headers = Headers::new(Limits::default());
            let split = headers
                .feed(&bytes[..cut], Duration::ZERO)
                .and_then(|()| headers.feed(&bytes[cut..], Duration::ZERO))
                .map_err(|violation| violation.code);
            assert_eq!(split, whole, "cut at {cut}");
        }
        whole
    }

    #[test]
    fn good_frames_pass_wherever_the_stream_is_cut() {
        let bytes = [
            frame(LAST | TEXT, 0),
            frame(TEXT, 5),
            frame(CONTINUATION, 0),
            frame(LAST | 0x9, 125),
            frame(LAST | CONTINUATION, 300),
            frame(LAST | PONG, 0),
            frame(LAST | TEXT, 126),
            frame(LAST | CLOSE, 2),
        ]
        .concat();
        assert_eq!(judge_every_split(&bytes), Ok(()));
        assert_eq!(judge(&frame(LAST | TEXT, 64 * 1024)), Ok(()));
    }

    #[test]
    fn wrong_headers_are_refused_wherever_the_stream_is_cut() {
        let unmasked = vec![LAST | TEXT, 5];
        let wrong = [
            (header(LAST | 0x40 | TEXT, 1), CloseCode::Protocol),
            (header(LAST | 0x20 | TEXT, 1), CloseCode::Protocol),
            (header(LAST | 0x10 | PONG, 1), CloseCode::Protocol),
            (header(LAST | 0x3, 1), CloseCode::Protocol),
            (header(LAST | 0x7, 1), CloseCode::Protocol),
            (header(LAST | 0xB, 1), CloseCode::Protocol),
            (header(LAST | 0xF, 1), CloseCode::Protocol),
            (unmasked, CloseCode::Protocol),
            (header(0x9, 1), CloseCode::Protocol),
            (header(CLOSE, 0), CloseCode::Protocol),
            (header(LAST | 0x9, 126), CloseCode::Protocol),
            (header(LAST | CLOSE, 1 << 40), CloseCode::Protocol),
            (header(LAST | CONTINUATION, 1), CloseCode::Protocol),
            (header(CONTINUATION, 1), CloseCode::Protocol),
            ([frame(TEXT, 1), header(LAST | TEXT, 1)].concat(), CloseCode::Protocol),
            ([frame(TEXT, 1), header(BINARY, 1)].concat(), CloseCode::Protocol),
            (header(LAST | BINARY, 1), CloseCode::Unsupported),
            (header(BINARY, 1), CloseCode::Unsupported),
            (header(LAST | TEXT, 64 * 1024 + 1), CloseCode::Size),
            (header(LAST | TEXT, 1 << 40), CloseCode::Size),
            (header(LAST | TEXT, u64::MAX), CloseCode::Size),
        ];
        for (bytes, code) in wrong {
            assert_eq!(judge_every_split(&bytes), Err(code), "{bytes:x?}");
            assert_eq!(judge_every_split(&[frame(LAST | TEXT, 3), bytes.clone()].concat()), Err(code), "{bytes:x?}");
        }
    }

    #[test]
    fn the_fragments_of_a_message_count_together() {
        let most = [frame(TEXT, 60 * 1024), frame(LAST | CONTINUATION, 4 * 1024)].concat();
        assert_eq!(judge(&[most.clone(), most.clone()].concat()), Ok(()));
        assert_eq!(
            judge(&[most, frame(TEXT, 60 * 1024), header(CONTINUATION, 4 * 1024 + 1)].concat()),
            Err(CloseCode::Size)
        );
    }

    #[test]
    fn empty_fragments_have_an_end() {
        let mut bytes = frame(TEXT, 0);
        bytes.extend(frame(CONTINUATION, 0).repeat(999));
        assert_eq!(judge(&bytes), Ok(()));
        bytes.extend(frame(CONTINUATION, 0));
        assert_eq!(judge(&bytes), Err(CloseCode::Size));
    }

    #[test]
    fn more_than_20_control_frames_within_any_second_are_a_flood() {
        let ping = frame(LAST | 0x9, 0);
        let code = |result: Result<(), Violation>| result.map_err(|violation| violation.code);
        assert_eq!(judge(&ping.repeat(20)), Ok(()));
        assert_eq!(judge(&ping.repeat(21)), Err(CloseCode::Policy));

        let mut headers = Headers::new(Limits::default());
        for n in 0..100 {
            assert_eq!(headers.feed(&ping, Duration::from_millis(50 * n)), Ok(()), "20 a second are no flood");
        }
        assert_eq!(code(headers.feed(&ping, Duration::from_millis(4_951))), Err(CloseCode::Policy));
    }

    #[test]
    fn other_limits_can_be_set() {
        let limits = Limits { message: 1 << 24, fragments: 1 << 20, control_per_second: 1_000, binary: true };
        let bytes = [header(LAST | BINARY, 1 << 24), vec![0; 1 << 24], frame(LAST | 0x9, 0).repeat(1_000)].concat();
        assert_eq!(Headers::new(limits).feed(&bytes, Duration::ZERO), Ok(()));
    }

    proptest! {
        #[test]
        fn any_bytes_are_judged_alike_in_any_pieces(bytes in proptest::collection::vec(any::<u8>(), 0..200), size in 1usize..20) {
            let mut headers = Headers::new(Limits::default());
            let pieces = bytes.chunks(size).try_for_each(|piece| headers.feed(piece, Duration::ZERO));
            prop_assert_eq!(pieces.map_err(|violation| violation.code), judge(&bytes));
        }

        #[test]
        fn frames_of_any_length_pass_in_any_pieces(lengths in proptest::collection::vec(0usize..70_000, 1..5), size in 1usize..5_000) {
            let bytes: Vec<u8> = lengths.iter().flat_map(|length| frame(LAST | TEXT, *length)).collect();
            let mut headers = Headers::new(Limits::default());
            let judged = bytes.chunks(size).try_for_each(|piece| headers.feed(piece, Duration::ZERO));
            prop_assert_eq!(judged.is_ok(), lengths.iter().all(|length| *length as u64 <= MESSAGE_MAX));
        }

        #[test]
        fn what_is_good_before_a_violation_is_whole_frames(lengths in proptest::collection::vec(0usize..300, 0..6)) {
            let good: Vec<u8> = lengths.iter().flat_map(|length| frame(LAST | TEXT, *length)).collect();
            let bytes = [good.clone(), header(LAST | 0x3, 1)].concat();
            let violation = Headers::new(Limits::default()).feed(&bytes, Duration::ZERO);
            prop_assert_eq!(violation, Err(Violation { code: CloseCode::Protocol, good: good.len() }));
        }
    }
}
