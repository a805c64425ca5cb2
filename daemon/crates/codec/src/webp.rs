//! WebP: lossless where the colours are few, else with lossy colour; transparency is always lossless.
//!
//! libwebp spends nearly all its time on transparency, and goes through every macroblock of a drawing twice; tests compare with it.

use super::indexed::IndexedImage;
use super::overlay::Overlay;
use super::straight::StraightImage;
use super::vp8l;

/// Appends an image of at most 256 colours, lossless.
pub fn encode_indexed(image: &mut IndexedImage, file: &mut Vec<u8>) {
    put_webp(file, |file| {
        chunk(file, *b"VP8L", |file| {
            vp8l::put_palette_image(&image.plane, &image.palette, &image.tokens, &mut image.vp8l_runs, file);
        });
    });
}

/// Appends an image of any number of colours: lossy colour at a quality of 0 to 100, lossless transparency. `scratch` is overwritten.
pub fn encode_lossy(image: &StraightImage, quality: u8, scratch: &mut IndexedImage, file: &mut Vec<u8>) {
    let frame = scratch.buffers.vp8.encode(image, quality);
    put_lossy(image, &frame, scratch, file);
}

/// As [`encode_lossy`], of the image that it encoded last, after the overlay was laid over it.
pub fn encode_lossy_overlaid(
    image: &StraightImage,
    overlay: &Overlay,
    quality: u8,
    scratch: &mut IndexedImage,
    file: &mut Vec<u8>,
) {
    let changed = overlay.macroblocks(image.width as usize, image.height as usize);
    let frame = scratch.buffers.vp8.encode_again(image, &changed, quality);
    put_lossy(image, &frame, scratch, file);
}

fn put_lossy(image: &StraightImage, frame: &[u8], scratch: &mut IndexedImage, file: &mut Vec<u8>) {
    /// No preprocessing, no filter, compressed as VP8L.
    const ALPHA_HEADER: u8 = 1;
    let (pixels, _) = image.rgba.as_chunks::<4>();
    let alpha: Vec<u8> = pixels.iter().map(|pixel| pixel[3]).collect();
    put_webp(file, |file| {
        if alpha.iter().any(|&alpha| alpha != 255) {
            chunk(file, *b"VP8X", |file| put_extended_header(image, file));
            scratch.set_alpha(&alpha, image.width);
            chunk(file, *b"ALPH", |file| {
                file.push(ALPHA_HEADER);
                vp8l::put_alpha_plane(&scratch.plane, &scratch.tokens, &mut scratch.vp8l_runs, file);
            });
        }
        chunk(file, *b"VP8 ", |file| file.extend_from_slice(frame));
    });
}

/// The header of an image with transparency.
fn put_extended_header(image: &StraightImage, file: &mut Vec<u8>) {
    const HAS_ALPHA: u8 = 0x10;
    file.extend_from_slice(&[HAS_ALPHA, 0, 0, 0]);
    for side in [image.width, image.height] {
        file.extend_from_slice(&(side - 1).to_le_bytes()[..3]);
    }
}

/// Appends a file of the chunks that `put` appends.
fn put_webp(file: &mut Vec<u8>, put: impl FnOnce(&mut Vec<u8>)) {
    chunk(file, *b"RIFF", |file| {
        file.extend_from_slice(b"WEBP");
        put(file);
    });
}

/// Appends a RIFF chunk: its name, its length, the data that `put` appends, padded to an even length.
fn chunk(file: &mut Vec<u8>, name: [u8; 4], put: impl FnOnce(&mut Vec<u8>)) {
    file.extend_from_slice(&name);
    let start = file.len() + 4;
    file.extend_from_slice(&[0; 4]);
    put(file);
    let length = file.len() - start;
    file[start - 4..start].copy_from_slice(&(length as u32).to_le_bytes());
    if !length.is_multiple_of(2) {
        file.push(0);
    }
}

#[cfg(test)]
mod tests;
