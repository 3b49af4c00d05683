//! Files of at most so many bytes: by quality first, then by size.

use image::{
    ImageEncoder as _,
    codecs::{
        png::{CompressionType, FilterType, PngEncoder},
        webp::WebPEncoder,
    },
    metadata::Orientation,
};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

use crate::upload::image::{Checked, Deadline, Refused, picture::Picture, quantize, sniff::Kind};

/// The qualities tried, best first; below the last a smaller picture looks better than a worse one.
const QUALITIES: [u8; 3] = [85, 72, 60];

/// Up to so many pixels a try is as cheap as an estimate.
const CHEAP: u64 = 800_000;

/// Pixels up to which keeping a drawing without loss is tried: a screen's.
const DRAWING: u64 = 9_000_000;

/// How much smaller than computed a picture is made, so that the next try fits.
const MARGIN: f64 = 0.94;

/// A file.
#[derive(Debug)]
pub struct Encoded {
    /// Its kind.
    pub kind: Kind,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
}

/// What kind of picture it was before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// It may be kept without loss where that fits: drawings and screenshots.
    Drawing,
    /// JPEG will do.
    Photograph,
}

/// Makes a file of at most `budget` bytes. It stays see-through if it is.
///
/// # Errors
/// [`Refused::TooSlow`]; nothing else unless an encoder fails.
pub fn fit(
    picture: Picture,
    orientation: Orientation,
    source: Source,
    budget: usize,
    deadline: Deadline,
) -> Checked<Encoded> {
    if picture.see_through() {
        return fit_see_through(picture, orientation, budget, deadline);
    }
    if source == Source::Drawing && picture.area() <= DRAWING {
        let picture = picture.clone().turned(orientation);
        let bytes = webp(&picture)?;
        if bytes.len() <= budget {
            return Ok(encoded(Kind::WebP, bytes, &picture));
        }
    }
    // Shrunk first and turned then: two full pictures are never held unless a full one fits.
    let picture = prepared(picture, budget, |sample| jpeg(sample, QUALITIES[2]))?;
    fit_jpeg(picture.turned(orientation), budget, deadline)
}

/// A PNG: without loss, or with a palette where that would be larger than so many bytes.
///
/// # Errors
/// Only if an encoder fails.
pub fn png_of_about(picture: &Picture, bytes: usize) -> Checked<Vec<u8>> {
    let mut lossless = Vec::new();
    let written = picture.image().write_with_encoder(PngEncoder::new_with_quality(
        &mut lossless,
        CompressionType::Best,
        FilterType::Adaptive,
    ));
    written.map_err(|_| Refused::Bad("The picture cannot be written."))?;
    if lossless.len() <= bytes { Ok(lossless) } else { quantize::palette_png(picture) }
}

fn fit_jpeg(mut picture: Picture, budget: usize, deadline: Deadline) -> Checked<Encoded> {
    let [best, better, good] = QUALITIES;
    loop {
        deadline.check()?;
        let bytes = jpeg(&picture, good)?;
        if bytes.len() > budget {
            picture = shrunk(&picture, budget, bytes.len());
            continue;
        }
        // How far a better quality is from fitting is known well enough to spare most of the tries.
        for quality in [best, better] {
            if bytes.len() < budget * usize::from(good) / usize::from(quality) {
                let finer = jpeg(&picture, quality)?;
                if finer.len() <= budget {
                    return Ok(encoded(Kind::Jpeg, finer, &picture));
                }
            }
        }
        return Ok(encoded(Kind::Jpeg, bytes, &picture));
    }
}

fn fit_see_through(picture: Picture, orientation: Orientation, budget: usize, deadline: Deadline) -> Checked<Encoded> {
    // A palette needs about a quarter of what is lost without loss.
    let mut picture = prepared(picture, budget * 4, webp)?.turned(orientation);
    loop {
        deadline.check()?;
        let lossless = webp(&picture)?;
        if lossless.len() <= budget {
            return Ok(encoded(Kind::WebP, lossless, &picture));
        }
        let palette = quantize::palette_png(&picture)?;
        if palette.len() <= budget {
            return Ok(encoded(Kind::Png, palette, &picture));
        }
        picture = shrunk(&picture, budget, palette.len().min(lossless.len()));
    }
}

/// Shrinks a large picture to about the size that will fit, guessed from a sample of it.
fn prepared(picture: Picture, budget: usize, write: impl Fn(&Picture) -> Checked<Vec<u8>>) -> Checked<Picture> {
    if picture.area() <= CHEAP {
        return Ok(picture);
    }
    let sample = picture.sample(128, 6, 6);
    let guess = write(&sample)?.len() as f64 * picture.area() as f64 / sample.area() as f64;
    // The whole is a little smaller than its tiles; and where the guess is near, trying is better.
    let share = budget as f64 * 1.2 / guess;
    Ok(if share < 1.0 { picture.scaled(share.sqrt()) } else { picture })
}

/// With as much less area as there were bytes too many.
fn shrunk(picture: &Picture, budget: usize, bytes: usize) -> Picture {
    let share = budget as f64 / bytes as f64;
    picture.scaled((share * MARGIN).sqrt().min(0.97))
}

fn encoded(kind: Kind, bytes: Vec<u8>, picture: &Picture) -> Encoded {
    Encoded { kind, bytes, width: picture.width(), height: picture.height() }
}

/// A JPEG, colours at half resolution.
///
/// # Errors
/// Only if the encoder fails.
pub fn jpeg(picture: &Picture, quality: u8) -> Checked<Vec<u8>> {
    let color = if picture.channels() == 4 { ColorType::Rgba } else { ColorType::Rgb };
    let side = |side: u32| u16::try_from(side).map_err(|_| UNWRITABLE);
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, quality);
    encoder.set_sampling_factor(SamplingFactor::F_2_2);
    // Optimised tables of a picture that is not progressive come in a scan a colour, which some decoders get wrong.
    encoder.set_progressive(true);
    encoder.set_optimized_huffman_tables(true);
    encoder.encode(picture.bytes(), side(picture.width())?, side(picture.height())?, color).map_err(|_| UNWRITABLE)?;
    Ok(bytes)
}

/// A WebP without loss.
///
/// # Errors
/// Only if the encoder fails.
pub fn webp(picture: &Picture) -> Checked<Vec<u8>> {
    let mut bytes = Vec::new();
    WebPEncoder::new_lossless(&mut bytes)
        .write_image(picture.bytes(), picture.width(), picture.height(), picture.image().color().into())
        .map_err(|_| UNWRITABLE)?;
    Ok(bytes)
}

const UNWRITABLE: Refused = Refused::Bad("The picture cannot be written.");
