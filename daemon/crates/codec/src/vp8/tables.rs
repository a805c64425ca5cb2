//! The constants of the format.

pub mod coefficients;
pub mod modes;
pub mod quantizer;
pub mod updates;

/// A probability for each branch of the token tree: by block type, coefficient band, context and place in the tree (RFC 6386, 13.3).
pub type CoefficientProbabilities = [[[[u8; 11]; 3]; 8]; 4];

/// The number of [`CoefficientProbabilities`].
pub const COEFFICIENT_PROBABILITIES: usize = 4 * 8 * 3 * 11;

/// Block types: subblocks of luma whose DC is in Y2, Y2 itself, chroma, subblocks of luma with their DC.
pub const Y_WITHOUT_DC: usize = 0;
pub const Y2: usize = 1;
pub const CHROMA: usize = 2;
pub const Y_WITH_DC: usize = 3;

/// The place in its block, row by row, of the n-th coefficient.
pub const ZIGZAG: [usize; 16] = [0, 1, 4, 8, 5, 2, 3, 6, 9, 12, 13, 10, 7, 11, 14, 15];

/// The band of the n-th coefficient, and of the place after the last.
pub const COEFFICIENT_BANDS: [usize; 17] = [0, 1, 2, 3, 6, 4, 5, 6, 6, 6, 6, 6, 6, 6, 6, 7, 0];
