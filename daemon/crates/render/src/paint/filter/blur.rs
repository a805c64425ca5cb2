//! The Gaussian blur, in one channel or in four.

use std::rc::Rc;

use resvg::tiny_skia::Transform;
use resvg::usvg::ApproxZeroUlps as _;

use super::image::{Image, PixelTable, Pixels};
use super::kernel::{self, Kernel, Lines, STRIDE};
use crate::paint::area::Area;
use crate::paint::scratch::Scratch;

/// A blur reaches no further than this many of its deviations, and the pixels below.
pub const REACH: f32 = 4.5;
pub const LEAST_REACH_PX: f32 = 16.0;
/// Smaller deviations, in pixels, do nothing.
const LEAST_DEVIATION_PX: f32 = 0.05;
/// From here on resvg takes running averages.
const AVERAGES_FROM_PX: f32 = 2.0;

/// A blur in pixels; a direction without a kernel stays sharp.
pub struct Blur {
    across: Option<Kernel>,
    down: Option<Kernel>,
}

impl Blur {
    /// The blur of these deviations in the units of the drawing; `None` when it does nothing at all.
    pub fn new(deviation: (f32, f32), transform: Transform) -> Option<Self> {
        let (sx, sy) = transform.get_scale();
        let (x, y) = (deviation.0 * sx, deviation.1 * sy);
        if x.approx_zero_ulps(4) && y.approx_zero_ulps(4) {
            return None;
        }
        let averages = x >= AVERAGES_FROM_PX || y >= AVERAGES_FROM_PX;
        let kernel = |deviation: f32| {
            let kernel = match averages {
                _ if deviation.is_nan() || deviation < LEAST_DEVIATION_PX => return None,
                true => Kernel::averages(f64::from(deviation)),
                false => Kernel::sum(f64::from(deviation)),
            };
            (kernel.radius() > 0).then_some(kernel)
        };
        Some(Self {
            across: kernel(x),
            down: kernel(y),
        })
    }

    /// Blurs within the region.
    pub fn apply(&self, image: Image, region: Area, scratch: &mut Scratch) -> Image {
        if image.is_nothing() || (self.across.is_none() && self.down.is_none()) {
            return image;
        }
        let radius = |kernel: &Option<Kernel>| {
            kernel
                .as_ref()
                .map_or(0, |kernel| i32::try_from(kernel.radius()).unwrap_or(i32::MAX))
        };
        let area = image
            .area
            .grown(radius(&self.across), radius(&self.down))
            .intersect(region.union(image.area));
        let space = image.space;
        let pixels = match &image.pixels {
            Pixels::Shade(plane, Some(table)) if let Some(table) = even(table) => {
                let blurred = self.plane(plane, image.area, area, 1, scratch);
                Pixels::Shade(Rc::new(blurred), Some(table))
            }
            _ => match image.shades(scratch) {
                Some(plane) => Pixels::Shade(Rc::new(self.plane(&plane, image.area, area, 1, scratch)), None),
                None => {
                    let from = image.area;
                    let colours = image.clone().colour(scratch);
                    let blurred = self.plane(&colours, from, area, 4, scratch);
                    Pixels::Colour(Rc::new(blurred))
                }
            },
        };
        image.recycle(scratch);
        Image { area, space, pixels }
    }

    /// Blurs a picture of one or four bytes a pixel; `area` has all of `from`.
    fn plane(&self, pixels: &[u8], from: Area, area: Area, bytes: usize, scratch: &mut Scratch) -> Vec<u8> {
        let first = area.top.abs_diff(from.top) as usize;
        let mut rows = padded(pixels, from, bytes, first, scratch);
        if let Some(kernel) = &self.down {
            rows = kernel::blur(rows, kernel, area.height(), scratch);
        }
        let blurred = match &self.across {
            None => compact(&rows, from, area, bytes, scratch),
            Some(Kernel::Sum(weights)) => weigh_across(&rows, weights, from, area, bytes, scratch),
            Some(kernel) => {
                let columns = turned(
                    &rows,
                    area.height(),
                    from.width(),
                    area.left.abs_diff(from.left) as usize,
                    bytes,
                    scratch,
                );
                let columns = kernel::blur(columns, kernel, area.width(), scratch);
                let blurred = turned_back(&columns, area, bytes, scratch);
                scratch.give(columns.bytes);
                blurred
            }
        };
        scratch.give(rows.bytes);
        blurred
    }
}

/// The table, when its colours are one colour of every alpha: a blur may then come before the colour.
fn even(table: &Rc<PixelTable>) -> Option<Rc<PixelTable>> {
    let full = table[255];
    let is_even = (full[3] == 255).then(|| {
        (0..=255u8).zip(table.iter()).all(|(shade, pixel)| {
            let expected = crate::paint::over::scale(full, shade);
            pixel
                .iter()
                .zip(expected)
                .all(|(channel, expected)| channel.abs_diff(expected) <= 1)
        })
    });
    is_even.unwrap_or(false).then(|| Rc::clone(table))
}

fn stride(width: usize, bytes: usize) -> usize {
    (width * bytes).next_multiple_of(STRIDE)
}

/// Rows of a picture as lines with room at their end.
fn padded(pixels: &[u8], from: Area, bytes: usize, first: usize, scratch: &mut Scratch) -> Lines {
    let (width, stride) = (from.width() * bytes, stride(from.width(), bytes));
    let mut padded = scratch.zeroed(stride * from.height());
    for (row, line) in pixels
        .chunks_exact(width.max(1))
        .zip(padded.chunks_exact_mut(stride.max(1)))
    {
        line[..width].copy_from_slice(row);
    }
    Lines {
        bytes: padded,
        stride,
        first,
        count: from.height(),
    }
}

/// Lines as rows of a picture that may be wider and higher.
fn compact(rows: &Lines, from: Area, area: Area, bytes: usize, scratch: &mut Scratch) -> Vec<u8> {
    let mut pixels = scratch.zeroed(area.len() * bytes);
    let (left, width) = (area.left.abs_diff(from.left) as usize * bytes, from.width() * bytes);
    let targets = pixels.chunks_exact_mut((area.width() * bytes).max(1)).skip(rows.first);
    for (line, target) in rows
        .bytes
        .chunks_exact(rows.stride.max(1))
        .take(rows.count)
        .zip(targets)
    {
        target[left..left + width].copy_from_slice(&line[..width]);
    }
    pixels
}

/// Blurs each row by itself: its neighbours are the same row, moved.
fn weigh_across(rows: &Lines, weights: &[u16], from: Area, area: Area, bytes: usize, scratch: &mut Scratch) -> Vec<u8> {
    let radius = weights.len().saturating_sub(1);
    let (width, out) = (from.width() * bytes, area.width() * bytes);
    let target_stride = stride(area.width(), bytes);
    // A row with as much nothing on both sides as the kernel looks at.
    let margin = radius * bytes;
    let mut padded = scratch.zeroed(target_stride + 2 * margin);
    let mut line = scratch.zeroed(target_stride);
    let zeros = scratch.zeroed(target_stride);
    let left = margin + area.left.abs_diff(from.left) as usize * bytes;
    let mut pixels = scratch.zeroed(area.len() * bytes);
    let targets = pixels.chunks_exact_mut(out.max(1)).skip(rows.first);
    for (source, target) in rows
        .bytes
        .chunks_exact(rows.stride.max(1))
        .take(rows.count)
        .zip(targets)
    {
        padded[left..left + width].copy_from_slice(&source[..width]);
        let mut taps: [(&[u8], &[u8], u16); 16] = [(&[], &[], 0); 16];
        for (distance, (tap, weight)) in taps.iter_mut().zip(weights).enumerate() {
            let before = if distance == 0 {
                &zeros
            } else {
                &padded[margin - distance * bytes..]
            };
            *tap = (before, &padded[margin + distance * bytes..], *weight);
        }
        kernel::weigh(&taps[..weights.len().min(16)], &mut line);
        target.copy_from_slice(&line[..out]);
    }
    for buffer in [padded, line, zeros] {
        scratch.give(buffer);
    }
    pixels
}

/// The columns of a picture as lines: `width` columns of `height` pixels.
fn turned(rows: &Lines, height: usize, width: usize, first: usize, bytes: usize, scratch: &mut Scratch) -> Lines {
    let stride = stride(height, bytes);
    let mut turned = scratch.zeroed(stride * width);
    let source = |row: usize| &rows.bytes[row * rows.stride..(row + 1) * rows.stride];
    transpose(source, rows.count, width, bytes, &mut turned[..], stride, rows.first);
    Lines {
        bytes: turned,
        stride,
        first,
        count: width,
    }
}

fn turned_back(columns: &Lines, area: Area, bytes: usize, scratch: &mut Scratch) -> Vec<u8> {
    let mut pixels = scratch.zeroed(area.len() * bytes);
    let source = |column: usize| &columns.bytes[column * columns.stride..(column + 1) * columns.stride];
    transpose(
        source,
        columns.count,
        area.height(),
        bytes,
        &mut pixels,
        area.width() * bytes,
        columns.first,
    );
    pixels
}

/// Pixel `x` of source line `y` becomes pixel `offset + y` of target line `x`. Eight by eight, so that both stay in the cache.
fn transpose<'a>(
    source: impl Fn(usize) -> &'a [u8],
    lines: usize,
    width: usize,
    bytes: usize,
    target: &mut [u8],
    stride: usize,
    offset: usize,
) {
    const BLOCK: usize = 8;
    for top in (0..lines).step_by(BLOCK) {
        let block: [&[u8]; BLOCK] = std::array::from_fn(|line| source((top + line).min(lines - 1)));
        let count = BLOCK.min(lines - top);
        for (x, target) in target.chunks_exact_mut(stride).take(width).enumerate() {
            let target = &mut target[(offset + top) * bytes..];
            if bytes == 1 {
                let column = block.map(|line| line[x]);
                match target.first_chunk_mut::<BLOCK>() {
                    Some(whole) if count == BLOCK => *whole = column,
                    _ => target[..count].copy_from_slice(&column[..count]),
                }
            } else {
                let pixels = target.as_chunks_mut::<4>().0.iter_mut().zip(block).take(count);
                pixels.for_each(|(pixel, line)| pixel.copy_from_slice(&line[x * 4..x * 4 + 4]));
            }
        }
    }
}
