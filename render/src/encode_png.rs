//! PNG: a palette where the colours are few, plain RGBA otherwise. Always exact.

use png::{BitDepth, ColorType, Compression, DeflateCompression, Encoder, Filter};

use super::straight::{Palette, Straight};

/// Encodes a picture.
pub fn encode(picture: &Straight) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(16 << 10);
    let mut encoder = Encoder::new(&mut bytes, picture.width, picture.height);
    match &picture.palette {
        Some(palette) => encode_palette(encoder, palette, picture.width as usize),
        None => {
            encoder.set_color(ColorType::Rgba);
            encoder.set_compression(Compression::Fast);
            write(encoder, &picture.rgba);
        }
    }
    bytes
}

fn encode_palette(mut encoder: Encoder<'_, &mut Vec<u8>>, palette: &Palette, width: usize) {
    let (depth, bits) = match palette.colours.len() {
        0..=2 => (BitDepth::One, 1),
        3..=4 => (BitDepth::Two, 2),
        5..=16 => (BitDepth::Four, 4),
        _ => (BitDepth::Eight, 8),
    };
    encoder.set_color(ColorType::Indexed);
    encoder.set_depth(depth);
    encoder.set_palette(
        palette
            .colours
            .iter()
            .flat_map(|colour| [colour[0], colour[1], colour[2]])
            .collect::<Vec<u8>>(),
    );
    // Opaque colours come last and need no entry.
    encoder.set_trns(
        palette
            .colours
            .iter()
            .map(|colour| colour[3])
            .take_while(|&alpha| alpha != 255)
            .collect::<Vec<u8>>(),
    );
    encoder.set_deflate_compression(DeflateCompression::Level(PALETTE_LEVEL));
    encoder.set_filter(Filter::NoFilter);
    if bits == 8 {
        write(encoder, &palette.indices);
    } else {
        write(encoder, &packed(&palette.indices, width, bits));
    }
}

/// Neighbouring indices differ little in meaning, so filters do not help and deflate alone does most.
const PALETTE_LEVEL: u8 = 2;

fn packed(indices: &[u8], width: usize, bits: usize) -> Vec<u8> {
    let per_byte = 8 / bits;
    let pack = |group: &[u8]| {
        group
            .iter()
            .enumerate()
            .fold(0, |byte, (at, index)| byte | (index << (8 - bits * (at + 1))))
    };
    indices
        .chunks_exact(width)
        .flat_map(|row| row.chunks(per_byte).map(pack))
        .collect()
}

fn write(encoder: Encoder<'_, &mut Vec<u8>>, data: &[u8]) {
    let written = encoder
        .write_header()
        .and_then(|mut writer| writer.write_image_data(data));
    written.expect("writing to memory does not fail, and the data fits the header");
}
