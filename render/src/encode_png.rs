//! PNG: a palette where the colours are few, true colour otherwise. Always exact.

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
        deflate::zlib(&plane.bytes, plane.stride(), &picture.tokens, file);
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

/// Appends a picture of many colours. `scratch` is overwritten.
pub fn colours(picture: &Straight, scratch: &mut Indexed, file: &mut Vec<u8>) {
    let rows = &mut scratch.plane.bytes;
    let channels = filters::filter(picture, rows, &mut scratch.bytes);
    let stride = picture.width as usize * channels + 1;
    tokens::find(rows, stride, &mut scratch.tokens);
    let kind = if channels == 3 { RGB } else { RGBA };
    file.extend_from_slice(&SIGNATURE);
    put_header(file, picture.width, picture.height, [8, kind]);
    chunk(file, *b"IDAT", |file| {
        deflate::zlib(rows, stride, &scratch.tokens, file)
    });
    chunk(file, *b"IEND", |_| {});
}
