//! Chooses how the colour of a macroblock is predicted, and what is sent of it.

use super::Context;
use super::cost::COSTS;
use super::frame::chroma_cost;
use super::luma::{KIND_CHROMA, differences, score, squares};
use super::plane::Plane;
use super::predict;
use super::quantise::{Levels, Quantiser};
use super::transform;

/// What is sent of both planes.
pub struct Coded {
    pub mode: u8,
    pub blocks: [[Levels; 4]; 2],
}

/// Chooses for the macroblock at a place (in pixels of chroma) and puts what a decoder makes of it into the planes.
pub fn choose(
    source: &[[[u8; 16]; 4]; 2],
    planes: &mut [Plane; 2],
    (x, y): (usize, usize),
    context: &Context,
    quantiser: &Quantiser,
) -> Coded {
    let around = [planes[0].around::<8>(x, y), planes[1].around::<8>(x, y)];
    let worst = |mode: u8| {
        let mut sum = 0;
        for (source, around) in source.iter().zip(&around) {
            sum += (0..4)
                .map(|block| squares(&source[block], &predict::part(mode, around, block / 2, block % 2)))
                .sum::<u32>();
        }
        score(quantiser, sum, chroma_cost(mode))
    };
    let mode = (0..4).min_by_key(|&mode| worst(mode)).unwrap_or_default();
    let mut coded = Coded {
        mode,
        blocks: [[Levels::default(); 4]; 2],
    };
    for plane in 0..2 {
        for block in 0..4 {
            let prediction = predict::part(mode, &around[plane], block / 2, block % 2);
            let mut coefficients = transform::forward(&differences(&source[plane][block], &prediction));
            coded.blocks[plane][block] = quantiser.chroma.quantise(&mut coefficients, 0);
            let pixels = transform::inverse(&prediction, &coefficients);
            planes[plane].put(x + block % 2 * 4, y + block / 2 * 4, &pixels);
        }
    }
    let _ = (context, KIND_CHROMA, &COSTS);
    coded
}
