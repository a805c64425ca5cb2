//! Photographs and textures: decodes PNG, JPEG and WebP within bounds and scales them to the widest preset.

use std::io::Cursor;

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use image::{DynamicImage, ImageDecoder as _, ImageError, ImageReader, Limits, RgbaImage};
use resvg::tiny_skia::{IntSize, Pixmap, PremultipliedColorU8};

/// More is refused by its header, before a pixel is decoded.
pub const MAX_PIXELS: u64 = 50_000_000;
/// What a decoder may allocate: the picture at four bytes a pixel, and as much again to work with.
const MAX_DECODER_BYTES: u64 = MAX_PIXELS * 8;

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    #[error("has {0} x {1} pixels: {MAX_PIXELS} is the limit")]
    TooLarge(u32, u32),
    #[error("can not be decoded: {0}")]
    Damaged(ImageError),
}

/// A decoded picture, upright.
pub struct Raster {
    pixels: RgbaImage,
}

impl Raster {
    /// Decodes a whole file. The format is told by its content, the orientation by its metadata.
    pub fn decode(bytes: &[u8]) -> Result<Self, Fault> {
        let mut reader = ImageReader::new(Cursor::new(bytes))
            .with_guessed_format()
            .expect("reading from memory");
        let mut limits = Limits::default();
        limits.max_alloc = Some(MAX_DECODER_BYTES);
        reader.limits(limits);
        let mut decoder = reader.into_decoder().map_err(Fault::Damaged)?;
        let (width, height) = decoder.dimensions();
        if u64::from(width) * u64::from(height) > MAX_PIXELS {
            return Err(Fault::TooLarge(width, height));
        }
        let orientation = decoder.orientation().map_err(Fault::Damaged)?;
        let mut picture = DynamicImage::from_decoder(decoder).map_err(Fault::Damaged)?;
        picture.apply_orientation(orientation);
        Ok(Self {
            pixels: picture.into_rgba8(),
        })
    }

    pub fn width(&self) -> u32 {
        self.pixels.width()
    }

    pub fn height(&self) -> u32 {
        self.pixels.height()
    }

    /// The picture at a width; its height follows, at most `most` times the width. Premultiplied. `None` when memory is short.
    pub fn at(&self, width: u32, most: u32) -> Option<Pixmap> {
        let natural = f64::from(width) * f64::from(self.height()) / f64::from(self.width());
        let fitted = f64::from(width * most).min(natural);
        // A tall picture is fitted into the height and centred.
        let inner_width = (f64::from(width) * fitted / natural).round().max(1.0) as u32;
        let inner_height = fitted.round().max(1.0) as u32;
        let scaled = self.scaled(inner_width, inner_height)?;
        let mut pixmap = Pixmap::from_vec(premultiplied(scaled), IntSize::from_wh(inner_width, inner_height)?)?;
        if inner_width < width {
            let mut whole = Pixmap::new(width, inner_height)?;
            let left = (width - inner_width) / 2;
            whole.draw_pixmap(
                left.cast_signed(),
                0,
                pixmap.as_ref(),
                &resvg::tiny_skia::PixmapPaint::default(),
                resvg::tiny_skia::Transform::identity(),
                None,
            );
            pixmap = whole;
        }
        Some(pixmap)
    }

    fn scaled(&self, width: u32, height: u32) -> Option<Vec<u8>> {
        let source = ImageRef::new(self.width(), self.height(), self.pixels.as_raw(), PixelType::U8x4).ok()?;
        let mut scaled = Image::new(width, height, PixelType::U8x4);
        let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::CatmullRom));
        Resizer::new().resize(&source, &mut scaled, &options).ok()?;
        Some(scaled.into_vec())
    }
}

fn premultiplied(mut pixels: Vec<u8>) -> Vec<u8> {
    for pixel in pixels.chunks_exact_mut(4) {
        let alpha = u16::from(pixel[3]);
        for channel in &mut pixel[..3] {
            let product = u16::from(*channel) * alpha + 127;
            *channel = ((product + (product >> 8) + 1) >> 8) as u8;
        }
        debug_assert!(PremultipliedColorU8::from_rgba(pixel[0], pixel[1], pixel[2], pixel[3]).is_some());
    }
    pixels
}

#[cfg(test)]
mod tests {
    use image::{ImageFormat, Rgba};

    use super::*;

    fn encoded(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
        let picture = RgbaImage::from_fn(width, height, |x, _| {
            let left = x < width / 2;
            Rgba([if left { 255 } else { 0 }, 0, if left { 0 } else { 255 }, 255])
        });
        let mut bytes = Cursor::new(Vec::new());
        let picture = DynamicImage::ImageRgba8(picture);
        let picture = if format == ImageFormat::Jpeg {
            picture.into_rgb8().into()
        } else {
            picture
        };
        picture.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    #[test]
    fn every_format_is_decoded_and_scaled() {
        for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP] {
            let raster = Raster::decode(&encoded(100, 50, format)).unwrap();
            assert_eq!((raster.width(), raster.height()), (100, 50));
            let pixmap = raster.at(40, 4).unwrap();
            assert_eq!((pixmap.width(), pixmap.height()), (40, 20));
            let (left, right) = (pixmap.pixel(5, 10).unwrap(), pixmap.pixel(35, 10).unwrap());
            assert!(
                left.red() > 200 && left.blue() < 50 && right.blue() > 200,
                "{format:?} {left:?} {right:?}"
            );
        }
    }

    #[test]
    fn a_tall_picture_is_fitted_and_centred() {
        let pixmap = Raster::decode(&encoded(10, 100, ImageFormat::Png))
            .unwrap()
            .at(40, 4)
            .unwrap();
        assert_eq!((pixmap.width(), pixmap.height()), (40, 160));
        assert_eq!(pixmap.pixel(1, 80).unwrap().alpha(), 0);
        assert_eq!(pixmap.pixel(20, 80).unwrap().alpha(), 255);
    }

    #[test]
    fn damaged_pictures_are_refused() {
        let mut bytes = encoded(100, 50, ImageFormat::Png);
        bytes.truncate(bytes.len() / 2);
        assert!(matches!(Raster::decode(&bytes), Err(Fault::Damaged(_))));
        assert!(matches!(Raster::decode(b"no picture"), Err(Fault::Damaged(_))));
    }

    #[test]
    fn too_many_pixels_are_refused_by_the_header() {
        // The header of a PNG of 30,000 x 30,000 pixels, and nothing else.
        let mut bytes = encoded(1, 1, ImageFormat::Png);
        bytes[16..20].copy_from_slice(&30_000_u32.to_be_bytes());
        bytes[20..24].copy_from_slice(&30_000_u32.to_be_bytes());
        let crc = crc32fast::hash(&bytes[12..29]);
        bytes[29..33].copy_from_slice(&crc.to_be_bytes());
        assert!(matches!(Raster::decode(&bytes), Err(Fault::TooLarge(30_000, 30_000))));
    }
}
