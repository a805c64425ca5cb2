//! PNG: a palette where the colours are few, true colour otherwise. Always exact.

use super::coder::copies::Copied;
use super::coder::{deflate, tokens};
use super::encoder::Indexed;
use super::filters;
use super::straight::Straight;

const SIGNATURE: [u8; 8] = *b"\x89PNG\r\n\x1a\n";
const RGB: u8 = 2;
const INDEXED: u8 = 3;
const RGBA: u8 = 6;

/// Appends a picture of few colours.
pub fn indexed(picture: &Indexed, file: &mut Vec<u8>) {
    let (plane, palette) = (&picture.plane, &picture.palette);
    file.extend_from_slice(&SIGNATURE);
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

/// One in so many pixels differs from its left neighbour in a picture that is flat but for its edges.
const FLAT: usize = 6;

/// Appends a picture of many colours, in three channels when all of it is opaque. `scratch` is overwritten.
pub fn colours(picture: &Straight, scratch: &mut Indexed, file: &mut Vec<u8>) {
    let (pixels, _) = picture.rgba.as_chunks::<4>();
    let kind = if pixels.iter().all(|pixel| pixel[3] == 255) {
        RGB
    } else {
        RGBA
    };
    file.extend_from_slice(&SIGNATURE);
    put_header(file, picture.width, picture.height, [8, kind]);
    if kind == RGB {
        let mut opaque = std::mem::take(&mut scratch.bytes);
        opaque.clear();
        opaque.extend(pixels.iter().flat_map(|&[red, green, blue, _]| [red, green, blue]));
        put_colours::<3>(picture, &opaque, scratch, file);
        scratch.bytes = opaque;
    } else {
        put_colours::<4>(picture, &picture.rgba, scratch, file);
    }
    chunk(file, *b"IEND", |_| {});
}

fn put_colours<const CHANNELS: usize>(picture: &Straight, pixels: &[u8], scratch: &mut Indexed, file: &mut Vec<u8>) {
    let width = picture.width as usize;
    let stride = width * CHANNELS + 1;
    let (rows, finder) = (&mut scratch.plane.bytes, &mut scratch.finder);
    if picture.runs < picture.rgba.len() / 4 / FLAT {
        filters::plain(pixels, stride - 1, rows);
        finder.find(rows, stride, CHANNELS);
        chunk(file, *b"IDAT", |file| {
            deflate::zlib(rows, &finder.found, Copied::symbol, file);
        });
    } else {
        filters::filter::<CHANNELS>(pixels, width, rows);
        tokens::find(rows, stride, &mut scratch.tokens);
        chunk(file, *b"IDAT", |file| {
            deflate::zlib(rows, &scratch.tokens, |token| token.piece().symbol(stride), file);
        });
    }
}
