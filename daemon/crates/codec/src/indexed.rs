//! An image of at most 256 colours, prepared for both formats.

use super::grey_alpha::GreyAlphaRows;
use super::matches::MatchFinder;
use super::plane::{IndexPlane, SIXTEENTHS, sixteenths};
use super::straight::PaletteImage;
use super::tokens::{self, Token};
use super::vp8::Vp8Encoder;
use super::vp8l::Vp8lRuns;

/// Pixels from which on unused colours in the palette do not matter.
const LARGE: usize = 100_000;

/// An image of at most 256 colours with its runs. Keeps its buffers, and those of images of more colours, from image to image.
#[derive(Default)]
pub struct IndexedImage {
    pub(crate) palette: Vec<[u8; 4]>,
    pub(crate) plane: IndexPlane,
    pub(crate) tokens: Vec<Token>,
    pub(crate) vp8l_runs: Vp8lRuns,
    pub(crate) grey_alpha: GreyAlphaRows,
    pub(crate) buffers: TrueColourBuffers,
}

/// Buffers for images of many colours.
#[derive(Default)]
pub(crate) struct TrueColourBuffers {
    pub(crate) matches: MatchFinder,
    /// Runs in filtered scanlines.
    pub(crate) tokens: Vec<Token>,
    /// Pixels without their alpha.
    pub(crate) rgb: Vec<u8>,
    pub(crate) vp8: Vp8Encoder,
    /// A second encoding of the same image, which may be smaller.
    pub(crate) alternative: Vec<u8>,
}

impl IndexedImage {
    /// Sets an image of one colour from its opacities, row by row.
    pub fn set_coverage(&mut self, values: &[u8], width: u32, [red, green, blue]: [u8; 3]) {
        let colour = |value: u8| match value {
            0 => [0; 4],
            _ => [red, green, blue, value],
        };
        self.palette.clear();
        if values.len() >= LARGE && self.plane.try_fill_sixteenths(values, width) {
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

    /// Sets an image with a palette.
    pub fn set_palette_image(&mut self, image: &PaletteImage, width: u32) {
        self.palette.clone_from(&image.colours);
        self.plane
            .fill(&image.indices, width, &image.order, image.colours.len());
    }

    /// Sets an alpha plane: bytes without a palette.
    pub(crate) fn set_alpha(&mut self, values: &[u8], width: u32) {
        let index = std::array::from_fn(|index| index as u8);
        self.plane.fill(values, width, &index, 256);
        self.find_tokens();
    }

    /// Finds the runs; to be called after the image was set and before it is encoded.
    pub fn find_tokens(&mut self) {
        tokens::find(&self.plane.bytes, self.plane.stride(), &mut self.tokens);
    }
}

/// The values that occur.
fn occurring(values: &[u8]) -> [bool; 256] {
    let mut occurs = [false; 256];
    let (words, rest) = values.as_chunks::<8>();
    // Most pixels of a drawing are covered entirely or not at all.
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
