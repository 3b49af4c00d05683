//! The colour that stands for a picture while it loads.

use crate::upload::image::picture::Picture;

/// Longest side of what is looked at, in pixels.
const SIDE: u32 = 48;

/// The dominant colour as `#rrggbb`: the mean of the colours that are most alike (four bits a channel), of what is not clear.
pub fn dominant(picture: &Picture) -> String {
    let small = picture.within(SIDE);
    let mut buckets = vec![[0u32; 4]; 1 << 12];
    for pixel in small.bytes().chunks_exact(small.channels()) {
        if small.see_through() && pixel[3] < 128 {
            continue;
        }
        let index = pixel[..3].iter().fold(0usize, |index, value| index << 4 | usize::from(value >> 4));
        let bucket = &mut buckets[index];
        bucket[0] += 1;
        for (sum, value) in bucket[1..].iter_mut().zip(pixel) {
            *sum += u32::from(*value);
        }
    }
    match buckets.iter().max_by_key(|bucket| bucket[0]) {
        Some([count, red, green, blue]) if *count > 0 => {
            format!("#{:02x}{:02x}{:02x}", red / count, green / count, blue / count)
        }
        _ => "#808080".into(),
    }
}
