//! A hash of what the picture looks like, from the low frequencies of its cosine transform.
//!
//! The picture is cut to what shows, so that neither size nor padding count. Of drawings in a single colour only their coverage is looked at; of
//! others, how far each place is from the mean lightness. So light and dark ones, and a picture and its negative, have the same hash.

use resvg::tiny_skia::{Pixmap, PremultipliedColorU8};

use super::colours::Colours;

const SIDE: usize = 32;
const LOW: usize = 8;
/// Fainter pixels do not count for the box.
const VISIBLE: u8 = 24;
/// Channels of equal colours differ by no more than this, because of rounding.
const SAME_COLOUR: u8 = 24;
/// The weight of coverage against lightness where there are several colours.
const COVERAGE: f32 = 0.3;
const LIGHTNESS: f32 = 1.4;
/// A drawing that covers a smaller part of the picture counts as blank.
const MIN_COVERED: f64 = 0.004;

/// The number of bits of 64 in which two looks differ.
pub fn distance(first: u64, second: u64) -> u32 {
    (first ^ second).count_ones()
}

/// The hash, and `true` when there is too little to see for it to mean anything.
pub(super) fn look(pixels: &Pixmap, colours: Colours) -> (u64, bool) {
    let Some(crop) = visible_box(pixels) else {
        return (0, true);
    };
    let values = visual_weights(pixels, colours.are_at_most_one());
    let small = shrink(&values, pixels.width() as usize, crop);
    let coefficients = transform(&small);
    let middle = median(coefficients);
    let mut hash = 0_u64;
    for (bit, value) in coefficients.iter().enumerate() {
        if *value > middle {
            hash |= 1 << bit;
        }
    }
    let alphas: u64 = pixels.pixels().iter().map(|pixel| u64::from(pixel.alpha())).sum();
    let covered = alphas as f64 / (pixels.pixels().len() as f64 * 255.0);
    let plain = covered < MIN_COVERED || is_uniform(&small, crop);
    (hash, plain)
}

/// Left, top, right and bottom of what shows, the last two exclusive.
#[derive(Clone, Copy)]
struct Crop {
    left: usize,
    top: usize,
    right: usize,
    bottom: usize,
}

fn visible_box(pixels: &Pixmap) -> Option<Crop> {
    let width = pixels.width() as usize;
    let mut crop: Option<Crop> = None;
    for (y, row) in pixels.pixels().chunks_exact(width).enumerate() {
        let shows = |pixel: &PremultipliedColorU8| pixel.alpha() >= VISIBLE;
        let (Some(first), Some(last)) = (row.iter().position(shows), row.iter().rposition(shows)) else {
            continue;
        };
        crop = Some(crop.map_or(
            Crop {
                left: first,
                top: y,
                right: last + 1,
                bottom: y + 1,
            },
            |crop| Crop {
                left: crop.left.min(first),
                top: crop.top,
                right: crop.right.max(last + 1),
                bottom: y + 1,
            },
        ));
    }
    crop
}

pub(super) fn is_one_colour(pixels: &Pixmap) -> bool {
    let (mut low, mut high) = ([255_u8; 3], [0_u8; 3]);
    let mut last = PremultipliedColorU8::TRANSPARENT;
    for &pixel in pixels.pixels().iter().filter(|pixel| pixel.alpha() >= 128) {
        // Most of a drawing is runs of one colour.
        if pixel == last {
            continue;
        }
        last = pixel;
        let colour = pixel.demultiply();
        for (channel, value) in [colour.red(), colour.green(), colour.blue()].into_iter().enumerate() {
            low[channel] = low[channel].min(value);
            high[channel] = high[channel].max(value);
        }
    }
    low.iter()
        .zip(high)
        .all(|(&low, high)| high.saturating_sub(low) <= SAME_COLOUR)
}

/// The visual weight of each pixel.
fn visual_weights(pixels: &Pixmap, are_one_colour: bool) -> Vec<f32> {
    let alpha = |pixel: &PremultipliedColorU8| f32::from(pixel.alpha()) / 255.0;
    if are_one_colour {
        return pixels.pixels().iter().map(alpha).collect();
    }
    let light = |pixel: &PremultipliedColorU8| {
        let [red, green, blue] = [pixel.red(), pixel.green(), pixel.blue()].map(|channel| f32::from(channel) / 255.0);
        0.299 * red + 0.587 * green + 0.114 * blue
    };
    let lights: f64 = pixels.pixels().iter().map(|pixel| f64::from(light(pixel))).sum();
    let alphas: f64 = pixels.pixels().iter().map(|pixel| f64::from(alpha(pixel))).sum();
    let mean = (lights / alphas.max(1.0)) as f32;
    let value =
        |pixel: &PremultipliedColorU8| COVERAGE * alpha(pixel) + LIGHTNESS * (light(pixel) - alpha(pixel) * mean).abs();
    pixels.pixels().iter().map(value).collect()
}

/// Half of the values are above it, so that a hash has as many ones as zeros.
fn median(mut values: [f64; LOW * LOW]) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    (values[LOW * LOW / 2 - 1] + values[LOW * LOW / 2]) / 2.0
}

/// The box in the middle of a square of `SIDE` cells, each the mean of what it covers.
fn shrink(values: &[f32], width: usize, crop: Crop) -> [f64; SIDE * SIDE] {
    let (columns, rows) = (crop.right - crop.left, crop.bottom - crop.top);
    let side = columns.max(rows) as f64;
    let cell = side / SIDE as f64;
    let (x0, y0) = ((columns as f64 - side) / 2.0, (rows as f64 - side) / 2.0);
    let mut small = [0.0; SIDE * SIDE];
    for (row_of_cells, targets) in small.chunks_exact_mut(SIDE).enumerate() {
        let y = row_of_cells as f64 * cell + y0;
        // The rows of pixels that this row of cells covers, added up.
        let mut line = vec![0.0_f64; columns];
        for (row, height) in overlaps(y, y + cell, rows) {
            let start = (crop.top + row) * width + crop.left;
            for (sum, value) in line.iter_mut().zip(&values[start..start + columns]) {
                *sum += f64::from(*value) * height;
            }
        }
        for (column_of_cells, target) in targets.iter_mut().enumerate() {
            let x = column_of_cells as f64 * cell + x0;
            let sum: f64 = overlaps(x, x + cell, columns)
                .map(|(column, breadth)| line[column] * breadth)
                .sum();
            *target = sum / (cell * cell);
        }
    }
    small
}

/// The whole steps between two places, and the part of each.
fn overlaps(from: f64, to: f64, most: usize) -> impl Iterator<Item = (usize, f64)> {
    let first = from.floor().max(0.0) as usize;
    let last = (to.ceil().max(0.0) as usize).min(most);
    (first..last).map(move |step| {
        let overlap = to.min(step as f64 + 1.0) - from.max(step as f64);
        (step, overlap.max(0.0))
    })
}

/// The lowest frequencies in both directions, without the mean, in a fixed order; the 64th is the next along the first row.
fn transform(small: &[f64; SIDE * SIDE]) -> [f64; LOW * LOW] {
    let cosines: [[f64; SIDE]; LOW + 1] = std::array::from_fn(|frequency| {
        let step = std::f64::consts::PI * frequency as f64 / SIDE as f64;
        std::array::from_fn(|at| (step * (at as f64 + 0.5)).cos())
    });
    let sum = |values: &[f64], cosine: &[f64; SIDE]| -> f64 { values.iter().zip(cosine).map(|(a, b)| a * b).sum() };
    let column = |frequency: usize| -> [f64; SIDE] {
        std::array::from_fn(|y| sum(&small[y * SIDE..(y + 1) * SIDE], &cosines[frequency]))
    };
    let mut coefficients = [0.0; LOW * LOW];
    for u in 0..LOW {
        let column = column(u);
        for v in 0..LOW {
            coefficients[v * LOW + u] = sum(&column, &cosines[v]);
        }
    }
    coefficients[0] = sum(&column(LOW), &cosines[0]);
    coefficients
}

/// One even area fills the box.
fn is_uniform(small: &[f64; SIDE * SIDE], crop: Crop) -> bool {
    let (columns, rows) = ((crop.right - crop.left) as f64, (crop.bottom - crop.top) as f64);
    let (wide, high) = (
        (columns / columns.max(rows)).min(1.0),
        (rows / columns.max(rows)).min(1.0),
    );
    let inside = |index: &usize| {
        let place = |at: usize| ((at as f64 + 0.5) / SIDE as f64 - 0.5).abs() * 2.0;
        place(index % SIDE) < wide - 0.07 && place(index / SIDE) < high - 0.07
    };
    let cells: Vec<f64> = (0..SIDE * SIDE).filter(inside).map(|index| small[index]).collect();
    let (low, high) = cells.iter().fold((f64::MAX, f64::MIN), |(low, high), &cell| {
        (low.min(cell), high.max(cell))
    });
    cells.len() < SIDE || high - low < 0.06
}
