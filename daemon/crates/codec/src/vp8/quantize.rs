//! Quantization of coefficients, and back (RFC 6386, 9.6 and 14.1).

use super::tables::ZIGZAG;
use super::tables::quantizer::{AC_STEPS, DC_STEPS};
use super::transform::Block;

/// The largest magnitude that tokens can express.
const MAX_LEVEL: u16 = 2047;

/// The step sizes of one block type.
#[derive(Clone, Copy)]
pub struct BlockQuantizer {
    steps: [u16; 16],
    /// 65,536 / step, rounded up.
    inverse: [u16; 16],
    /// Added before the division: less than half a step, because small levels cost least.
    rounding: [u16; 16],
}

/// The quantizers of an image, and the thresholds of mode decisions that follow from them.
pub struct Quantizer {
    /// The quantizer index, 0 to 127.
    pub index: u8,
    /// Added to the index for Y1 DC, Y2 DC, Y2 AC, chroma DC and chroma AC.
    pub deltas: [i32; 5],
    /// The loop filter level, 0 to 63.
    pub filter_level: u8,
    pub luma: BlockQuantizer,
    pub y2: BlockQuantizer,
    pub chroma: BlockQuantizer,
    /// The squared error that is worth one bit.
    pub lambda: u32,
    /// The residual of a subblock of luma with a smaller squared error is all zeros.
    pub luma_zero_below: u32,
    /// The same limit for a subblock of chroma.
    pub chroma_zero_below: u32,
    /// B_PRED is tried first where the estimated score of a whole macroblock is higher.
    pub b_pred_first_above: u64,
}

/// The levels of a block in zigzag order.
#[derive(Clone, Copy, Default)]
pub struct QuantizedBlock {
    pub levels: Block,
    /// The number of levels up to the last that is not zero.
    pub count: usize,
}

impl Quantizer {
    /// The quantizers for a quality of 0 to 100.
    pub fn new(quality: u8) -> Self {
        let index = quantizer_index(quality);
        let at = |table: &[u16; 128], offset: i32| table[(i32::from(index) + offset).clamp(0, 127) as usize];
        let step = at(&AC_STEPS, 0);
        let y2 = [at(&DC_STEPS, 0) * 2, (step * 155 / 100).max(8)];
        let chroma = [
            at(&DC_STEPS, CHROMA_DELTA).min(MAX_CHROMA_DC_STEP),
            at(&AC_STEPS, CHROMA_DELTA),
        ];
        Self {
            index,
            deltas: [0, 0, 0, CHROMA_DELTA, CHROMA_DELTA],
            filter_level: (step / 6).min(63) as u8,
            luma: BlockQuantizer::new([at(&DC_STEPS, 0), step], LUMA_ROUNDING),
            y2: BlockQuantizer::new(y2, LUMA_ROUNDING),
            chroma: BlockQuantizer::new(chroma, CHROMA_ROUNDING),
            lambda: (u32::from(step) * u32::from(step) * LAMBDA / 1024).max(1),
            luma_zero_below: zero_below(at(&DC_STEPS, 0), LUMA_ROUNDING[0]),
            chroma_zero_below: zero_below(chroma[0], CHROMA_ROUNDING[0]),
            b_pred_first_above: u64::from(step) * u64::from(step) * 512,
        }
    }
}

// The following values were tuned on drawings at quality 80: at most as many bytes as libwebp's, and at most its error.

/// Chroma is quantized finer than luma: each of its samples shows in four pixels.
const CHROMA_DELTA: i32 = -6;
const MAX_CHROMA_DC_STEP: u16 = 132;
/// Out of 256, for DC and for AC; 128 is half a step.
const LUMA_ROUNDING: [u16; 2] = [110, 100];
const CHROMA_ROUNDING: [u16; 2] = [124, 124];
/// In 1/1,024 of the square of the AC step.
const LAMBDA: u32 = 30;
/// The factor on libwebp's quantizer index.
const COARSER: f64 = 1.38;

/// The squared error below which all coefficients are rounded to zero: none is larger than the root of four times the error.
fn zero_below(first: u16, rounding: u16) -> u32 {
    let least = u32::from(first) * (256 - u32::from(rounding)) / 256;
    least * least / 4
}

/// The quantizer index: libwebp's scale, but coarser, because better mode decisions leave room for finer chroma.
fn quantizer_index(quality: u8) -> u8 {
    let quality = f64::from(quality.min(100)) / 100.0;
    let linear = if quality < 0.75 {
        quality * 2.0 / 3.0
    } else {
        quality * 2.0 - 1.0
    };
    (127.0 * (1.0 - linear.cbrt()) * COARSER).min(127.0) as u8
}

impl BlockQuantizer {
    /// From the steps of DC and AC, and their rounding out of 256.
    fn new([dc, ac]: [u16; 2], [dc_rounding, ac_rounding]: [u16; 2]) -> Self {
        let all = |dc: u16, ac: u16| {
            let mut all = [ac; 16];
            all[0] = dc;
            all
        };
        let inverse = |step: u16| (65_536 / u32::from(step)) as u16 + 1;
        let rounding = |step: u16, round: u16| (u32::from(step) * u32::from(round) / 256) as u16;
        Self {
            steps: all(dc, ac),
            inverse: all(inverse(dc), inverse(ac)),
            rounding: all(rounding(dc, dc_rounding), rounding(ac, ac_rounding)),
        }
    }

    /// Quantizes coefficients from the n-th in zigzag order on; they become those that a decoder reconstructs.
    #[inline(never)]
    pub fn quantize(&self, coefficients: &mut Block, from: usize) -> QuantizedBlock {
        let mut sizes = [0_u16; 16];
        for at in 0..16 {
            let rounded = coefficients[at].unsigned_abs() + self.rounding[at];
            sizes[at] = ((u32::from(rounded) * u32::from(self.inverse[at])) >> 16) as u16;
        }
        let mut rows = [0_i16; 16];
        for at in 0..16 {
            // All ones for negative coefficients: two's complement.
            let sign = coefficients[at] >> 15;
            rows[at] = (sizes[at].min(MAX_LEVEL).cast_signed() ^ sign) - sign;
        }
        for at in 0..16 {
            coefficients[at] = rows[at].wrapping_mul(self.steps[at].cast_signed());
        }
        if rows[from..].iter().fold(0, |any, &level| any | level) == 0 {
            return QuantizedBlock::default();
        }
        let mut block = QuantizedBlock::default();
        for at in from..16 {
            let level = rows[ZIGZAG[at]];
            block.levels[at] = level;
            if level != 0 {
                block.count = at + 1;
            }
        }
        block
    }
}
