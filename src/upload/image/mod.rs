//! Pictures: bytes that claim to be one in, small true ones out.
//!
//! Pure but for reading the file it is given: no HTTP, SQL or async here. `sniff` says what a file is, `walk` checks its container and
//! finds what of it is no metadata, `decode` makes pixels under limits, `picture` holds and resizes them, `encode` makes them fit a
//! budget of bytes, `quantize` finds 256 colours, `color` the one that
//! stands for all, `profile` what colours mean. [`process::read`] and what is made of its outcome are the ways in.

pub mod color;
pub mod decode;
pub mod encode;
pub mod picture;
pub mod process;
pub mod profile;
pub mod quantize;
pub mod sniff;
pub mod walk;

#[cfg(test)]
mod tests;

use std::{
    io,
    time::{Duration, Instant},
};

use crate::limit::Limit;

/// Most pixels a picture may have.
pub const PIXELS: u64 = 25_000_000;

/// Longest side, in pixels.
pub const SIDE: u32 = 8_192;

/// Most bytes that decoding one picture may hold at once.
pub const MEMORY: u64 = 128 * 1024 * 1024;

/// Most pixels of all frames together in a picture that stays animated: a browser has to draw them all.
pub const MOVING_PIXELS: u64 = 50_000_000;

/// Most frames of one that stays animated.
pub const FRAMES: u32 = 1_000;

/// How long one picture may take from bytes to bytes. Those that the other limits let pass need less than two seconds of a core;
/// the rest is for a machine that is busy with other things.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Longest side of a thumbnail, in pixels.
pub const THUMB_SIDE: u32 = 360;

/// Most bytes of a thumbnail.
pub const THUMB_BYTES: usize = 24 * 1024;

/// Why a file is not taken.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// It is no JPEG, PNG, GIF or WebP.
    #[error("Send a JPEG, PNG, GIF or WebP picture; this file is none.")]
    NotAPicture,
    /// An original above its limit.
    #[error("{}", Limit::Original.sentence())]
    OriginalTooLarge,
    /// It is damaged or asks for too much; the sentence says which.
    #[error("{0}")]
    Bad(&'static str),
    /// It took longer than [`PATIENCE`].
    #[error("This picture takes too long to read.")]
    TooSlow,
    /// A fault of ours: the file cannot be read.
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// Result of this folder.
pub type Checked<T> = Result<T, Refused>;

/// The end of a picture's time.
#[derive(Debug, Clone, Copy)]
pub struct Deadline(Instant);

impl Deadline {
    /// So long from now.
    pub fn after(patience: Duration) -> Self {
        Self(Instant::now() + patience)
    }

    /// Is there time left?
    ///
    /// # Errors
    /// [`Refused::TooSlow`].
    pub fn check(self) -> Checked<()> {
        if Instant::now() < self.0 { Ok(()) } else { Err(Refused::TooSlow) }
    }
}
