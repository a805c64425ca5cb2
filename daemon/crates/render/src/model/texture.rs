//! Textures as mipmaps with bilinear sampling.

use std::sync::LazyLock;

use tradepost_inspect::glb::Wrap;

use crate::raster::{Fault, Raster};

/// The texel for a coordinate beyond the edges of a texture.
fn wrapped(wrap: Wrap, at: i64, size: i64) -> i64 {
    match wrap {
        Wrap::Repeat => at.rem_euclid(size),
        Wrap::ClampToEdge => at.clamp(0, size - 1),
        Wrap::MirroredRepeat => {
            let at = at.rem_euclid(size * 2);
            if at < size { at } else { size * 2 - 1 - at }
        }
    }
}

/// A decoded texture.
pub struct Mipmap {
    /// Each half of the one before.
    levels: Vec<MipmapLevel>,
}

struct MipmapLevel {
    width: u32,
    height: u32,
    /// sRGB, not premultiplied.
    pixels: Vec<[u8; 4]>,
}

impl Mipmap {
    /// Decodes a texture of at most so many pixels and scales it down to at most `side` pixels a side; also returns its number of pixels.
    pub fn decode(bytes: &[u8], most_pixels: u64, side: u32) -> Result<(Self, u64), Fault> {
        let raster = Raster::decode_texture(bytes, most_pixels)?;
        let (width, height) = (raster.width(), raster.height());
        let fitted = |length: u32| -> u32 {
            let longest = u64::from(width.max(height));
            let length = (u64::from(length) * u64::from(side) / longest).min(u64::from(length));
            u32::try_from(length.max(1)).unwrap_or(1)
        };
        let scaled = raster.scaled(fitted(width), fitted(height));
        let scaled = scaled.ok_or_else(|| Fault::Damaged("there is no memory for it".to_owned()))?;
        let mut levels = vec![MipmapLevel {
            width: scaled.width(),
            height: scaled.height(),
            pixels: scaled.pixels().map(|pixel| pixel.0).collect(),
        }];
        while let Some(smaller) = levels.last().and_then(MipmapLevel::halved) {
            levels.push(smaller);
        }
        Ok((Self { levels }, u64::from(width) * u64::from(height)))
    }

    /// Pixels in the largest size.
    pub fn area(&self) -> f32 {
        self.levels[0].width as f32 * self.levels[0].height as f32
    }

    /// The colour at texture coordinates (0 to 1 from side to side): linear red, green, blue, and opacity. `level` is how often the size is
    /// halved.
    pub fn colour(&self, coordinates: [f32; 2], wraps: [Wrap; 2], level: usize) -> [f32; 4] {
        let level = &self.levels[level.min(self.levels.len() - 1)];
        let (left, right, across) = neighbours(coordinates[0], level.width, wraps[0]);
        let (top, bottom, down) = neighbours(coordinates[1], level.height, wraps[1]);
        let pixel = |x: usize, y: usize| level.pixels[y * level.width as usize + x];
        let corners = [
            (pixel(left, top), (1.0 - across) * (1.0 - down)),
            (pixel(right, top), across * (1.0 - down)),
            (pixel(left, bottom), (1.0 - across) * down),
            (pixel(right, bottom), across * down),
        ];
        let mut sum = [0.0; 4];
        for (pixel, weight) in corners {
            for channel in 0..3 {
                sum[channel] += LINEAR[usize::from(pixel[channel])] * weight;
            }
            sum[3] += f32::from(pixel[3]) / 255.0 * weight;
        }
        sum
    }
}

impl MipmapLevel {
    fn halved(&self) -> Option<Self> {
        if self.width == 1 && self.height == 1 {
            return None;
        }
        let (width, height) = ((self.width / 2).max(1), (self.height / 2).max(1));
        let pixel =
            |x: u32, y: u32| self.pixels[(y.min(self.height - 1) * self.width + x.min(self.width - 1)) as usize];
        let mean = |x: u32, y: u32| {
            let four = [(0, 0), (1, 0), (0, 1), (1, 1)].map(|(dx, dy)| pixel(x * 2 + dx, y * 2 + dy));
            std::array::from_fn(|channel| {
                let sum: u32 = four.iter().map(|pixel| u32::from(pixel[channel])).sum();
                ((sum + 2) / 4) as u8
            })
        };
        let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        Some(Self {
            width,
            height,
            pixels: pixels.map(|(x, y)| mean(x, y)).collect(),
        })
    }
}

/// The two pixels around a coordinate, and the distance from the first towards the second.
fn neighbours(coordinate: f32, size: u32, wrap: Wrap) -> (usize, usize, f32) {
    let at = if coordinate.is_finite() {
        coordinate * size as f32 - 0.5
    } else {
        0.0
    };
    let first = at.floor();
    let size = i64::from(size);
    // Bounded before something is added to it.
    let whole = first.clamp(-1e12, 1e12) as i64;
    let pixel = |at: i64| usize::try_from(wrapped(wrap, at, size)).unwrap_or(0);
    (pixel(whole), pixel(whole + 1), (at - first).clamp(0.0, 1.0))
}

/// From sRGB to light.
pub static LINEAR: LazyLock<[f32; 256]> = LazyLock::new(|| {
    std::array::from_fn(|shade| {
        let shade = shade as f32 / 255.0;
        if shade <= 0.04045 {
            shade / 12.92
        } else {
            ((shade + 0.055) / 1.055).powf(2.4)
        }
    })
});
