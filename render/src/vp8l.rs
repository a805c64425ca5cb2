//! A small coder for WebP's lossless format (VP8L), for bytes: palette indices, or an alpha plane.
//!
//! libwebp looks for repetitions everywhere, which is nearly all the time it takes. Drawings repeat what is to the left or just above, so that
//! is all this coder looks at: a few per cent larger, tens of times quicker.

mod bits;
mod huffman;

use self::bits::Bits;
use self::huffman::Code;

/// Literals and the prefixes of lengths.
const GREEN_SYMBOLS: usize = 256 + 24;
const DISTANCE_SYMBOLS: usize = 40;
const MAX_COPY: usize = 4096;
const MIN_COPY: usize = 3;

/// An image of a palette as a whole VP8L stream, with its header; the palette has 1 to 256 RGBA colours.
pub fn palette_image(width: u32, height: u32, palette: &[[u8; 4]], indices: &[u8]) -> Vec<u8> {
    let mut bits = Bits::with_capacity(8 << 10);
    bits.put(0x2F, 8);
    bits.put(width - 1, 14);
    bits.put(height - 1, 14);
    bits.put(u32::from(palette.iter().any(|colour| colour[3] != 255)), 1);
    bits.put(0, 3);
    put_palette(&mut bits, palette);
    match palette.len() {
        0..=2 => put_bytes(
            &mut bits,
            &bundled(indices, width as usize, 1),
            width.div_ceil(8) as usize,
        ),
        3..=4 => put_bytes(
            &mut bits,
            &bundled(indices, width as usize, 2),
            width.div_ceil(4) as usize,
        ),
        5..=16 => put_bytes(
            &mut bits,
            &bundled(indices, width as usize, 4),
            width.div_ceil(2) as usize,
        ),
        _ => put_bytes(&mut bits, indices, width as usize),
    }
    bits.finish()
}

/// One byte a pixel as a bare stream, as an ALPH chunk holds it.
pub fn plane(width: u32, values: &[u8]) -> Vec<u8> {
    let mut bits = Bits::with_capacity(8 << 10);
    put_bytes(&mut bits, values, width as usize);
    bits.finish()
}

/// The colour-indexing transform: the palette is an image of one row, each colour the difference from the one before.
fn put_palette(bits: &mut Bits, palette: &[[u8; 4]]) {
    bits.put(1, 1);
    bits.put(3, 2);
    bits.put(palette.len() as u32 - 1, 8);
    let mut last = [0; 4];
    let differences: Vec<[u8; 4]> = palette
        .iter()
        .map(|colour| {
            let difference = std::array::from_fn(|channel| colour[channel].wrapping_sub(last[channel]));
            last = *colour;
            difference
        })
        .collect();
    // No colour cache.
    bits.put(0, 1);
    // In the order of the format: green, red, blue, alpha, distance.
    let codes = [1, 0, 2, 3].map(|channel: usize| {
        let mut counts = vec![0; if channel == 1 { GREEN_SYMBOLS } else { 256 }];
        differences
            .iter()
            .for_each(|difference| counts[usize::from(difference[channel])] += 1);
        (channel, Code::of(&counts))
    });
    codes.iter().for_each(|(_, code)| code.put_table(bits));
    Code::of(&[0; DISTANCE_SYMBOLS]).put_table(bits);
    for difference in &differences {
        codes
            .iter()
            .for_each(|(channel, code)| code.put(bits, usize::from(difference[*channel])));
    }
}

/// Several indices in one byte, the first in the lowest bits.
fn bundled(indices: &[u8], width: usize, index_bits: usize) -> Vec<u8> {
    let bundle = |group: &[u8]| {
        group
            .iter()
            .enumerate()
            .fold(0, |byte, (at, index)| byte | (index << (at * index_bits)))
    };
    indices
        .chunks_exact(width)
        .flat_map(|row| row.chunks(8 / index_bits).map(bundle))
        .collect()
}

/// A piece of the picture: a byte, or a copy of what is near.
#[derive(Clone, Copy)]
enum Token {
    Byte(u8),
    Copy { length: u16, near: u8 },
}

/// The picture itself: only its green channel says anything, the others have one symbol, which takes no bits.
fn put_bytes(bits: &mut Bits, values: &[u8], width: usize) {
    let tokens = tokens(values, width);
    let mut green = [0_u32; GREEN_SYMBOLS];
    let mut distance = [0_u32; DISTANCE_SYMBOLS];
    for token in &tokens {
        match *token {
            Token::Byte(value) => green[usize::from(value)] += 1,
            Token::Copy { length, near } => {
                green[256 + prefix(u32::from(length)).symbol] += 1;
                distance[usize::from(near)] += 1;
            }
        }
    }
    // No more transforms, no colour cache, one set of codes for the whole picture.
    bits.put(0, 3);
    let (green, distance) = (Code::of(&green), Code::of(&distance));
    green.put_table(bits);
    let mut alone = [0; 256];
    alone[0] = 1;
    let (red, blue) = (Code::of(&alone), Code::of(&alone));
    red.put_table(bits);
    blue.put_table(bits);
    let mut opaque = [0; 256];
    opaque[255] = 1;
    Code::of(&opaque).put_table(bits);
    distance.put_table(bits);
    for token in tokens {
        match token {
            Token::Byte(value) => green.put(bits, usize::from(value)),
            Token::Copy { length, near } => {
                let prefix = prefix(u32::from(length));
                green.put(bits, 256 + prefix.symbol);
                bits.put(prefix.extra, prefix.extra_bits);
                distance.put(bits, usize::from(near));
            }
        }
    }
}

/// Where copies come from, as the format numbers them: above, left, above and left, above and right. None needs extra bits.
fn offsets(width: usize) -> [usize; 4] {
    [width, 1, width + 1, width - 1]
}

fn tokens(values: &[u8], width: usize) -> Vec<Token> {
    let offsets = offsets(width);
    let mut tokens = Vec::with_capacity(4 << 10);
    let mut at = 0;
    while at < values.len() {
        let (mut length, mut near) = (0, 0);
        for (number, &offset) in offsets.iter().enumerate() {
            // A copy from the same pixel again would be one of no distance.
            if offset == 0 || offset > at {
                continue;
            }
            let matched = matching(values, at, offset);
            if matched > length {
                (length, near) = (matched, number as u8);
            }
        }
        if length >= MIN_COPY {
            tokens.push(Token::Copy {
                length: length as u16,
                near,
            });
            at += length;
        } else {
            tokens.push(Token::Byte(values[at]));
            at += 1;
        }
    }
    tokens
}

/// How many bytes from `at` on are the same as those `offset` before them.
fn matching(values: &[u8], at: usize, offset: usize) -> usize {
    let most = (values.len() - at).min(MAX_COPY);
    let (here, there) = (&values[at..at + most], &values[at - offset..at - offset + most]);
    if here[0] != there[0] {
        return 0;
    }
    let (here_words, _) = here.as_chunks::<8>();
    let (there_words, _) = there.as_chunks::<8>();
    let mut same = 0;
    for (left, right) in here_words.iter().zip(there_words) {
        let difference = u64::from_le_bytes(*left) ^ u64::from_le_bytes(*right);
        if difference != 0 {
            return same + difference.trailing_zeros() as usize / 8;
        }
        same += 8;
    }
    same + here[same..]
        .iter()
        .zip(&there[same..])
        .take_while(|(left, right)| left == right)
        .count()
}

struct Prefix {
    symbol: usize,
    extra: u32,
    extra_bits: u32,
}

/// A length as a symbol and some bits, so that long ones need few symbols.
fn prefix(length: u32) -> Prefix {
    if length <= 4 {
        return Prefix {
            symbol: length as usize - 1,
            extra: 0,
            extra_bits: 0,
        };
    }
    let value = length - 1;
    let highest = value.ilog2();
    let second = (value >> (highest - 1)) & 1;
    let extra_bits = highest - 1;
    Prefix {
        symbol: (2 * highest + second) as usize,
        extra: value & ((1 << extra_bits) - 1),
        extra_bits,
    }
}
