//! Deflate (RFC 1951) in its zlib wrapper, from repetitions that were found before.

use simd_adler32::Adler32;

use super::bits::Bits;
use super::huffman::{Alone, Code, LENGTH_SYMBOLS, Lengths};
use super::tokens::{Piece, Token};

/// Bytes, the end of a block, and lengths.
const LITERAL_SYMBOLS: usize = 286;
const DISTANCE_SYMBOLS: usize = 30;
const END: usize = 256;
const MIN_COPY: usize = 3;
const MAX_COPY: usize = 258;
const MAX_DISTANCE: usize = 32_768;
/// The order in which the lengths of the code of lengths are told.
const LENGTH_ORDER: [usize; LENGTH_SYMBOLS] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
/// 32 KiB of window, the quickest level.
const ZLIB_HEADER: [u8; 2] = [0x78, 0x01];

/// Appends the zlib stream of `bytes` to `target`; the tokens are those of the bytes, in rows of `stride`.
pub fn zlib(bytes: &[u8], stride: usize, tokens: &[Token], target: &mut Vec<u8>) {
    target.extend_from_slice(&ZLIB_HEADER);
    let above = Distance::of(stride);
    let (literals, distances) = counts(tokens, above.symbol);
    let (literals, distances) = (Code::of(&literals), Code::of(&distances));
    let mut bits = Bits::new(target);
    put_header(&mut bits, &literals, &distances);
    for token in tokens {
        match token.piece() {
            Piece::Byte(value) => literals.put(&mut bits, usize::from(value)),
            Piece::Left(length) => copies(length, |length| {
                put_length(&mut bits, &literals, length);
                distances.put(&mut bits, 0);
            }),
            Piece::Above(length) => copies(length, |length| {
                put_length(&mut bits, &literals, length);
                distances.put(&mut bits, above.symbol);
                bits.put(above.extra, above.extra_bits);
            }),
        }
    }
    literals.put(&mut bits, END);
    bits.finish();
    let mut sum = Adler32::new();
    sum.write(bytes);
    target.extend_from_slice(&sum.finish().to_be_bytes());
}

fn counts(tokens: &[Token], above: usize) -> ([u32; LITERAL_SYMBOLS], [u32; DISTANCE_SYMBOLS]) {
    let mut literals = [0; LITERAL_SYMBOLS];
    let mut distances = [0; DISTANCE_SYMBOLS];
    literals[END] = 1;
    for token in tokens {
        let (length, distance) = match token.piece() {
            Piece::Byte(value) => {
                literals[usize::from(value)] += 1;
                continue;
            }
            Piece::Left(length) => (length, 0),
            Piece::Above(length) => (length, above),
        };
        copies(length, |length| {
            literals[LENGTHS[length - MIN_COPY].symbol as usize] += 1;
            distances[distance] += 1;
        });
    }
    (literals, distances)
}

/// The block's beginning: it is the last, and has codes of its own.
fn put_header(bits: &mut Bits<'_>, literals: &Code, distances: &Code) {
    bits.put(0b101, 3);
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
    symbol: usize,
    extra: u32,
    extra_bits: u32,
}

impl Distance {
    fn of(distance: usize) -> Self {
        let value = distance.clamp(1, MAX_DISTANCE) as u32 - 1;
        if value < 4 {
            return Self {
                symbol: value as usize,
                extra: 0,
                extra_bits: 0,
            };
        }
        let highest = value.ilog2();
        let extra_bits = highest - 1;
        Self {
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
