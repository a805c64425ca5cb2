//! WebP: exact where the colours are few, lossy otherwise; transparency is always exact.
//!
//! All coders are our own: libwebp spends nearly all its time on transparency, and walks every macroblock of a drawing twice. It stays as what
//! tests compare with.

use std::cell::RefCell;
use std::ffi::{c_int, c_void};
use std::mem::MaybeUninit;

use libwebp_sys::{
    WEBP_ENCODER_ABI_VERSION, WebPCleanupTransparentArea, WebPConfig, WebPEncCSP, WebPEncode, WebPPicture,
    WebPPictureFree, WebPPictureImportRGBA, WebPPictureInitInternal,
};

use super::coder::vp8l;
use super::encoder::Indexed;
use super::straight::Straight;
use super::vp8::Vp8;

/// Appends a picture of few colours, exactly.
pub fn indexed(picture: &mut Indexed, target: &mut Vec<u8>) {
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
pub fn colours(picture: &Straight, quality: u8, scratch: &mut Indexed) -> Vec<u8> {
    let colours = lossy(picture, quality);
    let alpha: Vec<u8> = picture.rgba.iter().skip(3).step_by(4).copied().collect();
    if alpha.iter().all(|&alpha| alpha == 255) {
        return colours;
    }
    scratch.take_bytes(&alpha, picture.width);
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
fn extended(picture: &Straight) -> [u8; 10] {
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
fn lossy(picture: &Straight, quality: u8) -> Vec<u8> {
    thread_local! {
        // Its buffers serve all pictures of a thread.
        static ENCODER: RefCell<Vp8> = RefCell::default();
    }
    let frame = ENCODER.with_borrow_mut(|encoder| encoder.encode(picture, quality));
    file(&[(*b"VP8 ", &frame)])
}

/// The same as libwebp does it, with one of its methods (0 to 6).
#[cfg_attr(not(test), expect(dead_code, reason = "what tests compare with"))]
fn lossy_by_libwebp(picture: &Straight, quality: u8, method: c_int) -> Vec<u8> {
    let config = WebPConfig::new().expect("the header and the library are of one version");
    let config = WebPConfig {
        quality: f32::from(quality.min(100)),
        method,
        ..config
    };
    let mut bytes: Vec<u8> = Vec::with_capacity(16 << 10);
    #[expect(unsafe_code, reason = "libwebp is a C library")]
    // SAFETY: the pixels outlive the call and are `height` rows of `width` pixels of 4 bytes; `bytes` outlives the picture that points to it;
    // the picture is initialised before it is used and freed once, with the memory that its planes are part of.
    let encoded = unsafe {
        let mut target = MaybeUninit::<WebPPicture>::uninit();
        assert_ne!(
            WebPPictureInitInternal(target.as_mut_ptr(), WEBP_ENCODER_ABI_VERSION as c_int),
            0,
            "the header and the library are of one version"
        );
        let mut target = target.assume_init();
        target.width = picture.width.cast_signed();
        target.height = picture.height.cast_signed();
        target.writer = Some(append);
        target.custom_ptr = (&raw mut bytes).cast::<c_void>();
        let mut encoded = WebPPictureImportRGBA(&mut target, picture.rgba.as_ptr(), target.width * 4) != 0;
        if encoded {
            // Colours that nobody sees become those that cost least; then the plane of transparency is out of the encoder's sight.
            WebPCleanupTransparentArea(&mut target);
            target.colorspace = WebPEncCSP::WEBP_YUV420;
            target.a = std::ptr::null_mut();
            encoded = WebPEncode(&config, &mut target) != 0;
        }
        let error = target.error_code;
        WebPPictureFree(&mut target);
        if encoded { Ok(()) } else { Err(error) }
    };
    if let Err(error) = encoded {
        // Only memory can be short: size and settings are ours. The words are what the daemon looks for.
        panic!("memory allocation of libwebp failed: {error:?}");
    }
    bytes
}

/// Called by libwebp with each piece of the file.
#[expect(unsafe_code, reason = "libwebp is a C library")]
unsafe extern "C" fn append(data: *const u8, size: usize, picture: *const WebPPicture) -> c_int {
    // SAFETY: libwebp passes its own buffer and the picture above, whose pointer is to a living `Vec` that nothing else uses meanwhile.
    unsafe {
        let bytes = &mut *(*picture).custom_ptr.cast::<Vec<u8>>();
        bytes.extend_from_slice(std::slice::from_raw_parts(data, size));
    }
    1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoder::Encoder;
    use crate::presets::Format;
    use resvg::tiny_skia::Pixmap;

    #[expect(unsafe_code, reason = "libwebp is a C library")]
    fn decode(file: &[u8]) -> (i32, i32, Vec<u8>) {
        let (mut width, mut height) = (0, 0);
        // SAFETY: the file is a slice; the pixels are copied before they are freed.
        unsafe {
            let pixels = libwebp_sys::WebPDecodeRGBA(file.as_ptr(), file.len(), &mut width, &mut height);
            assert!(!pixels.is_null(), "libwebp does not read the file");
            let copy = std::slice::from_raw_parts(pixels, (width * height * 4) as usize).to_vec();
            libwebp_sys::WebPFree(pixels.cast());
            (width, height, copy)
        }
    }

    fn encode(picture: &Straight, quality: u8) -> Vec<u8> {
        Encoder::default().encode(picture, &[(Format::Webp, quality)]).remove(0)
    }

    /// A picture with so many colours, in runs, slopes and noise.
    fn picture(width: u32, height: u32, colours: u32) -> Straight {
        let mut pixmap = Pixmap::new(width, height).unwrap();
        let mut state = colours.wrapping_mul(2_654_435_761) | 1;
        for (at, pixel) in pixmap.data_mut().chunks_exact_mut(4).enumerate() {
            if at % 7 == 0 {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            }
            let colour = (state >> 8) % colours;
            let alpha = if colour.is_multiple_of(3) {
                (colour % 256) as u8
            } else {
                255
            };
            let channel = |shift: u32| ((u32::from(alpha) * ((colour.wrapping_mul(97) >> shift) & 255)) / 255) as u8;
            pixel.copy_from_slice(&[channel(0), channel(3), channel(5), alpha]);
        }
        Straight::of(&pixmap)
    }

    #[test]
    fn few_colours_come_back_exactly() {
        for colours in [1, 2, 3, 4, 5, 16, 17, 100, 250] {
            for (width, height) in [(1, 1), (2, 3), (7, 5), (64, 64), (65, 9), (1, 300), (511, 13)] {
                let picture = picture(width, height, colours);
                assert!(picture.palette.is_some());
                let file = encode(&picture, 80);
                let decoded = decode(&file);
                assert_eq!((decoded.0, decoded.1), (width.cast_signed(), height.cast_signed()));
                assert!(decoded.2 == picture.rgba, "{colours} colours, {width}x{height}");
            }
        }
    }

    /// Discs with soft edges on slopes; the surroundings are transparent.
    fn drawing(side: u32) -> Straight {
        let mut pixmap = Pixmap::new(side, side).unwrap();
        let scale = 256.0 / side as f32;
        for (at, pixel) in pixmap.data_mut().chunks_exact_mut(4).enumerate() {
            let (x, y) = ((at as u32 % side) as f32 * scale, (at as u32 / side) as f32 * scale);
            let inside = |x0: f32, y0: f32, radius: f32| {
                let distance = ((x - x0).powi(2) + (y - y0).powi(2)).sqrt();
                ((radius - distance) / scale + 0.5).clamp(0.0, 1.0)
            };
            let mut colour = [0.0; 4];
            let layers = [
                (inside(128.0, 128.0, 110.0), [255.0, 204.0 - y / 4.0, 77.0 + x / 8.0]),
                (inside(90.0, 100.0, 18.0), [102.0, 69.0, 0.0]),
                (inside(170.0, 100.0, 18.0), [30.0, 60.0, 200.0]),
                (
                    inside(128.0, 190.0, 30.0) * inside(128.0, 170.0, 40.0),
                    [200.0, 20.0, 40.0],
                ),
            ];
            for (cover, [red, green, blue]) in layers {
                for (channel, value) in colour.iter_mut().zip([red, green, blue, 255.0]) {
                    *channel = *channel * (1.0 - cover) + value * cover;
                }
            }
            pixel.copy_from_slice(&colour.map(|channel: f32| channel.round() as u8));
        }
        Straight::of(&pixmap)
    }

    /// The mean squared difference over white and over black.
    fn difference(picture: &Straight, file: &[u8]) -> f64 {
        let (_, _, decoded) = decode(file);
        let pixels = picture.rgba.chunks_exact(4).zip(decoded.chunks_exact(4));
        let squares = pixels.map(|(one, other)| {
            let alpha = f64::from(one[3]) / 255.0;
            let square = |(one, other): (&u8, &u8)| (alpha * (f64::from(*one) - f64::from(*other))).powi(2);
            one[..3].iter().zip(&other[..3]).map(square).sum::<f64>()
        });
        squares.sum::<f64>() / (picture.rgba.len() as f64 / 4.0 * 3.0)
    }

    #[test]
    fn drawings_take_fewer_bytes_than_libwebp_makes_of_them_and_look_no_worse() {
        for side in [64, 128, 256, 512] {
            let drawing = drawing(side);
            assert!(drawing.palette.is_none());
            for quality in [60, 80, 95] {
                let (ours, theirs) = (lossy(&drawing, quality), lossy_by_libwebp(&drawing, quality, 4));
                assert!(
                    ours.len() <= theirs.len(),
                    "{side} px at {quality}: {} bytes against {}",
                    ours.len(),
                    theirs.len()
                );
                // 0.3 dB.
                let (ours, theirs) = (difference(&drawing, &ours), difference(&drawing, &theirs));
                assert!(ours <= theirs * 1.07, "{side} px at {quality}: {ours} against {theirs}");
            }
        }
    }

    #[test]
    fn transparency_comes_back_exactly() {
        let picture = picture(200, 120, 100_000);
        assert!(picture.palette.is_none());
        let decoded = decode(&encode(&picture, 80));
        let alpha = |pixels: &[u8]| pixels.iter().skip(3).step_by(4).copied().collect::<Vec<u8>>();
        assert!(alpha(&decoded.2) == alpha(&picture.rgba));
    }
}
