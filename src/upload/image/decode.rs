//! Pixels out of files, under limits that are checked before anything large is held.

use std::{
    fs::File,
    io::{self, BufReader, Read, Seek, SeekFrom},
    path::Path,
};

use image::{
    AnimationDecoder, DynamicImage, ImageDecoder, ImageError, ImageResult, Limits,
    codecs::{gif::GifDecoder, jpeg::JpegDecoder, png::PngDecoder, webp::WebPDecoder},
};

use crate::upload::image::{Checked, Deadline, MEMORY, PIXELS, Refused, SIDE, picture::Picture, sniff::Kind};

/// A picture with more pixels than [`PIXELS`], or more of anything than is allowed.
const TOO_MANY: Refused = Refused::Bad("The picture has too many pixels: at most 25 million, and 8,192 a side.");

/// Decodes the (first) picture of a file. `scratch` is what its outline says the decoder needs besides.
///
/// # Errors
/// [`Refused::Bad`] for too many pixels, or a picture that cannot be read; [`Refused::TooSlow`].
pub fn decode(path: &Path, kind: Kind, scratch: u64, deadline: Deadline) -> Checked<Picture> {
    let reader = Timed::open(path, deadline)?;
    let limits = limits();
    let image = match kind {
        Kind::Jpeg => pixels(JpegDecoder::new(reader), scratch),
        Kind::Png => pixels(PngDecoder::with_limits(reader, limits), scratch),
        Kind::Gif => pixels(GifDecoder::new(reader), scratch),
        Kind::WebP => pixels(WebPDecoder::new(reader), scratch),
    };
    deadline.check()?;
    image.map(Picture::new)
}

/// What is known of a picture before it is decoded.
#[derive(Debug, Clone, Copy)]
pub struct Needs {
    /// Bytes that decoding it will hold.
    pub memory: u64,
    /// How many there will be.
    pub pixels: u64,
    /// May one see through them, by their kind? Then each has four bytes, and else three.
    pub has_alpha: bool,
}

/// What a file needs, from its header.
///
/// # Errors
/// As [`decode`], as far as the header tells.
pub fn needs(path: &Path, kind: Kind, scratch: u64, deadline: Deadline) -> Checked<Needs> {
    let reader = Timed::open(path, deadline)?;
    match kind {
        Kind::Jpeg => needed(&JpegDecoder::new(reader).map_err(refused)?, scratch),
        Kind::Png => needed(&PngDecoder::with_limits(reader, limits()).map_err(refused)?, scratch),
        Kind::Gif => needed(&GifDecoder::new(reader).map_err(refused)?, scratch),
        Kind::WebP => needed(&WebPDecoder::new(reader).map_err(refused)?, scratch),
    }
}

/// Decodes every frame of an animation, only to see that it can be done.
///
/// # Errors
/// As for [`decode`].
pub fn check_frames(path: &Path, kind: Kind, deadline: Deadline) -> Checked<()> {
    let reader = Timed::open(path, deadline)?;
    let frames = match kind {
        Kind::Gif => GifDecoder::new(reader).and_then(|mut decoder| {
            decoder.set_limits(limits())?;
            Ok(decoder.into_frames())
        }),
        Kind::WebP => WebPDecoder::new(reader).and_then(|mut decoder| {
            decoder.set_limits(limits())?;
            Ok(decoder.into_frames())
        }),
        Kind::Jpeg | Kind::Png => return Ok(()),
    };
    for frame in frames.map_err(refused)? {
        frame.map_err(refused)?;
        deadline.check()?;
    }
    Ok(())
}

fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.max_image_width = Some(SIDE);
    limits.max_image_height = Some(SIDE);
    limits.max_alloc = Some(MEMORY);
    limits
}

fn pixels(decoder: ImageResult<impl ImageDecoder>, scratch: u64) -> Checked<DynamicImage> {
    let mut decoder = decoder.map_err(refused)?;
    needed(&decoder, scratch)?;
    decoder.set_limits(limits()).map_err(refused)?;
    DynamicImage::from_decoder(decoder).map_err(refused)
}

fn needed(decoder: &impl ImageDecoder, scratch: u64) -> Checked<Needs> {
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    if pixels == 0 {
        return Err(Refused::Bad("The picture has no pixels."));
    }
    // Sixteen bits a channel become eight, and both are held for a moment.
    let color = decoder.color_type();
    let copy = if color.bits_per_pixel() / u16::from(color.channel_count()) > 8 || color.channel_count() < 3 {
        pixels * if color.has_alpha() { 4 } else { 3 }
    } else {
        0
    };
    let memory = decoder.total_bytes().saturating_add(copy).saturating_add(scratch);
    if pixels > PIXELS || width > SIDE || height > SIDE || memory > MEMORY {
        return Err(TOO_MANY);
    }
    Ok(Needs { memory, pixels, has_alpha: color.has_alpha() })
}

fn refused(error: ImageError) -> Refused {
    match error {
        ImageError::Limits(_) => TOO_MANY,
        ImageError::IoError(error) if error.kind() == io::ErrorKind::TimedOut => Refused::TooSlow,
        ImageError::IoError(error) if error.raw_os_error().is_some() => Refused::Io(error),
        ImageError::Unsupported(_) => Refused::Bad("This variant of the format is not supported."),
        _ => Refused::Bad("The picture is cut off or damaged."),
    }
}

/// A file that cannot be read any more when the time is up. (A JPEG is read whole before it is decoded; only its limits end that.)
struct Timed {
    file: File,
    deadline: Deadline,
}

impl Timed {
    fn open(path: &Path, deadline: Deadline) -> Checked<BufReader<Self>> {
        Ok(BufReader::with_capacity(64 * 1024, Self { file: File::open(path)?, deadline }))
    }

    fn in_time(&self) -> io::Result<()> {
        self.deadline.check().map_err(|_| io::ErrorKind::TimedOut.into())
    }
}

impl Read for Timed {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.in_time()?;
        self.file.read(buf)
    }
}

impl Seek for Timed {
    fn seek(&mut self, pos: SeekFrom) -> io::Result<u64> {
        self.in_time()?;
        self.file.seek(pos)
    }
}
