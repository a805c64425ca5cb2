//! What surrounds the coefficients: the headers and the modes of the macroblocks (RFC 6386, 9, 11 and 19).

use super::bool_coder::BoolCoder;
use super::cost;
use super::predict::{ABOVE, LEFT, MEAN, SLOPE};
use super::tables::Slots;
use super::tables::coefficients::DEFAULT;
use super::tables::modes::AROUND;
use super::tables::updates::UNCHANGED;

/// How a macroblock of 16x16 pixels is predicted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Macroblock {
    /// Its brightness as a whole, or each block of 4x4 for itself.
    pub luma: Luma,
    pub chroma: u8,
    /// Nothing but the prediction is sent.
    pub is_empty: bool,
}

/// How brightness is predicted.
#[derive(Clone, Copy, Debug)]
pub enum Luma {
    Whole(u8),
    Blocks([u8; 16]),
}

impl Default for Luma {
    fn default() -> Self {
        Self::Whole(MEAN)
    }
}

impl Luma {
    /// The mode that neighbours see at a block.
    pub fn at(&self, block: usize) -> u8 {
        match self {
            Self::Whole(mode) => *mode,
            Self::Blocks(modes) => modes[block],
        }
    }
}

/// What the header says.
pub struct Header {
    pub width: u16,
    pub height: u16,
    /// The quantiser's, 0 to 127.
    pub index: u8,
    /// What is added to it for other kinds of coefficients than those of luma.
    pub offsets: [i32; 5],
    /// How much the edges of blocks are smoothed, 0 to 63.
    pub smoothing: u8,
}

/// The first partition: the header and how each macroblock is predicted.
pub fn modes(header: &Header, slots: &Slots, macroblocks: &[Macroblock]) -> Vec<u8> {
    let mut coder = BoolCoder::default();
    // The colour space, no clamping left out, no segments, the normal filter.
    coder.put_number(0, 4);
    coder.put_number(u32::from(header.smoothing), 6);
    // The filter's sharpness, no adjustments to it, one partition of coefficients.
    coder.put_number(0, 3 + 1 + 2);
    coder.put_number(u32::from(header.index), 7);
    for offset in header.offsets {
        coder.put_signed(offset, 4);
    }
    // Nothing is kept for another frame.
    coder.put(false, 128);
    put_slots(&mut coder, slots);
    let full = macroblocks.iter().filter(|macroblock| !macroblock.is_empty).count();
    let skip = (full < macroblocks.len()).then(|| (full * 256 / macroblocks.len()).clamp(1, 255) as u8);
    coder.put(skip.is_some(), 128);
    if let Some(zero) = skip {
        coder.put_number(u32::from(zero), 8);
    }
    let columns = usize::from(header.width).div_ceil(16);
    for (at, macroblock) in macroblocks.iter().enumerate() {
        if let Some(zero) = skip {
            coder.put(macroblock.is_empty, zero);
        }
        let above = at
            .checked_sub(columns)
            .map_or(Luma::default(), |above| macroblocks[above].luma);
        let left = match at % columns {
            0 => Luma::default(),
            _ => macroblocks[at - 1].luma,
        };
        put_luma(&mut coder, macroblock.luma, above, left);
        put_chroma(&mut coder, macroblock.chroma);
    }
    coder.finish()
}

fn put_slots(coder: &mut BoolCoder, slots: &Slots) {
    let flat = |slots: &Slots| slots.as_flattened().as_flattened().as_flattened().to_vec();
    for ((slot, default), unchanged) in flat(slots).into_iter().zip(flat(&DEFAULT)).zip(flat(&UNCHANGED)) {
        coder.put(slot != default, unchanged);
        if slot != default {
            coder.put_number(u32::from(slot), 8);
        }
    }
}

fn put_luma(coder: &mut BoolCoder, luma: Luma, above: Luma, left: Luma) {
    coder.put(matches!(luma, Luma::Whole(_)), 145);
    match luma {
        Luma::Whole(mode) => {
            coder.put(mode == SLOPE || mode == LEFT, 156);
            match mode {
                SLOPE | LEFT => coder.put(mode == SLOPE, 128),
                _ => coder.put(mode == ABOVE, 163),
            }
        }
        Luma::Blocks(modes) => {
            for (block, &mode) in modes.iter().enumerate() {
                let above = block
                    .checked_sub(4)
                    .map_or_else(|| above.at(block + 12), |above| modes[above]);
                let left = match block % 4 {
                    0 => left.at(block + 3),
                    _ => modes[block - 1],
                };
                let slots = &AROUND[usize::from(above)][usize::from(left)];
                cost::mode_branches(mode, |place, set| coder.put(set, slots[place]));
            }
        }
    }
}

fn put_chroma(coder: &mut BoolCoder, mode: u8) {
    coder.put(mode != MEAN, 142);
    if mode != MEAN {
        coder.put(mode != ABOVE, 114);
        if mode != ABOVE {
            coder.put(mode != LEFT, 183);
        }
    }
}

/// What the whole and its modes cost, in 1/256 of a bit.
pub fn whole_cost(mode: u8) -> u32 {
    let cost = match mode {
        SLOPE | LEFT => cost::bit(true, 156) + 256,
        _ => cost::bit(false, 156) + cost::bit(mode == ABOVE, 163),
    };
    u32::from(cost + cost::bit(true, 145))
}

/// What a mode of chroma costs, in 1/256 of a bit.
pub fn chroma_cost(mode: u8) -> u32 {
    let mut cost = cost::bit(mode != MEAN, 142);
    if mode != MEAN {
        cost += cost::bit(mode != ABOVE, 114);
        if mode != ABOVE {
            cost += cost::bit(mode != LEFT, 183);
        }
    }
    u32::from(cost)
}

/// More cannot be said of the first partition.
pub const MOST_MODES_BYTES: usize = (1 << 19) - 1;

/// The whole frame. `modes` must not be longer than [`MOST_MODES_BYTES`].
pub fn frame(header: &Header, modes: &[u8], coefficients: &[u8]) -> Vec<u8> {
    const KEY_FRAME_SHOWN: u32 = 1 << 4;
    let tag = KEY_FRAME_SHOWN | (modes.len() as u32) << 5;
    let mut frame = Vec::with_capacity(10 + modes.len() + coefficients.len());
    frame.extend_from_slice(&tag.to_le_bytes()[..3]);
    frame.extend_from_slice(&[0x9d, 0x01, 0x2a]);
    frame.extend_from_slice(&header.width.to_le_bytes());
    frame.extend_from_slice(&header.height.to_le_bytes());
    frame.extend_from_slice(modes);
    frame.extend_from_slice(coefficients);
    frame
}
