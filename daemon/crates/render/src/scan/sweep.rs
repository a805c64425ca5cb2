//! Turns the crossings of a row into coverage.

use resvg::tiny_skia::FillRule;

use super::SAMPLES;

/// The number of samples inside for each pixel of a row: only where it changes.
#[derive(Default)]
pub struct Sweep {
    /// The change of covered samples from the pixel before; zero between rows.
    changes: Vec<i16>,
    /// One bit for each pixel that may have a change.
    touched: Vec<u64>,
    /// The coverage of a pixel by its number of samples.
    values: [u8; SAMPLES * SAMPLES + 1],
}

impl Sweep {
    /// For rows of so many pixels.
    pub fn prepare(&mut self, width: usize, opacity: u8) {
        // An edge may end beside the last pixel.
        self.changes.clear();
        self.changes.resize(width + 2, 0);
        self.touched.clear();
        self.touched.resize((width + 2).div_ceil(64), 0);
        self.values = std::array::from_fn(|samples| {
            let covered = (samples * 16).min(255);
            ((covered * usize::from(opacity) + 127) / 255) as u8
        });
    }

    /// Adds the samples of one line that are inside.
    #[inline]
    pub fn line(&mut self, crossings: &mut [u16], rule: FillRule) {
        sort(crossings);
        let (mut winding, mut from) = (0_i32, 0);
        for crossing in crossings {
            let x = usize::from(*crossing >> 1);
            if winding == 0 {
                from = x;
            }
            winding = match rule {
                FillRule::EvenOdd => winding ^ 1,
                FillRule::Winding => winding + 1 - 2 * i32::from(*crossing & 1),
            };
            if winding == 0 && x > from {
                self.change(from, 1);
                self.change(x, -1);
            }
        }
    }

    #[inline]
    fn change(&mut self, sample: usize, sign: i16) {
        let (pixel, rest) = (sample / SAMPLES, (sample % SAMPLES) as i16);
        self.changes[pixel] += sign * (SAMPLES as i16 - rest);
        self.changes[pixel + 1] += sign * rest;
        self.touched[pixel / 64] |= 1 << (pixel % 64);
        self.touched[(pixel + 1) / 64] |= 1 << ((pixel + 1) % 64);
    }

    /// Puts the row's pixels over what is there.
    pub fn row(&mut self, row: &mut [u8]) {
        let (mut samples, mut from) = (0_i16, 0);
        for (number, word) in self.touched.iter_mut().enumerate() {
            let mut left = std::mem::take(word);
            while left != 0 {
                let pixel = number * 64 + left.trailing_zeros() as usize;
                left &= left - 1;
                if samples > 0 && pixel > from {
                    let end = pixel.min(row.len());
                    put_over(&mut row[from..end], self.values[usize::from(samples.cast_unsigned())]);
                }
                samples += std::mem::take(&mut self.changes[pixel]);
                from = pixel;
            }
        }
    }
}

#[inline]
fn put_over(pixels: &mut [u8], value: u8) {
    if let [pixel] = pixels {
        *pixel = over(*pixel, value);
    } else if value == 255 {
        pixels.fill(255);
    } else {
        pixels.iter_mut().for_each(|pixel| *pixel = over(*pixel, value));
    }
}

#[inline]
fn over(below: u8, above: u8) -> u8 {
    let shown = u32::from(below) * u32::from(255 - above);
    // As the renderer divides.
    above + ((shown + 255) >> 8) as u8
}

/// Lines have few crossings, and those of the line before were in the same order.
#[inline]
fn sort(crossings: &mut [u16]) {
    if crossings.len() > 24 {
        crossings.sort_unstable();
        return;
    }
    for next in 1..crossings.len() {
        let value = crossings[next];
        let mut at = next;
        while at > 0 && crossings[at - 1] > value {
            crossings[at] = crossings[at - 1];
            at -= 1;
        }
        crossings[at] = value;
    }
}
