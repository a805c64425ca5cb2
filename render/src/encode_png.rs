//! PNG: a palette where the colours are few, true colour otherwise. Always exact.

use png::{ColorType, Compression, Encoder};

use super::coder::deflate;
use super::encoder::Indexed;
use super::straight::Straight;

const SIGNATURE: [u8; 8] = *b"\x89PNG\r\n\x1a\n";
const INDEXED: u8 = 3;

/// Appends a picture of few colours.
pub fn indexed(picture: &Indexed, file: &mut Vec<u8>) {
    let (plane, palette) = (&picture.plane, &picture.palette);
    file.extend_from_slice(&SIGNATURE);
    let [w0, w1, w2, w3] = plane.width.to_be_bytes();
    let [h0, h1, h2, h3] = plane.height.to_be_bytes();
    let header = [w0, w1, w2, w3, h0, h1, h2, h3, plane.bits as u8, INDEXED, 0, 0, 0];
    chunk(file, *b"IHDR", |file| file.extend_from_slice(&header));
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

/// A picture of many colours.
pub fn colours(picture: &Straight) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(16 << 10);
    let mut encoder = Encoder::new(&mut bytes, picture.width, picture.height);
    encoder.set_color(ColorType::Rgba);
    encoder.set_compression(Compression::Fast);
    let written = encoder
        .write_header()
        .and_then(|mut writer| writer.write_image_data(&picture.rgba));
    written.expect("writing to memory does not fail, and the data fits the header");
    bytes
}
