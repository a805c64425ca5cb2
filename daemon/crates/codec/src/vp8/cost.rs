//! What levels and modes cost, in 1/256 of a bit, as far as that is known before the picture's statistics are.

use std::sync::LazyLock;

use super::quantise::Levels;
use super::tables::modes::AROUND;
use super::tables::{BANDS, coefficients, updates};

/// Larger levels are reckoned from this one.
const LARGEST: usize = 17;

/// The tables, made once.
pub struct Costs {
    /// Of a level, its sign, and that it is not the end, by kind of block, band and context.
    levels: [[[[u16; LARGEST + 1]; 3]; 8]; 4],
    /// Of the end.
    end: [[[u16; 3]; 8]; 4],
    /// Of not being the end.
    more: [[[u16; 3]; 8]; 4],
    /// Of a mode of a block of 4x4, by the mode above and the mode to the left.
    pub modes: [[[u16; 10]; 10]; 10],
}

/// What a bit costs that is zero with so much probability out of 256.
pub fn bit(bit: bool, zero: u8) -> u16 {
    BITS[usize::from(if bit { 255 - zero.saturating_sub(1) } else { zero })]
}

static BITS: LazyLock<[u16; 256]> =
    LazyLock::new(|| std::array::from_fn(|chance| (-256.0 * (chance.max(1) as f64 / 256.0).log2()).round() as u16));

/// What is known before.
pub static COSTS: LazyLock<Costs> = LazyLock::new(Costs::new);

impl Costs {
    fn new() -> Self {
        let table = &coefficients::DEFAULT;
        let each = |make: fn(&[u8; 11]) -> u16| table.map(|kind| kind.map(|band| band.map(|slots| make(&slots))));
        let with_more = table.map(|kind| {
            kind.map(|band| {
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
            end: each(|slots| bit(false, slots[0])),
            more: each(|slots| bit(true, slots[0])),
            modes: AROUND.map(|above| above.map(|slots| std::array::from_fn(|mode| mode_cost(mode as u8, &slots)))),
        }
    }

    /// What a block's levels cost. `kind` is its kind and `context` how many of its neighbours are not empty.
    pub fn block(&self, kind: usize, from: usize, mut context: usize, block: &Levels) -> u32 {
        let costs = &self.levels[kind];
        let band = BANDS[from];
        if block.count == 0 {
            return u32::from(self.end[kind][band][context]);
        }
        // Context 0 leaves out that there are more, because that goes without saying after a zero.
        let mut sum = if context == 0 {
            u32::from(self.more[kind][band][0])
        } else {
            0
        };
        for at in from..block.count {
            let size = usize::from(block.levels[at].unsigned_abs());
            sum += u32::from(costs[BANDS[at]][context][size.min(LARGEST)]);
            if size > LARGEST {
                sum += (size / LARGEST).ilog2() * 512;
            }
            context = size.min(2);
        }
        if block.count < 16 {
            sum += u32::from(self.end[kind][BANDS[block.count]][context]);
        }
        sum
    }
}

fn levels(slots: &[u8; 11], more: u16) -> [u16; LARGEST + 1] {
    std::array::from_fn(|size| {
        let mut cost = more;
        branches(size as u16, |branch, set| {
            cost += match branch {
                Branch::Slot(place) => bit(set, slots[place]),
                Branch::Fixed(zero) => bit(set, zero),
            };
        });
        if size > 0 { cost + 256 } else { cost }
    })
}

/// How likely a branch goes to zero.
#[derive(Clone, Copy)]
pub enum Branch {
    /// As the frame says at this place.
    Slot(usize),
    /// Always so, out of 256.
    Fixed(u8),
}

/// The branches of the tree of levels: those whose probability a frame says, and the fixed ones. Neither the end nor the sign.
#[inline]
pub fn branches(size: u16, mut branch: impl FnMut(Branch, bool)) {
    branch(Branch::Slot(1), size != 0);
    if size == 0 {
        return;
    }
    branch(Branch::Slot(2), size > 1);
    if size == 1 {
        return;
    }
    branch(Branch::Slot(3), size > 4);
    if size <= 4 {
        branch(Branch::Slot(4), size != 2);
        if size != 2 {
            branch(Branch::Slot(5), size == 4);
        }
        return;
    }
    branch(Branch::Slot(6), size > 10);
    if size <= 10 {
        branch(Branch::Slot(7), size > 6);
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
    branch(Branch::Slot(8), high[0]);
    branch(Branch::Slot(place), high[1]);
    for (bit, &zero) in extra.iter().enumerate() {
        branch(Branch::Fixed(zero), (size - base) >> (extra.len() - 1 - bit) & 1 == 1);
    }
}

/// The branches of the tree of modes of blocks of 4x4: their place and what is decided.
#[inline]
pub fn mode_branches(mode: u8, mut branch: impl FnMut(usize, bool)) {
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

fn mode_cost(mode: u8, slots: &[u8; 9]) -> u16 {
    let mut cost = 0;
    mode_branches(mode, |place, set| cost += bit(set, slots[place]));
    cost
}

/// What saying a probability anew costs, against not doing so.
pub fn update(kind: usize, band: usize, context: usize, place: usize) -> u32 {
    let unchanged = updates::UNCHANGED[kind][band][context][place];
    u32::from(bit(true, unchanged)) + 8 * 256 - u32::from(bit(false, unchanged))
}
