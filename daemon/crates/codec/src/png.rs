//! PNG, always lossless: a palette where the colours are few, grey and alpha where that takes less, true colour otherwise.

mod filters;

use super::indexed::{IndexedImage, TrueColourBuffers};
use super::matches::PackedSymbol;
use super::straight::StraightImage;
use super::{deflate, tokens};

const SIGNATURE: [u8; 8] = *b"\x89PNG\r\n\x1a\n";
const RGB: u8 = 2;
const INDEXED: u8 = 3;
const GREY_ALPHA: u8 = 4;
const RGBA: u8 = 6;

/// Appends an image of at most 256 colours.
pub fn encode_indexed(image: &mut IndexedImage, file: &mut Vec<u8>) {
    let (plane, palette, grey_alpha) = (&image.plane, &image.palette, &mut image.grey_alpha);
    file.extend_from_slice(&SIGNATURE);
    if grey_alpha.try_fill(palette, plane, &image.tokens) {
        put_header(file, plane.width, plane.height, [8, GREY_ALPHA]);
        chunk(file, *b"IDAT", |file| {
            deflate::zlib(&grey_alpha.bytes, &grey_alpha.found, PackedSymbol::unpack, file);
        });
        return chunk(file, *b"IEND", |_| {});
    }
    put_header(file, plane.width, plane.height, [plane.bits as u8, INDEXED]);
    chunk(file, *b"PLTE", |file| {
        file.extend(palette.iter().flat_map(|colour| &colour[..3]));
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
        tokens::zlib(&plane.bytes, &image.tokens, plane.stride(), file)
    });
    chunk(file, *b"IEND", |_| {});
}

/// `kind` is the bit depth and the colour type.
fn put_header(file: &mut Vec<u8>, width: u32, height: u32, kind: [u8; 2]) {
    chunk(file, *b"IHDR", |file| {
        file.extend_from_slice(&width.to_be_bytes());
        file.extend_from_slice(&height.to_be_bytes());
        file.extend_from_slice(&kind);
        file.extend_from_slice(&[0; 3]);
    });
}

/// Appends a chunk: its length, its name, the data that `put` appends, a checksum.
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

/// An image is flat when at most one in so many pixels differs from its left neighbour; a larger part of small images is edges.
const FLAT: usize = 6;
const SMALL_FLAT: usize = 3;
const SMALL_PIXELS: usize = 128 * 128;
/// Smaller images are encoded both ways.
const TINY_PIXELS: usize = 64 * 64;

/// Appends an image of any number of colours. Only the buffers of `scratch` are overwritten.
pub fn encode_true_colour(image: &StraightImage, scratch: &mut IndexedImage, file: &mut Vec<u8>) {
    let buffers = &mut scratch.buffers;
    let pixels = image.rgba.len() / 4;
    if pixels <= TINY_PIXELS {
        encode_flat(image, buffers, file);
        return replace_if_smaller(file, image, buffers, encode_smooth);
    }
    let part = if pixels <= SMALL_PIXELS { SMALL_FLAT } else { FLAT };
    let encode = if image.runs < pixels / part {
        encode_flat
    } else {
        encode_smooth
    };
    encode(image, buffers, file);
}

type Encode = fn(&StraightImage, &mut TrueColourBuffers, &mut Vec<u8>);

/// Replaces the file by another encoding of the image where that is smaller.
fn replace_if_smaller(file: &mut Vec<u8>, image: &StraightImage, buffers: &mut TrueColourBuffers, encode: Encode) {
    let mut alternative = std::mem::take(&mut buffers.alternative);
    alternative.clear();
    encode(image, buffers, &mut alternative);
    if alternative.len() < file.len() {
        std::mem::swap(&mut alternative, file);
    }
    buffers.alternative = alternative;
}

/// Appends an image that is flat but for its edges: unfiltered.
fn encode_flat(image: &StraightImage, buffers: &mut TrueColourBuffers, file: &mut Vec<u8>) {
    let TrueColourBuffers { rgb, matches, .. } = buffers;
    encode_samples(image, rgb, file, |samples, channels, file| {
        matches.find(samples, image.width as usize, channels);
        deflate::zlib(&matches.rows, &matches.found, PackedSymbol::unpack, file);
    });
}

/// Appends an image whose colours change slowly: filtered.
fn encode_smooth(image: &StraightImage, buffers: &mut TrueColourBuffers, file: &mut Vec<u8>) {
    let TrueColourBuffers {
        rgb, matches, tokens, ..
    } = buffers;
    encode_samples(image, rgb, file, |samples, channels, file| {
        let rows = &mut matches.rows;
        let stride = image.width as usize * channels;
        filters::filter(samples, stride, channels, rows);
        tokens::find(rows, stride + 1, tokens);
        tokens::zlib(rows, tokens, stride + 1, file);
    });
}

/// A smaller palette takes less than true colour.
const LARGE_PALETTE: usize = 64;
/// In larger images every colour occurs many times, and the palette pays.
const MAX_PIXELS_WITHOUT_PALETTE: usize = 256 * 256;

/// Replaces the file of an indexed image by one in true colour where that is smaller: small images of many colours.
pub fn drop_palette_if_smaller(image: &StraightImage, indexed: &mut IndexedImage, file: &mut Vec<u8>) {
    if indexed.palette.len() >= LARGE_PALETTE && image.rgba.len() / 4 <= MAX_PIXELS_WITHOUT_PALETTE {
        replace_if_smaller(file, image, &mut indexed.buffers, encode_flat);
    }
}

/// Appends a file of true colour; `put` appends the image data of the samples with their channels: three when all pixels are opaque.
fn encode_samples(
    image: &StraightImage,
    rgb: &mut Vec<u8>,
    file: &mut Vec<u8>,
    put: impl FnOnce(&[u8], usize, &mut Vec<u8>),
) {
    let (pixels, _) = image.rgba.as_chunks::<4>();
    let is_opaque = pixels.iter().all(|pixel| pixel[3] == 255);
    file.extend_from_slice(&SIGNATURE);
    let colour_type = if is_opaque { RGB } else { RGBA };
    put_header(file, image.width, image.height, [8, colour_type]);
    chunk(file, *b"IDAT", |file| {
        if is_opaque {
            rgb.clear();
            rgb.extend(pixels.iter().flat_map(|&[red, green, blue, _]| [red, green, blue]));
            put(rgb, 3, file);
        } else {
            put(&image.rgba, 4, file);
        }
    });
    chunk(file, *b"IEND", |_| {});
}
