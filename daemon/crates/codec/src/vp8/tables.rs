//! The numbers of the format.

pub mod coefficients;
pub mod modes;
pub mod steps;
pub mod updates;

/// A number for each branch of the tree of coefficients: by kind of block, band of coefficients, context and place in the tree.
pub type Slots = [[[[u8; 11]; 3]; 8]; 4];

/// The same, one after the other.
pub const SLOTS: usize = 4 * 8 * 3 * 11;

/// The order in which coefficients are sent: where the n-th of them is in its block, row by row.
pub const ZIGZAG: [usize; 16] = [0, 1, 4, 8, 5, 2, 3, 6, 9, 12, 13, 10, 7, 11, 14, 15];

/// The band of the n-th coefficient; one more, so that the one after the last has a place.
pub const BANDS: [usize; 17] = [0, 1, 2, 3, 6, 4, 5, 6, 6, 6, 6, 6, 6, 6, 6, 7, 0];
