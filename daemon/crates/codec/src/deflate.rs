//! Deflate (RFC 1951) in its zlib wrapper, from repetitions that were found before.

use simd_adler32::Adler32;

use super::bits::Bits;
use super::huffman::{Alone, Code, LENGTH_SYMBOLS, Lengths};

/// Bytes, the end of a block, and lengths.
const LITERAL_SYMBOLS: usize = 286;
const DISTANCE_SYMBOLS: usize = 30;
const END: usize = 256;
const MIN_COPY: usize = 3;
const MAX_COPY: usize = 258;
/// How far back a repetition may reach, in bytes.
pub const MAX_DISTANCE: usize = 32_768;
/// The order in which the lengths of the code of lengths are told.
const LENGTH_ORDER: [usize; LENGTH_SYMBOLS] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
/// 32 KiB of window, the quickest level.
const ZLIB_HEADER: [u8; 2] = [0x78, 0x01];

/// Tokens from which on it may pay to begin another block.
const STEP: usize = 4096;

/// A byte, or so many bytes from some bytes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Symbol {
    Byte(u8),
    Copy { length: usize, distance: usize },
}

/// Appends the zlib stream of `bytes` to `target`; `symbol` tells what each of its tokens is.
pub fn zlib<T: Copy>(bytes: &[u8], tokens: &[T], symbol: impl Fn(T) -> Symbol, target: &mut Vec<u8>) {
    target.extend_from_slice(&ZLIB_HEADER);
    let mut bits = Bits::new(target);
    let mut rest = tokens;
    loop {
        let (counts, length) = next_block(rest, &symbol);
        let (block, behind) = rest.split_at(length);
        put_block(&mut bits, &counts, block, &symbol, behind.is_empty());
        rest = behind;
        if rest.is_empty() {
            break;
        }
    }
    bits.finish();
    let mut sum = Adler32::new();
    sum.write(bytes);
    target.extend_from_slice(&sum.finish().to_be_bytes());
}

/// How often each symbol occurs.
#[derive(Clone)]
struct Counts {
    literals: [u32; LITERAL_SYMBOLS],
    distances: [u32; DISTANCE_SYMBOLS],
}

impl Counts {
    fn of<T: Copy>(tokens: &[T], symbol: &impl Fn(T) -> Symbol) -> Self {
        let mut counts = Self {
            literals: [0; LITERAL_SYMBOLS],
            distances: [0; DISTANCE_SYMBOLS],
        };
        let mut far = Distance::of(1);
        for &token in tokens {
            match symbol(token) {
                Symbol::Byte(value) => counts.literals[usize::from(value)] += 1,
                Symbol::Copy { length, distance } => {
                    far.become_of(distance);
                    copies(length, |length| {
                        counts.literals[LENGTHS[length - MIN_COPY].symbol as usize] += 1;
                        counts.distances[far.symbol] += 1;
                    });
                }
            }
        }
        counts.literals[END] = 1;
        counts
    }

    fn with(&self, other: &Self) -> Self {
        let mut both = self.clone();
        both.literals
            .iter_mut()
            .zip(other.literals)
            .for_each(|(sum, more)| *sum += more);
        both.distances
            .iter_mut()
            .zip(other.distances)
            .for_each(|(sum, more)| *sum += more);
        both.literals[END] = 1;
        both
    }

    /// About how many bits a block takes, but for what the lengths and distances have besides.
    fn bits(&self) -> f32 {
        /// What the length of a word takes in the header.
        const TOLD: f32 = 4.0;
        let bits = |counts: &[u32]| {
            let total: u32 = counts.iter().sum();
            let whole = log2(total as f32);
            let occurring = counts.iter().filter(|&&count| count > 0);
            occurring
                .map(|&count| count as f32 * (whole - log2(count as f32)) + TOLD)
                .sum::<f32>()
        };
        bits(&self.literals) + bits(&self.distances)
    }
}

/// To a hundredth: the exponent, and a parabola over the mantissa.
#[inline]
fn log2(value: f32) -> f32 {
    let bits = value.to_bits();
    let mantissa = f32::from_bits(bits & 0x007F_FFFF | 0x3F80_0000) - 1.0;
    (bits >> 23) as f32 - 127.0 + mantissa + 0.344 * mantissa * (1.0 - mantissa)
}

/// How many of the tokens share a code best, and what occurs in them.
fn next_block<T: Copy>(tokens: &[T], symbol: &impl Fn(T) -> Symbol) -> (Counts, usize) {
    if tokens.len() < 2 * STEP {
        return (Counts::of(tokens, symbol), tokens.len());
    }
    let mut steps = tokens.chunks(STEP);
    let first = steps.next().unwrap_or_default();
    let mut counts = Counts::of(first, symbol);
    let (mut length, mut bits) = (first.len(), counts.bits());
    for step in steps {
        let next = Counts::of(step, symbol);
        let both = counts.with(&next);
        let joined = both.bits();
        if joined > bits + next.bits() {
            break;
        }
        (counts, bits) = (both, joined);
        length += step.len();
    }
    (counts, length)
}

fn put_block<T: Copy>(
    bits: &mut Bits<'_>,
    counts: &Counts,
    tokens: &[T],
    symbol: &impl Fn(T) -> Symbol,
    is_last: bool,
) {
    let (literals, distances) = (Code::of(&counts.literals), Code::of(&counts.distances));
    put_header(bits, &literals, &distances, is_last);
    let mut far = Distance::of(1);
    for &token in tokens {
        match symbol(token) {
            Symbol::Byte(value) => literals.put(bits, usize::from(value)),
            Symbol::Copy { length, distance } => {
                far.become_of(distance);
                copies(length, |length| {
                    put_length(bits, &literals, length);
                    distances.put(bits, far.symbol);
                    bits.put(far.extra, far.extra_bits);
                });
            }
        }
    }
    literals.put(bits, END);
}

/// The block's beginning: it has codes of its own.
fn put_header(bits: &mut Bits<'_>, literals: &Code, distances: &Code, is_last: bool) {
    bits.put(0b100 | u32::from(is_last), 3);
    let told = |code: &Code, least: usize| code.lengths(least).count();
    let (literals_told, distances_told) = (told(literals, END + 1), told(distances, 1));
    let lengths = Lengths::of(literals.lengths(END + 1).chain(distances.lengths(1)));
    bits.put((literals_told - 257) as u32, 5);
    bits.put((distances_told - 1) as u32, 5);
    let code = lengths.code();
    let told = LENGTH_ORDER.iter().rposition(|&symbol| code.length(symbol) > 0);
    let told = told.map_or(4, |last| (last + 1).max(4));
    bits.put(told as u32 - 4, 4);
    LENGTH_ORDER[..told]
        .iter()
        .for_each(|&symbol| bits.put(u32::from(code.length(symbol)), 3));
    lengths.put(bits, Alone::OneBit);
}

#[inline]
fn put_length(bits: &mut Bits<'_>, literals: &Code, length: usize) {
    let told = LENGTHS[length - MIN_COPY];
    literals.put(bits, told.symbol as usize);
    bits.put(u32::from(told.extra), u32::from(told.extra_bits));
}

/// A repetition in pieces of a length that can be told.
#[inline]
fn copies(mut length: usize, mut put: impl FnMut(usize)) {
    while length > MAX_COPY {
        // What is left must not be too short.
        let taken = MAX_COPY.min(length - MIN_COPY);
        put(taken);
        length -= taken;
    }
    put(length);
}

/// A distance as a symbol and some bits.
struct Distance {
    distance: usize,
    symbol: usize,
    extra: u32,
    extra_bits: u32,
}

impl Distance {
    /// Mostly it is the one of the last time.
    #[inline]
    fn become_of(&mut self, distance: usize) {
        if self.distance != distance {
            *self = Self::of(distance);
        }
    }

    fn of(distance: usize) -> Self {
        let value = distance.clamp(1, MAX_DISTANCE) as u32 - 1;
        if value < 4 {
            return Self {
                distance,
                symbol: value as usize,
                extra: 0,
                extra_bits: 0,
            };
        }
        let highest = value.ilog2();
        let extra_bits = highest - 1;
        Self {
            distance,
            symbol: (2 * highest + ((value >> extra_bits) & 1)) as usize,
            extra: value & ((1 << extra_bits) - 1),
            extra_bits,
        }
    }
}

#[derive(Clone, Copy)]
struct Length {
    symbol: u16,
    extra: u8,
    extra_bits: u8,
}

/// Of lengths from 3 on.
const LENGTHS: [Length; MAX_COPY - MIN_COPY + 1] = {
    let mut lengths = [Length {
        symbol: 0,
        extra: 0,
        extra_bits: 0,
    }; MAX_COPY - MIN_COPY + 1];
    let mut value = 0;
    while value < lengths.len() {
        lengths[value] = if value == lengths.len() - 1 {
            // The longest has a symbol to itself.
            Length {
                symbol: 285,
                extra: 0,
                extra_bits: 0,
            }
        } else if value < 8 {
            Length {
                symbol: 257 + value as u16,
                extra: 0,
                extra_bits: 0,
            }
        } else {
            let highest = (value as u32).ilog2();
            let extra_bits = highest - 2;
            Length {
                symbol: (257 + 4 * (highest - 1) + (value as u32 >> extra_bits) - 4) as u16,
                extra: (value as u32 & ((1 << extra_bits) - 1)) as u8,
                extra_bits: extra_bits as u8,
            }
        };
        value += 1;
    }
    lengths
};
