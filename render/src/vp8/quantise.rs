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
    /// How much a decoder smooths the edges of blocks, 0 to 63.
    pub smoothing: u8,
    pub luma: Steps,
    pub means: Steps,
    pub chroma: Steps,
    /// How much squared difference a bit is worth.
    pub bit_worth: u32,
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
        let means = [FIRST[usize::from(index)] * 2, (at(&OTHERS, 0) * 155 / 100).max(8)];
        let chroma = [at(&FIRST, 0).min(132), at(&OTHERS, 0)];
        let step = u32::from(at(&OTHERS, 0));
        Self {
            index,
            smoothing: *LF as u8,
            luma: Steps::new([at(&FIRST, 0), at(&OTHERS, 0)], [*RF, *RO]),
            means: Steps::new(means, [*RF, *RO]),
            chroma: Steps::new(chroma, [*RF, *RO]),
            bit_worth: (step * step * *BW / 1024).max(1),
        }
    }
}

const ROUND_FIRST: u16 = 110;
const ROUND_OTHERS: u16 = 100;
const BIT_WORTH: u32 = 30;
fn env(name: &str, default: u16) -> u16 {
    std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(default)
}
static RF: std::sync::LazyLock<u16> = std::sync::LazyLock::new(|| env("RF", 110));
static RO: std::sync::LazyLock<u16> = std::sync::LazyLock::new(|| env("RO", 100));
static BW: std::sync::LazyLock<u32> = std::sync::LazyLock::new(|| env("BW", 30).into());
static DQ: std::sync::LazyLock<u16> = std::sync::LazyLock::new(|| env("DQ", 10));
static LF: std::sync::LazyLock<u16> = std::sync::LazyLock::new(|| env("LF", 0));

/// The scale of libwebp.
fn index(quality: u8) -> u8 {
    let quality = f64::from(quality.min(100)) / 100.0;
    let linear = if quality < 0.75 {
        quality * 2.0 / 3.0
    } else {
        quality * 2.0 - 1.0
    };
    (127.0 * (1.0 - linear.cbrt()) + f64::from(*DQ) - 10.0) as u8
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
    #[inline]
    pub fn quantise(&self, coefficients: &mut Block, from: usize) -> Levels {
        let mut rows = [0_i16; 16];
        let mut any = 0;
        for at in 0..16 {
            let rounded = coefficients[at].unsigned_abs() + self.rounding[at];
            let size = ((u32::from(rounded) * u32::from(self.inverse[at])) >> 16) as u16;
            let size = size.min(MAX_LEVEL) as i16;
            let level = if coefficients[at] < 0 { -size } else { size };
            rows[at] = level;
            coefficients[at] = level.wrapping_mul(self.steps[at].cast_signed());
            any |= if at < from { 0 } else { level };
        }
        if any == 0 {
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
