//! Which blocks are empty: that tells how likely the blocks beside them are.

/// Which blocks at the lower or right side of a macroblock are not empty: four of luma, two of each chroma, and the means.
pub type Filled = [u8; 9];

/// Where the means are.
pub const MEANS: usize = 8;

/// What a macroblock knows of its neighbours.
pub struct Context {
    pub above: Filled,
    pub left: Filled,
}

/// Which blocks are not empty, while the blocks of a plane are gone through row by row.
pub struct Filling<const SIDE: usize> {
    above: [u8; SIDE],
    left: [u8; SIDE],
}

impl<const SIDE: usize> Filling<SIDE> {
    /// How many of a block's neighbours are not empty.
    pub fn at(&self, block: usize) -> usize {
        usize::from(self.above[block % SIDE] + self.left[block / SIDE])
    }

    /// Takes down whether a block is empty.
    pub fn set(&mut self, block: usize, is_filled: bool) {
        self.above[block % SIDE] = u8::from(is_filled);
        self.left[block / SIDE] = u8::from(is_filled);
    }
}

impl Context {
    /// How many of the neighbours sent means.
    pub fn means(&self) -> usize {
        usize::from(self.above[MEANS] + self.left[MEANS])
    }

    /// For the blocks of luma.
    pub fn luma(&self) -> Filling<4> {
        self.near(0)
    }

    /// For a square of blocks, the first of which is at a place.
    pub fn near<const SIDE: usize>(&self, from: usize) -> Filling<SIDE> {
        Filling {
            above: std::array::from_fn(|at| self.above[from + at]),
            left: std::array::from_fn(|at| self.left[from + at]),
        }
    }

    /// Keeps what came of a square of blocks.
    pub fn set<const SIDE: usize>(&mut self, from: usize, near: &Filling<SIDE>) {
        self.above[from..from + SIDE].copy_from_slice(&near.above);
        self.left[from..from + SIDE].copy_from_slice(&near.left);
    }
}
