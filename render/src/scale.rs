//! Smaller pictures from larger ones, in premultiplied pixels.

use std::collections::BTreeMap;

use resvg::tiny_skia::Pixmap;

/// One picture in several widths. Each width is half of a larger one where that is exact, else drawn for itself.
pub struct Levels<F> {
    widest: u32,
    draw: F,
    made: BTreeMap<u32, Pixmap>,
}

impl<F: FnMut(u32) -> Option<Pixmap>> Levels<F> {
    /// `draw` draws the picture at a width.
    pub fn new(widest: u32, draw: F) -> Self {
        Self {
            widest,
            draw,
            made: BTreeMap::new(),
        }
    }

    /// The picture at this width; `None` when it cannot be drawn.
    pub fn at(&mut self, width: u32) -> Option<&Pixmap> {
        if !self.made.contains_key(&width) {
            let is_half = width
                .checked_mul(2)
                .is_some_and(|double| double <= self.widest && self.widest.is_multiple_of(double));
            let pixmap = if is_half {
                let full_height = self.at(self.widest)?.height();
                let height = (f64::from(full_height) * f64::from(width) / f64::from(self.widest))
                    .round()
                    .max(1.0) as u32;
                halve(self.at(width * 2)?, height)?
            } else {
                (self.draw)(width)?
            };
            self.made.insert(width, pixmap);
        }
        self.made.get(&width)
    }
}

/// Half the width, and a height that is about half: exact boxes of 2x2 where it is exactly half, weighted rows otherwise.
fn halve(source: &Pixmap, height: u32) -> Option<Pixmap> {
    let width = source.width() / 2;
    let mut target = Pixmap::new(width, height)?;
    let stride = source.width() as usize * 4;
    let rows: Vec<&[u8]> = source.data().chunks_exact(stride).collect();
    let exact = source.height() == height * 2;
    for (number, row) in target.data_mut().chunks_exact_mut(width as usize * 4).enumerate() {
        if exact {
            halve_rows(rows[number * 2], rows[number * 2 + 1], row);
        } else {
            blend_rows(&rows, number, height as usize, row);
        }
    }
    Some(target)
}

fn halve_rows(upper: &[u8], lower: &[u8], target: &mut [u8]) {
    for ((upper, lower), pixel) in upper
        .chunks_exact(8)
        .zip(lower.chunks_exact(8))
        .zip(target.chunks_exact_mut(4))
    {
        for channel in 0..4 {
            let sum = u16::from(upper[channel])
                + u16::from(upper[channel + 4])
                + u16::from(lower[channel])
                + u16::from(lower[channel + 4]);
            pixel[channel] = ((sum + 2) / 4) as u8;
        }
    }
}

/// Row `number` of `height` covers a piece of the source's rows; each counts by how much of it is covered.
fn blend_rows(rows: &[&[u8]], number: usize, height: usize, target: &mut [u8]) {
    // In units of 1/height of a source row everything is a whole number.
    let (from, to) = (number * rows.len(), (number + 1) * rows.len());
    let total = (to - from) as u64 * 2;
    let weights = (from / height..to.div_ceil(height))
        .map(|row| (rows[row], (to.min((row + 1) * height) - from.max(row * height)) as u64));
    let weights: Vec<(&[u8], u64)> = weights.collect();
    for (column, pixel) in target.chunks_exact_mut(4).enumerate() {
        for (channel, value) in pixel.iter_mut().enumerate() {
            let at = column * 8 + channel;
            let sum: u64 = weights
                .iter()
                .map(|(row, weight)| (u64::from(row[at]) + u64::from(row[at + 4])) * weight)
                .sum();
            *value = ((sum + total / 2) / total) as u8;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use resvg::tiny_skia::{Color, PremultipliedColorU8};

    fn filled(width: u32, height: u32) -> Pixmap {
        let mut pixmap = Pixmap::new(width, height).unwrap();
        pixmap.fill(Color::from_rgba8(200, 100, 50, 128));
        pixmap
    }

    #[test]
    fn one_colour_stays_that_colour_at_every_height() {
        for (source, target) in [(10, 5), (11, 6), (11, 5), (341, 171), (1, 1), (3, 1)] {
            let halved = halve(&filled(8, source), target).unwrap();
            assert_eq!((halved.width(), halved.height()), (4, target));
            let colour: PremultipliedColorU8 = filled(1, 1).pixels()[0];
            assert!(
                halved.pixels().iter().all(|&pixel| pixel == colour),
                "{source} to {target}"
            );
        }
    }

    #[test]
    fn boxes_are_averaged() {
        let mut source = Pixmap::new(2, 2).unwrap();
        source.pixels_mut()[0] = PremultipliedColorU8::from_rgba(255, 0, 0, 255).unwrap();
        let halved = halve(&source, 1).unwrap();
        assert_eq!(
            halved.pixels()[0],
            PremultipliedColorU8::from_rgba(64, 0, 0, 64).unwrap()
        );
    }

    #[test]
    fn widths_that_are_no_half_are_drawn_for_themselves() {
        let mut drawn = Vec::new();
        let mut levels = Levels::new(512, |width| {
            drawn.push(width);
            Some(filled(width, width))
        });
        for width in [64, 100, 128, 512, 256] {
            assert_eq!(levels.at(width).unwrap().height(), width);
        }
        drop(levels);
        assert_eq!(drawn, [512, 100]);
    }
}
