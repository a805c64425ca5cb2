//! From pixels to files: what PNG and WebP have in common is done once for both.

use std::time::Instant;

use super::coder::copies::Finder;
use super::coder::grey::Greys;
use super::coder::plane::{Plane, SIXTEENTHS, sixteenths};
use super::coder::tokens::{self, Token};
use super::coder::vp8l::Rows;
use super::coverage::Coverage;
use super::marked::Marked;
use super::presets::Format;
use super::straight::Straight;
use super::times::StageTimes;
use super::{encode_png, encode_webp};

/// Encodes one picture after the other; keeps its buffers.
#[derive(Default)]
pub struct Encoder {
    /// What the last pictures cost.
    pub times: StageTimes,
    indexed: Indexed,
    /// A file while it grows.
    file: Vec<u8>,
}

/// Pixels from which on a palette that is larger than it must be is no matter.
const LARGE: usize = 100_000;

/// A picture of at most 256 colours, with its repetitions.
#[derive(Default)]
pub struct Indexed {
    pub palette: Vec<[u8; 4]>,
    pub plane: Plane,
    pub tokens: Vec<Token>,
    /// The repetitions as VP8L sees them.
    pub rows: Rows,
    /// The same without its palette, where that takes less.
    pub greys: Greys,
    /// Of pictures of many colours.
    pub finder: Finder,
}

impl Encoder {
    /// Encodes the coverage of one colour, exactly, once for each format.
    pub fn encode_coverage(&mut self, coverage: &Coverage, colour: [u8; 3], formats: &[Format]) -> Vec<Vec<u8>> {
        let start = Instant::now();
        self.indexed.take_coverage(coverage, colour);
        self.times.scale += nanoseconds(start);
        self.encode_indexed(formats, None)
    }

    /// Encodes a drawing of one colour under a mark, exactly, once for each format.
    pub fn encode_marked(&mut self, marked: &Marked, width: u32, formats: &[Format]) -> Vec<Vec<u8>> {
        let start = Instant::now();
        self.indexed
            .take_indices(&marked.indices, width, &marked.colours, &marked.order);
        self.times.scale += nanoseconds(start);
        self.encode_indexed(formats, None)
    }

    /// Encodes a picture once for each format and quality: exactly where the colours are few, else as the format can.
    pub fn encode(&mut self, picture: &Straight, formats: &[(Format, u8)]) -> Vec<Vec<u8>> {
        if let Some(palette) = &picture.palette {
            let start = Instant::now();
            let order = std::array::from_fn(|index| index as u8);
            self.indexed
                .take_indices(&palette.indices, picture.width, &palette.colours, &order);
            self.times.scale += nanoseconds(start);
            let formats: Vec<Format> = formats.iter().map(|(format, _)| *format).collect();
            return self.encode_indexed(&formats, Some(picture));
        }
        let encode = |&(format, quality): &(Format, u8)| {
            let start = Instant::now();
            match format {
                Format::Png => {
                    self.file.clear();
                    encode_png::colours(picture, &mut self.indexed.finder, &mut self.file);
                    self.times.png += nanoseconds(start);
                    self.file.clone()
                }
                Format::Webp => {
                    let bytes = encode_webp::colours(picture, quality, &mut self.indexed);
                    self.times.webp += nanoseconds(start);
                    bytes
                }
            }
        };
        formats.iter().map(encode).collect()
    }

    /// `picture` is the same in colour, when there is one.
    fn encode_indexed(&mut self, formats: &[Format], picture: Option<&Straight>) -> Vec<Vec<u8>> {
        let start = Instant::now();
        self.indexed.find_tokens();
        self.times.tokens += nanoseconds(start);
        let mut encode = |format: &Format| {
            let start = Instant::now();
            self.file.clear();
            match format {
                Format::Png => {
                    encode_png::indexed(&mut self.indexed, &mut self.file);
                    if let Some(picture) = picture {
                        encode_png::without_palette(picture, &mut self.indexed, &mut self.file);
                    }
                    self.times.png += nanoseconds(start);
                }
                Format::Webp => {
                    encode_webp::indexed(&mut self.indexed, &mut self.file);
                    self.times.webp += nanoseconds(start);
                }
            }
            self.file.clone()
        };
        formats.iter().map(&mut encode).collect()
    }
}

impl Indexed {
    fn take_coverage(&mut self, coverage: &Coverage, [red, green, blue]: [u8; 3]) {
        let colour = |value: u8| match value {
            0 => [0; 4],
            _ => [red, green, blue, value],
        };
        self.palette.clear();
        let is_large = coverage.values.len() >= LARGE;
        if is_large && self.plane.fill_sixteenths(&coverage.values, coverage.width) {
            self.palette
                .extend((0..SIXTEENTHS as u8).map(|count| colour(sixteenths(count))));
            return;
        }
        let occurs = occurring(&coverage.values);
        let mut index = [0_u8; 256];
        for value in (0..=255_u8).filter(|&value| occurs[usize::from(value)]) {
            index[usize::from(value)] = self.palette.len() as u8;
            self.palette.push(colour(value));
        }
        self.plane
            .fill(&coverage.values, coverage.width, &index, self.palette.len());
    }

    /// `order` tells where each index stands among the colours.
    fn take_indices(&mut self, indices: &[u8], width: u32, colours: &[[u8; 4]], order: &[u8; 256]) {
        self.palette.clear();
        self.palette.extend_from_slice(colours);
        self.plane.fill(indices, width, order, colours.len());
    }

    /// Becomes bytes without a meaning of their own: an alpha plane.
    pub fn take_bytes(&mut self, values: &[u8], width: u32) {
        let index = std::array::from_fn(|index| index as u8);
        self.plane.fill(values, width, &index, 256);
        self.find_tokens();
    }

    fn find_tokens(&mut self) {
        tokens::find(&self.plane.bytes, self.plane.stride(), &mut self.tokens);
    }
}

/// Which values there are.
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

fn nanoseconds(start: Instant) -> u64 {
    u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX)
}
