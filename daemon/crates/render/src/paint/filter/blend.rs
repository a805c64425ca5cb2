//! One picture over another, plainly or in a blend mode, and shadows.

use std::rc::Rc;

use resvg::tiny_skia::{Color, PixmapMut, PixmapPaint, PixmapRef, Transform};
use resvg::usvg::BlendMode;
use resvg::usvg::filter::{ColorInterpolation, DropShadow};

use super::blur::Blur;
use super::colour::{converter, premultiplied};
use super::image::{Image, Pixels, cut};
use crate::paint::area::Area;
use crate::paint::over::{draw_over, over as pixel_over};
use crate::paint::scratch::Scratch;

/// Blends `above` with `below`.
pub fn blend(above: Image, below: Image, mode: BlendMode, scratch: &mut Scratch) -> Image {
    if mode == BlendMode::Normal {
        return over(above, below, scratch);
    }
    let (area, space) = (above.area.union(below.area), above.space);
    let (above_area, below_area) = (above.area, below.area);
    let mut pixels = aligned(&below.colour(scratch), below_area, 4, area, scratch);
    let source = aligned(&above.colour(scratch), above_area, 4, area, scratch);
    let (width, height) = (area.width() as u32, area.height() as u32);
    let source_ref = PixmapRef::from_bytes(&source, width, height);
    if let (Some(source), Some(mut target)) = (source_ref, PixmapMut::from_bytes(&mut pixels, width, height)) {
        let paint = PixmapPaint {
            blend_mode: crate::paint::blend_mode(mode),
            ..PixmapPaint::default()
        };
        target.draw_pixmap(0, 0, source, &paint, Transform::identity(), None);
    }
    scratch.give(source);
    let pixels = Pixels::Colour(Rc::new(pixels));
    Image { area, space, pixels }
}

/// Draws `above` over `below`.
pub fn over(above: Image, below: Image, scratch: &mut Scratch) -> Image {
    if below.is_nothing() {
        below.recycle(scratch);
        return above;
    }
    if above.is_nothing() {
        above.recycle(scratch);
        return below;
    }
    let (area, space) = (above.area.union(below.area), above.space);
    let from = below.area;
    let below = below.colour(scratch);
    let mut pixels = match Rc::try_unwrap(below) {
        Ok(pixels) if from == area => pixels,
        Ok(pixels) => {
            let wide = aligned(&pixels, from, 4, area, scratch);
            scratch.give(pixels);
            wide
        }
        Err(shared) => aligned(&shared, from, 4, area, scratch),
    };
    match &above.pixels {
        Pixels::Colour(source) => draw_over(source, above.area, 1.0, &mut pixels, area),
        Pixels::Shade(plane, table) => {
            let width = above.area.width();
            for (y, shades) in (above.area.top..).zip(plane.chunks_exact(width.max(1))) {
                let to = area.index(above.area.left, y) * 4;
                let row = pixels[to..to + width * 4].as_chunks_mut::<4>().0;
                for (pixel, shade) in row.iter_mut().zip(shades) {
                    let source = table
                        .as_ref()
                        .map_or([0, 0, 0, *shade], |table| table[usize::from(*shade)]);
                    if source[3] != 0 {
                        *pixel = pixel_over(source, *pixel);
                    }
                }
            }
        }
        Pixels::Flood(source) => {
            for y in above.area.top..above.area.bottom {
                let to = area.index(above.area.left, y) * 4;
                let row = pixels[to..to + above.area.width() * 4].as_chunks_mut::<4>().0;
                row.iter_mut().for_each(|pixel| *pixel = pixel_over(*source, *pixel));
            }
        }
    }
    above.recycle(scratch);
    let pixels = Pixels::Colour(Rc::new(pixels));
    Image { area, space, pixels }
}

/// The picture over its own shadow.
pub fn drop_shadow(
    effect: &DropShadow,
    image: Image,
    transform: Transform,
    region: Area,
    scratch: &mut Scratch,
) -> Image {
    let shape = image.clone().alpha(scratch);
    let deviation = (effect.std_dev_x().get(), effect.std_dev_y().get());
    let blurred = match Blur::new(deviation, transform) {
        Some(blur) => blur.apply(shape, region, scratch),
        None => shape,
    };
    let color = effect.color();
    let color = Color::from_rgba8(color.red, color.green, color.blue, effect.opacity().to_u8());
    let space = image.space;
    let convert = converter(ColorInterpolation::LinearRGB);
    let shadow = |pixel: [u8; 4]| {
        let mut color = color;
        color.apply_opacity(f32::from(pixel[3]) / 255.0);
        // A colour is sRGB already; resvg converts it all the same.
        match space {
            ColorInterpolation::LinearRGB => convert(premultiplied(color)),
            ColorInterpolation::SRGB => premultiplied(color),
        }
    };
    let (sx, sy) = transform.get_scale();
    let tinted = blurred.mapped(shadow, Area::EMPTY, scratch);
    let moved = tinted.moved(effect.dx() * sx, effect.dy() * sy, region, scratch);
    over(image, Image { space, ..moved }, scratch)
}

/// A part of a picture of so many bytes a pixel, which may be larger than the picture: nothing is drawn there.
pub fn aligned(pixels: &[u8], from: Area, bytes: usize, area: Area, scratch: &mut Scratch) -> Vec<u8> {
    if from.intersect(area) == area {
        return cut(pixels, from, bytes, area, scratch);
    }
    let both = from.intersect(area);
    let mut wide = scratch.zeroed(area.len() * bytes);
    let width = both.width() * bytes;
    for y in both.top..both.bottom {
        let (source, target) = (from.index(both.left, y) * bytes, area.index(both.left, y) * bytes);
        wide[target..target + width].copy_from_slice(&pixels[source..source + width]);
    }
    wide
}
