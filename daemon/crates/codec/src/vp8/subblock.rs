//! Chooses the prediction of a subblock of luma and codes its residual.

use super::cost::COSTS;
use super::luma::{residual, score, squared_error};
use super::predict::{self, SUBBLOCK_MODES, SubblockEdge};
use super::quantize::{QuantizedBlock, Quantizer};
use super::tables::Y_WITH_DC;
use super::transform::{self, Block};

/// A subblock coded with one mode.
pub struct SubblockCandidate {
    pub score: u64,
    pub mode: u8,
    pub quantized: QuantizedBlock,
    /// The reconstruction.
    pub pixels: [u8; 16],
}

/// Codes a subblock with a mode that was chosen before, or the best one found.
pub fn code(
    source: &[u8; 16],
    edge: &SubblockEdge,
    mode_costs: &[u16; SUBBLOCK_MODES],
    context: usize,
    quantizer: &Quantizer,
    known: Option<usize>,
) -> SubblockCandidate {
    let without_residual = |mode: usize, pixels: [u8; 16], error: u32| {
        let quantized = QuantizedBlock::default();
        let cost = u32::from(mode_costs[mode]) + COSTS.block(Y_WITH_DC, 0, context, &quantized);
        SubblockCandidate {
            score: score(quantizer, error, cost),
            mode: mode as u8,
            quantized,
            pixels,
        }
    };
    if *source == [source[0]; 16] && *edge == [source[0]; 13] {
        let cheapest = (0..SUBBLOCK_MODES)
            .min_by_key(|&mode| mode_costs[mode])
            .unwrap_or_default();
        return without_residual(cheapest, *source, 0);
    }
    let predictions = predict::subblock_predictions(edge);
    let (nearest, second) = match known {
        Some(mode) => (mode, mode),
        None => nearest_two(source, &predictions, mode_costs, quantizer),
    };
    let error = squared_error(source, &predictions[nearest]);
    if error < quantizer.luma_zero_below {
        return without_residual(nearest, predictions[nearest], error);
    }
    let with_residual = |mode: usize| {
        let prediction = &predictions[mode];
        let transformed = transform::forward_dct(&residual(source, prediction));
        let mut coefficients = transformed;
        let quantized = quantizer.luma.quantize(&mut coefficients, 0);
        let cost = u32::from(mode_costs[mode]) + COSTS.block(Y_WITH_DC, 0, context, &quantized);
        SubblockCandidate {
            score: score(quantizer, transformed_error(&transformed, &coefficients), cost),
            mode: mode as u8,
            quantized,
            pixels: transform::reconstruct(prediction, &coefficients),
        }
    };
    // Coding all ten would save half a percent of the bytes.
    let best = with_residual(nearest);
    if best.quantized.count == 0 || second == nearest {
        return best;
    }
    let other = with_residual(second);
    if other.score < best.score { other } else { best }
}

/// The two modes with the least scores of the unquantized residual.
#[inline]
fn nearest_two(
    source: &[u8; 16],
    predictions: &[[u8; 16]; SUBBLOCK_MODES],
    mode_costs: &[u16; SUBBLOCK_MODES],
    quantizer: &Quantizer,
) -> (usize, usize) {
    let (mut first, mut second) = (u64::MAX, u64::MAX);
    for mode in 0..SUBBLOCK_MODES {
        let error = squared_error(source, &predictions[mode]);
        let estimate = score(quantizer, error, u32::from(mode_costs[mode])) << 4 | mode as u64;
        second = second.min(first.max(estimate));
        first = first.min(estimate);
    }
    ((first & 15) as usize, (second & 15) as usize)
}

/// The squared error of pixels, from that of their coefficients, which are twice as large.
#[inline]
fn transformed_error(one: &Block, other: &Block) -> u32 {
    let sum: i32 = one
        .iter()
        .zip(other)
        .map(|(&one, &other)| (i32::from(one) - i32::from(other)).pow(2))
        .sum();
    sum.cast_unsigned() / 4
}
