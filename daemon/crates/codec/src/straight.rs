//! Pixels as files store them: not premultiplied, and with a palette where the colours are few.

use std::ops::Range;

/// StraightImage RGBA, row by row.
pub struct StraightImage {
    pub width: u32,
    pub height: u32,
    pub rgba: Vec<u8>,
    /// How often a pixel differs from the one before.
    pub runs: usize,
    /// `None` when there are more than 256 colours.
    pub palette: Option<Palette>,
}

/// The colours of a picture, the most transparent first, and which one each pixel has.
pub struct Palette {
    pub colours: Vec<[u8; 4]>,
    pub indices: Vec<u8>,
}

impl StraightImage {
    /// From rows of premultiplied RGBA; fully transparent pixels come out as zeros.
    pub fn from_premultiplied(width: u32, height: u32, premultiplied: &[u8]) -> Self {
        let (pixels, _) = premultiplied.as_chunks::<4>();
        let mut rgba = vec![0; pixels.len() * 4];
        let (target, _) = rgba.as_chunks_mut::<4>();
        let mut palette = Some(Growing::new(pixels.len()));
        // Most of a drawing is runs of one colour.
        let (mut start, mut runs) = (0, 0);
        while start < pixels.len() {
            let pixel = pixels[start];
            let end = start + 1 + pixels[start + 1..].iter().take_while(|&&next| next == pixel).count();
            let colour = unpremultiplied(pixel);
            if pixel[3] != 0 {
                target[start..end].fill(colour);
            }
            palette = palette.and_then(|palette| palette.with(colour, start..end));
            start = end;
            runs += 1;
        }
        Self {
            width,
            height,
            rgba,
            runs,
            palette: palette.map(Growing::sorted),
        }
    }
}

/// Divides the colour channels by alpha.
pub fn unpremultiplied([red, green, blue, alpha]: [u8; 4]) -> [u8; 4] {
    let divide = |channel: u8| {
        let quotient = (u32::from(channel) * 255 + u32::from(alpha) / 2).checked_div(u32::from(alpha));
        quotient.map_or(0, |value| value.min(255) as u8)
    };
    match alpha {
        255 => [red, green, blue, 255],
        _ => [divide(red), divide(green), divide(blue), alpha],
    }
}

const MAX_COLOURS: usize = 256;
/// A power of two, sparse enough for 256 colours.
const SLOTS: usize = 1024;

/// A palette while it is counted: an open hash table from colour to index.
struct Growing {
    slots: Vec<Option<(u32, u8)>>,
    colours: Vec<u32>,
    indices: Vec<u8>,
}

impl Growing {
    fn new(pixels: usize) -> Self {
        Self {
            slots: vec![None; SLOTS],
            colours: Vec::with_capacity(MAX_COLOURS),
            indices: vec![0; pixels],
        }
    }

    /// `None` when the colour is one too many.
    fn with(mut self, [red, green, blue, alpha]: [u8; 4], pixels: Range<usize>) -> Option<Self> {
        // Alpha is the highest byte, so that sorting puts the transparent colours first.
        let index = self.find(u32::from_be_bytes([alpha, red, green, blue]))?;
        self.indices[pixels].fill(index);
        Some(self)
    }

    fn find(&mut self, colour: u32) -> Option<u8> {
        let mut at = (colour.wrapping_mul(0x9E37_79B1) >> 22) as usize;
        loop {
            match self.slots[at] {
                Some((same, index)) if same == colour => return Some(index),
                Some(_) => at = (at + 1) % SLOTS,
                None if self.colours.len() == MAX_COLOURS => return None,
                None => {
                    let index = self.colours.len() as u8;
                    self.colours.push(colour);
                    self.slots[at] = Some((colour, index));
                    return Some(index);
                }
            }
        }
    }

    fn sorted(mut self) -> Palette {
        let mut order: Vec<usize> = (0..self.colours.len()).collect();
        order.sort_unstable_by_key(|&index| self.colours[index]);
        let mut place = [0_u8; MAX_COLOURS];
        for (new, &old) in order.iter().enumerate() {
            place[old] = new as u8;
        }
        self.indices
            .iter_mut()
            .for_each(|index| *index = place[usize::from(*index)]);
        let rgba = |index: usize| {
            let [alpha, red, green, blue] = self.colours[index].to_be_bytes();
            [red, green, blue, alpha]
        };
        Palette {
            colours: order.into_iter().map(rgba).collect(),
            indices: self.indices,
        }
    }
}
