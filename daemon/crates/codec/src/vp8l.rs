//! WebP's lossless format (VP8L), for bytes: palette indices, or an alpha plane.
//!
//! libwebp looks for repetitions everywhere, which is nearly all the time it takes. Here they come from [`super::tokens`]: a few per cent larger,
//! tens of times quicker.

use super::bits::Bits;
use super::huffman::{Alone, Code, LENGTH_SYMBOLS, Lengths};
use super::plane::Plane;
use super::tokens::{Piece, Token};

/// Literals and the prefixes of lengths.
const GREEN_SYMBOLS: usize = 256 + 24;
const DISTANCE_SYMBOLS: usize = 40;
const MAX_COPY: usize = 4096;
/// The format tells what is near by number: above is the first, left the second; both are their own symbols.
const ABOVE: usize = 0;
const LEFT: usize = 1;
/// The order in which the lengths of the code of lengths are told.
const LENGTH_ORDER: [usize; LENGTH_SYMBOLS] = [17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];

/// Appends an image of a palette as a whole stream, with its header; the palette has 1 to 256 RGBA colours.
pub fn palette_image(plane: &Plane, palette: &[[u8; 4]], tokens: &[Token], rows: &mut Rows, target: &mut Vec<u8>) {
    rows.take(plane, tokens);
    let mut bits = Bits::new(target);
    bits.put(0x2F, 8);
    bits.put(plane.width - 1, 14);
    bits.put(plane.height - 1, 14);
    bits.put(u32::from(palette.iter().any(|colour| colour[3] != 255)), 1);
    bits.put(0, 3);
    put_palette(&mut bits, palette);
    rows.put(&mut bits);
    bits.finish();
}

/// Appends one byte a pixel as a bare stream, as an ALPH chunk holds it.
pub fn alpha_plane(plane: &Plane, tokens: &[Token], rows: &mut Rows, target: &mut Vec<u8>) {
    rows.take(plane, tokens);
    let mut bits = Bits::new(target);
    rows.put(&mut bits);
    bits.finish();
}

/// The colour-indexing transform: the palette is an image of one row, each colour the difference from the one before.
fn put_palette(bits: &mut Bits<'_>, palette: &[[u8; 4]]) {
    bits.put(1, 1);
    bits.put(3, 2);
    bits.put(palette.len() as u32 - 1, 8);
    let before = [[0; 4]].into_iter().chain(palette.iter().copied());
    let difference = |(before, colour): ([u8; 4], &[u8; 4])| -> [u8; 4] {
        std::array::from_fn(|channel| colour[channel].wrapping_sub(before[channel]))
    };
    let differences = || before.clone().zip(palette).map(difference);
    // No colour cache.
    bits.put(0, 1);
    // In the order of the format: green, red, blue, alpha, distance.
    let codes = [1, 0, 2, 3].map(|channel: usize| {
        let mut counts = [0; GREEN_SYMBOLS];
        differences().for_each(|difference| counts[usize::from(difference[channel])] += 1);
        (
            channel,
            Code::of(&counts[..if channel == 1 { GREEN_SYMBOLS } else { 256 }]),
        )
    });
    codes.iter().for_each(|(_, code)| put_code(bits, code));
    put_simple(bits, &[0]);
    for difference in differences() {
        for (channel, code) in &codes {
            if code.used() > 1 {
                code.put(bits, usize::from(difference[*channel]));
            }
        }
    }
}

/// The repetitions of a plane as VP8L sees them, without the zeros before its rows.
#[derive(Default)]
pub struct Rows {
    tokens: Vec<Token>,
}

impl Rows {
    fn take(&mut self, plane: &Plane, tokens: &[Token]) {
        self.tokens.clear();
        let (stride, order) = (plane.stride(), literals(plane.bits));
        // Where the next zero lies, counted from here.
        let mut zero = 0;
        for token in tokens {
            let (length, piece) = match token.piece() {
                Piece::Byte(value) => (1, Piece::Byte(value)),
                piece @ (Piece::Left(length) | Piece::Above(length)) => (length, piece),
            };
            let (zeros, next) = zeros_after(zero, length, stride);
            let mut shown = length - zeros;
            if let Piece::Left(_) = piece
                && zero + 1 == stride
            {
                // It repeats the zero, which VP8L does not have.
                self.tokens.push(Token::byte(0));
                shown -= 1;
            }
            self.push(piece, shown, &order);
            zero = next;
        }
    }

    fn push(&mut self, piece: Piece, length: usize, order: &[u8; 256]) {
        if length == 0 {
            return;
        }
        self.tokens.push(match piece {
            Piece::Byte(value) => Token::byte(order[usize::from(value)]),
            Piece::Left(_) => Token::left(length),
            Piece::Above(_) => Token::above(length),
        });
    }

    /// Only the green channel says anything, the others have one symbol, which takes no bits.
    fn put(&self, bits: &mut Bits<'_>) {
        let mut green = [0_u32; GREEN_SYMBOLS];
        let mut distance = [0_u32; DISTANCE_SYMBOLS];
        for token in &self.tokens {
            match token.piece() {
                Piece::Byte(value) => green[usize::from(value)] += 1,
                Piece::Left(length) => copies(length, |length| {
                    green[256 + Prefix::of(length).symbol] += 1;
                    distance[LEFT] += 1;
                }),
                Piece::Above(length) => copies(length, |length| {
                    green[256 + Prefix::of(length).symbol] += 1;
                    distance[ABOVE] += 1;
                }),
            }
        }
        // No more transforms, no colour cache, one set of codes for the whole picture.
        bits.put(0, 3);
        let (green, distance) = (Code::of(&green), Code::of(&distance));
        put_code(bits, &green);
        put_simple(bits, &[0]);
        put_simple(bits, &[0]);
        put_simple(bits, &[255]);
        put_code(bits, &distance);
        self.put_tokens(bits, &green, &distance);
    }

    fn put_tokens(&self, bits: &mut Bits<'_>, green: &Code, distance: &Code) {
        let (one_green, one_distance) = (green.used() <= 1, distance.used() <= 1);
        let put_copy = |bits: &mut Bits<'_>, length, near| {
            copies(length, |length| {
                let prefix = Prefix::of(length);
                green.put(bits, 256 + prefix.symbol);
                bits.put(prefix.extra, prefix.extra_bits);
                if !one_distance {
                    distance.put(bits, near);
                }
            });
        };
        for token in &self.tokens {
            match token.piece() {
                Piece::Byte(_) if one_green => {}
                Piece::Byte(value) => green.put(bits, usize::from(value)),
                Piece::Left(length) => put_copy(bits, length, LEFT),
                Piece::Above(length) => put_copy(bits, length, ABOVE),
            }
        }
    }
}

/// How many of the zeros before rows lie in the next `length` bytes, and how far the next one is after them; the first is `zero` bytes away.
#[inline]
fn zeros_after(zero: usize, length: usize, stride: usize) -> (usize, usize) {
    if length <= zero {
        return (0, zero - length);
    }
    let passed = length - zero - 1;
    let zeros = 1 + passed / stride;
    (zeros, zero + zeros * stride - length)
}

/// What a byte of PNG's is in VP8L: several indices in one byte, the first in the lowest bits.
fn literals(index_bits: u32) -> [u8; 256] {
    let turned = |byte: u8| match index_bits {
        1 => byte.reverse_bits(),
        2 => byte << 6 | (byte & 0x0C) << 2 | (byte & 0x30) >> 2 | byte >> 6,
        4 => byte.rotate_left(4),
        _ => byte,
    };
    std::array::from_fn(|byte| turned(byte as u8))
}

/// A repetition in pieces of a length that can be told.
#[inline]
fn copies(mut length: usize, mut put: impl FnMut(usize)) {
    while length > MAX_COPY {
        put(MAX_COPY);
        length -= MAX_COPY;
    }
    put(length);
}

/// Writes the code itself.
fn put_code(bits: &mut Bits<'_>, code: &Code) {
    let mut used = code.occurring();
    match (used.next(), used.next(), code.used()) {
        (None, ..) => put_simple(bits, &[0]),
        (Some(only), None, _) if only < 256 => put_simple(bits, &[only as u32]),
        (Some(first), Some(second), 2) if second < 256 => put_simple(bits, &[first as u32, second as u32]),
        _ => put_lengths(bits, code),
    }
}

/// Lengths with their repetitions, in a code of their own.
fn put_lengths(bits: &mut Bits<'_>, code: &Code) {
    let lengths = Lengths::of(code.lengths(code.symbols()));
    let told = LENGTH_ORDER
        .iter()
        .rposition(|&symbol| lengths.code().length(symbol) > 0)
        .map_or(4, |last| (last + 1).max(4));
    bits.put(0, 1);
    bits.put(told as u32 - 4, 4);
    LENGTH_ORDER[..told]
        .iter()
        .for_each(|&symbol| bits.put(u32::from(lengths.code().length(symbol)), 3));
    // All symbols are told.
    bits.put(0, 1);
    lengths.put(bits, Alone::NoBits);
}

/// One or two symbols of a byte each, in ascending order.
fn put_simple(bits: &mut Bits<'_>, symbols: &[u32]) {
    bits.put(1, 1);
    bits.put(symbols.len() as u32 - 1, 1);
    if symbols[0] <= 1 {
        bits.put(0, 1);
        bits.put(symbols[0], 1);
    } else {
        bits.put(1, 1);
        bits.put(symbols[0], 8);
    }
    symbols[1..].iter().for_each(|&symbol| bits.put(symbol, 8));
}

/// A length as a symbol and some bits, so that long ones need few symbols.
struct Prefix {
    symbol: usize,
    extra: u32,
    extra_bits: u32,
}

impl Prefix {
    #[inline]
    fn of(length: usize) -> Self {
        let value = length as u32 - 1;
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
