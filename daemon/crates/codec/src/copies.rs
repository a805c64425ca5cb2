//! Repetitions of pixels as they are: of the left neighbour, of the row above, or of what was seen a while ago. For pictures that are flat
//! but for their edges, and have too many colours for a palette.

use super::deflate::{MAX_DISTANCE, Symbol};
use super::tokens::{Token, matching};

/// A byte, or a repetition: its distance less one in 15 bits, above them its length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Copied(u32);

const DISTANCE_BITS: u32 = 15;
const MAX_LENGTH: usize = (1 << (32 - DISTANCE_BITS)) - 1;
const TABLE_BITS: u32 = 14;
/// One pixel alone is repeated from no further away, in bytes: its distance would take more than its bytes.
const NEAR: usize = 4096;

impl Copied {
    pub fn byte(value: u8) -> Self {
        Self(u32::from(value))
    }

    fn copy(length: usize, distance: usize) -> Self {
        Self((length as u32) << DISTANCE_BITS | (distance - 1) as u32)
    }

    /// Adds a repetition of any length; the distance is at most [`MAX_DISTANCE`].
    pub fn put(found: &mut Vec<Self>, mut length: usize, distance: usize) {
        while length > MAX_LENGTH {
            // What is left must not be too short.
            found.push(Self::copy(MAX_LENGTH / 2, distance));
            length -= MAX_LENGTH / 2;
        }
        found.push(Self::copy(length, distance));
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

/// What is reused from picture to picture.
#[derive(Default)]
pub struct Finder {
    pub matches: Matches,
    /// Repetitions in filtered rows.
    pub tokens: Vec<Token>,
    /// For pixels without their alpha.
    pub pixels: Vec<u8>,
    /// For a file that may come out smaller.
    pub other: Vec<u8>,
}

/// Finds repetitions in one picture after the other.
#[derive(Default)]
pub struct Matches {
    /// The rows as they are, a zero before each.
    pub rows: Vec<u8>,
    pub found: Vec<Copied>,
    /// Where a pixel, and two, like these were seen last, by their hash.
    seen: Vec<u32>,
}

impl Matches {
    /// Of a picture whose pixels have so many channels.
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
                self.found.push(Copied::byte(rows[at]));
                at += 1;
                continue;
            }
            let (length, distance) = self.longest(rows, at, [channels, stride]);
            // What is left of a pixel is none.
            let end = (at + length) % stride;
            let length = length - end.saturating_sub(1) % channels;
            if length > channels || (length == channels && distance <= NEAR) {
                self.found.push(Copied::copy(length, distance));
                at += length;
                continue;
            }
            // At the edge of a colour its alpha changes alone.
            let pixel = &rows[at..at + channels];
            if column > channels && channels == 4 && pixel[..3] == rows[at - 4..at - 1] {
                self.found.push(Copied::copy(3, 4));
                self.found.push(Copied::byte(pixel[3]));
            } else {
                self.found.extend(pixel.iter().map(|&value| Copied::byte(value)));
            }
            at += channels;
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

/// Undoes what was found.
#[cfg(test)]
pub fn whole(found: &[Copied]) -> Vec<u8> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_found_gives_the_rows_again() {
        let mut matches = Matches::default();
        for (channels, width) in [(3, 5), (3, 1), (4, 7), (4, 1), (4, 9_000)] {
            let mut state = 7_u32;
            let pixels: Vec<u8> = (0..width * channels * 12)
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    (state >> 30) as u8 / 3 * 9
                })
                .collect();
            matches.find(&pixels, width, channels);
            assert_eq!(whole(&matches.found), matches.rows);
            assert_eq!(matches.rows.len(), pixels.len() + 12);
            assert!(matches.found.len() < matches.rows.len());
        }
    }

    #[test]
    fn blank_pictures_are_a_few_copies() {
        let mut matches = Matches::default();
        matches.find(&vec![0; 4 * 512 * 512], 512, 4);
        assert!(matches.found.len() < 40, "{}", matches.found.len());
    }
}
