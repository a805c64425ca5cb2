//! Photographs and textures: decodes PNG, JPEG and WebP within bounds, scales them, and brings their colours to sRGB.

mod colour;
mod read;
#[cfg(test)]
mod tests;

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use image::metadata::Orientation;
use image::{DynamicImage, RgbaImage};
use resvg::tiny_skia::{IntSize, Pixmap, PixmapPaint, PremultipliedColorU8, Transform};

use self::colour::Colours;

/// More is refused by its header, before a pixel is decoded.
pub const MAX_PIXELS: u64 = 50_000_000;

/// The reason why there is no picture.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    #[error("has {0} x {1} pixels: {MAX_PIXELS} is the limit")]
    TooLarge(u32, u32),
    #[error("can not be decoded: {0}")]
    Damaged(String),
}

/// A decoded picture. The pixels stay as the file has them, in its own colours and on their side if need be: what is scaled down
/// is turned and converted for a fraction of the time and memory.
pub struct Raster {
    width: u32,
    height: u32,
    channels: Channels,
    /// 8 bits a channel, not premultiplied, row by row.
    pixels: Vec<u8>,
    orientation: Orientation,
    colours: Colours,
}

/// The channels of a pixel; the number is its size in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Channels {
    Grey = 1,
    GreyAlpha = 2,
    Rgb = 3,
    Rgba = 4,
}

impl Raster {
    /// Decodes a whole file. Its content tells the format, its metadata the orientation and the colours.
    pub fn decode(bytes: &[u8]) -> Result<Self, Fault> {
        read::read(bytes, MAX_PIXELS)
    }

    /// Decodes a whole file of at most so many pixels, and leaves its orientation and its colours as they are: what a texture of a model asks for.
    pub fn decode_texture(bytes: &[u8], most_pixels: u64) -> Result<Self, Fault> {
        Ok(Self {
            orientation: Orientation::NoTransforms,
            colours: Colours::srgb(),
            ..read::read(bytes, most_pixels)?
        })
    }

    /// In pixels, upright.
    pub fn width(&self) -> u32 {
        if self.is_on_its_side() { self.height } else { self.width }
    }

    /// In pixels, upright.
    pub fn height(&self) -> u32 {
        if self.is_on_its_side() { self.width } else { self.height }
    }

    /// A colour profile that was ignored, and why, for the contributor.
    pub fn note(&self) -> Option<&'static str> {
        self.colours.note()
    }

    /// The picture in sRGB at a width; its height follows, at most `most` times the width. Premultiplied. `None` when memory is short.
    pub fn at(&self, width: u32, most: u32) -> Option<Pixmap> {
        let natural = f64::from(width) * f64::from(self.height()) / f64::from(self.width());
        let fitted = f64::from(width.checked_mul(most)?).min(natural);
        // A tall picture is fitted into the height and centred.
        let inner_width = (f64::from(width) * fitted / natural).round().max(1.0) as u32;
        let inner_height = fitted.round().max(1.0) as u32;
        let pixels = premultiplied(self.scaled(inner_width, inner_height)?.into_raw());
        let pixmap = Pixmap::from_vec(pixels, IntSize::from_wh(inner_width, inner_height)?)?;
        if inner_width >= width {
            return Some(pixmap);
        }
        let mut whole = Pixmap::new(width, inner_height)?;
        let left = ((width - inner_width) / 2).cast_signed();
        let paint = PixmapPaint::default();
        whole.draw_pixmap(left, 0, pixmap.as_ref(), &paint, Transform::identity(), None);
        Some(whole)
    }

    /// The picture upright, in sRGB and not premultiplied, at this size in pixels. `None` when memory is short.
    pub fn scaled(&self, width: u32, height: u32) -> Option<RgbaImage> {
        let (stored_width, stored_height) = if self.is_on_its_side() {
            (height, width)
        } else {
            (width, height)
        };
        let mut rgba = with_four_channels(self.channels, self.resized(stored_width, stored_height)?);
        self.colours.apply(&mut rgba);
        let mut upright = DynamicImage::ImageRgba8(RgbaImage::from_raw(stored_width, stored_height, rgba)?);
        upright.apply_orientation(self.orientation);
        Some(upright.into_rgba8())
    }

    fn is_on_its_side(&self) -> bool {
        use Orientation::{Rotate90, Rotate90FlipH, Rotate270, Rotate270FlipH};
        matches!(self.orientation, Rotate90 | Rotate90FlipH | Rotate270 | Rotate270FlipH)
    }

    fn resized(&self, width: u32, height: u32) -> Option<Vec<u8>> {
        let pixel_type = match self.channels {
            Channels::Grey => PixelType::U8,
            Channels::GreyAlpha => PixelType::U8x2,
            Channels::Rgb => PixelType::U8x3,
            Channels::Rgba => PixelType::U8x4,
        };
        let source = ImageRef::new(self.width, self.height, &self.pixels, pixel_type).ok()?;
        let mut scaled = Image::new(width, height, pixel_type);
        let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::CatmullRom));
        Resizer::new().resize(&source, &mut scaled, &options).ok()?;
        Some(scaled.into_vec())
    }
}

fn with_four_channels(channels: Channels, pixels: Vec<u8>) -> Vec<u8> {
    match channels {
        Channels::Grey => pixels.iter().flat_map(|&grey| [grey, grey, grey, 255]).collect(),
        Channels::GreyAlpha => {
            let (pairs, _) = pixels.as_chunks();
            pairs
                .iter()
                .flat_map(|&[grey, alpha]| [grey, grey, grey, alpha])
                .collect()
        }
        Channels::Rgb => {
            let (triples, _) = pixels.as_chunks();
            triples
                .iter()
                .flat_map(|&[red, green, blue]| [red, green, blue, 255])
                .collect()
        }
        Channels::Rgba => pixels,
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
