//! Colour profiles (ICC.1): what the numbers of a picture's pixels mean, where that is not sRGB.
//!
//! Only profiles of a matrix and three curves are known (Display P3, Adobe RGB and the like); they are written anew, so that no text,
//! serial number or anything else in one is passed on.

use flate2::{Compression, read::ZlibDecoder, write::ZlibEncoder};
use moxcms::{ColorProfile, Layout, TransformOptions};
use std::io::{Read as _, Write as _};

/// Most bytes of a profile that is looked at, and of one that is written.
const LARGEST: usize = 32 * 1024;

/// Differences to sRGB, of 255, up to which a profile is one of the many that mean sRGB.
const SAME: u8 = 2;

/// Pixels converted at once.
const SOME: usize = 4_096;

/// A profile other than sRGB.
#[derive(Debug)]
pub struct Profile {
    profile: ColorProfile,
    bytes: Vec<u8>,
}

impl Profile {
    /// Reads a profile; `None` for what is none, for those that are not known, and for sRGB itself.
    pub fn read(icc: &[u8]) -> Option<Self> {
        let given = (icc.len() <= LARGEST).then(|| ColorProfile::new_from_slice(icc).ok())??;
        if !given.is_matrix_shaper() {
            return None;
        }
        let mut profile = ColorProfile::new_srgb();
        (profile.description, profile.copyright, profile.cicp) = (None, None, None);
        profile.white_point = given.white_point;
        profile.media_white_point = given.media_white_point;
        profile.chromatic_adaptation = given.chromatic_adaptation;
        profile.red_colorant = given.red_colorant;
        profile.green_colorant = given.green_colorant;
        profile.blue_colorant = given.blue_colorant;
        profile.red_trc = given.red_trc;
        profile.green_trc = given.green_trc;
        profile.blue_trc = given.blue_trc;
        let bytes = padded(profile.encode().ok()?);
        let read = Self { profile, bytes };
        (read.bytes.len() <= LARGEST && !read.is_srgb()?).then_some(read)
    }

    /// Unpacks and reads the profile in a PNG's `iCCP` chunk (W3C PNG §11.3.2.3).
    pub fn unpack(chunk: &[u8]) -> Option<Self> {
        let name = chunk.iter().take(80).position(|byte| *byte == 0)?;
        let packed = chunk.get(name + 1..)?.strip_prefix(&[0])?;
        let mut icc = Vec::new();
        ZlibDecoder::new(packed).take(LARGEST as u64 + 1).read_to_end(&mut icc).ok()?;
        Self::read(&icc)
    }

    /// As a file has it.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// As the body of an `iCCP` chunk.
    pub fn packed(&self) -> Vec<u8> {
        let mut packed = ZlibEncoder::new(b"icc\0\0".to_vec(), Compression::best());
        packed.write_all(&self.bytes).and_then(|()| packed.finish()).expect("memory takes everything")
    }

    /// Turns pixels of 3 or 4 bytes into sRGB.
    pub fn to_srgb(&self, pixels: &mut [u8], channels: usize) -> Option<()> {
        let layout = if channels == 4 { Layout::Rgba } else { Layout::Rgb };
        let srgb = ColorProfile::new_srgb();
        let transform = self.profile.create_transform_8bit(layout, &srgb, layout, TransformOptions::default()).ok()?;
        let mut before = Vec::with_capacity(SOME * channels);
        for some in pixels.chunks_mut(SOME * channels) {
            before.clear();
            before.extend_from_slice(some);
            transform.transform(&before, some).ok()?;
        }
        Some(())
    }

    /// Does it say the same as sRGB of colours from all over the cube?
    fn is_srgb(&self) -> Option<bool> {
        let steps = || (0..=255u8).step_by(51);
        let cube =
            steps().flat_map(|red| steps().flat_map(move |green| steps().flat_map(move |blue| [red, green, blue])));
        let before: Vec<u8> = cube.collect();
        let mut after = before.clone();
        self.to_srgb(&mut after, 3)?;
        Some(before.iter().zip(&after).all(|(before, after)| before.abs_diff(*after) <= SAME))
    }
}

/// The length, which stands in the first four bytes, is a multiple of four (ICC.1 §7.1).
fn padded(mut profile: Vec<u8>) -> Vec<u8> {
    profile.resize(profile.len().next_multiple_of(4), 0);
    let length = u32::try_from(profile.len()).unwrap_or(u32::MAX).to_be_bytes();
    if let Some(stated) = profile.get_mut(..4) {
        stated.copy_from_slice(&length);
    }
    profile
}
