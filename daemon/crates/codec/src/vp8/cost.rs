//! The cost of levels and modes in 1/256 of a bit, at the default probabilities.

use std::sync::LazyLock;

use super::quantize::QuantizedBlock;
use super::tables::modes::SUBBLOCK_MODE_PROBABILITIES;
use super::tables::{COEFFICIENT_BANDS, coefficients};

/// The cost of larger levels is estimated from this one's.
const LARGEST: usize = 17;

/// Tables of costs.
pub struct Costs {
    /// A level with its sign and the branch that no end of block comes, by block type, band and context.
    levels: [[[[u16; LARGEST + 1]; 3]; 8]; 4],
    /// The end of a block.
    end: [[[u16; 3]; 8]; 4],
    /// The branch that no end of block comes.
    more: [[[u16; 3]; 8]; 4],
    /// The mode of a subblock, by the modes above and to the left.
    pub subblock_modes: [[[u16; 10]; 10]; 10],
}

/// The cost of a bit that is zero with a probability of `zero` out of 256.
pub fn bit(bit: bool, zero: u8) -> u16 {
    BITS[usize::from(if bit { 255 - zero.saturating_sub(1) } else { zero })]
}

static BITS: LazyLock<[u16; 256]> =
    LazyLock::new(|| std::array::from_fn(|chance| (-256.0 * (chance.max(1) as f64 / 256.0).log2()).round() as u16));

/// The costs at the default probabilities.
pub static COSTS: LazyLock<Costs> = LazyLock::new(Costs::new);

impl Costs {
    fn new() -> Self {
        let table = &coefficients::DEFAULT;
        let each =
            |make: fn(&[u8; 11]) -> u16| table.map(|bands| bands.map(|contexts| contexts.map(|tree| make(&tree))));
        let with_more = table.map(|bands| {
            bands.map(|band| {
                let [first, second, third] = band;
                [
                    levels(&first, 0),
                    levels(&second, bit(true, second[0])),
                    levels(&third, bit(true, third[0])),
                ]
            })
        });
        Self {
            levels: with_more,
            end: each(|tree| bit(false, tree[0])),
            more: each(|tree| bit(true, tree[0])),
            subblock_modes: SUBBLOCK_MODE_PROBABILITIES
                .map(|above| above.map(|tree| std::array::from_fn(|mode| subblock_mode_cost(mode as u8, &tree)))),
        }
    }

    /// The cost of the levels of a block from the n-th on, by its type and context.
    pub fn block(&self, block_type: usize, from: usize, mut context: usize, block: &QuantizedBlock) -> u32 {
        let costs = &self.levels[block_type];
        let band = COEFFICIENT_BANDS[from];
        if block.count == 0 {
            return u32::from(self.end[block_type][band][context]);
        }
        // Context 0 leaves the branch out, because no end of block comes after a zero.
        let mut sum = if context == 0 {
            u32::from(self.more[block_type][band][0])
        } else {
            0
        };
        for at in from..block.count {
            let size = usize::from(block.levels[at].unsigned_abs());
            sum += u32::from(costs[COEFFICIENT_BANDS[at]][context][size.min(LARGEST)]);
            if size > LARGEST {
                sum += (size / LARGEST).ilog2() * 512;
            }
            context = size.min(2);
        }
        if block.count < 16 {
            sum += u32::from(self.end[block_type][COEFFICIENT_BANDS[block.count]][context]);
        }
        sum
    }
}

fn levels(tree: &[u8; 11], more: u16) -> [u16; LARGEST + 1] {
    std::array::from_fn(|size| {
        let mut cost = more;
        level_branches(size as u16, |branch, set| {
            cost += match branch {
                Branch::Tree(place) => bit(set, tree[place]),
                Branch::Fixed(zero) => bit(set, zero),
            };
        });
        if size > 0 { cost + 256 } else { cost }
    })
}

/// The probability that a branch is zero.
#[derive(Clone, Copy)]
pub enum Branch {
    /// The coefficient probability at this place in the tree.
    Tree(usize),
    /// A constant, out of 256.
    Fixed(u8),
}

/// Calls `branch` with the branches of the token of a level and its extra bits (RFC 6386, 13.2), without the end of block and the sign.
#[inline]
pub fn level_branches(size: u16, mut branch: impl FnMut(Branch, bool)) {
    branch(Branch::Tree(1), size != 0);
    if size == 0 {
        return;
    }
    branch(Branch::Tree(2), size > 1);
    if size == 1 {
        return;
    }
    branch(Branch::Tree(3), size > 4);
    if size <= 4 {
        branch(Branch::Tree(4), size != 2);
        if size != 2 {
            branch(Branch::Tree(5), size == 4);
        }
        return;
    }
    branch(Branch::Tree(6), size > 10);
    if size <= 10 {
        branch(Branch::Tree(7), size > 6);
        if size <= 6 {
            branch(Branch::Fixed(159), size == 6);
        } else {
            branch(Branch::Fixed(165), size >= 9);
            branch(Branch::Fixed(145), size & 1 == 0);
        }
        return;
    }
    const THIRD: [u8; 3] = [173, 148, 140];
    const FOURTH: [u8; 4] = [176, 155, 140, 135];
    const FIFTH: [u8; 5] = [180, 157, 141, 134, 130];
    const SIXTH: [u8; 11] = [254, 254, 243, 230, 196, 177, 153, 140, 133, 130, 129];
    let (place, high, base, extra): (usize, [bool; 2], u16, &[u8]) = match size {
        11..=18 => (9, [false, false], 11, &THIRD),
        19..=34 => (9, [false, true], 19, &FOURTH),
        35..=66 => (10, [true, false], 35, &FIFTH),
        _ => (10, [true, true], 67, &SIXTH),
    };
    branch(Branch::Tree(8), high[0]);
    branch(Branch::Tree(place), high[1]);
    for (bit, &zero) in extra.iter().enumerate() {
        branch(Branch::Fixed(zero), (size - base) >> (extra.len() - 1 - bit) & 1 == 1);
    }
}

/// Calls `branch` with the branches of a subblock mode: their place in the tree and the bit.
#[inline]
pub fn subblock_mode_branches(mode: u8, mut branch: impl FnMut(usize, bool)) {
    for place in 0..3 {
        branch(place, mode != place as u8);
        if mode == place as u8 {
            return;
        }
    }
    branch(3, mode >= 6);
    let (place, modes): (usize, [u8; 2]) = if mode < 6 { (4, [3, 4]) } else { (6, [6, 7]) };
    branch(place, mode != modes[0]);
    if mode == modes[0] {
        return;
    }
    branch(place + 1, mode != modes[1]);
    if place == 6 && mode != modes[1] {
        branch(8, mode != 8);
    }
}

fn subblock_mode_cost(mode: u8, tree: &[u8; 9]) -> u16 {
    let mut cost = 0;
    subblock_mode_branches(mode, |place, set| cost += bit(set, tree[place]));
    cost
}

/// The cost of updating a coefficient probability, above that of keeping it; `no_update` is the probability of the latter.
pub fn update(no_update: u8) -> u32 {
    u32::from(bit(true, no_update)) + 8 * 256 - u32::from(bit(false, no_update))
}
