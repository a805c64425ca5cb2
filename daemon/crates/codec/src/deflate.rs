//! DEFLATE (RFC 1951) in the zlib format (RFC 1950), from literals and matches that were found before.

use simd_adler32::Adler32;

use super::bits::BitWriter;
use super::huffman::{CODE_LENGTH_SYMBOLS, CodeLengths, PrefixCode, PrefixValue, SingleSymbol};

/// Literals, the end of a block, and lengths.
const LITERAL_SYMBOLS: usize = 286;
const DISTANCE_SYMBOLS: usize = 30;
const END_OF_BLOCK: usize = 256;
const MIN_MATCH: usize = 3;
const MAX_MATCH: usize = 258;
/// The size of the window in bytes.
pub const MAX_DISTANCE: usize = 32_768;
/// The order in which the lengths of the code-length code are written.
const CODE_LENGTH_ORDER: [usize; CODE_LENGTH_SYMBOLS] =
    [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
/// 32 KiB of window, the quickest level.
const ZLIB_HEADER: [u8; 2] = [0x78, 0x01];

/// Tokens after which the next block may begin.
const BLOCK_STEP: usize = 4096;

/// A literal byte, or a match: `length` bytes that lie `distance` bytes back. The length may exceed [`MAX_MATCH`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Symbol {
    Literal(u8),
    Match { length: usize, distance: usize },
}

/// Appends the zlib stream of `bytes` to `target`; `symbol` unpacks each of its tokens.
pub fn zlib<T: Copy>(bytes: &[u8], tokens: &[T], symbol: impl Fn(T) -> Symbol, target: &mut Vec<u8>) {
    target.extend_from_slice(&ZLIB_HEADER);
    let mut bits = BitWriter::new(target);
    let mut rest = tokens;
    loop {
        let (counts, length) = next_block(rest, &symbol);
        let (block, behind) = rest.split_at(length);
        // BFINAL, and BTYPE 10: a block with codes of its own.
        bits.put(0b100 | u32::from(behind.is_empty()), 3);
        put_block(&mut bits, &counts, block, &symbol);
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

/// The number of occurrences of each symbol.
#[derive(Clone)]
struct SymbolCounts {
    literals: [u32; LITERAL_SYMBOLS],
    distances: [u32; DISTANCE_SYMBOLS],
}

impl SymbolCounts {
    fn from_tokens<T: Copy>(tokens: &[T], symbol: &impl Fn(T) -> Symbol) -> Self {
        let mut counts = Self {
            literals: [0; LITERAL_SYMBOLS],
            distances: [0; DISTANCE_SYMBOLS],
        };
        let mut code = DistanceCode::new(1);
        for &token in tokens {
            match symbol(token) {
                Symbol::Literal(value) => counts.literals[usize::from(value)] += 1,
                Symbol::Match { length, distance } => {
                    code.set(distance);
                    split_length(length, |length| {
                        counts.literals[LENGTH_CODES[length - MIN_MATCH].symbol as usize] += 1;
                        counts.distances[code.prefix.symbol] += 1;
                    });
                }
            }
        }
        counts.literals[END_OF_BLOCK] = 1;
        counts
    }

    fn with(&self, other: &Self) -> Self {
        let mut both = self.clone();
        let sums = both.literals.iter_mut().chain(&mut both.distances);
        sums.zip(other.literals.iter().chain(&other.distances))
            .for_each(|(sum, more)| *sum += more);
        both.literals[END_OF_BLOCK] = 1;
        both
    }

    /// Estimates the bits of a block, without the extra bits of lengths and distances.
    fn bits(&self) -> f32 {
        /// Estimated bits of a code length in the header.
        const CODE_LENGTH_BITS: f32 = 4.0;
        let bits = |counts: &[u32]| {
            let total: u32 = counts.iter().sum();
            let whole = log2(total as f32);
            let occurring = counts.iter().filter(|&&count| count > 0);
            occurring
                .map(|&count| count as f32 * (whole - log2(count as f32)) + CODE_LENGTH_BITS)
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

/// The counts and the number of the tokens that share a code best.
fn next_block<T: Copy>(tokens: &[T], symbol: &impl Fn(T) -> Symbol) -> (SymbolCounts, usize) {
    if tokens.len() < 2 * BLOCK_STEP {
        return (SymbolCounts::from_tokens(tokens, symbol), tokens.len());
    }
    let mut steps = tokens.chunks(BLOCK_STEP);
    let first = steps.next().unwrap_or_default();
    let mut counts = SymbolCounts::from_tokens(first, symbol);
    let (mut length, mut bits) = (first.len(), counts.bits());
    for step in steps {
        let next = SymbolCounts::from_tokens(step, symbol);
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

/// Writes the codes and symbols of a block.
fn put_block<T: Copy>(bits: &mut BitWriter<'_>, counts: &SymbolCounts, tokens: &[T], symbol: &impl Fn(T) -> Symbol) {
    let literals = PrefixCode::from_counts(&counts.literals);
    let distances = PrefixCode::from_counts(&counts.distances);
    put_codes(bits, &literals, &distances);
    let mut code = DistanceCode::new(1);
    for &token in tokens {
        match symbol(token) {
            Symbol::Literal(value) => literals.put(bits, usize::from(value)),
            Symbol::Match { length, distance } => {
                code.set(distance);
                split_length(length, |length| {
                    let length = LENGTH_CODES[length - MIN_MATCH];
                    literals.put(bits, length.symbol as usize);
                    bits.put(u32::from(length.extra), u32::from(length.extra_bits));
                    distances.put(bits, code.prefix.symbol);
                    bits.put(code.prefix.extra, code.prefix.extra_bits);
                });
            }
        }
    }
    literals.put(bits, END_OF_BLOCK);
}

fn put_codes(bits: &mut BitWriter<'_>, literals: &PrefixCode, distances: &PrefixCode) {
    let literal_lengths = || literals.lengths(END_OF_BLOCK + 1);
    let lengths = CodeLengths::from_lengths(literal_lengths().chain(distances.lengths(1)));
    bits.put((literal_lengths().count() - 257) as u32, 5);
    bits.put((distances.lengths(1).count() - 1) as u32, 5);
    lengths.put_code(bits, &CODE_LENGTH_ORDER);
    lengths.put(bits, SingleSymbol::OneBit);
}

/// Splits a match into lengths of at most [`MAX_MATCH`].
#[inline]
fn split_length(mut length: usize, mut put: impl FnMut(usize)) {
    while length > MAX_MATCH {
        // The rest must not be shorter than a match.
        let taken = MAX_MATCH.min(length - MIN_MATCH);
        put(taken);
        length -= taken;
    }
    put(length);
}

/// The code of the last distance; the next one is mostly the same.
struct DistanceCode {
    distance: usize,
    prefix: PrefixValue,
}

impl DistanceCode {
    fn new(distance: usize) -> Self {
        Self {
            distance,
            prefix: PrefixValue::new(distance.clamp(1, MAX_DISTANCE)),
        }
    }

    #[inline]
    fn set(&mut self, distance: usize) {
        if self.distance != distance {
            *self = Self::new(distance);
        }
    }
}

/// A length as a symbol of the literal alphabet and extra bits.
#[derive(Clone, Copy)]
struct LengthCode {
    symbol: u16,
    extra: u8,
    extra_bits: u8,
}

/// The codes of lengths from [`MIN_MATCH`] on.
static LENGTH_CODES: [LengthCode; MAX_MATCH - MIN_MATCH + 1] = {
    let mut codes = [LengthCode {
        symbol: 285,
        extra: 0,
        extra_bits: 0,
    }; MAX_MATCH - MIN_MATCH + 1];
    // The longest has a symbol to itself.
    let mut value = 0;
    while value < codes.len() - 1 {
        if value < 8 {
            codes[value].symbol = 257 + value as u16;
        } else {
            let highest = (value as u32).ilog2();
            let extra_bits = highest - 2;
            codes[value] = LengthCode {
                symbol: (257 + 4 * (highest - 1) + (value as u32 >> extra_bits) - 4) as u16,
                extra: (value as u32 & ((1 << extra_bits) - 1)) as u8,
                extra_bits: extra_bits as u8,
            };
        }
        value += 1;
    }
    codes
};
