//! Blurs along lines of bytes: many lines side by side, so that the machine does a dozen at a time.
//!
//! A small radius is a weighted sum of neighbours, a large one five running averages, as resvg has it.

#[cfg(test)]
mod tests;

use crate::paint::scratch::Scratch;

/// Lines are this many bytes wide, or a multiple.
pub const STRIDE: usize = 32;
const MAX_TAPS: usize = 16;
/// Weights that add less than this do not show in eight bits.
const LEAST_WEIGHT: f64 = 1.0 / 1024.0;
const PASSES: usize = 5;
/// Sums of so many bytes fit 16 bits, and the division by their number is exact.
const MAX_NARROW: usize = 127;

/// The blur of one direction.
#[derive(Debug, Clone, PartialEq)]
pub enum Kernel {
    /// Weights in 65536ths of a pixel itself and of its neighbours at each distance.
    Sum(Vec<u16>),
    /// Half the width of each average.
    Averages([usize; PASSES]),
}

impl Kernel {
    /// The impulse response of the recursive filter that resvg uses for small radii: the heat equation in four steps.
    pub fn sum(sigma: f64) -> Self {
        const STEPS: i32 = 4;
        const HALF: usize = 32;
        let lambda = sigma * sigma / f64::from(2 * STEPS);
        let nu = (1.0 + 2.0 * lambda - (1.0 + 4.0 * lambda).sqrt()) / (2.0 * lambda);
        let mut line = [0.0f64; 2 * HALF + 1];
        line[HALF] = 1.0;
        for _ in 0..STEPS {
            for index in 1..line.len() {
                line[index] += nu * line[index - 1];
            }
            for index in (1..line.len()).rev() {
                line[index - 1] += nu * line[index];
            }
        }
        let half = &line[HALF..];
        let total = 2.0 * half.iter().sum::<f64>() - half[0];
        let weights = half.iter().map(|weight| weight / total);
        let kept: Vec<f64> = weights
            .take(MAX_TAPS)
            .take_while(|weight| *weight >= LEAST_WEIGHT)
            .collect();
        // The weights that fall outside are added to the others, so that a flat colour stays the same.
        let sum = 2.0 * kept.iter().sum::<f64>() - kept.first().copied().unwrap_or(0.5);
        let scale = 65536.0 / sum;
        Self::Sum(
            kept.iter()
                .map(|weight| (weight * scale).round().min(65535.0) as u16)
                .collect(),
        )
    }

    /// The five averages that come nearest to a Gaussian.
    pub fn averages(sigma: f64) -> Self {
        let sigma = sigma as f32;
        let count = PASSES as f32;
        let mut narrow = ((12.0 * sigma * sigma / count).sqrt() + 1.0).floor() as i32;
        if narrow % 2 == 0 {
            narrow -= 1;
        }
        let width = narrow as f32;
        let variance = 12.0 * sigma * sigma - count * width * width - 4.0 * count * width - 3.0 * count;
        let narrow_passes = (variance / (-4.0 * width - 4.0)).round() as usize;
        let narrow_radius = (narrow.max(1) as usize - 1) / 2;
        Self::Averages(std::array::from_fn(|pass| {
            narrow_radius + usize::from(pass >= narrow_passes)
        }))
    }

    /// The distance in pixels to which a pixel spreads.
    pub fn radius(&self) -> usize {
        match self {
            Self::Sum(weights) => weights.len().saturating_sub(1),
            Self::Averages(radii) => radii.iter().sum(),
        }
    }
}

/// Lines of the same length, one after the other, of which some have anything in them.
pub struct Lines {
    pub bytes: Vec<u8>,
    /// Bytes of a line: a multiple of [`STRIDE`].
    pub stride: usize,
    /// The first line in `bytes` is at this place.
    pub first: usize,
    pub count: usize,
}

impl Lines {
    fn line(&self, index: Option<usize>) -> Option<&[u8]> {
        let index = index?.checked_sub(self.first).filter(|index| *index < self.count)?;
        self.bytes.get(index * self.stride..(index + 1) * self.stride)
    }
}

/// Blurs across lines: each byte with those of the lines before and after. The result has all `total` lines.
pub fn blur(lines: Lines, kernel: &Kernel, total: usize, scratch: &mut Scratch) -> Lines {
    match kernel {
        Kernel::Sum(weights) => {
            let blurred = sum(&lines, weights, total, scratch);
            scratch.give(lines.bytes);
            blurred
        }
        Kernel::Averages(radii) => radii.iter().filter(|radius| **radius > 0).fold(lines, |lines, radius| {
            let blurred = average(&lines, *radius, total, scratch);
            scratch.give(lines.bytes);
            blurred
        }),
    }
}

/// The lines that a blur of this radius draws on.
fn grown(lines: &Lines, radius: usize, total: usize, scratch: &mut Scratch) -> Lines {
    let first = lines.first.saturating_sub(radius);
    let end = (lines.first + lines.count).saturating_add(radius).min(total);
    let count = end.saturating_sub(first);
    Lines {
        bytes: scratch.any(count * lines.stride),
        stride: lines.stride,
        first,
        count,
    }
}

fn sum(lines: &Lines, weights: &[u16], total: usize, scratch: &mut Scratch) -> Lines {
    let mut blurred = grown(lines, weights.len().saturating_sub(1), total, scratch);
    let zeros = scratch.zeroed(lines.stride);
    let first = blurred.first;
    for (number, target) in blurred.bytes.chunks_exact_mut(lines.stride.max(1)).enumerate() {
        let at = first + number;
        let line = |index: Option<usize>| lines.line(index).unwrap_or(&zeros);
        let mut taps: [(&[u8], &[u8], u16); MAX_TAPS] = [(&[], &[], 0); MAX_TAPS];
        for (distance, (tap, weight)) in taps.iter_mut().zip(weights).enumerate() {
            let before = if distance == 0 {
                zeros.as_slice()
            } else {
                line(at.checked_sub(distance))
            };
            *tap = (before, line(Some(at + distance)), *weight);
        }
        weigh(&taps[..weights.len().min(MAX_TAPS)], target);
    }
    scratch.give(zeros);
    blurred
}

/// The weighted sum of pairs of lines.
pub fn weigh(taps: &[(&[u8], &[u8], u16)], target: &mut [u8]) {
    for (chunk, target) in target.as_chunks_mut::<STRIDE>().0.iter_mut().enumerate() {
        let at = chunk * STRIDE;
        // In 128ths: 255 * 2 * 128 just fits.
        let mut sums = [64u16; STRIDE];
        for (before, after, weight) in taps {
            let (Some(before), Some(after)) = (
                before[at..].first_chunk::<STRIDE>(),
                after[at..].first_chunk::<STRIDE>(),
            ) else {
                continue;
            };
            for lane in 0..STRIDE {
                let pair = (u16::from(before[lane]) + u16::from(after[lane])) << 7;
                sums[lane] += ((u32::from(pair) * u32::from(*weight)) >> 16) as u16;
            }
        }
        *target = sums.map(|sum| (sum >> 7) as u8);
    }
}

fn average(lines: &Lines, radius: usize, total: usize, scratch: &mut Scratch) -> Lines {
    let mut blurred = grown(lines, radius, total, scratch);
    let zeros = scratch.zeroed(lines.stride);
    let first = blurred.first;
    // The sum before the first line: of the lines that it looks ahead to.
    let mut ahead =
        (lines.first..(first + radius).min(lines.first + lines.count)).filter_map(|index| lines.line(Some(index)));
    let at = |index: Option<usize>| lines.line(index).unwrap_or(&zeros);
    let steps = (0..blurred.count).map(|number| {
        let index = first + number;
        (at(Some(index + radius)), at(index.checked_sub(radius + 1)))
    });
    let stride = lines.stride.max(1);
    let targets = blurred.bytes.chunks_exact_mut(stride);
    if radius * 2 < MAX_NARROW {
        narrow(&mut ahead, steps.zip(targets), radius, stride);
    } else {
        wide(&mut ahead, steps.zip(targets), radius, stride);
    }
    scratch.give(zeros);
    blurred
}

/// The lines that enter and leave the window, and the target line.
type WindowStep<'a> = ((&'a [u8], &'a [u8]), &'a mut [u8]);

/// Running averages of up to 127 lines, in 16 bits.
fn narrow<'a>(
    ahead: &mut dyn Iterator<Item = &'a [u8]>,
    steps: impl Iterator<Item = WindowStep<'a>>,
    radius: usize,
    stride: usize,
) {
    let (factor, shift) = reciprocal(radius);
    let mut sums = vec![radius as u16; stride];
    for line in ahead {
        sums.iter_mut()
            .zip(line)
            .for_each(|(sum, byte)| *sum += u16::from(*byte));
    }
    for ((entering, leaving), target) in steps {
        let lanes = sums.iter_mut().zip(entering).zip(leaving).zip(target);
        for (((sum, entering), leaving), target) in lanes {
            *sum = sum.wrapping_add(u16::from(*entering)).wrapping_sub(u16::from(*leaving));
            *target = (((u32::from(*sum) * u32::from(factor)) >> 16) as u16 >> shift) as u8;
        }
    }
}

/// Running averages of any number of lines.
fn wide<'a>(
    ahead: &mut dyn Iterator<Item = &'a [u8]>,
    steps: impl Iterator<Item = WindowStep<'a>>,
    radius: usize,
    stride: usize,
) {
    let width = radius as f32 * 2.0 + 1.0;
    let mut sums = vec![0u32; stride];
    for line in ahead {
        sums.iter_mut()
            .zip(line)
            .for_each(|(sum, byte)| *sum += u32::from(*byte));
    }
    for ((entering, leaving), target) in steps {
        let lanes = sums.iter_mut().zip(entering).zip(leaving).zip(target);
        for (((sum, entering), leaving), target) in lanes {
            *sum = sum.wrapping_add(u32::from(*entering)).wrapping_sub(u32::from(*leaving));
            *target = (*sum as f32 / width + 0.5) as u8;
        }
    }
}

/// Division by `2 * radius + 1` as a multiplication that keeps the upper 16 bits, and a shift.
fn reciprocal(radius: usize) -> (u16, u32) {
    let width = radius as u32 * 2 + 1;
    let shift = width.ilog2();
    let factor = (1u32 << (16 + shift)).div_ceil(width);
    (factor as u16, shift)
}
