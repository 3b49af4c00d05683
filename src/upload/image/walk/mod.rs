//! Containers, walked from end to end: is the file whole, and which of its bytes are the picture itself?
//!
//! Comments, EXIF, XMP, thumbnails, unknown parts and whatever follows the picture's end are left out; nothing is decoded.
//! The orientation and a colour profile are written anew.

mod gif;
mod jpeg;
mod png;
mod webp;

use std::{
    io::{self, Read, Seek, SeekFrom},
    ops::Range,
};

use image::metadata::Orientation;

use crate::upload::image::{Checked, Refused, profile::Profile, sniff::Kind};

/// What is wrong with a file that ends too early.
const TRUNCATED: Refused = Refused::Bad("The picture is cut off or damaged.");

/// A container's outline.
#[derive(Debug)]
pub struct Outline {
    /// How it must be turned to stand upright.
    pub orientation: Orientation,
    /// Pictures in it that follow each other.
    pub frames: u32,
    /// Pixels of all frames together, as a browser draws them; 0 where there is one frame.
    pub moving_pixels: u64,
    /// Pixels of the largest frame of a GIF, which may reach beyond its canvas; 0 of other kinds.
    pub frame_pixels: u64,
    /// Bytes the decoder needs besides the pixels it returns.
    pub scratch: u64,
    /// What its colours mean, where they are not sRGB.
    pub profile: Option<Profile>,
    pieces: Vec<Piece>,
}

#[derive(Debug)]
enum Piece {
    /// From the file.
    Kept(Range<usize>),
    /// Written anew.
    Made(Vec<u8>),
}

impl Outline {
    fn new() -> Self {
        Self {
            orientation: Orientation::NoTransforms,
            frames: 1,
            moving_pixels: 0,
            frame_pixels: 0,
            scratch: 0,
            profile: None,
            pieces: Vec::new(),
        }
    }

    fn keep(&mut self, range: Range<usize>) {
        match self.pieces.last_mut() {
            Some(Piece::Kept(last)) if last.end == range.start => last.end = range.end,
            _ => self.pieces.push(Piece::Kept(range)),
        }
    }

    fn make(&mut self, bytes: Vec<u8>) {
        self.pieces.push(Piece::Made(bytes));
    }

    /// Bytes of the picture without everything else.
    pub fn stripped_len(&self) -> usize {
        self.pieces.iter().map(Piece::len).sum()
    }

    /// The picture without everything else, from the file that was walked.
    ///
    /// # Errors
    /// When it cannot be read again.
    pub fn stripped(&self, mut file: impl Read + Seek) -> io::Result<Vec<u8>> {
        let mut stripped = Vec::with_capacity(self.stripped_len());
        for piece in &self.pieces {
            match piece {
                Piece::Kept(range) => {
                    let start = stripped.len();
                    stripped.resize(start + range.len(), 0);
                    file.seek(SeekFrom::Start(range.start as u64))?;
                    file.read_exact(&mut stripped[start..])?;
                }
                Piece::Made(made) => stripped.extend_from_slice(made),
            }
        }
        Ok(stripped)
    }
}

impl Piece {
    fn len(&self) -> usize {
        match self {
            Self::Kept(range) => range.len(),
            Self::Made(bytes) => bytes.len(),
        }
    }
}

/// Walks a file of this kind.
///
/// # Errors
/// [`Refused::Bad`] for one that is cut off or damaged.
pub fn walk(kind: Kind, bytes: &[u8]) -> Checked<Outline> {
    match kind {
        Kind::Jpeg => jpeg::walk(bytes),
        Kind::Png => png::walk(bytes),
        Kind::Gif => gif::walk(bytes),
        Kind::WebP => webp::walk(bytes),
    }
}

/// Reads forward and never beyond the end.
struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn at(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at }
    }

    fn take(&mut self, count: usize) -> Checked<&'a [u8]> {
        let end = self.at.checked_add(count).ok_or(TRUNCATED)?;
        let taken = self.bytes.get(self.at..end).ok_or(TRUNCATED)?;
        self.at = end;
        Ok(taken)
    }

    fn byte(&mut self) -> Checked<u8> {
        Ok(self.take(1)?[0])
    }

    fn array<const N: usize>(&mut self) -> Checked<[u8; N]> {
        Ok(self.take(N)?.try_into().expect("as many as were asked for"))
    }
}

/// EXIF (a TIFF of one directory with one entry, TIFF 6.0 §2) that says nothing but the orientation.
fn minimal_exif(orientation: Orientation) -> Vec<u8> {
    let mut tiff = b"II\x2a\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    tiff.extend([orientation.to_exif(), 0, 0, 0, 0, 0, 0, 0]);
    tiff
}

/// The orientation in EXIF, if it has any.
fn orientation(tiff: &[u8]) -> Option<Orientation> {
    Orientation::from_exif_chunk(tiff)
}
