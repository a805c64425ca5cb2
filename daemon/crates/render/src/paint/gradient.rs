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
/// Gradients shorter than this, in their own units, are left to tiny-skia.
const LEAST_LENGTH: f64 = 1e-3;

/// The place of a pixel in the gradient, from 0 to 1: a linear function of its coordinates, or the length of two.
enum GradientShape {
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
        let painted = Painted {
            shape,
            method: gradient.spread_method(),
            table: RampTable::new(gradient, fill.opacity() * opacity, steps),
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

struct Painted {
    shape: GradientShape,
    method: SpreadMethod,
    table: RampTable,
}

impl Painted {
    fn row(&self, covered: &[u8], (left, y): (i32, i32), row: &mut [Pixel]) {
        let batches = covered.chunks(BATCH).zip(row.chunks_mut(BATCH));
        for (number, (covered, row)) in batches.enumerate() {
            let (any, all) = covered
                .iter()
                .fold((0, 255), |(any, all), alpha| (any | alpha, all & alpha));
            if any == 0 {
                continue;
            }
            let places = self.places(left as f32 + (number * BATCH) as f32 + 0.5, y as f32 + 0.5);
            let colours = places
                .iter()
                .map(|place| self.table.colours[usize::from(*place) % MANY_STEPS]);
            let pixels = row.iter_mut().zip(colours);
            if all == 255 && self.table.opaque {
                pixels.for_each(|(pixel, colour)| *pixel = colour);
                continue;
            }
            for ((pixel, colour), alpha) in pixels.zip(covered) {
                *pixel = match alpha {
                    0 => continue,
                    _ if colour[3] == 0 => continue,
                    255 => over(colour, *pixel),
                    _ => over(scale(colour, *alpha), *pixel),
                };
            }
        }
    }

    /// Places in the table of the pixels from there on. Plain loops, so that the machine does several at a time.
    fn places(&self, x: f32, y: f32) -> [u16; BATCH] {
        let at = |[fx, fy, f]: [f32; 3]| (fx * x + fy * y + f, fx);
        let mut along = INDEXES;
        match self.shape {
            GradientShape::Linear(linear) => {
                let (start, step) = at(linear);
                for t in &mut along {
                    *t = start + step * *t;
                }
            }
            GradientShape::Radial(across, down) => {
                let ((x, step_x), (y, step_y)) = (at(across), at(down));
                for t in &mut along {
                    let (x, y) = (x + step_x * *t, y + step_y * *t);
                    *t = (x * x + y * y).sqrt();
                }
            }
        }
        match self.method {
            SpreadMethod::Pad => {}
            SpreadMethod::Repeat => along.iter_mut().for_each(|t| *t -= t.floor()),
            SpreadMethod::Reflect => along
                .iter_mut()
                .for_each(|t| *t = (*t - 2.0 * (*t * 0.5 + 0.5).floor()).abs()),
        }
        let steps = (self.table.steps - 1) as f32;
        let mut places = [0; BATCH];
        for (place, t) in places.iter_mut().zip(along) {
            // Not `clamp`: what is no number becomes 0 here.
            let t = if t > 0.0 { t } else { 0.0 };
            let t = if t < 1.0 { t } else { 1.0 };
            // The sum has no room for a fraction: its lowest bits are the rounded number.
            *place = (t * steps + ROUNDING).to_bits() as u16;
        }
        places
    }
}

/// 1.5 times 2 to the 23rd.
const ROUNDING: f32 = 12_582_912.0;
const INDEXES: [f32; BATCH] = {
    let mut indexes = [0.0; BATCH];
    let mut index = 0;
    while index < BATCH {
        indexes[index] = index as f32;
        index += 1;
    }
    indexes
};

/// Premultiplied colours from the gradient's start to its end.
struct RampTable {
    colours: [Pixel; MANY_STEPS],
    /// The number of entries in use.
    steps: usize,
    opaque: bool,
}

impl RampTable {
    fn new(gradient: &BaseGradient, opacity: Opacity, steps: usize) -> Self {
        let mut colours = [[0; 4]; MANY_STEPS];
        let last = (steps - 1) as f32;
        let mut from = (0.0, None);
        let mut done = 0;
        for stop in gradient.stops() {
            let (color, alpha) = (stop.color(), (stop.opacity() * opacity).to_u8());
            let colour = [color.red, color.green, color.blue, alpha].map(f32::from);
            let offset = stop.offset().get() * last;
            let end = (offset.ceil() as usize).clamp(done, steps);
            blend(from, (offset, colour), done, &mut colours[done..end]);
            (done, from) = (end, (offset, Some(colour)));
        }
        if let (_, Some(colour)) = from {
            colours[done..steps].fill(premultiplied(colour));
        }
        let opaque = colours[..steps].iter().all(|pixel| pixel[3] == 255);
        Self { colours, steps, opaque }
    }
}

/// Colours between two stops, which are so many steps from the start; the first is `first` steps from there.
fn blend((from, start): (f32, Option<[f32; 4]>), (to, end): (f32, [f32; 4]), first: usize, colours: &mut [Pixel]) {
    let start = start.unwrap_or(end);
    // Without a step in between there is no colour to make.
    let slope = std::array::from_fn::<f32, 4, _>(|channel| (end[channel] - start[channel]) / (to - from).max(1e-6));
    for (step, colour) in colours.iter_mut().enumerate() {
        let along = (first + step) as f32 - from;
        *colour = premultiplied(std::array::from_fn(|channel| start[channel] + slope[channel] * along));
    }
}

/// From pixels to units of the gradient.
fn to_gradient(gradient: &BaseGradient, transform: Transform) -> Option<Transform> {
    let inverse = transform.pre_concat(gradient.transform()).invert()?;
    inverse.is_finite().then_some(inverse)
}

fn linear_shape(linear: &usvg::LinearGradient, transform: Transform) -> Option<GradientShape> {
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
    Some(GradientShape::Linear(sums.map(|sum| sum as f32)))
}

fn radial_shape(radial: &usvg::RadialGradient, transform: Transform) -> Option<GradientShape> {
    let radius = f64::from(radial.r().get());
    let centred = radial.fx() == radial.cx() && radial.fy() == radial.cy() && radial.fr().get() == 0.0;
    if !centred || radius < LEAST_LENGTH {
        return None;
    }
    let ts = to_gradient(radial, transform)?;
    let line = |x: f32, y: f32, offset: f32, centre: f32| {
        let offset = (f64::from(offset) - f64::from(centre)) / radius;
        [
            (f64::from(x) / radius) as f32,
            (f64::from(y) / radius) as f32,
            offset as f32,
        ]
    };
    Some(GradientShape::Radial(
        line(ts.sx, ts.kx, ts.tx, radial.cx()),
        line(ts.ky, ts.sy, ts.ty, radial.cy()),
    ))
}

fn premultiplied([red, green, blue, alpha]: [f32; 4]) -> Pixel {
    let alpha = f32::from((alpha + 0.5) as u8);
    let [red, green, blue] = [red, green, blue].map(|channel| (channel * alpha / 255.0 + 0.5) as u8);
    [red, green, blue, alpha as u8]
}
