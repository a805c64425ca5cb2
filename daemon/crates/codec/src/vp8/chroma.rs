//! Chooses how the colour of a macroblock is predicted, and what is sent of it.

use super::Effort;
use super::context::{Context, Filling};
use super::cost::COSTS;
use super::frame::chroma_cost;
use super::luma::{KIND_CHROMA, differences, score, squares};
use super::plane::Plane;
use super::predict::{self, Around};
use super::quantise::{Levels, Quantiser};
use super::transform;

/// How much a squared difference of chroma counts against one of luma: each pixel of it shows in four of the picture.
const CHROMA_COUNTS: u32 = 3;

/// How many modes are tried in full.
const MODES_TRIED: usize = 3;

/// What is sent of both planes.
pub struct Coded {
    pub mode: u8,
    pub blocks: [[Levels; 4]; 2],
}

/// What comes of a mode.
struct Tried {
    score: u64,
    coded: Coded,
    /// What a decoder makes of it.
    pixels: [[[u8; 16]; 4]; 2],
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
    let modes = if effort == Effort::Mean { 1 } else { 4 };
    let mut order: [(u64, u8); 4] = std::array::from_fn(|mode| {
        let mode = mode as u8;
        (
            score(
                quantiser,
                rough(source, &around, mode) * CHROMA_COUNTS,
                chroma_cost(mode),
            ),
            mode,
        )
    });
    order[..modes].sort_unstable();
    let mut best: Option<Tried> = None;
    for &(_, mode) in order[..modes].iter().take(MODES_TRIED) {
        let tried = code(source, &around, mode, context, quantiser);
        let is_empty = tried.coded.is_empty();
        if best.as_ref().is_none_or(|best| tried.score < best.score) {
            best = Some(tried);
        }
        if is_empty {
            break;
        }
    }
    let Tried { coded, pixels, .. } = best.expect("there are modes");
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
) -> Tried {
    let mut coded = Coded {
        mode,
        blocks: [[Levels::default(); 4]; 2],
    };
    let mut pixels = [[[0; 16]; 4]; 2];
    let mut cost = chroma_cost(mode);
    let mut squared = 0;
    for plane in 0..2 {
        let mut filling: Filling<2> = context.near(4 + plane * 2);
        for block in 0..4 {
            let prediction = predict::part(mode, &around[plane], block / 2, block % 2);
            let left = squares(&source[plane][block], &prediction);
            let sent = if left < quantiser.no_chroma_below {
                pixels[plane][block] = prediction;
                squared += left;
                Levels::default()
            } else {
                let mut coefficients = transform::forward(&differences(&source[plane][block], &prediction));
                let sent = quantiser.chroma.quantise(&mut coefficients, 0);
                pixels[plane][block] = transform::inverse(&prediction, &coefficients);
                squared += squares(&source[plane][block], &pixels[plane][block]);
                sent
            };
            cost += COSTS.block(KIND_CHROMA, 0, filling.at(block), &sent);
            filling.set(block, sent.count > 0);
            coded.blocks[plane][block] = sent;
        }
    }
    Tried {
        score: score(quantiser, squared * CHROMA_COUNTS, cost),
        coded,
        pixels,
    }
}

/// The squares of what a mode leaves.
fn rough(source: &[[[u8; 16]; 4]; 2], around: &[Around<8>; 2], mode: u8) -> u32 {
    let plane = |plane: usize| {
        (0..4)
            .map(move |block| {
                squares(
                    &source[plane][block],
                    &predict::part(mode, &around[plane], block / 2, block % 2),
                )
            })
            .sum::<u32>()
    };
    plane(0) + plane(1)
}
