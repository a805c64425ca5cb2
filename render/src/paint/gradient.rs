//! Fills with gradients: how much of each pixel is covered first, then its colour from a table.

use resvg::tiny_skia::{IntSize, Mask, PixmapMut, Transform};
use resvg::usvg::{self, BaseGradient, Opacity, SpreadMethod};

use super::Painter;
use super::area::Area;
use super::over::{Pixel, over, scale};
use super::path::rule;

/// Steps of the table for small and for large shapes.
const FEW_STEPS: usize = 256;
const MANY_STEPS: usize = 1024;
const LARGE_PX: usize = 8_192;
/// Pixels whose places in the table are found at once.
const BATCH: usize = 64;
/// Gradients shorter than this, in their own units, are left to tiny-skia, which knows what is meant.
const LEAST_LENGTH: f64 = 1e-3;

/// Where a pixel lies in the gradient, from 0 to 1: a sum of its place, or the length of two.
enum Shape {
    Linear([f32; 3]),
    Radial([f32; 3], [f32; 3]),
}

impl Painter<'_> {
    /// Fills a path with a gradient; `None` when it is of a kind that tiny-skia has to fill.
    pub(super) fn gradient(
        &mut self,
        path: &usvg::Path,
        fill: &usvg::Fill,
        opacity: Opacity,
        transform: Transform,
        pixmap: &mut PixmapMut<'_>,
    ) -> Option<()> {
        let (shape, gradient) = match fill.paint() {
            usvg::Paint::LinearGradient(linear) => (linear_shape(linear, transform)?, &***linear),
            usvg::Paint::RadialGradient(radial) => (radial_shape(radial, transform)?, &***radial),
            usvg::Paint::Color(_) | usvg::Paint::Pattern(_) => return None,
        };
        let picture = Area::of_size(pixmap.width() as usize, pixmap.height() as usize);
        let area = Area::around(path.data().bounds().transform(transform)?, 1).intersect(picture);
        if area.is_empty() {
            return Some(());
        }
        let size = IntSize::from_wh(area.width() as u32, area.height() as u32)?;
        let mut mask = Mask::from_vec(self.scratch.zeroed(area.len()), size)?;
        let moved = Transform::from_translate(-area.left as f32, -area.top as f32).pre_concat(transform);
        let smooth = path.rendering_mode().use_shape_antialiasing();
        mask.fill_path(path.data(), rule(fill.rule()), smooth, moved);
        let steps = if area.len() < LARGE_PX { FEW_STEPS } else { MANY_STEPS };
        let table = table(gradient, fill.opacity() * opacity, steps);
        let painted = Painted {
            shape,
            method: gradient.spread_method(),
            table: &table,
            opaque: table.iter().all(|pixel| pixel[3] == 255),
        };
        for (y, covered) in (area.top..area.bottom).zip(mask.data().chunks_exact(area.width())) {
            let from = picture.index(area.left, y) * 4;
            let row = &mut pixmap.data_mut()[from..from + area.width() * 4];
            painted.row(covered, (area.left, y), row.as_chunks_mut::<4>().0);
        }
        self.scratch.give(mask.take());
        Some(())
    }
}

struct Painted<'a> {
    shape: Shape,
    method: SpreadMethod,
    table: &'a [Pixel],
    opaque: bool,
}

impl Painted<'_> {
    fn row(&self, covered: &[u8], (left, y): (i32, i32), row: &mut [Pixel]) {
        let batches = covered.chunks(BATCH).zip(row.chunks_mut(BATCH));
        for (number, (covered, row)) in batches.enumerate() {
            if covered.iter().fold(0, |any, alpha| any | alpha) == 0 {
                continue;
            }
            let places = self.places(left as f32 + (number * BATCH) as f32 + 0.5, y as f32 + 0.5);
            for ((alpha, pixel), place) in covered.iter().zip(row).zip(places) {
                let colour = self.table[usize::from(place).min(self.table.len() - 1)];
                *pixel = match alpha {
                    0 => continue,
                    255 if self.opaque => colour,
                    255 => over(colour, *pixel),
                    _ => over(scale(colour, *alpha), *pixel),
                };
            }
        }
    }

    /// Places in the table of the pixels from there on.
    fn places(&self, x: f32, y: f32) -> [u16; BATCH] {
        let steps = (self.table.len() - 1) as f32;
        let at = |[fx, fy, f]: [f32; 3]| (fx * x + fy * y + f, fx);
        let along: [f32; BATCH] = match self.shape {
            Shape::Linear(linear) => {
                let (start, step) = at(linear);
                std::array::from_fn(|index| start + step * index as f32)
            }
            Shape::Radial(across, down) => {
                let ((x, step_x), (y, step_y)) = (at(across), at(down));
                std::array::from_fn(|index| {
                    let (x, y) = (x + step_x * index as f32, y + step_y * index as f32);
                    (x * x + y * y).sqrt()
                })
            }
        };
        let within = match self.method {
            SpreadMethod::Pad => along,
            SpreadMethod::Repeat => along.map(|t| t - t.floor()),
            SpreadMethod::Reflect => along.map(|t| ((t - 1.0) - 2.0 * ((t - 1.0) * 0.5).floor() - 1.0).abs()),
        };
        // Through a signed number, which the machine converts to several at a time; what is no number becomes 0.
        within.map(|t| (t.clamp(0.0, 1.0) * steps + 0.5) as i32 as u16)
    }
}

/// From pixels to units of the gradient.
fn to_gradient(gradient: &BaseGradient, transform: Transform) -> Option<Transform> {
    let inverse = transform.pre_concat(gradient.transform()).invert()?;
    inverse.is_finite().then_some(inverse)
}

fn linear_shape(linear: &usvg::LinearGradient, transform: Transform) -> Option<Shape> {
    let ts = to_gradient(linear, transform)?;
    let [x1, y1, x2, y2] = [linear.x1(), linear.y1(), linear.x2(), linear.y2()].map(f64::from);
    let (dx, dy) = (x2 - x1, y2 - y1);
    let square = dx * dx + dy * dy;
    if square.is_nan() || square < LEAST_LENGTH * LEAST_LENGTH {
        return None;
    }
    let [sx, kx, tx, ky, sy, ty] = [ts.sx, ts.kx, ts.tx, ts.ky, ts.sy, ts.ty].map(f64::from);
    let sums = [
        (sx * dx + ky * dy) / square,
        (kx * dx + sy * dy) / square,
        ((tx - x1) * dx + (ty - y1) * dy) / square,
    ];
    Some(Shape::Linear(sums.map(|sum| sum as f32)))
}

fn radial_shape(radial: &usvg::RadialGradient, transform: Transform) -> Option<Shape> {
    let radius = f64::from(radial.r().get());
    let centred = radial.fx() == radial.cx() && radial.fy() == radial.cy() && radial.fr().get() == 0.0;
    if !centred || radius < LEAST_LENGTH {
        return None;
    }
    let ts = to_gradient(radial, transform)?;
    let line = |x: f32, y: f32, offset: f32, centre: f32| {
        let offset = (f64::from(offset) - f64::from(centre)) / radius;
        [(f64::from(x) / radius) as f32, (f64::from(y) / radius) as f32, offset as f32]
    };
    Some(Shape::Radial(
        line(ts.sx, ts.kx, ts.tx, radial.cx()),
        line(ts.ky, ts.sy, ts.ty, radial.cy()),
    ))
}

/// Premultiplied colours from the gradient's start to its end.
fn table(gradient: &BaseGradient, opacity: Opacity, steps: usize) -> Vec<Pixel> {
    let stops: Vec<(f32, [f32; 4])> = gradient
        .stops()
        .iter()
        .map(|stop| {
            let (color, alpha) = (stop.color(), (stop.opacity() * opacity).to_u8());
            (stop.offset().get(), [color.red, color.green, color.blue, alpha].map(f32::from))
        })
        .collect();
    let mut after = 0;
    let place = |step: usize| step as f32 / (steps - 1) as f32;
    (0..steps)
        .map(|step| {
            let t = place(step);
            while stops.get(after).is_some_and(|(offset, _)| *offset <= t) {
                after += 1;
            }
            let before = after.checked_sub(1).and_then(|before| stops.get(before));
            premultiplied(match (before, stops.get(after)) {
                (Some((from, first)), Some((to, second))) => {
                    let share = (t - from) / (to - from);
                    std::array::from_fn(|channel| first[channel] + (second[channel] - first[channel]) * share)
                }
                (Some((_, colour)), None) | (None, Some((_, colour))) => *colour,
                (None, None) => [0.0; 4],
            })
        })
        .collect()
}

fn premultiplied([red, green, blue, alpha]: [f32; 4]) -> Pixel {
    let alpha = alpha.round();
    let [red, green, blue] = [red, green, blue].map(|channel| (channel * alpha / 255.0 + 0.5) as u8);
    [red, green, blue, alpha as u8]
}
