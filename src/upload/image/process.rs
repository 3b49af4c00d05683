//! From a file to what is stored of it.

use std::{
    fs::{self, File},
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
};

use image::metadata::Orientation;

use crate::upload::image::{
    Checked, Deadline, FRAMES, MOVING_PIXELS, PATIENCE, Refused, THUMB_BYTES, THUMB_SIDE, color,
    decode::{Needs, check_frames, decode, needs},
    encode::{Source, fit, png_of_about},
    picture::{Area, Picture},
    sniff::Kind,
    walk::{Outline, walk},
};

/// Sides of an avatar: on a profile, and in lists (twice 36, for fine screens).
const AVATAR_SIDES: (u32, u32) = (256, 72);

/// Most bytes of the two.
const AVATAR_BYTES: (usize, usize) = (32 * 1024, 8 * 1024);

/// Sides of the site's mark: for apps, and on pages (four times 48, for fine screens).
const LOGO_SIDES: (u32, u32) = (512, 192);

/// Most bytes of either without a palette.
const LOGO_BYTES: usize = 128 * 1024;

/// What to make of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// A file of at most so many bytes.
    Budget(usize),
    /// The picture as it is, without its metadata, of at most so many bytes.
    Original(usize),
}

/// What is stored of a picture.
#[derive(Debug)]
pub struct Processed {
    /// Kind of the file.
    pub kind: Kind,
    /// The file.
    pub bytes: Vec<u8>,
    /// As it is shown, in pixels.
    pub width: u32,
    /// As it is shown, in pixels.
    pub height: u32,
    /// Does it move?
    pub animated: bool,
    /// The dominant colour, `#rrggbb`.
    pub color: String,
    /// Kind of the small picture.
    pub thumb_kind: Kind,
    /// The small picture.
    pub thumb: Vec<u8>,
}

/// A person's picture, both JPEG.
#[derive(Debug)]
pub struct Avatar {
    /// 256 pixels a side.
    pub large: Vec<u8>,
    /// 72 pixels a side.
    pub small: Vec<u8>,
}

/// The site's mark, both PNG.
#[derive(Debug)]
pub struct Logo {
    /// 512 pixels a side.
    pub large: Vec<u8>,
    /// 192 pixels a side.
    pub small: Vec<u8>,
}

/// What was found out about a file without decoding it.
pub struct Read {
    path: PathBuf,
    kind: Kind,
    size: usize,
    outline: Outline,
}

/// Looks through a file, all of which is in memory meanwhile; and again where its own bytes are kept and while a JPEG is decoded, but
/// never twice at once. It blocks and never panics.
///
/// # Errors
/// Whatever its container says is wrong with it.
pub fn read(path: &Path) -> Checked<Read> {
    guarded(|| {
        let bytes = fs::read(path)?;
        let kind = Kind::sniff(&bytes).ok_or(Refused::NotAPicture)?;
        let outline = walk(kind, &bytes)?;
        Ok(Read { path: path.to_owned(), kind, size: bytes.len(), outline })
    })
}

/// Decodes and rewrites a picture. It blocks for up to [`PATIENCE`] and never panics.
///
/// # Errors
/// Whatever is wrong with the file.
pub fn process(read: &Read, mode: Mode) -> Checked<Processed> {
    guarded(|| {
        let deadline = Deadline::after(PATIENCE);
        let is_kept = is_kept(read, mode)?;
        let picture = read.pixels(deadline)?;
        let Read { path, kind, size, outline } = read;
        let kind = *kind;
        let animated = is_kept && outline.frames > 1 && kind != Kind::Png;
        if animated {
            check_frames(path, kind, deadline)?;
        }
        let small = picture.within(THUMB_SIDE);
        let color = color::dominant(&small);
        let thumb = fit(small, outline.orientation, Source::Photograph, THUMB_BYTES, deadline)?;
        let (width, height) = upright(&picture, outline.orientation);
        let (kind, bytes, width, height) = match mode {
            _ if is_kept => {
                drop(picture);
                (kind, outline.stripped(File::open(path)?)?, width, height)
            }
            Mode::Budget(budget) | Mode::Original(budget) => {
                let source = source(kind, *size, budget);
                let file = fit(picture, outline.orientation, source, budget, deadline)?;
                (file.kind, file.bytes, file.width, file.height)
            }
        };
        Ok(Processed { kind, bytes, width, height, animated, color, thumb_kind: thumb.kind, thumb: thumb.bytes })
    })
}

/// Bytes of memory that making anything of a picture may take, from its headers: its file, and what decoding it or the heaviest of all
/// that follows holds at once. It blocks and never panics.
///
/// # Errors
/// As [`process`], where the headers say so.
pub fn weight(read: &Read) -> Checked<u64> {
    guarded(|| {
        let Read { path, kind, size, outline } = read;
        let needs = needs(path, *kind, outline.scratch, Deadline::after(PATIENCE))?;
        Ok(*size as u64 + needs.memory.max(making(needs, outline)))
    })
}

/// Decodes a picture, cuts the square in its middle and makes an avatar of it. It blocks and never panics.
///
/// # Errors
/// Whatever is wrong with the file.
pub fn process_avatar(read: &Read) -> Checked<Avatar> {
    guarded(|| {
        let deadline = Deadline::after(PATIENCE);
        let picture = read.pixels(deadline)?;
        let outline = &read.outline;
        let (side, small_side) = AVATAR_SIDES;
        let large = picture.resized(middle(&picture), side, side).on_white().turned(outline.orientation);
        drop(picture);
        let small = large.scaled(f64::from(small_side) / f64::from(side));
        let write = |picture, bytes| fit(picture, Orientation::NoTransforms, Source::Photograph, bytes, deadline);
        Ok(Avatar { large: write(large, AVATAR_BYTES.0)?.bytes, small: write(small, AVATAR_BYTES.1)?.bytes })
    })
}

/// Decodes a picture and makes a mark of it: square, whole, see-through where the picture is or leaves something free. It
/// blocks and never panics.
///
/// # Errors
/// Whatever is wrong with the file.
pub fn process_logo(read: &Read) -> Checked<Logo> {
    guarded(|| {
        let picture = read.pixels(Deadline::after(PATIENCE))?;
        let (side, small_side) = LOGO_SIDES;
        let fitted = picture.within(side).turned(read.outline.orientation);
        drop(picture);
        let large = fitted.in_square(side);
        Ok(Logo {
            large: png_of_about(&large, LOGO_BYTES)?,
            small: png_of_about(&large.in_square(small_side), LOGO_BYTES)?,
        })
    })
}

/// Bytes that are held at once while something is made of decoded pixels, the pixels themselves among them.
fn making(Needs { pixels, has_alpha, .. }: Needs, outline: &Outline) -> u64 {
    if has_alpha || outline.frames > 1 {
        // Four pictures of four bytes a pixel. Made smaller: itself, without the share of its opacity, half-way, and the outcome. Checked
        // whether it moves: the first frame, what stays of the last, one as it is (besides its numbers of colours), one as it is shown.
        12 * pixels + 5 * pixels.max(outline.frame_pixels)
    } else {
        // Without loss: itself, a copy to turn, and four bytes a pixel. A JPEG needs 9: itself, its three planes, and three bytes of
        // coefficients; so does a smaller picture.
        10 * pixels
    }
}

/// A decoder's panic is the picture's fault, not the server's end.
fn guarded<T>(work: impl FnOnce() -> Checked<T>) -> Checked<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err(Refused::Bad("The picture is damaged.")))
}

impl Read {
    /// Its pixels, in sRGB.
    fn pixels(&self, deadline: Deadline) -> Checked<Picture> {
        // The decoder of JPEG reads the whole file before it begins.
        let file = if self.kind == Kind::Jpeg { self.size as u64 } else { 0 };
        let picture = decode(&self.path, self.kind, self.outline.scratch + file, deadline)?;
        Ok(match &self.outline.profile {
            Some(profile) => picture.in_srgb(profile),
            None => picture,
        })
    }
}

/// Are the picture's own bytes kept? A GIF that moves is, where it fits: of one that does not, the first frame is shown.
fn is_kept(Read { kind, outline, .. }: &Read, mode: Mode) -> Checked<bool> {
    let is_calm = outline.frames <= FRAMES && outline.moving_pixels <= MOVING_PIXELS;
    match mode {
        Mode::Budget(budget) => {
            Ok(*kind == Kind::Gif && outline.frames > 1 && is_calm && outline.stripped_len() <= budget)
        }
        Mode::Original(limit) if outline.stripped_len() > limit => Err(Refused::OriginalTooLarge),
        Mode::Original(_) if !is_calm => Err(Refused::Bad("The animation is too long to be kept.")),
        Mode::Original(_) => Ok(true),
    }
}

/// Small files of kinds without loss are drawings; larger ones would not fit without loss anyway.
fn source(kind: Kind, size: usize, budget: usize) -> Source {
    match kind {
        Kind::Png | Kind::Gif if size <= 2 * budget => Source::Drawing,
        _ => Source::Photograph,
    }
}

/// Sides after turning.
fn upright(picture: &Picture, orientation: Orientation) -> (u32, u32) {
    match orientation {
        Orientation::Rotate90 | Orientation::Rotate270 | Orientation::Rotate90FlipH | Orientation::Rotate270FlipH => {
            (picture.height(), picture.width())
        }
        _ => (picture.width(), picture.height()),
    }
}

fn middle(picture: &Picture) -> Area {
    let side = picture.width().min(picture.height());
    Area { left: (picture.width() - side) / 2, top: (picture.height() - side) / 2, width: side, height: side }
}
