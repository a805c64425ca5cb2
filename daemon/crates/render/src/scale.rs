//! Scales images down by halving, in premultiplied pixels.

use std::collections::BTreeMap;

use resvg::tiny_skia::Pixmap;

/// One image in several widths. Each width is half of a larger one where that is exact, else drawn for itself.
pub struct ImageSizes<'a> {
    widest: u32,
    draw: Box<dyn FnMut(u32) -> Option<Pixmap> + 'a>,
    made: BTreeMap<u32, Pixmap>,
}

impl<'a> ImageSizes<'a> {
    /// `draw` draws the image at a width.
    pub fn new(widest: u32, draw: impl FnMut(u32) -> Option<Pixmap> + 'a) -> Self {
        Self {
            widest,
            draw: Box::new(draw),
            made: BTreeMap::new(),
        }
    }

    /// The picture at this width; `None` when it cannot be drawn.
    pub fn at(&mut self, width: u32) -> Option<&Pixmap> {
        if !self.made.contains_key(&width) {
            let pixmap = match double_within(width, self.widest) {
                Some(double) => {
                    let height = height_at(self.at(self.widest)?.height(), self.widest, width);
                    halve(self.at(double)?, height)?
                }
                None => (self.draw)(width)?,
            };
            self.made.insert(width, pixmap);
        }
        self.made.get(&width)
    }
}

/// Twice the width, when that is the widest width, or is made of it by halving.
pub fn double_within(width: u32, widest: u32) -> Option<u32> {
    let double = width.checked_mul(2)?;
    (double <= widest && widest.is_multiple_of(double)).then_some(double)
}

/// The height at a width of what is `full_height` high at the widest.
pub fn height_at(full_height: u32, widest: u32, width: u32) -> u32 {
    (f64::from(full_height) * f64::from(width) / f64::from(widest))
        .round()
        .max(1.0) as u32
}

/// Half the width, and a height that is about half.
fn halve(source: &Pixmap, height: u32) -> Option<Pixmap> {
    let mut target = Pixmap::new(source.width() / 2, height)?;
    halve_bytes::<4>(
        source.data(),
        source.width(),
        source.height(),
        target.data_mut(),
        height,
    );
    Some(target)
}

/// Half the width, and a height that is about half, of pixels of so many channels: exact boxes of 2x2 where it is exactly half, weighted rows
/// otherwise. `target` has room for exactly that.
pub fn halve_bytes<const CHANNELS: usize>(
    source: &[u8],
    source_width: u32,
    source_height: u32,
    target: &mut [u8],
    height: u32,
) {
    let stride = source_width as usize * CHANNELS;
    let target_stride = source_width as usize / 2 * CHANNELS;
    let rows = target.chunks_exact_mut(target_stride);
    if source_height == height * 2 {
        for (pair, row) in source.chunks_exact(stride * 2).zip(rows) {
            let (upper, lower) = pair.split_at(stride);
            halve_rows::<CHANNELS>(upper, lower, row);
        }
        return;
    }
    let source: Vec<&[u8]> = source.chunks_exact(stride).collect();
    for (number, row) in rows.enumerate() {
        blend_rows::<CHANNELS>(&source, number, height as usize, row);
    }
}

fn halve_rows<const CHANNELS: usize>(upper: &[u8], lower: &[u8], target: &mut [u8]) {
    if CHANNELS == 1 {
        // Two bytes as one number: the sums of both fit.
        let sums = |pair: [u8; 2]| (u16::from_le_bytes(pair) & 0xFF) + (u16::from_le_bytes(pair) >> 8);
        let pairs = upper.as_chunks::<2>().0.iter().zip(lower.as_chunks::<2>().0);
        for ((upper, lower), pixel) in pairs.zip(target) {
            *pixel = ((sums(*upper) + sums(*lower) + 2) / 4) as u8;
        }
        return;
    }
    for ((upper, lower), pixel) in upper
        .chunks_exact(2 * CHANNELS)
        .zip(lower.chunks_exact(2 * CHANNELS))
        .zip(target.as_chunks_mut::<CHANNELS>().0)
    {
        *pixel = std::array::from_fn(|channel| {
            let sum = u16::from(upper[channel])
                + u16::from(upper[channel + CHANNELS])
                + u16::from(lower[channel])
                + u16::from(lower[channel + CHANNELS]);
            ((sum + 2) / 4) as u8
        });
    }
}

/// Row `number` of `height` covers a piece of the source's rows; each counts by how much of it is covered.
fn blend_rows<const CHANNELS: usize>(rows: &[&[u8]], number: usize, height: usize, target: &mut [u8]) {
    // In units of 1/height of a source row everything is a whole number.
    let (from, to) = (number * rows.len(), (number + 1) * rows.len());
    let total = (to - from) as u64 * 2;
    let weights = (from / height..to.div_ceil(height))
        .map(|row| (rows[row], (to.min((row + 1) * height) - from.max(row * height)) as u64));
    let weights: Vec<(&[u8], u64)> = weights.collect();
    for (column, pixel) in target.chunks_exact_mut(CHANNELS).enumerate() {
        for (channel, value) in pixel.iter_mut().enumerate() {
            let at = column * 2 * CHANNELS + channel;
            let sum: u64 = weights
                .iter()
                .map(|(row, weight)| (u64::from(row[at]) + u64::from(row[at + CHANNELS])) * weight)
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
        let mut sizes = ImageSizes::new(512, |width| {
            drawn.push(width);
            Some(filled(width, width))
        });
        for width in [64, 100, 128, 512, 256] {
            assert_eq!(sizes.at(width).unwrap().height(), width);
        }
        drop(sizes);
        assert_eq!(drawn, [512, 100]);
    }
}
