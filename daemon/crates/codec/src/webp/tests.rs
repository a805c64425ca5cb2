use std::ffi::{c_int, c_void};
use std::mem::MaybeUninit;

use libwebp_sys::{
    WEBP_ENCODER_ABI_VERSION, WebPCleanupTransparentArea, WebPConfig, WebPEncCSP, WebPEncode, WebPPicture,
    WebPPictureFree, WebPPictureImportRGBA, WebPPictureInitInternal,
};

use super::*;
use crate::vp8::Vp8Encoder;

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

fn encode(image: &StraightImage, quality: u8) -> Vec<u8> {
    let (mut indexed, mut file) = (IndexedImage::default(), Vec::new());
    match &image.palette {
        None => encode_lossy(image, quality, &mut indexed, &mut file),
        Some(palette) => {
            indexed.set_palette_image(palette, image.width);
            indexed.find_tokens();
            encode_indexed(&mut indexed, &mut file);
        }
    }
    file
}

/// A image with so many colours, in runs, slopes and noise.
fn image(width: u32, height: u32, colours: u32) -> StraightImage {
    let mut pixels = vec![0; (width * height * 4) as usize];
    let mut state = colours.wrapping_mul(2_654_435_761) | 1;
    for (at, pixel) in pixels.chunks_exact_mut(4).enumerate() {
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
    StraightImage::from_premultiplied(width, height, &pixels)
}

#[test]
fn few_colours_are_lossless() {
    for colours in [1, 2, 3, 4, 5, 16, 17, 100, 250] {
        for (width, height) in [(1, 1), (2, 3), (7, 5), (64, 64), (65, 9), (1, 300), (511, 13)] {
            let image = image(width, height, colours);
            assert!(image.palette.is_some());
            let file = encode(&image, 80);
            let decoded = decode(&file);
            assert_eq!((decoded.0, decoded.1), (width.cast_signed(), height.cast_signed()));
            assert!(decoded.2 == image.rgba, "{colours} colours, {width}x{height}");
        }
    }
}

/// Discs with soft edges on slopes; the surroundings are transparent.
fn drawing(side: u32) -> StraightImage {
    let mut pixels = vec![0; (side * side * 4) as usize];
    let scale = 256.0 / side as f32;
    for (at, pixel) in pixels.chunks_exact_mut(4).enumerate() {
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
    StraightImage::from_premultiplied(side, side, &pixels)
}

/// The mean squared difference over white and over black.
fn difference(image: &StraightImage, file: &[u8]) -> f64 {
    let (_, _, decoded) = decode(file);
    let pixels = image.rgba.chunks_exact(4).zip(decoded.chunks_exact(4));
    let squares = pixels.map(|(one, other)| {
        let alpha = f64::from(one[3]) / 255.0;
        let square = |(one, other): (&u8, &u8)| (alpha * (f64::from(*one) - f64::from(*other))).powi(2);
        one[..3].iter().zip(&other[..3]).map(square).sum::<f64>()
    });
    squares.sum::<f64>() / (image.rgba.len() as f64 / 4.0 * 3.0)
}

#[test]
fn drawings_are_smaller_than_from_libwebp_and_as_close() {
    for side in [64, 128, 256, 512] {
        let drawing = drawing(side);
        assert!(drawing.palette.is_none());
        for quality in [60, 80, 95] {
            let (ours, theirs) = (
                encode_colour(&drawing, quality),
                encode_by_libwebp(&drawing, quality, 4),
            );
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
fn transparency_is_lossless() {
    let image = image(200, 120, 100_000);
    assert!(image.palette.is_none());
    let decoded = decode(&encode(&image, 80));
    let alpha = |pixels: &[u8]| pixels.iter().skip(3).step_by(4).copied().collect::<Vec<u8>>();
    assert!(alpha(&decoded.2) == alpha(&image.rgba));
}

/// The lossy colour without the transparency.
fn encode_colour(image: &StraightImage, quality: u8) -> Vec<u8> {
    let mut file = Vec::new();
    let frame = Vp8Encoder::default().encode(image, quality);
    put_webp(&mut file, |file| {
        chunk(file, *b"VP8 ", |file| file.extend_from_slice(&frame))
    });
    file
}

/// Encodes an image by libwebp, with one of its methods (0 to 6).
fn encode_by_libwebp(image: &StraightImage, quality: u8, method: c_int) -> Vec<u8> {
    let config = WebPConfig::new().expect("the header and the library are of one version");
    let config = WebPConfig {
        quality: f32::from(quality.min(100)),
        method,
        ..config
    };
    let mut bytes: Vec<u8> = Vec::with_capacity(16 << 10);
    #[expect(unsafe_code, reason = "libwebp is a C library")]
    // SAFETY: the pixels outlive the call and are `height` rows of `width` pixels of 4 bytes; `bytes` outlives the image that points to it;
    // the image is initialised before it is used and freed once, with the memory that its planes are part of.
    let encoded = unsafe {
        let mut target = MaybeUninit::<WebPPicture>::uninit();
        assert_ne!(
            WebPPictureInitInternal(target.as_mut_ptr(), WEBP_ENCODER_ABI_VERSION as c_int),
            0,
            "the header and the library are of one version"
        );
        let mut target = target.assume_init();
        target.width = image.width.cast_signed();
        target.height = image.height.cast_signed();
        target.writer = Some(append);
        target.custom_ptr = (&raw mut bytes).cast::<c_void>();
        let mut encoded = WebPPictureImportRGBA(&mut target, image.rgba.as_ptr(), target.width * 4) != 0;
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
unsafe extern "C" fn append(data: *const u8, size: usize, image: *const WebPPicture) -> c_int {
    // SAFETY: libwebp passes its own buffer and the image above, whose pointer is to a living `Vec` that nothing else uses meanwhile.
    unsafe {
        let bytes = &mut *(*image).custom_ptr.cast::<Vec<u8>>();
        bytes.extend_from_slice(std::slice::from_raw_parts(data, size));
    }
    1
}
