//! 256 colours for a picture with transparency, and a PNG of them.

use color_quant::NeuQuant;

use crate::upload::image::{Checked, Refused, picture::Picture};

/// Every tenth pixel teaches the palette.
const SAMPLING: i32 = 10;

/// A PNG with a palette.
///
/// # Errors
/// Only if the encoder fails.
pub fn palette_png(picture: &Picture) -> Checked<Vec<u8>> {
    let rgba = picture.image().to_rgba8();
    let palette = NeuQuant::new(SAMPLING, 256, &rgba);
    let indices =
        rgba.chunks_exact(4).map(|pixel| u8::try_from(palette.index_of(pixel)).expect("256 colours")).collect();
    let colors = palette.color_map_rgba();
    write(picture, indices, &colors).map_err(|_| Refused::Bad("The picture cannot be written."))
}

fn write(picture: &Picture, indices: Vec<u8>, colors: &[u8]) -> Result<Vec<u8>, png::EncodingError> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, picture.width(), picture.height());
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_palette(colors.chunks_exact(4).flat_map(|color| [color[0], color[1], color[2]]).collect::<Vec<_>>());
    encoder.set_trns(colors.chunks_exact(4).map(|color| color[3]).collect::<Vec<_>>());
    encoder.set_compression(png::Compression::High);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&indices)?;
    writer.finish()?;
    Ok(bytes)
}
