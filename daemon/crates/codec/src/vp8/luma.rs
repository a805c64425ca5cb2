//! Chooses the prediction of the luma of a macroblock and codes its residual.

use super::PredictionModes;
use super::context::MacroblockContext;
use super::cost::COSTS;
use super::frame::{B_PRED_COST, LumaMode, luma_mode_cost};
use super::plane::ReconstructedPlane;
use super::predict::{self, DC_PRED, MacroblockEdge};
use super::quantize::{QuantizedBlock, Quantizer};
use super::subblock;
use super::tables::{Y_WITHOUT_DC, Y2};
use super::transform::{self, Block};

/// The mode and the quantized residual of the luma of a macroblock.
pub struct LumaResidual {
    pub mode: LumaMode,
    /// Empty with B_PRED.
    pub y2: QuantizedBlock,
    pub blocks: [QuantizedBlock; 16],
    /// The rate-distortion score.
    score: u64,
}

/// The rate-distortion score of a squared error and a cost in 1/256 of a bit.
pub fn score(quantizer: &Quantizer, squared_error: u32, cost: u32) -> u64 {
    u64::from(squared_error) * 256 + u64::from(quantizer.lambda) * u64::from(cost)
}

/// The sum of squared differences.
#[inline(never)]
pub fn squared_error(one: &[u8; 16], other: &[u8; 16]) -> u32 {
    // Subtracted in 16 bits, in a function of its own: so the compiler vectorizes it.
    let square = |at: usize| {
        let difference = i16::from(one[at]) - i16::from(other[at]);
        i32::from(difference) * i32::from(difference)
    };
    (0..16).map(square).sum::<i32>().cast_unsigned()
}

/// The difference of pixels from their prediction.
#[inline]
pub fn residual(one: &[u8; 16], other: &[u8; 16]) -> Block {
    std::array::from_fn(|at| i16::from(one[at]) - i16::from(other[at]))
}

/// The macroblocks above and to the left.
pub struct LumaNeighbours<'a> {
    pub modes: [&'a LumaMode; 2],
    pub context: &'a MacroblockContext,
}

impl LumaResidual {
    /// Returns `true` when all coefficients are zero.
    pub fn is_empty(&self) -> bool {
        self.y2.count == 0 && self.blocks.iter().all(|block| block.count == 0)
    }
}

/// Codes the macroblock at a place in pixels, and sets the plane to its reconstruction.
pub fn code(
    source: &[[u8; 16]; 16],
    plane: &mut ReconstructedPlane,
    (x, y): (usize, usize),
    neighbours: &LumaNeighbours<'_>,
    quantizer: &Quantizer,
    modes: PredictionModes,
) -> LumaResidual {
    let edge = plane.macroblock_edge::<16>(x, y);
    let (mode, estimate) = match modes {
        PredictionModes::DcOnly => (DC_PRED, 0),
        _ => best_whole_mode(source, &edge, quantizer),
    };
    let tries_subblocks = modes == PredictionModes::All;
    let mut limit = u64::MAX;
    let mut coded = None;
    // The second attempt ends as soon as it is worse, so the likelier one comes first.
    if tries_subblocks && estimate > quantizer.b_pred_first_above {
        coded = code_subblocks(source, plane, (x, y), neighbours, quantizer, limit, None);
        limit = coded.as_ref().map_or(limit, |coded| coded.score);
    }
    if let Some((whole, pixels)) = code_whole(source, &edge, mode, neighbours.context, quantizer, limit) {
        if tries_subblocks
            && coded.is_none()
            && let Some(coded) = code_subblocks(source, plane, (x, y), neighbours, quantizer, whole.score, None)
        {
            return coded;
        }
        set_blocks(plane, (x, y), &pixels);
        return whole;
    }
    coded.expect("without a limit, the whole is coded")
}

/// As [`code`], with a mode that was chosen before.
pub fn code_as(
    mode: LumaMode,
    source: &[[u8; 16]; 16],
    plane: &mut ReconstructedPlane,
    (x, y): (usize, usize),
    neighbours: &LumaNeighbours<'_>,
    quantizer: &Quantizer,
) -> LumaResidual {
    let coded = match mode {
        LumaMode::Subblocks(modes) => {
            code_subblocks(source, plane, (x, y), neighbours, quantizer, u64::MAX, Some(&modes))
        }
        LumaMode::Whole(mode) => {
            let edge = plane.macroblock_edge::<16>(x, y);
            let coded = code_whole(source, &edge, mode, neighbours.context, quantizer, u64::MAX);
            coded.map(|(coded, pixels)| {
                set_blocks(plane, (x, y), &pixels);
                coded
            })
        }
    };
    coded.expect("there is no limit")
}

fn set_blocks(plane: &mut ReconstructedPlane, (x, y): (usize, usize), pixels: &[[u8; 16]; 16]) {
    for (block, pixels) in pixels.iter().enumerate() {
        plane.set(x + block % 4 * 4, y + block / 4 * 4, pixels);
    }
}

/// The mode of a whole macroblock with the least score of the unquantized residual, and that score.
fn best_whole_mode(source: &[[u8; 16]; 16], edge: &MacroblockEdge<16>, quantizer: &Quantizer) -> (u8, u64) {
    let estimate = |mode: u8| {
        let error: u32 = (0..16)
            .map(|block| squared_error(&source[block], &predict::predict_part(mode, edge, block / 4, block % 4)))
            .sum();
        score(quantizer, error, luma_mode_cost(mode))
    };
    (0..4)
        .map(|mode| (mode, estimate(mode)))
        .min_by_key(|&(_, estimate)| estimate)
        .unwrap_or_default()
}

/// Codes a macroblock with one mode and Y2; `None` when its score reaches `limit`.
fn code_whole(
    source: &[[u8; 16]; 16],
    edge: &MacroblockEdge<16>,
    mode: u8,
    context: &MacroblockContext,
    quantizer: &Quantizer,
    limit: u64,
) -> Option<(LumaResidual, [[u8; 16]; 16])> {
    let mut pixels: [[u8; 16]; 16] =
        std::array::from_fn(|block| predict::predict_part(mode, edge, block / 4, block % 4));
    let mut coefficients: [Block; 16] =
        std::array::from_fn(|block| transform::forward_dct(&residual(&source[block], &pixels[block])));
    let mut y2 = transform::forward_wht(&coefficients.map(|block| block[0]));
    let quantized_y2 = quantizer.y2.quantize(&mut y2, 0);
    let dc = transform::inverse_wht(&y2);
    let mut cost = luma_mode_cost(mode) + COSTS.block(Y2, 0, context.y2(), &quantized_y2);
    let mut error = 0;
    let mut contexts = context.luma();
    let mut blocks = [QuantizedBlock::default(); 16];
    for block in 0..16 {
        let quantized = quantizer.luma.quantize(&mut coefficients[block], 1);
        coefficients[block][0] = dc[block];
        cost += COSTS.block(Y_WITHOUT_DC, 1, contexts.at(block), &quantized);
        contexts.set(block, &quantized);
        pixels[block] = transform::reconstruct(&pixels[block], &coefficients[block]);
        error += squared_error(&source[block], &pixels[block]);
        blocks[block] = quantized;
        if score(quantizer, error, cost) >= limit {
            return None;
        }
    }
    let coded = LumaResidual {
        mode: LumaMode::Whole(mode),
        y2: quantized_y2,
        blocks,
        score: score(quantizer, error, cost),
    };
    Some((coded, pixels))
}

/// Codes a macroblock with B_PRED, with modes that were chosen before if there are; `None` when its score reaches `limit`.
fn code_subblocks(
    source: &[[u8; 16]; 16],
    plane: &mut ReconstructedPlane,
    (x, y): (usize, usize),
    neighbours: &LumaNeighbours<'_>,
    quantizer: &Quantizer,
    limit: u64,
    known: Option<&[u8; 16]>,
) -> Option<LumaResidual> {
    let [above, left] = neighbours.modes;
    let mut contexts = neighbours.context.luma();
    let mut modes = [0; 16];
    let mut coded = LumaResidual {
        mode: LumaMode::default(),
        y2: QuantizedBlock::default(),
        blocks: [QuantizedBlock::default(); 16],
        score: score(quantizer, 0, B_PRED_COST),
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
        let mode_costs = &COSTS.subblock_modes[usize::from(above)][usize::from(left)];
        let edge = plane.subblock_edge(x, y, block);
        let known = known.map(|modes| usize::from(modes[block]));
        let best = subblock::code(&source[block], &edge, mode_costs, contexts.at(block), quantizer, known);
        coded.score += best.score;
        if coded.score >= limit {
            return None;
        }
        modes[block] = best.mode;
        contexts.set(block, &best.quantized);
        coded.blocks[block] = best.quantized;
        plane.set(x + block % 4 * 4, y + block / 4 * 4, &best.pixels);
    }
    coded.mode = LumaMode::Subblocks(modes);
    Some(coded)
}
