//! Compares two images, in numbers and as an image of the differences.

use std::io::Cursor;

use image::{ImageReader, Limits, RgbaImage};
use png::{ColorType, Compression, Encoder};
use serde::{Deserialize, Serialize};

/// Renditions are no larger: 4,096 px wide and four times as tall.
const MAX_BYTES: u64 = 4_096 * 16_384 * 4 * 2;
/// The PSNR of two identical images.
pub const SAME_DB: f64 = 100.0;

/// The similarity of two images of one size.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Likeness {
    /// Over premultiplied red, green, blue and alpha, in dB; at most [`SAME_DB`].
    pub psnr_db: f64,
    /// The largest difference of any channel.
    pub max_difference: u8,
    /// The share of pixels that differ at all, 0 to 1.
    pub differing: f64,
}

/// Compares two PNG or WebP pictures; with it comes a PNG that is grey where they are the same and red where they differ.
/// `None` when they have other sizes.
pub fn compare(old: &[u8], new: &[u8]) -> anyhow::Result<Option<(Likeness, Vec<u8>)>> {
    let (old, new) = (decode(old)?, decode(new)?);
    if old.dimensions() != new.dimensions() {
        return Ok(None);
    }
    let (mut squares, mut max_difference, mut differing) = (0_u64, 0_u8, 0_u64);
    let mut painted = Vec::with_capacity(old.as_raw().len() / 4 * 3);
    for (old, new) in old.pixels().zip(new.pixels()) {
        let (old, new) = (premultiplied(old.0), premultiplied(new.0));
        let mut worst = 0;
        for (a, b) in old.into_iter().zip(new) {
            let difference = a.abs_diff(b);
            squares += u64::from(difference) * u64::from(difference);
            worst = worst.max(difference);
        }
        max_difference = max_difference.max(worst);
        differing += u64::from(worst > 0);
        painted.extend(paint(new, worst));
    }
    let pixels = (u64::from(old.width()) * u64::from(old.height())).max(1) as f64;
    let likeness = Likeness {
        psnr_db: psnr_db(squares as f64 / (pixels * 4.0)),
        max_difference,
        differing: differing as f64 / pixels,
    };
    Ok(Some((likeness, encode(&painted, old.width(), old.height())?)))
}

fn psnr_db(mean_square: f64) -> f64 {
    if mean_square == 0.0 {
        return SAME_DB;
    }
    (10.0 * (255.0 * 255.0 / mean_square).log10()).clamp(0.0, SAME_DB)
}

/// A pale grey of the new picture on white, and the more red the larger the difference.
fn paint([red, green, blue, alpha]: [u8; 4], difference: u8) -> [u8; 3] {
    let on_white = |channel: u8| u16::from(channel) + u16::from(255 - alpha);
    let grey = (on_white(red) + on_white(green) + on_white(blue)) / 3;
    let pale = (255 - (255 - grey.min(255)) / 4) as u8;
    if difference == 0 {
        return [pale; 3];
    }
    // A difference of one is to be seen, too.
    let left = 160 - (u16::from(difference) * 160 / 255) as u8;
    [255, left, left]
}

fn premultiplied([red, green, blue, alpha]: [u8; 4]) -> [u8; 4] {
    let multiply = |channel: u8| ((u16::from(channel) * u16::from(alpha) + 127) / 255) as u8;
    [multiply(red), multiply(green), multiply(blue), alpha]
}

fn decode(bytes: &[u8]) -> anyhow::Result<RgbaImage> {
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format()?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(16_384);
    limits.max_image_height = Some(16_384);
    limits.max_alloc = Some(MAX_BYTES);
    reader.limits(limits);
    Ok(reader.decode()?.into_rgba8())
}

fn encode(rgb: &[u8], width: u32, height: u32) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(16 << 10);
    let mut encoder = Encoder::new(&mut bytes, width, height);
    encoder.set_color(ColorType::Rgb);
    encoder.set_compression(Compression::Fast);
    encoder.write_header()?.write_image_data(rgb)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use image::{ImageFormat, Rgba};

    use super::*;

    fn png(picture: &RgbaImage) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, ImageFormat::Png).unwrap();
        bytes.into_inner()
    }

    #[test]
    fn pictures_that_are_the_same_are_alike_to_the_pixel() {
        // Colour under zero alpha is invisible.
        let (one, other) = (Rgba([9, 9, 9, 0]), Rgba([200, 0, 0, 0]));
        let old = RgbaImage::from_fn(8, 4, |x, _| if x == 0 { one } else { Rgba([1, 2, 3, 255]) });
        let new = RgbaImage::from_fn(8, 4, |x, _| if x == 0 { other } else { Rgba([1, 2, 3, 255]) });
        let (likeness, difference) = compare(&png(&old), &png(&new)).unwrap().unwrap();
        let same = Likeness {
            psnr_db: SAME_DB,
            max_difference: 0,
            differing: 0.0,
        };
        assert_eq!(likeness, same);
        assert!(
            decode(&difference)
                .unwrap()
                .pixels()
                .all(|pixel| pixel.0[0] == pixel.0[1])
        );
    }

    #[test]
    fn what_differs_is_counted_and_painted_red() {
        let old = RgbaImage::from_pixel(10, 10, Rgba([100, 100, 100, 255]));
        let mut new = old.clone();
        new.put_pixel(3, 4, Rgba([100, 100, 120, 255]));
        let (likeness, difference) = compare(&png(&old), &png(&new)).unwrap().unwrap();
        assert_eq!((likeness.max_difference, likeness.differing), (20, 0.01));
        // One of 400 channels is off by 20: a mean square of 1.
        assert!((likeness.psnr_db - 48.13).abs() < 0.01, "{likeness:?}");
        let difference = decode(&difference).unwrap();
        assert!(difference.get_pixel(3, 4).0[1] < 160);
        assert_eq!(difference.get_pixel(4, 4).0[0], difference.get_pixel(4, 4).0[2]);
    }

    #[test]
    fn other_sizes_and_damaged_pictures_are_not_compared() {
        let (small, large) = (RgbaImage::new(2, 2), RgbaImage::new(2, 3));
        assert!(compare(&png(&small), &png(&large)).unwrap().is_none());
        assert!(compare(&png(&small), &png(&large)[..40]).is_err());
    }
}
