//! Repetitions of pixels as they are: of the left neighbour, of the row above, or of what was seen a while ago. For pictures that are flat
//! but for their edges, and have too many colours for a palette.

use super::deflate::{MAX_DISTANCE, Symbol};
use super::tokens::matching;

/// A byte, or a repetition: its distance less one in 15 bits, above them its length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Copied(u32);

const DISTANCE_BITS: u32 = 15;
const MAX_LENGTH: usize = (1 << (32 - DISTANCE_BITS)) - 1;
const TABLE_BITS: u32 = 13;

impl Copied {
    fn byte(value: u8) -> Self {
        Self(u32::from(value))
    }

    fn copy(length: usize, distance: usize) -> Self {
        Self((length as u32) << DISTANCE_BITS | (distance - 1) as u32)
    }

    /// For deflate.
    #[inline]
    pub fn symbol(self) -> Symbol {
        match (self.0 >> DISTANCE_BITS) as usize {
            0 => Symbol::Byte(self.0 as u8),
            length => Symbol::Copy {
                length,
                distance: (self.0 & ((1 << DISTANCE_BITS) - 1)) as usize + 1,
            },
        }
    }
}

/// Finds repetitions in one picture after the other.
#[derive(Default)]
pub struct Finder {
    /// Where two pixels like these were seen last, by their hash.
    seen: Vec<u32>,
    pub found: Vec<Copied>,
}

impl Finder {
    /// Of rows that begin with a filter's number; `channels` are the bytes of a pixel.
    pub fn find(&mut self, rows: &[u8], stride: usize, channels: usize) {
        self.found.clear();
        self.seen.clear();
        self.seen.resize(1 << TABLE_BITS, u32::MAX);
        let mut at = 0;
        while at < rows.len() {
            let column = at % stride;
            if column == 0 {
                self.found.push(Copied::byte(rows[at]));
                at += 1;
                continue;
            }
            let (length, distance) = self.longest(rows, at, [channels, stride]);
            // What is left of a pixel is none.
            let end = (at + length) % stride;
            let length = length - end.saturating_sub(1) % channels;
            if length >= 2 * channels {
                self.found.push(Copied::copy(length, distance));
                at += length;
            } else {
                self.found
                    .extend(rows[at..at + channels].iter().map(|&value| Copied::byte(value)));
                at += channels;
            }
        }
    }

    /// The longest repetition from here on, and its distance.
    #[inline]
    fn longest(&mut self, rows: &[u8], at: usize, [channels, stride]: [usize; 2]) -> (usize, usize) {
        let here = &rows[at..rows.len().min(at + MAX_LENGTH)];
        let mut best = (0, 1);
        let mut look = |distance: usize| {
            if distance <= at && distance <= MAX_DISTANCE {
                let length = matching(here, &rows[at - distance..]);
                if length > best.0 {
                    best = (length, distance);
                }
            }
        };
        look(channels);
        look(stride);
        if let Some(pixels) = here.first_chunk::<8>() {
            // Of three channels, two pixels are six bytes.
            let pixels = u64::from_le_bytes(*pixels) << (64 - 16 * channels as u32);
            let slot = (pixels.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (64 - TABLE_BITS)) as usize;
            let before = std::mem::replace(&mut self.seen[slot], at as u32) as usize;
            if before < at {
                look(at - before);
            }
        }
        best
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Undoes what was found.
    fn whole(found: &[Copied]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for piece in found {
            match piece.symbol() {
                Symbol::Byte(value) => bytes.push(value),
                Symbol::Copy { length, distance } => {
                    for _ in 0..length {
                        bytes.push(bytes[bytes.len() - distance]);
                    }
                }
            }
        }
        bytes
    }

    #[test]
    fn what_is_found_gives_the_rows_again() {
        let mut finder = Finder::default();
        for (channels, width) in [(3, 5), (3, 1), (4, 7), (4, 1), (4, 9_000)] {
            let stride = width * channels + 1;
            let mut state = 7_u32;
            let rows: Vec<u8> = (0..stride * 12)
                .map(|at| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    let is_filter = at % stride == 0;
                    if is_filter { 0 } else { (state >> 30) as u8 / 3 * 9 }
                })
                .collect();
            finder.find(&rows, stride, channels);
            assert_eq!(whole(&finder.found), rows);
            assert!(finder.found.len() < rows.len());
        }
    }

    #[test]
    fn blank_pictures_are_a_few_copies() {
        let mut finder = Finder::default();
        finder.find(&vec![0; (4 * 512 + 1) * 512], 4 * 512 + 1, 4);
        assert!(finder.found.len() < 40, "{}", finder.found.len());
    }
}
