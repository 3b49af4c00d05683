//! Pictures made here, good and bad, through the two ways in.
#![allow(clippy::unwrap_used, reason = "in a test the panic is the report")]

use std::io::{Cursor, Write as _};

use image::{
    DynamicImage, Frame, ImageDecoder as _, ImageEncoder as _, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage,
    codecs::gif::GifEncoder, metadata::Orientation,
};
use proptest::prelude::*;

use super::{
    Checked, Refused,
    encode::jpeg,
    picture::Picture,
    process::{Avatar, Mode, Processed, process, process_avatar, read},
    sniff::Kind,
    walk::walk,
};

const BUDGET: usize = 204_800;

fn on_disk<T>(bytes: &[u8], work: impl FnOnce(&std::path::Path) -> T) -> T {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    work(file.path())
}

fn reduced(bytes: &[u8]) -> Checked<Processed> {
    on_disk(bytes, |path| process(&read(path)?, Mode::Budget(BUDGET)))
}

fn original(bytes: &[u8]) -> Checked<Processed> {
    on_disk(bytes, |path| process(&read(path)?, Mode::Original(5_000_000)))
}

fn avatar(bytes: &[u8]) -> Checked<Avatar> {
    on_disk(bytes, |path| process_avatar(&read(path)?))
}

fn opened(bytes: &[u8]) -> DynamicImage {
    image::load_from_memory(bytes).unwrap()
}

fn written(image: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.into().write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// Numbers without a pattern, the same each time.
fn noise(seed: u32) -> impl FnMut() -> u8 {
    let mut state = seed;
    move || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()[1]
    }
}

fn noisy(width: u32, height: u32) -> RgbImage {
    let mut next = noise(7);
    RgbImage::from_fn(width, height, |_, _| Rgb([next(), next(), next()]))
}

/// Left half red, right half blue.
fn halves(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, _| if x < width / 2 { Rgb([220, 20, 20]) } else { Rgb([20, 20, 220]) })
}

fn moving(width: u32, height: u32, frames: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = GifEncoder::new(&mut bytes);
    for index in 0..frames {
        let color = Rgba([if index % 2 == 0 { 250 } else { 5 }, 100, 100, 255]);
        encoder.encode_frame(Frame::new(RgbaImage::from_pixel(width, height, color))).unwrap();
    }
    drop(encoder);
    bytes
}

/// A JPEG with EXIF (orientation and a place), a comment, and bytes behind its end.
fn talkative_jpeg(orientation: u8) -> Vec<u8> {
    let plain = jpeg(&Picture::new(halves(64, 32).into()), 90).unwrap();
    let mut tiff = b"II\x2a\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    tiff.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
    tiff.extend(b"GPS 52.5200N 13.4050E");
    let segment = |marker: u8, body: &[u8]| {
        [&[0xff, marker][..], &u16::try_from(body.len() + 2).unwrap().to_be_bytes(), body].concat()
    };
    let exif = segment(0xe1, &[b"Exif\0\0", &tiff[..]].concat());
    let comment = segment(0xfe, b"<script>secret</script>");
    [&plain[..2], &exif, &comment, &plain[2..], b"PK\x03\x04<html>secret</html>"].concat()
}

fn says(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[test]
fn noise_that_no_quality_makes_small_is_made_smaller_in_size() {
    for (width, height) in [(1200, 900), (3000, 40), (1, 6000)] {
        let done = reduced(&written(noisy(width, height), ImageFormat::Png)).unwrap();
        assert!(done.bytes.len() <= BUDGET, "{width}×{height}: {}", done.bytes.len());
        let image = opened(&done.bytes);
        assert_eq!((image.width(), image.height()), (done.width, done.height));
        assert!(done.thumb.len() <= super::THUMB_BYTES);
        // Not much smaller than it must be.
        assert!(width < 1000 || done.bytes.len() > BUDGET / 2 || done.width == width, "{}", done.bytes.len());
    }
}

#[test]
fn a_drawing_keeps_every_pixel_where_that_fits() {
    let drawing = halves(300, 200);
    let done = reduced(&written(drawing.clone(), ImageFormat::Png)).unwrap();
    assert_eq!(opened(&done.bytes).to_rgb8(), drawing);
    assert!(!done.animated);
}

#[test]
fn what_one_could_see_through_stays_so_however_large() {
    let mut next = noise(3);
    for side in [40, 700] {
        let image =
            RgbaImage::from_fn(side, side, |x, _| Rgba([next(), next(), next(), if x < side / 2 { 0 } else { 255 }]));
        let done = reduced(&written(image, ImageFormat::Png)).unwrap();
        assert!(done.bytes.len() <= BUDGET);
        for bytes in [&done.bytes, &done.thumb] {
            let seen = opened(bytes).to_rgba8();
            assert!(seen.get_pixel(0, 0)[3] < 40 && seen.get_pixel(seen.width() - 1, 0)[3] > 200, "side {side}");
        }
    }
    let opaque = RgbaImage::from_fn(800, 800, |_, _| Rgba([next(), next(), next(), 255]));
    assert_eq!(
        reduced(&written(opaque, ImageFormat::Png)).unwrap().kind,
        Kind::Jpeg,
        "an alpha channel that says nothing goes"
    );
}

#[test]
fn a_turned_photograph_stands_upright_and_says_nothing_of_its_place() {
    for (orientation, size) in [(1, (64, 32)), (3, (64, 32)), (6, (32, 64)), (8, (32, 64))] {
        let done = reduced(&talkative_jpeg(orientation)).unwrap();
        assert_eq!((done.width, done.height), size);
        let image = opened(&done.bytes).to_rgb8();
        // Where the red half must be now.
        let (x, y) = match orientation {
            1 => (4, 16),
            3 => (60, 16),
            6 => (16, 4),
            _ => (16, 60),
        };
        let pixel = image.get_pixel(x, y);
        assert!(pixel[0] > 150 && pixel[2] < 100, "orientation {orientation}: {pixel:?}");
        assert!(!says(&done.bytes, "Exif") && !says(&done.bytes, "GPS") && !says(&done.bytes, "secret"));
    }
}

#[test]
fn an_original_keeps_its_pixels_and_its_orientation_and_nothing_else() {
    let source = talkative_jpeg(6);
    let done = original(&source).unwrap();
    assert_eq!((done.kind, done.width, done.height), (Kind::Jpeg, 32, 64));
    assert_eq!(opened(&done.bytes).to_rgb8(), opened(&source).to_rgb8());
    assert_eq!(walk(Kind::Jpeg, &done.bytes).unwrap().orientation, Orientation::Rotate90);
    assert!(!says(&done.bytes, "GPS") && !says(&done.bytes, "secret") && done.bytes.ends_with(&[0xff, 0xd9]));
    let again = original(&done.bytes).unwrap();
    assert_eq!(again.bytes, done.bytes, "there was nothing left to strip");
}

#[test]
fn originals_of_every_kind_lose_what_stands_behind_their_end() {
    for format in [ImageFormat::Png, ImageFormat::Gif, ImageFormat::WebP] {
        let clean = written(halves(40, 20), format);
        let tail = b"<html>secret</html>";
        let done = original(&[&clean[..], tail].concat()).unwrap();
        assert!(!says(&done.bytes, "secret"), "{format:?}");
        assert_eq!(opened(&done.bytes).to_rgb8(), opened(&clean).to_rgb8());
    }
}

#[test]
fn an_original_above_the_limit_is_too_large() {
    let bytes = written(noisy(200, 200), ImageFormat::Png);
    let refused = on_disk(&bytes, |path| process(&read(path)?, Mode::Original(10_000)));
    assert!(matches!(refused, Err(Refused::OriginalTooLarge)), "{refused:?}");
}

#[test]
fn a_gif_moves_on_where_it_fits_and_else_shows_its_first_frame() {
    let small = reduced(&moving(60, 40, 12)).unwrap();
    assert_eq!((small.kind, small.animated), (Kind::Gif, true));
    assert_eq!(walk(Kind::Gif, &small.bytes).unwrap().frames, 12);
    for (what, gif) in [("long", moving(1, 1, 10_000)), ("large", moving(2000, 2000, 30))] {
        let done = reduced(&gif).unwrap();
        assert!(!done.animated && done.kind != Kind::Gif, "{what}");
    }
    assert!(matches!(original(&moving(1, 1, 10_000)), Err(Refused::Bad(_))));
}

#[test]
fn a_gif_counts_what_its_frames_say_and_not_what_its_canvas_says() {
    let mut gif = moving(2000, 2000, 13);
    gif[6..10].copy_from_slice(&[1, 0, 1, 0]);
    assert_eq!(walk(Kind::Gif, &gif).unwrap().moving_pixels, 2000 * 2000 * 13);
    assert!(!reduced(&gif).is_ok_and(|done| done.animated));
    assert!(matches!(original(&gif), Err(Refused::Bad(_))));
}

/// In Display P3 what is pure red in sRGB.
const P3_RED: Rgb<u8> = Rgb([234, 51, 35]);

/// A picture of one colour with a profile.
fn tagged(color: Rgb<u8>, profile: &moxcms::ColorProfile, format: ImageFormat) -> Vec<u8> {
    let (image, mut bytes) = (RgbImage::from_pixel(64, 48, color), Vec::new());
    let icc = profile.encode().unwrap();
    let (pixels, color) = (image.as_raw(), image::ExtendedColorType::Rgb8);
    macro_rules! write {
        ($encoder:expr) => {{
            let mut encoder = $encoder;
            encoder.set_icc_profile(icc).unwrap();
            encoder.write_image(pixels, 64, 48, color).unwrap();
        }};
    }
    match format {
        ImageFormat::Jpeg => write!(image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, 95)),
        ImageFormat::Png => write!(image::codecs::png::PngEncoder::new(&mut bytes)),
        _ => write!(image::codecs::webp::WebPEncoder::new_lossless(&mut bytes)),
    }
    bytes
}

fn profile_of(bytes: &[u8]) -> Option<moxcms::ColorProfile> {
    let reader = image::ImageReader::new(Cursor::new(bytes)).with_guessed_format().unwrap();
    let icc = reader.into_decoder().unwrap().icc_profile().unwrap()?;
    Some(moxcms::ColorProfile::new_from_slice(&icc).unwrap())
}

#[track_caller]
fn is_pure_red(bytes: &[u8]) {
    let pixel = *opened(bytes).to_rgb8().get_pixel(30, 20);
    assert!(pixel[0] > 248 && pixel[1] < 8 && pixel[2] < 8, "{pixel:?}");
}

#[test]
fn a_picture_with_more_colours_than_srgb_looks_the_same_when_it_is_reduced() {
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
        let source = tagged(P3_RED, &moxcms::ColorProfile::new_display_p3(), format);
        let done = reduced(&source).unwrap();
        is_pure_red(&done.bytes);
        assert!(profile_of(&done.bytes).is_none());
        is_pure_red(&avatar(&source).unwrap().large);
    }
}

#[test]
fn an_original_keeps_its_profile_but_for_the_words_in_it() {
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
        let source = tagged(P3_RED, &moxcms::ColorProfile::new_display_p3(), format);
        let done = original(&source).unwrap();
        assert_eq!(opened(&done.bytes).to_rgb8(), opened(&source).to_rgb8());
        let (before, after) = (profile_of(&source).unwrap(), profile_of(&done.bytes).unwrap());
        assert_eq!(after.colorant_matrix(), before.colorant_matrix(), "{format:?}");
        assert!(before.description.is_some() && after.description.is_none() && after.copyright.is_none());
        is_pure_red(&done.thumb);
        assert_eq!(original(&done.bytes).unwrap().bytes, done.bytes, "{format:?}: there was nothing left to strip");
    }
}

#[test]
fn a_profile_that_says_srgb_says_nothing() {
    let source = tagged(Rgb([12, 200, 77]), &moxcms::ColorProfile::new_srgb(), ImageFormat::Png);
    let done = original(&source).unwrap();
    assert!(profile_of(&done.bytes).is_none());
    assert_eq!(opened(&reduced(&source).unwrap().bytes).to_rgb8(), opened(&source).to_rgb8());
}

#[test]
fn bombs_are_refused_by_what_they_say_of_themselves() {
    for side in [50_000u32, 11_000] {
        let mut header = Vec::new();
        let mut encoder = png::Encoder::new(&mut header, side, side);
        encoder.set_color(png::ColorType::Grayscale);
        let mut writer = encoder.write_header().unwrap();
        writer.write_chunk(png::chunk::IDAT, b"x\x9c\x03\0\0\0\0\x01").unwrap();
        drop(writer);
        assert!(matches!(reduced(&header), Err(Refused::Bad(text)) if text.contains("pixels")), "{side}");
    }
}

#[test]
fn what_is_no_picture_is_told_apart_from_a_damaged_one() {
    for text in
        ["", "<svg xmlns=\"http://www.w3.org/2000/svg\"/>", "<!DOCTYPE html>", "%PDF-1.7", "BM\0\0", "RIFF\0\0\0\0WAVE"]
    {
        assert!(matches!(reduced(text.as_bytes()), Err(Refused::NotAPicture)), "{text}");
    }
    for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Gif, ImageFormat::WebP] {
        let whole = written(noisy(50, 50), format);
        for length in [12, whole.len() / 3, whole.len() / 2, whole.len() - 3] {
            for refused in [reduced(&whole[..length]), original(&whole[..length])] {
                assert!(matches!(refused, Err(Refused::Bad(_))), "{format:?} of {length} bytes: {refused:?}");
            }
        }
    }
}

#[test]
fn an_avatar_is_the_square_in_the_middle() {
    let wide =
        RgbImage::from_fn(300, 100, |x, _| if (100..200).contains(&x) { Rgb([20, 200, 20]) } else { Rgb([0; 3]) });
    let Avatar { large, small } = avatar(&written(wide, ImageFormat::Png)).unwrap();
    let (large, small) = (opened(&large), opened(&small));
    assert_eq!((large.width(), large.height(), small.width(), small.height()), (256, 256, 72, 72));
    for (x, y) in [(5, 5), (250, 5), (128, 128), (5, 250)] {
        assert!(large.to_rgb8().get_pixel(x, y)[1] > 150);
    }
    avatar(&talkative_jpeg(6)).unwrap();
    avatar(&written(RgbaImage::from_pixel(1, 1, Rgba([0, 0, 0, 0])), ImageFormat::Png)).unwrap();
}

#[test]
fn the_dominant_colour_is_the_one_there_is_most_of() {
    let mostly = RgbImage::from_fn(100, 100, |x, _| if x < 70 { Rgb([16, 200, 16]) } else { Rgb([250, 0, 0]) });
    assert_eq!(reduced(&written(mostly, ImageFormat::Png)).unwrap().color, "#10c710");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn damaged_files_are_refused_or_read_but_never_a_panic(
        kind in 0..4usize,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        length in any::<prop::sample::Index>(),
        cut in any::<bool>(),
    ) {
        let formats = [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::Gif, ImageFormat::WebP];
        let mut bytes = written(halves(24, 16), formats[kind]);
        for (at, value) in &changes {
            let at = at.index(bytes.len());
            bytes[at] = *value;
        }
        if cut {
            bytes.truncate(length.index(bytes.len()));
        }
        let kind = Kind::sniff(&bytes);
        if let Some(kind) = kind
            && let Ok(outline) = walk(kind, &bytes)
        {
            prop_assert!(walk(kind, &outline.stripped(Cursor::new(&bytes)).unwrap()).is_ok(), "what is stripped can be walked again");
        }
        for done in [reduced(&bytes), original(&bytes)].into_iter().flatten() {
            prop_assert!(done.bytes.len() <= BUDGET || kind.is_some());
            prop_assert_eq!(Kind::sniff(&done.bytes), Some(done.kind));
        }
        let _ = avatar(&bytes);
    }
}
