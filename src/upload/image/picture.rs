//! Pixels in memory, eight bits a channel.

use crate::upload::image::profile::Profile;
use fast_image_resize::{
    FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer,
    images::{Image, ImageRef},
};
use image::{DynamicImage, RgbImage, RgbaImage, metadata::Orientation};

/// From this opacity on a pixel counts as opaque: some programs write 254 where they mean 255.
const OPAQUE: u8 = 251;

/// A picture: RGB, or RGBA of which the fourth channel may say nothing.
#[derive(Debug, Clone)]
pub struct Picture {
    image: DynamicImage,
    see_through: bool,
}

/// A part of a picture, in pixels.
#[derive(Debug, Clone, Copy)]
pub struct Area {
    /// From the left.
    pub left: u32,
    /// From the top.
    pub top: u32,
    /// Wide.
    pub width: u32,
    /// High.
    pub height: u32,
}

impl Picture {
    /// Takes over decoded pixels; those of eight bits are not copied.
    pub fn new(image: DynamicImage) -> Self {
        let image = match image {
            DynamicImage::ImageRgb8(_) | DynamicImage::ImageRgba8(_) => image,
            other if other.color().has_alpha() => DynamicImage::ImageRgba8(other.into_rgba8()),
            other => DynamicImage::ImageRgb8(other.into_rgb8()),
        };
        let see_through = image.color().has_alpha() && image.as_bytes().chunks_exact(4).any(|pixel| pixel[3] < OPAQUE);
        Self { image, see_through }
    }

    /// With its colours in sRGB, which is what everything that is made here means.
    pub fn in_srgb(mut self, profile: &Profile) -> Self {
        let channels = self.channels();
        let pixels: &mut [u8] = match &mut self.image {
            DynamicImage::ImageRgb8(image) => image,
            DynamicImage::ImageRgba8(image) => image,
            _ => return self,
        };
        // It is a profile that was tried, so this does not fail.
        let _ = profile.to_srgb(pixels, channels);
        self
    }

    /// In pixels.
    pub fn width(&self) -> u32 {
        self.image.width()
    }

    /// In pixels.
    pub fn height(&self) -> u32 {
        self.image.height()
    }

    /// In pixels.
    pub fn area(&self) -> u64 {
        u64::from(self.width()) * u64::from(self.height())
    }

    /// Can one see through any of it?
    pub fn see_through(&self) -> bool {
        self.see_through
    }

    /// Bytes of a pixel: 3 or 4.
    pub fn channels(&self) -> usize {
        usize::from(self.image.color().channel_count())
    }

    /// Row by row.
    pub fn bytes(&self) -> &[u8] {
        self.image.as_bytes()
    }

    /// Turned upright.
    pub fn turned(mut self, orientation: Orientation) -> Self {
        self.image.apply_orientation(orientation);
        self
    }

    /// Smaller, if its longest side is longer than this.
    pub fn within(&self, side: u32) -> Self {
        let longest = self.width().max(self.height());
        if longest <= side { self.clone() } else { self.scaled(f64::from(side) / f64::from(longest)) }
    }

    /// With both sides times a factor; none becomes 0.
    pub fn scaled(&self, factor: f64) -> Self {
        // Nothing here is made larger than 2^13.
        let side = |side: u32| ((f64::from(side) * factor).round() as u32).max(1);
        self.resized(self.whole(), side(self.width()), side(self.height()))
    }

    /// A part of it in another size.
    pub fn resized(&self, from: Area, width: u32, height: u32) -> Self {
        let kind = if self.channels() == 4 { PixelType::U8x4 } else { PixelType::U8x3 };
        let source = ImageRef::new(self.width(), self.height(), self.bytes(), kind).expect("the bytes are all pixels");
        let mut resized = Image::new(width, height, kind);
        let options = ResizeOptions::new()
            .resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3))
            .use_alpha(self.see_through)
            .crop(f64::from(from.left), f64::from(from.top), f64::from(from.width), f64::from(from.height));
        Resizer::new().resize(&source, &mut resized, &options).expect("the part lies within the picture");
        self.with_bytes(width, height, resized.into_vec())
    }

    /// In the middle of a square with this side, as large as it fits there; beside it one sees through.
    pub fn in_square(&self, side: u32) -> Self {
        let fitted = self.scaled(f64::from(side) / f64::from(self.width().max(self.height())));
        let mut square = RgbaImage::new(side, side);
        let margin = |length: u32| i64::from(side.saturating_sub(length) / 2);
        let (left, top) = (margin(fitted.width()), margin(fitted.height()));
        image::imageops::replace(&mut square, &fitted.image.to_rgba8(), left, top);
        Self::new(DynamicImage::ImageRgba8(square))
    }

    /// Tiles of it below each other, spread evenly: a sample of how its parts look.
    pub fn sample(&self, tile: u32, across: u32, down: u32) -> Self {
        let (tile_width, tile_height) = (tile.min(self.width()), tile.min(self.height()));
        let row = self.width() as usize * self.channels();
        let span = tile_width as usize * self.channels();
        let mut bytes = Vec::with_capacity(span * (tile_height * across * down) as usize);
        for index in 0..across * down {
            let left = (self.width() - tile_width) * (index % across) / (across - 1).max(1);
            let top = (self.height() - tile_height) * (index / across) / (down - 1).max(1);
            for line in top..top + tile_height {
                let start = line as usize * row + left as usize * self.channels();
                bytes.extend_from_slice(&self.bytes()[start..start + span]);
            }
        }
        self.with_bytes(tile_width, tile_height * across * down, bytes)
    }

    /// On white, where one could see through.
    pub fn on_white(self) -> Self {
        if !self.see_through {
            return self;
        }
        let blend = |value: u8, alpha: u8| {
            let (value, alpha) = (u16::from(value), u16::from(alpha));
            u8::try_from((value * alpha + 255 * (255 - alpha)) / 255).expect("a mean of bytes")
        };
        let pixels = self.bytes().chunks_exact(4).flat_map(|pixel| {
            let [red, green, blue, alpha] = [pixel[0], pixel[1], pixel[2], pixel[3]];
            [blend(red, alpha), blend(green, alpha), blend(blue, alpha)]
        });
        let image = RgbImage::from_raw(self.width(), self.height(), pixels.collect()).expect("three bytes a pixel");
        Self { image: DynamicImage::ImageRgb8(image), see_through: false }
    }

    /// The pixels themselves.
    pub fn image(&self) -> &DynamicImage {
        &self.image
    }

    fn whole(&self) -> Area {
        Area { left: 0, top: 0, width: self.width(), height: self.height() }
    }

    fn with_bytes(&self, width: u32, height: u32, bytes: Vec<u8>) -> Self {
        let image = match self.channels() {
            4 => RgbaImage::from_raw(width, height, bytes).map(DynamicImage::ImageRgba8),
            _ => RgbImage::from_raw(width, height, bytes).map(DynamicImage::ImageRgb8),
        };
        Self { image: image.expect("as many bytes as pixels need"), see_through: self.see_through }
    }
}
