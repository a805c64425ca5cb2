//! Chooses how the colour of a macroblock is predicted, and what is sent of it.

use super::cost::COSTS;
use super::frame::chroma_cost;
use super::luma::{KIND_CHROMA, differences, score, squares};
use super::plane::Plane;
use super::predict::{self, Around};
use super::quantise::{Levels, Quantiser};
use super::transform;
use super::{Context, Effort, Filling};

/// How much a squared difference of chroma counts against one of luma: each pixel of it shows in four of the picture.
const CHROMA_COUNTS: u32 = 3;

/// What is sent of both planes.
pub struct Coded {
    pub mode: u8,
    pub blocks: [[Levels; 4]; 2],
}

impl Coded {
    /// Whether nothing but the prediction is sent.
    pub fn is_empty(&self) -> bool {
        self.blocks.as_flattened().iter().all(|block| block.count == 0)
    }
}

/// Chooses for the macroblock at a place (in pixels of chroma) and puts what a decoder makes of it into the planes.
pub fn choose(
    source: &[[[u8; 16]; 4]; 2],
    planes: &mut [Plane; 2],
    (x, y): (usize, usize),
    context: &Context,
    quantiser: &Quantiser,
    effort: Effort,
) -> Coded {
    let around = [planes[0].around::<8>(x, y), planes[1].around::<8>(x, y)];
    let mut best: Option<(u64, Coded, [[[u8; 16]; 4]; 2])> = None;
    let modes = if effort == Effort::Mean { 1 } else { 4 };
    for mode in 0..modes {
        let tried = code(source, &around, mode, context, quantiser);
        if best.as_ref().is_none_or(|best| tried.0 < best.0) {
            best = Some(tried);
        }
    }
    let (_, coded, pixels) = best.expect("there are modes");
    for (plane, pixels) in planes.iter_mut().zip(&pixels) {
        for (block, pixels) in pixels.iter().enumerate() {
            plane.put(x + block % 2 * 4, y + block / 2 * 4, pixels);
        }
    }
    coded
}

fn code(
    source: &[[[u8; 16]; 4]; 2],
    around: &[Around<8>; 2],
    mode: u8,
    context: &Context,
    quantiser: &Quantiser,
) -> (u64, Coded, [[[u8; 16]; 4]; 2]) {
    let mut coded = Coded {
        mode,
        blocks: [[Levels::default(); 4]; 2],
    };
    let mut pixels = [[[0; 16]; 4]; 2];
    let mut cost = chroma_cost(mode);
    let mut squared = 0;
    for plane in 0..2 {
        let mut near: Filling<2> = context.near(4 + plane * 2);
        for block in 0..4 {
            let prediction = predict::part(mode, &around[plane], block / 2, block % 2);
            let mut coefficients = transform::forward(&differences(&source[plane][block], &prediction));
            let sent = quantiser.chroma.quantise(&mut coefficients, 0);
            cost += COSTS.block(KIND_CHROMA, 0, near.at(block), &sent);
            near.set(block, sent.count > 0);
            coded.blocks[plane][block] = sent;
            pixels[plane][block] = transform::inverse(&prediction, &coefficients);
            squared += squares(&source[plane][block], &pixels[plane][block]);
        }
    }
    (score(quantiser, squared * CHROMA_COUNTS, cost), coded, pixels)
}
