//! Something to upload: twelve megapixels that compress as a photograph does.

use jpeg_encoder::{ColorType, Encoder};
use rand::{RngExt as _, SeedableRng as _, rngs::SmallRng};

/// Of a phone's camera.
const SIZE: (u16, u16) = (4_032, 3_024);

/// A JPEG of about four megabytes, the same in every run.
///
/// # Errors
/// None that can happen: the size is one that JPEG has.
pub fn photograph() -> anyhow::Result<Vec<u8>> {
    let mut random = SmallRng::seed_from_u64(7);
    let (width, height) = (u32::from(SIZE.0), u32::from(SIZE.1));
    let mut pixels = Vec::with_capacity(usize::from(SIZE.0) * usize::from(SIZE.1) * 3);
    for y in 0..height {
        for x in 0..width {
            // A slope with a grain: what a sky is to an encoder.
            let shade = (x * 127 / width + y * 127 / height).to_le_bytes()[0];
            let grain = random.random_range(0..24_u8);
            pixels.extend([shade.saturating_add(grain), shade, 255 - shade]);
        }
    }
    let mut jpeg = Vec::new();
    Encoder::new(&mut jpeg, 90).encode(&pixels, SIZE.0, SIZE.1, ColorType::Rgb)?;
    Ok(jpeg)
}
