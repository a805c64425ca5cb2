//! WebP: exact where the colours are few, lossy otherwise; transparency is always exact.
//!
//! All coders are our own: libwebp spends nearly all its time on transparency, and walks every macroblock of a drawing twice. It stays as what
//! tests compare with.

use std::cell::RefCell;

use super::indexed::IndexedImage;
use super::straight::StraightImage;
use super::vp8::Vp8;
use super::vp8l;

/// Appends a picture of few colours, exactly.
pub fn indexed(picture: &mut IndexedImage, target: &mut Vec<u8>) {
    const HEADER: usize = 20;
    let start = target.len();
    target.extend_from_slice(b"RIFF\0\0\0\0WEBPVP8L\0\0\0\0");
    vp8l::palette_image(
        &picture.plane,
        &picture.palette,
        &picture.tokens,
        &mut picture.rows,
        target,
    );
    let length = target.len() - start - HEADER;
    target[start + 16..start + HEADER].copy_from_slice(&(length as u32).to_le_bytes());
    if !length.is_multiple_of(2) {
        target.push(0);
    }
    let length = (target.len() - start - 8) as u32;
    target[start + 4..start + 8].copy_from_slice(&length.to_le_bytes());
}

/// A picture of many colours: those at a quality of 0 to 100, transparency exactly. `scratch` is overwritten.
pub fn colours(picture: &StraightImage, quality: u8, scratch: &mut IndexedImage) -> Vec<u8> {
    let colours = lossy(picture, quality);
    let alpha: Vec<u8> = picture.rgba.iter().skip(3).step_by(4).copied().collect();
    if alpha.iter().all(|&alpha| alpha == 255) {
        return colours;
    }
    scratch.set_bytes(&alpha, picture.width);
    // Unfiltered, lossless.
    let mut transparency = vec![1];
    vp8l::alpha_plane(&scratch.plane, &scratch.tokens, &mut scratch.rows, &mut transparency);
    file(&[
        (*b"VP8X", &extended(picture)),
        (*b"ALPH", &transparency),
        (*b"VP8 ", only_chunk(&colours)),
    ])
}

/// The header of a file with transparency.
fn extended(picture: &StraightImage) -> [u8; 10] {
    const HAS_ALPHA: u8 = 0x10;
    let (width, height) = ((picture.width - 1).to_le_bytes(), (picture.height - 1).to_le_bytes());
    [
        HAS_ALPHA, 0, 0, 0, width[0], width[1], width[2], height[0], height[1], height[2],
    ]
}

/// The contents of a file that has one chunk.
fn only_chunk(file: &[u8]) -> &[u8] {
    let length = u32::from_le_bytes(file[16..20].try_into().expect("four bytes"));
    &file[20..20 + length as usize]
}

fn file(chunks: &[([u8; 4], &[u8])]) -> Vec<u8> {
    let padded = |length: usize| length + length % 2;
    let length = 4 + chunks.iter().map(|(_, data)| 8 + padded(data.len())).sum::<usize>();
    let mut file = Vec::with_capacity(length + 8);
    file.extend_from_slice(b"RIFF");
    file.extend_from_slice(&(length as u32).to_le_bytes());
    file.extend_from_slice(b"WEBP");
    for (name, data) in chunks {
        file.extend_from_slice(name);
        file.extend_from_slice(&(data.len() as u32).to_le_bytes());
        file.extend_from_slice(data);
        file.resize(padded(file.len()), 0);
    }
    file
}

/// The colours without the transparency, as a file of one chunk.
fn lossy(picture: &StraightImage, quality: u8) -> Vec<u8> {
    thread_local! {
        // Its buffers serve all pictures of a thread.
        static ENCODER: RefCell<Vp8> = RefCell::default();
    }
    let frame = ENCODER.with_borrow_mut(|encoder| encoder.encode(picture, quality));
    file(&[(*b"VP8 ", &frame)])
}

#[cfg(test)]
mod tests;
