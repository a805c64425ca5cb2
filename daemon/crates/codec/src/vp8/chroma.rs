//! Chooses the prediction of the chroma of a macroblock and codes its residual.

use super::PredictionModes;
use super::context::{MacroblockContext, PlaneContext};
use super::cost::COSTS;
use super::frame::chroma_mode_cost;
use super::luma::{residual, score, squared_error};
use super::plane::ReconstructedPlane;
use super::predict::{DC_PRED, MacroblockEdge, predict_part};
use super::quantize::{QuantizedBlock, Quantizer};
use super::tables::CHROMA;
use super::transform;

/// The weight of a squared error against one of luma: each sample of chroma shows in four pixels.
const CHROMA_WEIGHT: u32 = 3;

/// The number of modes that are coded, those with the least estimates.
const MOST_TRIED: usize = 3;

/// The modes that are coded.
#[derive(Clone, Copy)]
pub enum ModesTried {
    Best,
    Only(u8),
}

impl ModesTried {
    /// The mode that was chosen before, if any.
    pub fn new(modes: PredictionModes, known: Option<u8>) -> Self {
        match (modes, known) {
            (PredictionModes::DcOnly, _) => Self::Only(DC_PRED),
            (_, Some(mode)) => Self::Only(mode),
            (_, None) => Self::Best,
        }
    }
}

/// The mode and the quantized residual of both planes of chroma.
pub struct ChromaResidual {
    pub mode: u8,
    pub blocks: [[QuantizedBlock; 4]; 2],
}

/// The chroma of a macroblock coded with one mode.
struct ChromaCandidate {
    score: u64,
    coded: ChromaResidual,
    /// The reconstruction.
    pixels: [[[u8; 16]; 4]; 2],
}

impl ChromaResidual {
    /// Returns `true` when all coefficients are zero.
    pub fn is_empty(&self) -> bool {
        self.blocks.as_flattened().iter().all(|block| block.count == 0)
    }
}

/// Codes the macroblock at a place in samples of chroma, and sets the planes to its reconstruction.
pub fn code(
    source: &[[[u8; 16]; 4]; 2],
    planes: &mut [ReconstructedPlane; 2],
    (x, y): (usize, usize),
    context: &MacroblockContext,
    quantizer: &Quantizer,
    modes: ModesTried,
) -> ChromaResidual {
    let edges = [
        planes[0].macroblock_edge::<8>(x, y),
        planes[1].macroblock_edge::<8>(x, y),
    ];
    let order = match modes {
        ModesTried::Only(mode) => [mode; MOST_TRIED],
        ModesTried::Best => nearest(source, &edges, quantizer),
    };
    let tried = if let ModesTried::Only(_) = modes { 1 } else { MOST_TRIED };
    let mut best: Option<ChromaCandidate> = None;
    for &mode in &order[..tried] {
        let candidate = code_mode(source, &edges, mode, context, quantizer);
        let is_empty = candidate.coded.is_empty();
        if best.as_ref().is_none_or(|best| candidate.score < best.score) {
            best = Some(candidate);
        }
        if is_empty {
            break;
        }
    }
    let ChromaCandidate { coded, pixels, .. } = best.expect("there are modes");
    for (plane, pixels) in planes.iter_mut().zip(&pixels) {
        for (block, pixels) in pixels.iter().enumerate() {
            plane.set(x + block % 2 * 4, y + block / 2 * 4, pixels);
        }
    }
    coded
}

fn code_mode(
    source: &[[[u8; 16]; 4]; 2],
    edges: &[MacroblockEdge<8>; 2],
    mode: u8,
    context: &MacroblockContext,
    quantizer: &Quantizer,
) -> ChromaCandidate {
    let mut coded = ChromaResidual {
        mode,
        blocks: [[QuantizedBlock::default(); 4]; 2],
    };
    let mut pixels = [[[0; 16]; 4]; 2];
    let mut cost = chroma_mode_cost(mode);
    let mut error = 0;
    for plane in 0..2 {
        let mut contexts: PlaneContext<2> = context.plane(4 + plane * 2);
        for block in 0..4 {
            let source = &source[plane][block];
            let prediction = predict_part(mode, &edges[plane], block / 2, block % 2);
            let predicted_error = squared_error(source, &prediction);
            let quantized = if predicted_error < quantizer.chroma_zero_below {
                pixels[plane][block] = prediction;
                error += predicted_error;
                QuantizedBlock::default()
            } else {
                let mut coefficients = transform::forward_dct(&residual(source, &prediction));
                let quantized = quantizer.chroma.quantize(&mut coefficients, 0);
                pixels[plane][block] = transform::reconstruct(&prediction, &coefficients);
                error += squared_error(source, &pixels[plane][block]);
                quantized
            };
            cost += COSTS.block(CHROMA, 0, contexts.at(block), &quantized);
            contexts.set(block, &quantized);
            coded.blocks[plane][block] = quantized;
        }
    }
    ChromaCandidate {
        score: score(quantizer, error * CHROMA_WEIGHT, cost),
        coded,
        pixels,
    }
}

/// The modes with the least scores of the unquantized residual.
fn nearest(source: &[[[u8; 16]; 4]; 2], edges: &[MacroblockEdge<8>; 2], quantizer: &Quantizer) -> [u8; MOST_TRIED] {
    let mut order: [(u64, u8); 4] = std::array::from_fn(|mode| {
        let mode = mode as u8;
        let error = prediction_error(source, edges, mode) * CHROMA_WEIGHT;
        (score(quantizer, error, chroma_mode_cost(mode)), mode)
    });
    order.sort_unstable();
    std::array::from_fn(|place| order[place].1)
}

/// The squared error of the prediction of a mode.
fn prediction_error(source: &[[[u8; 16]; 4]; 2], edges: &[MacroblockEdge<8>; 2], mode: u8) -> u32 {
    let planes = source.iter().zip(edges);
    planes
        .flat_map(|(source, edge)| {
            let blocks = source.iter().enumerate();
            blocks.map(|(at, block)| squared_error(block, &predict_part(mode, edge, at / 2, at % 2)))
        })
        .sum()
}
