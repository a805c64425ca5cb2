//! Pixels with straight (not premultiplied) alpha, and with a palette where the colours are few.

use std::ops::Range;

/// The largest palette of PNG and VP8L.
pub const MAX_COLOURS: usize = 256;

/// An image in straight RGBA, row by row.
pub struct StraightImage {
    pub width: u32,
    pub height: u32,
    pub rgba: Vec<u8>,
    /// The number of runs of one colour.
    pub runs: usize,
    /// The same pixels with a palette; `None` when there are more than 256 colours.
    pub palette: Option<PaletteImage>,
}

/// Pixels of at most 256 colours.
pub struct PaletteImage {
    /// One for each pixel, in the order in which the colours were found.
    pub indices: Vec<u8>,
    /// The place of each index among the colours.
    pub order: [u8; MAX_COLOURS],
    /// RGBA, the most transparent first.
    pub colours: Vec<[u8; 4]>,
}

impl Default for PaletteImage {
    fn default() -> Self {
        Self {
            indices: Vec::new(),
            order: [0; MAX_COLOURS],
            colours: Vec::new(),
        }
    }
}

impl PaletteImage {
    /// Sets the palette from the colours found, as numbers of alpha, red, green and blue, each with its index.
    pub fn set_colours(&mut self, mut found: Vec<(u32, u8)>) {
        found.sort_unstable();
        for (place, (_, index)) in found.iter().enumerate() {
            self.order[usize::from(*index)] = place as u8;
        }
        self.colours.clear();
        self.colours.extend(found.iter().map(|(colour, _)| {
            let [alpha, red, green, blue] = colour.to_be_bytes();
            [red, green, blue, alpha]
        }));
    }
}

impl StraightImage {
    /// Converts rows of premultiplied RGBA; fully transparent pixels become zeros.
    pub fn from_premultiplied(width: u32, height: u32, premultiplied: &[u8]) -> Self {
        let (pixels, _) = premultiplied.as_chunks::<4>();
        let mut rgba = vec![0; pixels.len() * 4];
        let (target, _) = rgba.as_chunks_mut::<4>();
        let mut palette = Some(PaletteBuilder::new(pixels.len()));
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
            palette: palette.map(PaletteBuilder::finish),
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

/// A power of two, sparse enough for 256 colours.
const SLOTS: usize = 1024;

/// Counts colours: an open hash table from colour to index.
struct PaletteBuilder {
    slots: Vec<Option<(u32, u8)>>,
    colours: usize,
    indices: Vec<u8>,
}

impl PaletteBuilder {
    fn new(pixels: usize) -> Self {
        Self {
            slots: vec![None; SLOTS],
            colours: 0,
            indices: vec![0; pixels],
        }
    }

    /// Sets a range of pixels; `None` when their colour is one too many.
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
                None if self.colours == MAX_COLOURS => return None,
                None => {
                    let index = self.colours as u8;
                    self.colours += 1;
                    self.slots[at] = Some((colour, index));
                    return Some(index);
                }
            }
        }
    }

    fn finish(self) -> PaletteImage {
        let mut image = PaletteImage {
            indices: self.indices,
            ..PaletteImage::default()
        };
        image.set_colours(self.slots.into_iter().flatten().collect());
        image
    }
}
