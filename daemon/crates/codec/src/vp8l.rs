//! WebP's lossless format (VP8L, RFC 9649), for one byte a pixel: palette indices, or an alpha plane.
//!
//! libwebp searches for backward references everywhere, which is nearly all the time it takes. Here they are the runs of [`super::tokens`]: a
//! few per cent larger, tens of times quicker.

use super::bits::BitWriter;
use super::huffman::{CODE_LENGTH_SYMBOLS, CodeLengths, PrefixCode, PrefixValue, SingleSymbol};
use super::plane::IndexPlane;
use super::tokens::{Token, TokenKind};

/// Green literals and length prefixes.
const GREEN_SYMBOLS: usize = 256 + 24;
const DISTANCE_SYMBOLS: usize = 40;
const MAX_LENGTH: usize = 4096;
/// The distance code of the pixel above, less 1.
const ABOVE: usize = 0;
/// The distance code of the pixel to the left, less 1.
const LEFT: usize = 1;
/// The order in which the lengths of the code-length code are written.
const CODE_LENGTH_ORDER: [usize; CODE_LENGTH_SYMBOLS] =
    [17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];

/// Appends an image with a palette of 1 to 256 RGBA colours as a whole stream with its header.
pub fn put_palette_image(
    plane: &IndexPlane,
    palette: &[[u8; 4]],
    tokens: &[Token],
    runs: &mut Vp8lRuns,
    target: &mut Vec<u8>,
) {
    runs.fill(plane, tokens);
    let mut bits = BitWriter::new(target);
    bits.put(0x2F, 8);
    bits.put(plane.width - 1, 14);
    bits.put(plane.height - 1, 14);
    bits.put(u32::from(palette.iter().any(|colour| colour[3] != 255)), 1);
    bits.put(0, 3);
    put_palette(&mut bits, palette);
    runs.put(&mut bits);
    bits.finish();
}

/// Appends one byte a pixel as a bare stream, as an ALPH chunk holds it.
pub fn put_alpha_plane(plane: &IndexPlane, tokens: &[Token], runs: &mut Vp8lRuns, target: &mut Vec<u8>) {
    runs.fill(plane, tokens);
    let mut bits = BitWriter::new(target);
    runs.put(&mut bits);
    bits.finish();
}

/// Writes the color-indexing transform: the palette is an image of one row, each colour the difference from the one before.
fn put_palette(bits: &mut BitWriter<'_>, palette: &[[u8; 4]]) {
    bits.put(1, 1);
    bits.put(3, 2);
    bits.put(palette.len() as u32 - 1, 8);
    let before = [[0; 4]].into_iter().chain(palette.iter().copied());
    let difference = |(before, colour): ([u8; 4], &[u8; 4])| -> [u8; 4] {
        std::array::from_fn(|channel| colour[channel].wrapping_sub(before[channel]))
    };
    let differences = || before.clone().zip(palette).map(difference);
    // No color cache.
    bits.put(0, 1);
    // In the order of the format: green, red, blue, alpha, distance.
    let codes = [1, 0, 2, 3].map(|channel: usize| {
        let mut counts = [0; GREEN_SYMBOLS];
        differences().for_each(|difference| counts[usize::from(difference[channel])] += 1);
        (
            channel,
            PrefixCode::from_counts(&counts[..if channel == 1 { GREEN_SYMBOLS } else { 256 }]),
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

/// The runs of a plane without the zeros before its rows, which VP8L does not have.
#[derive(Default)]
pub struct Vp8lRuns {
    tokens: Vec<Token>,
}

impl Vp8lRuns {
    fn fill(&mut self, plane: &IndexPlane, tokens: &[Token]) {
        self.tokens.clear();
        let (stride, order) = (plane.stride(), reordered_literals(plane.bits));
        // The distance from here to the next zero.
        let mut zero = 0;
        for token in tokens {
            let (length, kind) = match token.kind() {
                TokenKind::Literal(value) => (1, TokenKind::Literal(value)),
                kind @ (TokenKind::Left(length) | TokenKind::Above(length)) => (length, kind),
            };
            let (zeros, next) = zeros_after(zero, length, stride);
            let mut pixels = length - zeros;
            if let TokenKind::Left(_) = kind
                && zero + 1 == stride
            {
                // The run repeats the zero.
                self.tokens.push(Token::literal(0));
                pixels -= 1;
            }
            self.push(kind, pixels, &order);
            zero = next;
        }
    }

    fn push(&mut self, kind: TokenKind, length: usize, order: &[u8; 256]) {
        if length == 0 {
            return;
        }
        self.tokens.push(match kind {
            TokenKind::Literal(value) => Token::literal(order[usize::from(value)]),
            TokenKind::Left(_) => Token::left(length),
            TokenKind::Above(_) => Token::above(length),
        });
    }

    /// Writes the image data. All of it is in the green channel; the others have one symbol each, which takes no bits.
    fn put(&self, bits: &mut BitWriter<'_>) {
        let mut green = [0_u32; GREEN_SYMBOLS];
        let mut distance = [0_u32; DISTANCE_SYMBOLS];
        for token in &self.tokens {
            match token.kind() {
                TokenKind::Literal(value) => green[usize::from(value)] += 1,
                TokenKind::Left(length) => split_length(length, |length| {
                    green[256 + PrefixValue::new(length).symbol] += 1;
                    distance[LEFT] += 1;
                }),
                TokenKind::Above(length) => split_length(length, |length| {
                    green[256 + PrefixValue::new(length).symbol] += 1;
                    distance[ABOVE] += 1;
                }),
            }
        }
        // No more transforms, no color cache, no meta prefix codes.
        bits.put(0, 3);
        let (green, distance) = (PrefixCode::from_counts(&green), PrefixCode::from_counts(&distance));
        put_code(bits, &green);
        put_simple(bits, &[0]);
        put_simple(bits, &[0]);
        put_simple(bits, &[255]);
        put_code(bits, &distance);
        self.put_tokens(bits, &green, &distance);
    }

    fn put_tokens(&self, bits: &mut BitWriter<'_>, green: &PrefixCode, distance: &PrefixCode) {
        let (one_green, one_distance) = (green.used() <= 1, distance.used() <= 1);
        let put_reference = |bits: &mut BitWriter<'_>, length, distance_code| {
            split_length(length, |length| {
                let prefix = PrefixValue::new(length);
                green.put(bits, 256 + prefix.symbol);
                bits.put(prefix.extra, prefix.extra_bits);
                if !one_distance {
                    distance.put(bits, distance_code);
                }
            });
        };
        for token in &self.tokens {
            match token.kind() {
                TokenKind::Literal(_) if one_green => {}
                TokenKind::Literal(value) => green.put(bits, usize::from(value)),
                TokenKind::Left(length) => put_reference(bits, length, LEFT),
                TokenKind::Above(length) => put_reference(bits, length, ABOVE),
            }
        }
    }
}

/// The number of zeros before rows in the next `length` bytes, and the distance to the next one after them; the first is `zero` bytes away.
#[inline]
fn zeros_after(zero: usize, length: usize, stride: usize) -> (usize, usize) {
    if length <= zero {
        return (0, zero - length);
    }
    let passed = length - zero - 1;
    let zeros = 1 + passed / stride;
    (zeros, zero + zeros * stride - length)
}

/// Maps a byte of PNG's to VP8L's, which packs the first index into the lowest bits.
fn reordered_literals(index_bits: u32) -> [u8; 256] {
    let reordered = |byte: u8| match index_bits {
        1 => byte.reverse_bits(),
        2 => byte << 6 | (byte & 0x0C) << 2 | (byte & 0x30) >> 2 | byte >> 6,
        4 => byte.rotate_left(4),
        _ => byte,
    };
    std::array::from_fn(|byte| reordered(byte as u8))
}

/// Splits a run into lengths of at most [`MAX_LENGTH`].
#[inline]
fn split_length(mut length: usize, mut put: impl FnMut(usize)) {
    while length > MAX_LENGTH {
        put(MAX_LENGTH);
        length -= MAX_LENGTH;
    }
    put(length);
}

/// Writes a prefix code: as a simple code where it has one or two symbols, else as code lengths.
fn put_code(bits: &mut BitWriter<'_>, code: &PrefixCode) {
    let mut used = code.used_symbols();
    match (used.next(), used.next(), code.used()) {
        (None, ..) => put_simple(bits, &[0]),
        (Some(only), None, _) if only < 256 => put_simple(bits, &[only as u32]),
        (Some(first), Some(second), 2) if second < 256 => put_simple(bits, &[first as u32, second as u32]),
        _ => put_lengths(bits, code),
    }
}

/// Writes a normal code length code.
fn put_lengths(bits: &mut BitWriter<'_>, code: &PrefixCode) {
    let lengths = CodeLengths::from_lengths(code.lengths(code.symbols()));
    bits.put(0, 1);
    lengths.put_code(bits, &CODE_LENGTH_ORDER);
    // The lengths of all symbols follow.
    bits.put(0, 1);
    lengths.put(bits, SingleSymbol::NoBits);
}

/// Writes a simple code length code of one or two symbols below 256, in ascending order.
fn put_simple(bits: &mut BitWriter<'_>, symbols: &[u32]) {
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
