//! An image of at most 256 colours, prepared for both formats.

use super::copies::Finder;
use super::grey::Greys;
use super::plane::{Plane, SIXTEENTHS, sixteenths};
use super::straight::Palette;
use super::tokens::{self, Token};
use super::vp8l::Rows;

/// Pixels from which on a palette that is larger than it must be is no matter.
const LARGE: usize = 100_000;

/// An image of at most 256 colours, with its repetitions. Its buffers are used again for the next image.
#[derive(Default)]
pub struct IndexedImage {
    pub(crate) palette: Vec<[u8; 4]>,
    pub(crate) plane: Plane,
    pub(crate) tokens: Vec<Token>,
    /// The repetitions as VP8L sees them.
    pub(crate) rows: Rows,
    /// The same without its palette, where that takes less.
    pub(crate) greys: Greys,
    /// Of images of many colours.
    pub(crate) finder: Finder,
}

impl IndexedImage {
    /// Becomes one colour at the opacity of each value, row by row.
    pub fn set_coverage(&mut self, values: &[u8], width: u32, [red, green, blue]: [u8; 3]) {
        let colour = |value: u8| match value {
            0 => [0; 4],
            _ => [red, green, blue, value],
        };
        self.palette.clear();
        if values.len() >= LARGE && self.plane.fill_sixteenths(values, width) {
            self.palette
                .extend((0..SIXTEENTHS as u8).map(|count| colour(sixteenths(count))));
            return;
        }
        let occurs = occurring(values);
        let mut index = [0_u8; 256];
        for value in (0..=255_u8).filter(|&value| occurs[usize::from(value)]) {
            index[usize::from(value)] = self.palette.len() as u8;
            self.palette.push(colour(value));
        }
        self.plane.fill(values, width, &index, self.palette.len());
    }

    /// Becomes an image of these colours; `order` maps each index to its place among them.
    pub fn set_indices(&mut self, indices: &[u8], width: u32, colours: &[[u8; 4]], order: &[u8; 256]) {
        self.palette.clear();
        self.palette.extend_from_slice(colours);
        self.plane.fill(indices, width, order, colours.len());
    }

    /// Becomes an image with a palette.
    pub fn set_palette(&mut self, palette: &Palette, width: u32) {
        let order = std::array::from_fn(|index| index as u8);
        self.set_indices(&palette.indices, width, &palette.colours, &order);
    }

    /// Becomes bytes without a palette: an alpha plane.
    pub(crate) fn set_bytes(&mut self, values: &[u8], width: u32) {
        let index = std::array::from_fn(|index| index as u8);
        self.plane.fill(values, width, &index, 256);
        self.find_tokens();
    }

    /// Searches for repetitions; must be called after each change and before encoding.
    pub fn find_tokens(&mut self) {
        tokens::find(&self.plane.bytes, self.plane.stride(), &mut self.tokens);
    }
}

/// The values that occur.
fn occurring(values: &[u8]) -> [bool; 256] {
    let mut occurs = [false; 256];
    let (words, rest) = values.as_chunks::<8>();
    // Most of a drawing is all covered, or not at all.
    let mut last = 0;
    occurs[0] = words.contains(&[0; 8]);
    for word in words {
        let number = u64::from_le_bytes(*word);
        if number == last {
            continue;
        }
        last = number;
        word.iter().for_each(|&value| occurs[usize::from(value)] = true);
    }
    rest.iter().for_each(|&value| occurs[usize::from(value)] = true);
    occurs
}
