//! Chooses how the brightness of a macroblock is predicted, and what is sent of it.

use super::Effort;
use super::context::Context;
use super::cost::COSTS;
use super::frame::{Luma, whole_cost};
use super::plane::Plane;
use super::predict::{self, Around, MEAN, MODES};
use super::quantise::{Levels, Quantiser};
use super::transform::{self, Block};

/// What is sent of the brightness of a macroblock.
pub struct Coded {
    pub luma: Luma,
    /// Of the means of the blocks, where it is predicted as a whole.
    pub means: Levels,
    pub blocks: [Levels; 16],
    /// Squared difference and worth of the bits, in 1/256.
    pub score: u64,
}

pub const KIND_WITHOUT_MEAN: usize = 0;
pub const KIND_MEANS: usize = 1;
pub const KIND_CHROMA: usize = 2;
pub const KIND_WITH_MEAN: usize = 3;

/// Squared difference and the worth of bits.
pub fn score(quantiser: &Quantiser, squares: u32, cost: u32) -> u64 {
    u64::from(squares) * 256 + u64::from(quantiser.bit_worth) * u64::from(cost)
}

#[inline(never)]
pub fn squares(one: &[u8; 16], other: &[u8; 16]) -> u32 {
    // In 16 bits first, and a function by itself: that is how the compiler finds that many can be multiplied at once.
    let square = |at: usize| {
        let difference = i16::from(one[at]) - i16::from(other[at]);
        i32::from(difference) * i32::from(difference)
    };
    (0..16).map(square).sum::<i32>().cast_unsigned()
}

#[inline]
pub fn differences(one: &[u8; 16], other: &[u8; 16]) -> Block {
    std::array::from_fn(|at| i16::from(one[at]) - i16::from(other[at]))
}

/// What is known of the macroblocks above and to the left.
pub struct Near<'a> {
    pub modes: [&'a Luma; 2],
    pub context: &'a Context,
}

impl Coded {
    /// Whether nothing but the prediction is sent.
    pub fn is_empty(&self) -> bool {
        self.means.count == 0 && self.blocks.iter().all(|block| block.count == 0)
    }
}

/// Chooses for the macroblock at a place and puts what a decoder makes of it into the plane.
pub fn choose(
    source: &[[u8; 16]; 16],
    plane: &mut Plane,
    (x, y): (usize, usize),
    near: &Near<'_>,
    quantiser: &Quantiser,
    effort: Effort,
) -> Coded {
    let around = plane.around::<16>(x, y);
    let (mode, rough) = match effort {
        Effort::Mean => (MEAN, 0),
        _ => best_whole(source, &around, quantiser),
    };
    let try_blocks = effort == Effort::All;
    let mut limit = u64::MAX;
    let mut coded = None;
    // What is tried second ends as soon as it is worse: so the likelier one comes first.
    if try_blocks && rough > quantiser.rough_whole {
        coded = blocks(source, plane, (x, y), near, quantiser, limit);
        limit = coded.as_ref().map_or(limit, |coded| coded.score);
    }
    if let Some((whole, pixels)) = whole(source, &around, mode, near.context, quantiser, limit) {
        if try_blocks
            && coded.is_none()
            && let Some(coded) = blocks(source, plane, (x, y), near, quantiser, whole.score)
        {
            return coded;
        }
        for (block, pixels) in pixels.iter().enumerate() {
            plane.put(x + block % 4 * 4, y + block / 4 * 4, pixels);
        }
        return whole;
    }
    coded.expect("without a limit, the whole is coded")
}

/// The mode with the least squares, and what they and it come to.
fn best_whole(source: &[[u8; 16]; 16], around: &Around<16>, quantiser: &Quantiser) -> (u8, u64) {
    let rough = |mode: u8| {
        let squares: u32 = (0..16)
            .map(|block| squares(&source[block], &predict::part(mode, around, block / 4, block % 4)))
            .sum();
        score(quantiser, squares, whole_cost(mode))
    };
    (0..4)
        .map(|mode| (mode, rough(mode)))
        .min_by_key(|&(_, rough)| rough)
        .unwrap_or_default()
}

/// As a whole; `None` when that comes to more than `limit`.
fn whole(
    source: &[[u8; 16]; 16],
    around: &Around<16>,
    mode: u8,
    context: &Context,
    quantiser: &Quantiser,
    limit: u64,
) -> Option<(Coded, [[u8; 16]; 16])> {
    let mut pixels: [[u8; 16]; 16] = std::array::from_fn(|block| predict::part(mode, around, block / 4, block % 4));
    let mut coefficients: [Block; 16] =
        std::array::from_fn(|block| transform::forward(&differences(&source[block], &pixels[block])));
    let mut means = transform::forward_means(&coefficients.map(|block| block[0]));
    let sent_means = quantiser.means.quantise(&mut means, 0);
    let means = transform::inverse_means(&means);
    let mut cost = whole_cost(mode) + COSTS.block(KIND_MEANS, 0, context.means(), &sent_means);
    let mut squared = 0;
    let mut filling = context.luma();
    let mut blocks = [Levels::default(); 16];
    for block in 0..16 {
        let sent = quantiser.luma.quantise(&mut coefficients[block], 1);
        coefficients[block][0] = means[block];
        cost += COSTS.block(KIND_WITHOUT_MEAN, 1, filling.at(block), &sent);
        filling.set(block, sent.count > 0);
        pixels[block] = transform::inverse(&pixels[block], &coefficients[block]);
        squared += squares(&source[block], &pixels[block]);
        blocks[block] = sent;
        if score(quantiser, squared, cost) >= limit {
            return None;
        }
    }
    let coded = Coded {
        luma: Luma::Whole(mode),
        means: sent_means,
        blocks,
        score: score(quantiser, squared, cost),
    };
    Some((coded, pixels))
}

/// Each block for itself; `None` when that comes to more than `limit`.
fn blocks(
    source: &[[u8; 16]; 16],
    plane: &mut Plane,
    (x, y): (usize, usize),
    near: &Near<'_>,
    quantiser: &Quantiser,
    limit: u64,
) -> Option<Coded> {
    let [above, left] = near.modes;
    let mut filling = near.context.luma();
    let mut modes = [0; 16];
    let mut coded = Coded {
        luma: Luma::default(),
        means: Levels::default(),
        blocks: [Levels::default(); 16],
        // What it costs to say so.
        score: score(quantiser, 0, 211),
    };
    for block in 0..16 {
        let above = if block < 4 {
            above.at(block + 12)
        } else {
            modes[block - 4]
        };
        let left = if block % 4 == 0 {
            left.at(block + 3)
        } else {
            modes[block - 1]
        };
        let mode_costs = &COSTS.modes[usize::from(above)][usize::from(left)];
        let edges = plane.edges(x, y, block);
        let best = block_of_four(&source[block], &edges, mode_costs, filling.at(block), quantiser);
        let Tried {
            score,
            mode,
            sent,
            pixels,
        } = best;
        coded.score += score;
        if coded.score >= limit {
            return None;
        }
        modes[block] = mode;
        filling.set(block, sent.count > 0);
        coded.blocks[block] = sent;
        plane.put(x + block % 4 * 4, y + block / 4 * 4, &pixels);
    }
    coded.luma = Luma::Blocks(modes);
    Some(coded)
}

/// What comes of a mode of a block.
struct Tried {
    score: u64,
    mode: u8,
    sent: Levels,
    /// What a decoder makes of it.
    pixels: [u8; 16],
}

/// The best of the modes for one block.
fn block_of_four(
    source: &[u8; 16],
    edges: &predict::Edges,
    mode_costs: &[u16; MODES],
    context: usize,
    quantiser: &Quantiser,
) -> Tried {
    let unsent = |mode: usize, pixels: [u8; 16], squares: u32| {
        let cost = u32::from(mode_costs[mode]) + COSTS.block(KIND_WITH_MEAN, 0, context, &Levels::default());
        Tried {
            score: score(quantiser, squares, cost),
            mode: mode as u8,
            sent: Levels::default(),
            pixels,
        }
    };
    if *source == [source[0]; 16] && *edges == [source[0]; 13] {
        let cheapest = (0..MODES).min_by_key(|&mode| mode_costs[mode]).unwrap_or_default();
        return unsent(cheapest, *source, 0);
    }
    let predictions = predict::all(edges);
    let (nearest, second) = nearest_two(source, &predictions, mode_costs, quantiser);
    let left = squares(source, &predictions[nearest]);
    if left < quantiser.nothing_below {
        return unsent(nearest, predictions[nearest], left);
    }
    let in_full = |mode: usize| {
        let prediction = &predictions[mode];
        let transformed = transform::forward(&differences(source, prediction));
        let mut coefficients = transformed;
        let sent = quantiser.luma.quantise(&mut coefficients, 0);
        let cost = u32::from(mode_costs[mode]) + COSTS.block(KIND_WITH_MEAN, 0, context, &sent);
        Tried {
            score: score(quantiser, transformed_squares(&transformed, &coefficients), cost),
            mode: mode as u8,
            sent,
            pixels: transform::inverse(prediction, &coefficients),
        }
    };
    // Trying all ten would save half a percent of the bytes.
    let best = in_full(nearest);
    if best.sent.count == 0 {
        return best;
    }
    let other = in_full(second);
    if other.score < best.score { other } else { best }
}

/// The two modes that leave the least squares, where what saying them costs counts as well.
#[inline]
fn nearest_two(
    source: &[u8; 16],
    predictions: &[[u8; 16]; MODES],
    mode_costs: &[u16; MODES],
    quantiser: &Quantiser,
) -> (usize, usize) {
    let (mut first, mut second) = (u64::MAX, u64::MAX);
    for mode in 0..MODES {
        let squares = squares(source, &predictions[mode]);
        let rough = score(quantiser, squares, u32::from(mode_costs[mode])) << 4 | mode as u64;
        second = second.min(first.max(rough));
        first = first.min(rough);
    }
    ((first & 15) as usize, (second & 15) as usize)
}

/// The squared difference of pixels, from that of coefficients, which are twice as large.
#[inline]
fn transformed_squares(one: &Block, other: &Block) -> u32 {
    let sum: i32 = one
        .iter()
        .zip(other)
        .map(|(&one, &other)| (i32::from(one) - i32::from(other)).pow(2))
        .sum();
    sum.cast_unsigned() / 4
}
