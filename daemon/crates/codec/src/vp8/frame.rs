//! The first partition of a frame: the frame header and the prediction modes of macroblocks (RFC 6386, 9, 11 and 19).

use super::bool_coder::BoolCoder;
use super::cost;
use super::predict::{DC_PRED, H_PRED, TM_PRED, V_PRED};
use super::tables::CoefficientProbabilities;
use super::tables::coefficients::DEFAULT;
use super::tables::modes::SUBBLOCK_MODE_PROBABILITIES;
use super::tables::updates::NO_UPDATE;

/// The header of a macroblock.
#[derive(Clone, Copy, Debug, Default)]
pub struct MacroblockHeader {
    pub luma: LumaMode,
    pub chroma: u8,
    /// The residual is all zeros and is not coded (mb_skip_coeff).
    pub is_skipped: bool,
}

/// The prediction mode of the luma of a macroblock.
#[derive(Clone, Copy, Debug)]
pub enum LumaMode {
    Whole(u8),
    /// B_PRED: a mode for each subblock.
    Subblocks([u8; 16]),
}

impl Default for LumaMode {
    fn default() -> Self {
        Self::Whole(DC_PRED)
    }
}

impl LumaMode {
    /// The mode of a subblock as context of its neighbours.
    pub fn at(&self, block: usize) -> u8 {
        match self {
            Self::Whole(mode) => *mode,
            Self::Subblocks(modes) => modes[block],
        }
    }
}

/// The fields of the frame header.
pub struct FrameHeader {
    pub width: u16,
    pub height: u16,
    /// 0 to 127.
    pub quantizer_index: u8,
    /// Added to the index for Y1 DC, Y2 DC, Y2 AC, chroma DC and chroma AC.
    pub quantizer_deltas: [i32; 5],
    /// The loop filter level, 0 to 63.
    pub filter_level: u8,
}

/// Encodes the first partition.
pub fn first_partition(
    header: &FrameHeader,
    probabilities: &CoefficientProbabilities,
    macroblocks: &[MacroblockHeader],
) -> Vec<u8> {
    let mut coder = BoolCoder::default();
    // Color space, clamping, no segmentation, the normal loop filter.
    coder.put_literal(0, 4);
    coder.put_literal(u32::from(header.filter_level), 6);
    // Sharpness, no filter deltas, one token partition.
    coder.put_literal(0, 3 + 1 + 2);
    coder.put_literal(u32::from(header.quantizer_index), 7);
    for delta in header.quantizer_deltas {
        coder.put_signed(delta, 4);
    }
    // Probabilities are not kept for another frame.
    coder.put(false, 128);
    put_probabilities(&mut coder, probabilities);
    let coded = macroblocks.iter().filter(|macroblock| !macroblock.is_skipped).count();
    let skip = (coded < macroblocks.len()).then(|| (coded * 256 / macroblocks.len()).clamp(1, 255) as u8);
    coder.put(skip.is_some(), 128);
    if let Some(zero) = skip {
        coder.put_literal(u32::from(zero), 8);
    }
    let columns = usize::from(header.width).div_ceil(16);
    for (at, macroblock) in macroblocks.iter().enumerate() {
        if let Some(zero) = skip {
            coder.put(macroblock.is_skipped, zero);
        }
        let above = at
            .checked_sub(columns)
            .map_or(LumaMode::default(), |above| macroblocks[above].luma);
        let left = match at % columns {
            0 => LumaMode::default(),
            _ => macroblocks[at - 1].luma,
        };
        put_luma_mode(&mut coder, macroblock.luma, above, left);
        put_chroma_mode(&mut coder, macroblock.chroma);
    }
    coder.finish()
}

fn put_probabilities(coder: &mut BoolCoder, probabilities: &CoefficientProbabilities) {
    let [probabilities, defaults, no_update] =
        [probabilities, &DEFAULT, &NO_UPDATE].map(|table| table.as_flattened().as_flattened().as_flattened());
    for ((probability, default), no_update) in probabilities.iter().zip(defaults).zip(no_update) {
        coder.put(probability != default, *no_update);
        if probability != default {
            coder.put_literal(u32::from(*probability), 8);
        }
    }
}

fn put_luma_mode(coder: &mut BoolCoder, luma: LumaMode, above: LumaMode, left: LumaMode) {
    coder.put(matches!(luma, LumaMode::Whole(_)), 145);
    match luma {
        LumaMode::Whole(mode) => {
            coder.put(mode == TM_PRED || mode == H_PRED, 156);
            match mode {
                TM_PRED | H_PRED => coder.put(mode == TM_PRED, 128),
                _ => coder.put(mode == V_PRED, 163),
            }
        }
        LumaMode::Subblocks(modes) => {
            for (block, &mode) in modes.iter().enumerate() {
                let above = block
                    .checked_sub(4)
                    .map_or_else(|| above.at(block + 12), |above| modes[above]);
                let left = match block % 4 {
                    0 => left.at(block + 3),
                    _ => modes[block - 1],
                };
                let tree = &SUBBLOCK_MODE_PROBABILITIES[usize::from(above)][usize::from(left)];
                cost::subblock_mode_branches(mode, |place, set| coder.put(set, tree[place]));
            }
        }
    }
}

fn put_chroma_mode(coder: &mut BoolCoder, mode: u8) {
    coder.put(mode != DC_PRED, 142);
    if mode != DC_PRED {
        coder.put(mode != V_PRED, 114);
        if mode != V_PRED {
            coder.put(mode != H_PRED, 183);
        }
    }
}

/// The cost of the mode of a whole macroblock of luma, in 1/256 of a bit.
pub fn luma_mode_cost(mode: u8) -> u32 {
    let cost = match mode {
        TM_PRED | H_PRED => cost::bit(true, 156) + 256,
        _ => cost::bit(false, 156) + cost::bit(mode == V_PRED, 163),
    };
    u32::from(cost + cost::bit(true, 145))
}

/// The cost of B_PRED without the modes of the subblocks, in 1/256 of a bit.
pub const B_PRED_COST: u32 = 211;

/// The cost of the mode of chroma, in 1/256 of a bit.
pub fn chroma_mode_cost(mode: u8) -> u32 {
    let mut cost = cost::bit(mode != DC_PRED, 142);
    if mode != DC_PRED {
        cost += cost::bit(mode != V_PRED, 114);
        if mode != V_PRED {
            cost += cost::bit(mode != H_PRED, 183);
        }
    }
    u32::from(cost)
}

/// The limit of the size field of the first partition.
pub const MAX_FIRST_PARTITION_BYTES: usize = (1 << 19) - 1;

/// Assembles a frame; `first` is at most [`MAX_FIRST_PARTITION_BYTES`] long.
pub fn assemble(header: &FrameHeader, first: &[u8], tokens: &[u8]) -> Vec<u8> {
    const KEY_FRAME_SHOWN: u32 = 1 << 4;
    let tag = KEY_FRAME_SHOWN | (first.len() as u32) << 5;
    let mut frame = Vec::with_capacity(10 + first.len() + tokens.len());
    frame.extend_from_slice(&tag.to_le_bytes()[..3]);
    frame.extend_from_slice(&[0x9d, 0x01, 0x2a]);
    frame.extend_from_slice(&header.width.to_le_bytes());
    frame.extend_from_slice(&header.height.to_le_bytes());
    frame.extend_from_slice(first);
    frame.extend_from_slice(tokens);
    frame
}
