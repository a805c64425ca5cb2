//! Finds matches of whole pixels: with the left neighbour, the row above, or the last occurrence of the same one or two pixels. For images
//! that are flat but for their edges, and have too many colours for a palette.

use super::deflate::{MAX_DISTANCE, Symbol};
use super::tokens::common_prefix;

/// A [`Symbol`] in 32 bits: the distance less one in 15 bits, above them the length, which is 0 for literals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PackedSymbol(u32);

const DISTANCE_BITS: u32 = 15;
const MAX_LENGTH: usize = (1 << (32 - DISTANCE_BITS)) - 1;
const TABLE_BITS: u32 = 14;
/// A match of a single pixel from further back, in bytes, takes more than its literals.
const MAX_SINGLE_DISTANCE: usize = 4096;

impl PackedSymbol {
    pub fn literal(value: u8) -> Self {
        Self(u32::from(value))
    }

    fn new_match(length: usize, distance: usize) -> Self {
        Self((length as u32) << DISTANCE_BITS | (distance - 1) as u32)
    }

    /// Appends a match of any length; the distance is at most [`MAX_DISTANCE`].
    pub fn push_match(found: &mut Vec<Self>, mut length: usize, distance: usize) {
        while length > MAX_LENGTH {
            // The rest must not be shorter than a match.

            found.push(Self::new_match(MAX_LENGTH / 2, distance));
            length -= MAX_LENGTH / 2;
        }
        found.push(Self::new_match(length, distance));
    }

    /// The unpacked symbol.
    #[inline]
    pub fn unpack(self) -> Symbol {
        match (self.0 >> DISTANCE_BITS) as usize {
            0 => Symbol::Literal(self.0 as u8),
            length => Symbol::Match {
                length,
                distance: (self.0 & ((1 << DISTANCE_BITS) - 1)) as usize + 1,
            },
        }
    }
}

/// Finds matches in one image after the other; keeps its buffers.
#[derive(Default)]
pub struct MatchFinder {
    /// The scanlines, each after a zero: the filter None.
    pub rows: Vec<u8>,
    pub found: Vec<PackedSymbol>,
    /// The last position of one pixel and of two, by their hash.
    seen: Vec<u32>,
}

impl MatchFinder {
    /// Searches an image whose pixels have so many channels.
    pub fn find(&mut self, pixels: &[u8], width: usize, channels: usize) {
        self.rows.clear();
        for row in pixels.chunks_exact(width * channels) {
            self.rows.push(0);
            self.rows.extend_from_slice(row);
        }
        let rows = std::mem::take(&mut self.rows);
        self.search(&rows, width * channels + 1, channels);
        self.rows = rows;
    }

    fn search(&mut self, rows: &[u8], stride: usize, channels: usize) {
        self.found.clear();
        self.seen.clear();
        self.seen.resize(1 << TABLE_BITS, u32::MAX);
        let mut at = 0;
        while at < rows.len() {
            let column = at % stride;
            if column == 0 {
                self.found.push(PackedSymbol::literal(rows[at]));
                at += 1;
                continue;
            }
            let (length, distance) = self.longest(rows, at, [channels, stride]);
            // Only whole pixels match.

            let end = (at + length) % stride;
            let length = length - end.saturating_sub(1) % channels;
            if length > channels || (length == channels && distance <= MAX_SINGLE_DISTANCE) {
                self.found.push(PackedSymbol::new_match(length, distance));
                at += length;
                continue;
            }
            // At the edge of a shape alpha changes alone.
            let pixel = &rows[at..at + channels];
            if column > channels && channels == 4 && pixel[..3] == rows[at - 4..at - 1] {
                self.found.push(PackedSymbol::new_match(3, 4));
                self.found.push(PackedSymbol::literal(pixel[3]));
            } else {
                self.found
                    .extend(pixel.iter().map(|&value| PackedSymbol::literal(value)));
            }
            at += channels;
        }
    }

    /// The length and distance of the longest match at a position.
    #[inline]
    fn longest(&mut self, rows: &[u8], at: usize, [channels, stride]: [usize; 2]) -> (usize, usize) {
        let here = &rows[at..rows.len().min(at + MAX_LENGTH)];
        let mut best = (0, 1);
        let mut look = |distance: usize| {
            if distance <= at && distance <= MAX_DISTANCE {
                let length = common_prefix(here, &rows[at - distance..]);
                if length > best.0 {
                    best = (length, distance);
                }
            }
        };
        look(channels);
        look(stride);
        if let Some(pixels) = here.first_chunk::<8>() {
            let pixels = u64::from_le_bytes(*pixels);
            // One pixel and two.
            for bits in [8 * channels as u32, 16 * channels as u32] {
                let slot = ((pixels << (64 - bits)).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (64 - TABLE_BITS)) as usize;
                let before = std::mem::replace(&mut self.seen[slot], at as u32) as usize;
                if before < at {
                    look(at - before);
                }
            }
        }
        best
    }
}

/// The bytes that symbols stand for.
#[cfg(test)]
pub fn expand(found: &[PackedSymbol]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for symbol in found {
        match symbol.unpack() {
            Symbol::Literal(value) => bytes.push(value),
            Symbol::Match { length, distance } => {
                for _ in 0..length {
                    bytes.push(bytes[bytes.len() - distance]);
                }
            }
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_expand_to_the_rows() {
        let mut matches = MatchFinder::default();
        for (channels, width) in [(3, 5), (3, 1), (4, 7), (4, 1), (4, 9_000)] {
            let mut state = 7_u32;
            let pixels: Vec<u8> = (0..width * channels * 12)
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    (state >> 30) as u8 / 3 * 9
                })
                .collect();
            matches.find(&pixels, width, channels);
            assert_eq!(expand(&matches.found), matches.rows);
            assert_eq!(matches.rows.len(), pixels.len() + 12);
            assert!(matches.found.len() < matches.rows.len());
        }
    }

    #[test]
    fn blank_images_are_a_few_matches() {
        let mut matches = MatchFinder::default();
        matches.find(&vec![0; 4 * 512 * 512], 512, 4);
        assert!(matches.found.len() < 40, "{}", matches.found.len());
    }
}
