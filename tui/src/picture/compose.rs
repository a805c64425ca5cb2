//! Pixels: fitting, scaling, blurring, and what is seen through transparent ones.

use image::imageops::{self, FilterType};
use image::{Rgba, RgbaImage};

use super::Background;
use crate::theme::Ground;

/// Pixels across a blurred picture: shapes of pages, no details.
const BLUR_PIXELS: u32 = 7;

/// Nothing, a quarter, a half, three quarters, all of the cell.
const RAMP: [char; 5] = [' ', '░', '▒', '▓', '█'];

/// The largest size of the same shape that fits into the room.
pub fn fit((w, h): (u32, u32), (room_w, room_h): (u32, u32)) -> Option<(u32, u32)> {
    if w == 0 || h == 0 || room_w == 0 || room_h == 0 {
        return None;
    }
    let by_width = (room_w, (room_w * h / w).max(1));
    if by_width.1 <= room_h {
        return Some(by_width);
    }
    Some(((room_h * w / h).clamp(1, room_w), room_h))
}

/// Scaled with premultiplied alpha, or the colour of transparent pixels bleeds into the edges.
pub fn scale(source: &RgbaImage, (w, h): (u32, u32)) -> RgbaImage {
    imageops::resize(&premultiplied(source), w, h, FilterType::CatmullRom)
}

pub fn pixelate(source: &RgbaImage, (w, h): (u32, u32)) -> RgbaImage {
    let longest = source.width().max(source.height()).max(1);
    let few = |side: u32| (side * BLUR_PIXELS / longest).max(1);
    let (fw, fh) = (few(source.width()), few(source.height()));
    let small = imageops::resize(&premultiplied(source), fw, fh, FilterType::Triangle);
    imageops::resize(&small, w, h, FilterType::Nearest)
}

pub fn premultiplied(source: &RgbaImage) -> RgbaImage {
    let mut out = source.clone();
    for Rgba([r, g, b, a]) in out.pixels_mut() {
        for channel in [r, g, b] {
            *channel = (u16::from(*channel) * u16::from(*a) / 255) as u8;
        }
    }
    out
}

/// The premultiplied picture in the middle of a canvas with a background.
pub fn compose(picture: &RgbaImage, (w, h): (u32, u32), background: Background, checker: u32) -> RgbaImage {
    let (left, top) = ((w - picture.width()) / 2, (h - picture.height()) / 2);
    RgbaImage::from_fn(w, h, |x, y| {
        let under: u8 = match background {
            Background::Light => 250,
            Background::Dark => 24,
            Background::Checker if (x / checker + y / checker).is_multiple_of(2) => 208,
            Background::Checker => 176,
        };
        let inside = x >= left && y >= top && x - left < picture.width() && y - top < picture.height();
        let Rgba([r, g, b, a]) = if inside {
            *picture.get_pixel(x - left, y - top)
        } else {
            Rgba([0, 0, 0, 0])
        };
        let over = |c: u8| (u16::from(c) + u16::from(under) * u16::from(255 - a) / 255).min(255) as u8;
        Rgba([over(r), over(g), over(b), 255])
    })
}

/// One character for two pixels above each other, filled with the foreground as far as that is what they look like.
pub fn shades(grey: &image::GrayImage, ground: Ground) -> Vec<String> {
    let filled = |light: usize| match ground {
        Ground::Dark => light,
        Ground::Light => 255 - light,
    };
    let pairs = grey.height() / 2;
    (0..pairs)
        .map(|row| {
            (0..grey.width())
                .map(|x| {
                    let pair = [grey.get_pixel(x, row * 2).0[0], grey.get_pixel(x, row * 2 + 1).0[0]];
                    let mean = (usize::from(pair[0]) + usize::from(pair[1])) / 2;
                    RAMP[filled(mean) * RAMP.len() / 256]
                })
                .collect()
        })
        .collect()
}
