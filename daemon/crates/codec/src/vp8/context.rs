//! Contexts of coefficient tokens: a block's tokens depend on how many of the blocks above and to the left have coefficients.

use super::frame::LumaMode;
use super::quantize::QuantizedBlock;

/// Flags of the blocks at the lower or right side of a macroblock that have coefficients: four of luma, two of each chroma, and Y2.
pub type NonZeroFlags = [u8; 9];

/// The place of Y2.
pub const Y2_FLAG: usize = 8;

/// The flags of the macroblocks above and to the left.
pub struct MacroblockContext {
    pub above: NonZeroFlags,
    pub left: NonZeroFlags,
}

/// The flags along the edge of the blocks of one plane that were coded, row by row.
pub struct PlaneContext<const SIDE: usize> {
    above: [u8; SIDE],
    left: [u8; SIDE],
}

impl<const SIDE: usize> PlaneContext<SIDE> {
    /// The context of a block: the number of its neighbours with coefficients.
    pub fn at(&self, block: usize) -> usize {
        usize::from(self.above[block % SIDE] + self.left[block / SIDE])
    }

    /// Sets the flags of a coded block.
    pub fn set(&mut self, block: usize, coded: &QuantizedBlock) {
        let flag = u8::from(coded.count > 0);
        self.above[block % SIDE] = flag;
        self.left[block / SIDE] = flag;
    }
}

impl MacroblockContext {
    /// Clears the flags after a skipped macroblock; that of Y2 stays where it has none.
    pub fn clear(&mut self, mode: &LumaMode) {
        for flags in [&mut self.above, &mut self.left] {
            flags[..Y2_FLAG].fill(0);
            if let LumaMode::Whole(_) = mode {
                flags[Y2_FLAG] = 0;
            }
        }
    }

    /// The context of Y2.
    pub fn y2(&self) -> usize {
        usize::from(self.above[Y2_FLAG] + self.left[Y2_FLAG])
    }

    /// The context of the subblocks of luma.
    pub fn luma(&self) -> PlaneContext<4> {
        self.plane(0)
    }

    /// The context of the blocks of a plane whose flags begin at a place.
    pub fn plane<const SIDE: usize>(&self, from: usize) -> PlaneContext<SIDE> {
        PlaneContext {
            above: std::array::from_fn(|at| self.above[from + at]),
            left: std::array::from_fn(|at| self.left[from + at]),
        }
    }

    /// Keeps the flags of the blocks of a plane.
    pub fn set<const SIDE: usize>(&mut self, from: usize, plane: &PlaneContext<SIDE>) {
        self.above[from..from + SIDE].copy_from_slice(&plane.above);
        self.left[from..from + SIDE].copy_from_slice(&plane.left);
    }
}
