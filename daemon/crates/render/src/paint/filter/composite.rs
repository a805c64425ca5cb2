//! The operators of Porter and Duff, and the arithmetic one.

use std::rc::Rc;

use resvg::usvg::filter::CompositeOperator;

use super::blend::{self, aligned};
use super::image::{Image, Pixels};
use crate::paint::area::Area;
use crate::paint::over::{Pixel, mix, scale};
use crate::paint::scratch::Scratch;

/// Puts one picture together with another.
pub fn composite(
    above: Image,
    below: Image,
    operator: CompositeOperator,
    region: Area,
    scratch: &mut Scratch,
) -> Image {
    let (first, second) = (above.area, below.area);
    let both = first.intersect(second);
    match operator {
        CompositeOperator::Over => blend::over(above, below, scratch),
        CompositeOperator::In => combine(above, below, both, scratch, |s, d| scale(s, d[3])),
        CompositeOperator::Out => combine(above, below, first, scratch, |s, d| scale(s, 255 - d[3])),
        CompositeOperator::Atop => combine(above, below, second, scratch, |s, d| mix(s, d[3], d, 255 - s[3])),
        CompositeOperator::Xor => {
            let all = first.union(second);
            combine(above, below, all, scratch, |s, d| mix(s, 255 - d[3], d, 255 - s[3]))
        }
        CompositeOperator::Lighter => {
            let all = first.union(second);
            combine(above, below, all, scratch, |s, d| {
                std::array::from_fn(|channel| s[channel].saturating_add(d[channel]))
            })
        }
        CompositeOperator::Arithmetic { k1, k2, k3, k4 } => {
            // Something comes of nothing when `k4` is positive.
            let area = if k4 > 0.0 { region } else { first.union(second) };
            arithmetic(above, below, area, [k1, k2, k3, k4], scratch)
        }
    }
}

fn arithmetic(above: Image, below: Image, area: Area, k: [f32; 4], scratch: &mut Scratch) -> Image {
    let calculate = move |first: u8, second: u8, most: f32| {
        let (first, second) = (f32::from(first) / 255.0, f32::from(second) / 255.0);
        let result = k[0] * first * second + k[1] * first + k[2] * second + k[3];
        // Also of what is no number.
        if result > most {
            most
        } else if result >= 0.0 {
            result
        } else {
            0.0
        }
    };
    if k[3] <= 0.0
        && let (Some(first), Some(second)) = (above.shades(scratch), below.shades(scratch))
    {
        let mut first_plane = aligned(&first, above.area, 1, area, scratch);
        let second_plane = aligned(&second, below.area, 1, area, scratch);
        for (first, second) in first_plane.iter_mut().zip(&second_plane) {
            *first = (calculate(*first, *second, 1.0) * 255.0) as u8;
        }
        scratch.give(second_plane);
        let space = above.space;
        above.recycle(scratch);
        below.recycle(scratch);
        let pixels = Pixels::Shade(Rc::new(first_plane), None);
        return Image { area, space, pixels };
    }
    combine(above, below, area, scratch, |s, d| {
        let alpha = calculate(s[3], d[3], 1.0);
        if alpha <= f32::EPSILON {
            return [0; 4];
        }
        let channel = |index: usize| (calculate(s[index], d[index], alpha) * 255.0) as u8;
        [channel(0), channel(1), channel(2), (alpha * 255.0) as u8]
    })
}

/// Makes a pixel of two, all over the area; black shades stay shades when both are.
fn combine(
    above: Image,
    below: Image,
    area: Area,
    scratch: &mut Scratch,
    made: impl Fn(Pixel, Pixel) -> Pixel,
) -> Image {
    let space = above.space;
    if let (Some(first), Some(second)) = (above.shades(scratch), below.shades(scratch)) {
        let mut first_plane = aligned(&first, above.area, 1, area, scratch);
        let second_plane = aligned(&second, below.area, 1, area, scratch);
        for (first, second) in first_plane.iter_mut().zip(&second_plane) {
            *first = made([0, 0, 0, *first], [0, 0, 0, *second])[3];
        }
        scratch.give(second_plane);
        above.recycle(scratch);
        below.recycle(scratch);
        let pixels = Pixels::Shade(Rc::new(first_plane), None);
        return Image { area, space, pixels };
    }
    let (first_area, second_area) = (above.area, below.area);
    let (first, second) = (above.colour(scratch), below.colour(scratch));
    let mut pixels = aligned(&first, first_area, 4, area, scratch);
    let others = aligned(&second, second_area, 4, area, scratch);
    for (pixel, other) in pixels.as_chunks_mut::<4>().0.iter_mut().zip(others.as_chunks::<4>().0) {
        *pixel = made(*pixel, *other);
    }
    scratch.give(others);
    let pixels = Pixels::Colour(Rc::new(pixels));
    Image { area, space, pixels }
}
