//! From coefficients to the numbers that are sent, and back.

use super::tables::ZIGZAG;
use super::tables::steps::{FIRST, OTHERS};
use super::transform::Block;

/// More cannot be sent.
const MAX_LEVEL: u16 = 2047;

/// The steps of one kind of block.
#[derive(Clone, Copy)]
pub struct Steps {
    steps: [u16; 16],
    /// 65,536 / step.
    inverse: [u16; 16],
    /// What is added before the division: less than half a step, because small numbers cost least.
    rounding: [u16; 16],
}

/// The steps of a picture.
pub struct Quantiser {
    /// The index of the steps of luma, 0 to 127.
    pub index: u8,
    /// What is added to the index: for the first coefficients of luma, for the means and their others, for chroma and its others.
    pub offsets: [i32; 5],
    /// How much a decoder smooths the edges of blocks, 0 to 63.
    pub smoothing: u8,
    pub luma: Steps,
    pub means: Steps,
    pub chroma: Steps,
    /// How much squared difference a bit is worth.
    pub bit_worth: u32,
    /// Differences of a block of luma whose squares sum up to less are not sent.
    pub nothing_below: u32,
    /// The same of a block of chroma.
    pub no_chroma_below: u32,
    /// When predicting a macroblock as a whole comes to more, block by block is likely to be better.
    pub rough_whole: u64,
}

/// What is sent of a block, in the order in which it is sent.
#[derive(Clone, Copy, Default)]
pub struct Levels {
    pub levels: Block,
    /// How many there are up to the last that is not zero.
    pub count: usize,
}

impl Quantiser {
    /// The steps for a quality of 0 to 100.
    pub fn new(quality: u8) -> Self {
        let index = index(quality);
        let at = |table: &[u16; 128], offset: i32| table[(i32::from(index) + offset).clamp(0, 127) as usize];
        let step = at(&OTHERS, 0);
        let means = [at(&FIRST, 0) * 2, (step * 155 / 100).max(8)];
        let chroma = [
            at(&FIRST, CHROMA_OFFSET).min(MOST_CHROMA_STEP),
            at(&OTHERS, CHROMA_OFFSET),
        ];
        Self {
            index,
            offsets: [0, 0, 0, CHROMA_OFFSET, CHROMA_OFFSET],
            smoothing: (step / 6).min(63) as u8,
            luma: Steps::new([at(&FIRST, 0), step], LUMA_ROUNDING),
            means: Steps::new(means, LUMA_ROUNDING),
            chroma: Steps::new(chroma, CHROMA_ROUNDING),
            bit_worth: (u32::from(step) * u32::from(step) * BIT_WORTH / 1024).max(1),
            nothing_below: nothing_below(at(&FIRST, 0), LUMA_ROUNDING[0]),
            no_chroma_below: nothing_below(chroma[0], CHROMA_ROUNDING[0]),
            rough_whole: u64::from(step) * u64::from(step) * 512,
        }
    }
}

// What follows was chosen by measuring drawings at quality 80: as many bytes as libwebp's or fewer, and no further from the picture.

/// Colour is finer than brightness: each of its pixels shows in four of the picture.
const CHROMA_OFFSET: i32 = -6;
const MOST_CHROMA_STEP: u16 = 132;
/// Out of 256, for the first coefficient of a block and for the others; 128 is half a step.
const LUMA_ROUNDING: [u16; 2] = [110, 100];
const CHROMA_ROUNDING: [u16; 2] = [124, 124];
/// In 1/1,024 of the square of a step.
const BIT_WORTH: u32 = 30;
/// Our steps against libwebp's.
const COARSER: f64 = 1.38;

/// No coefficient is as large as the root of four times the squares; below this one, all are rounded to zero.
fn nothing_below(first: u16, rounding: u16) -> u32 {
    let least = u32::from(first) * (256 - u32::from(rounding)) / 256;
    least * least / 4
}

/// The scale of libwebp, but coarser: what is saved by choosing better leaves room for finer chroma.
fn index(quality: u8) -> u8 {
    let quality = f64::from(quality.min(100)) / 100.0;
    let linear = if quality < 0.75 {
        quality * 2.0 / 3.0
    } else {
        quality * 2.0 - 1.0
    };
    (127.0 * (1.0 - linear.cbrt()) * COARSER).min(127.0) as u8
}

impl Steps {
    /// Of the steps for the first coefficient and for the others, and the rounding out of 256.
    fn new([first, others]: [u16; 2], [round_first, round_others]: [u16; 2]) -> Self {
        let all = |first: u16, others: u16| {
            let mut all = [others; 16];
            all[0] = first;
            all
        };
        let inverse = |step: u16| (65_536 / u32::from(step)) as u16 + 1;
        let rounding = |step: u16, round: u16| (u32::from(step) * u32::from(round) / 256) as u16;
        Self {
            steps: all(first, others),
            inverse: all(inverse(first), inverse(others)),
            rounding: all(rounding(first, round_first), rounding(others, round_others)),
        }
    }

    /// The levels of coefficients, from the n-th sent on; the coefficients become what a decoder makes of them.
    #[inline(never)]
    pub fn quantise(&self, coefficients: &mut Block, from: usize) -> Levels {
        let mut sizes = [0_u16; 16];
        for at in 0..16 {
            let rounded = coefficients[at].unsigned_abs() + self.rounding[at];
            sizes[at] = ((u32::from(rounded) * u32::from(self.inverse[at])) >> 16) as u16;
        }
        let mut rows = [0_i16; 16];
        for at in 0..16 {
            // All ones for what is negative: turned over and one more.
            let sign = coefficients[at] >> 15;
            rows[at] = (sizes[at].min(MAX_LEVEL).cast_signed() ^ sign) - sign;
        }
        for at in 0..16 {
            coefficients[at] = rows[at].wrapping_mul(self.steps[at].cast_signed());
        }
        if rows[from..].iter().fold(0, |any, &level| any | level) == 0 {
            return Levels::default();
        }
        let mut levels = Levels::default();
        for at in from..16 {
            let level = rows[ZIGZAG[at]];
            levels.levels[at] = level;
            if level != 0 {
                levels.count = at + 1;
            }
        }
        levels
    }
}
