//! PNG: a palette where the colours are few, grey and alpha where that takes less, true colour otherwise. Always exact.

mod filters;
use super::copies::{Copied, Finder};
use super::indexed::IndexedImage;
use super::{deflate, tokens};

use super::straight::StraightImage;

const SIGNATURE: [u8; 8] = *b"\x89PNG\r\n\x1a\n";
const RGB: u8 = 2;
const INDEXED: u8 = 3;
const GREY_ALPHA: u8 = 4;
const RGBA: u8 = 6;

/// Appends a picture of few colours.
pub fn indexed(picture: &mut IndexedImage, file: &mut Vec<u8>) {
    let (plane, palette, greys) = (&picture.plane, &picture.palette, &mut picture.greys);
    file.extend_from_slice(&SIGNATURE);
    if greys.take(palette, plane, &picture.tokens) {
        put_header(file, plane.width, plane.height, [8, GREY_ALPHA]);
        chunk(file, *b"IDAT", |file| {
            deflate::zlib(&greys.bytes, &greys.found, Copied::symbol, file);
        });
        return chunk(file, *b"IEND", |_| {});
    }
    put_header(file, plane.width, plane.height, [plane.bits as u8, INDEXED]);
    chunk(file, *b"PLTE", |file| {
        file.extend(palette.iter().flat_map(|colour| [colour[0], colour[1], colour[2]]));
    });
    // Opaque colours come last and need no entry.
    let translucent = palette
        .iter()
        .rposition(|colour| colour[3] != 255)
        .map_or(0, |last| last + 1);
    if translucent > 0 {
        chunk(file, *b"tRNS", |file| {
            file.extend(palette[..translucent].iter().map(|colour| colour[3]));
        });
    }
    chunk(file, *b"IDAT", |file| {
        let stride = plane.stride();
        deflate::zlib(
            &plane.bytes,
            &picture.tokens,
            |token| token.piece().symbol(stride),
            file,
        );
    });
    chunk(file, *b"IEND", |_| {});
}

/// `kind` is the bits of a sample, and what the samples are.
fn put_header(file: &mut Vec<u8>, width: u32, height: u32, kind: [u8; 2]) {
    chunk(file, *b"IHDR", |file| {
        file.extend_from_slice(&width.to_be_bytes());
        file.extend_from_slice(&height.to_be_bytes());
        file.extend_from_slice(&kind);
        file.extend_from_slice(&[0; 3]);
    });
}

/// Appends a chunk: its length, its name, what `put` appends, a checksum.
fn chunk(file: &mut Vec<u8>, name: [u8; 4], put: impl FnOnce(&mut Vec<u8>)) {
    let start = file.len();
    file.extend_from_slice(&[0; 4]);
    file.extend_from_slice(&name);
    put(file);
    let length = (file.len() - start - 8) as u32;
    file[start..start + 4].copy_from_slice(&length.to_be_bytes());
    let checksum = crc32fast::hash(&file[start + 4..]);
    file.extend_from_slice(&checksum.to_be_bytes());
}

/// A picture is flat but for its edges when one in so many pixels differs from its left neighbour; of small ones a larger part is edges.
const FLAT: usize = 6;
const SMALL_FLAT: usize = 3;
const SMALL_PIXELS: usize = 128 * 128;
/// So small ones are tried in every way.
const TINY_PIXELS: usize = 64 * 64;

/// Appends a picture of many colours. `scratch` keeps its contents.
pub fn colours(picture: &StraightImage, scratch: &mut IndexedImage, file: &mut Vec<u8>) {
    let finder = &mut scratch.finder;
    let pixels = picture.rgba.len() / 4;
    if pixels <= TINY_PIXELS {
        flat(picture, finder, file);
        return or_smaller(file, picture, finder, smooth);
    }
    let part = if pixels <= SMALL_PIXELS { SMALL_FLAT } else { FLAT };
    let put = if picture.runs < pixels / part { flat } else { smooth };
    put(picture, finder, file);
}

/// The same picture otherwise, where that makes the file smaller.
fn or_smaller(
    file: &mut Vec<u8>,
    picture: &StraightImage,
    finder: &mut Finder,
    put: impl FnOnce(&StraightImage, &mut Finder, &mut Vec<u8>),
) {
    let mut other = std::mem::take(&mut finder.other);
    other.clear();
    put(picture, finder, &mut other);
    if other.len() < file.len() {
        std::mem::swap(&mut other, file);
    }
    finder.other = other;
}

/// Appends a picture that is flat but for its edges.
fn flat(picture: &StraightImage, finder: &mut Finder, file: &mut Vec<u8>) {
    let Finder { pixels, matches, .. } = finder;
    in_colour(picture, pixels, file, |pixels, channels, file| {
        matches.find(pixels, picture.width as usize, channels);
        deflate::zlib(&matches.rows, &matches.found, Copied::symbol, file);
    });
}

/// Appends a picture whose colours change slowly.
fn smooth(picture: &StraightImage, finder: &mut Finder, file: &mut Vec<u8>) {
    let Finder {
        pixels,
        matches,
        tokens,
        ..
    } = finder;
    in_colour(picture, pixels, file, |pixels, channels, file| {
        let (rows, width) = (&mut matches.rows, picture.width as usize);
        match channels {
            3 => filters::filter::<3>(pixels, width, rows),
            _ => filters::filter::<4>(pixels, width, rows),
        }
        let stride = width * channels + 1;
        tokens::find(rows, stride, tokens);
        deflate::zlib(rows, tokens, |token| token.piece().symbol(stride), file);
    });
}

/// A palette of fewer colours hardly takes more than the rest.
const LARGE_PALETTE: usize = 64;
/// In larger pictures every colour is there many times.
const MAX_WITHOUT: usize = 256 * 256;

/// Takes the palette away where that makes the file smaller: small pictures of many colours. Nothing but the finder is overwritten.
pub fn without_palette(picture: &StraightImage, scratch: &mut IndexedImage, file: &mut Vec<u8>) {
    if scratch.palette.len() >= LARGE_PALETTE && picture.rgba.len() / 4 <= MAX_WITHOUT {
        or_smaller(file, picture, &mut scratch.finder, flat);
    }
}

/// A file of what `put` appends for the pixels and their channels: three when all is opaque.
fn in_colour(
    picture: &StraightImage,
    opaque: &mut Vec<u8>,
    file: &mut Vec<u8>,
    put: impl FnOnce(&[u8], usize, &mut Vec<u8>),
) {
    let (pixels, _) = picture.rgba.as_chunks::<4>();
    let is_opaque = pixels.iter().all(|pixel| pixel[3] == 255);
    file.extend_from_slice(&SIGNATURE);
    put_header(
        file,
        picture.width,
        picture.height,
        [8, if is_opaque { RGB } else { RGBA }],
    );
    chunk(file, *b"IDAT", |file| {
        if is_opaque {
            opaque.clear();
            opaque.extend(pixels.iter().flat_map(|&[red, green, blue, _]| [red, green, blue]));
            put(opaque, 3, file);
        } else {
            put(&picture.rgba, 4, file);
        }
    });
    chunk(file, *b"IEND", |_| {});
}
