use super::*;
use image::ImageFormat;

/// Luma and both chromas, without padding.
type Planes = [Vec<u8>; 3];

fn riff(payload: &[u8]) -> Vec<u8> {
    let padded = payload.len().next_multiple_of(2);
    let mut file = b"RIFF".to_vec();
    file.extend_from_slice(&(padded as u32 + 12).to_le_bytes());
    file.extend_from_slice(b"WEBPVP8 ");
    file.extend_from_slice(&(payload.len() as u32).to_le_bytes());
    file.extend_from_slice(payload);
    file.resize(20 + padded, 0);
    file
}

#[expect(unsafe_code, reason = "libwebp is a C library")]
fn decoded(file: &[u8]) -> (u32, u32, Planes) {
    let (mut width, mut height, mut stride, mut chroma_stride) = (0, 0, 0, 0);
    let (mut blue, mut red) = (std::ptr::null_mut(), std::ptr::null_mut());
    // SAFETY: the file is a slice; the planes are copied, row by row, before they are freed.
    unsafe {
        let pixels = libwebp_sys::WebPDecodeYUV(
            file.as_ptr(),
            file.len(),
            &mut width,
            &mut height,
            &mut blue,
            &mut red,
            &mut stride,
            &mut chroma_stride,
        );
        assert!(!pixels.is_null(), "libwebp does not read the frame");
        let copy = |plane: *const u8, stride: i32, width: i32, height: i32| {
            let row = |row: i32| std::slice::from_raw_parts(plane.offset((row * stride) as isize), width as usize);
            (0..height).flat_map(row).copied().collect::<Vec<u8>>()
        };
        let (half_width, half_height) = ((width + 1) / 2, (height + 1) / 2);
        let planes = [
            copy(pixels, stride, width, height),
            copy(blue, chroma_stride, half_width, half_height),
            copy(red, chroma_stride, half_width, half_height),
        ];
        libwebp_sys::WebPFree(pixels.cast());
        (width.cast_unsigned(), height.cast_unsigned(), planes)
    }
}

#[expect(unsafe_code, reason = "libwebp is a C library")]
fn decoded_rgb(file: &[u8]) -> Vec<u8> {
    let (mut width, mut height) = (0, 0);
    // SAFETY: the file is a slice; the pixels are copied before they are freed.
    unsafe {
        let pixels = libwebp_sys::WebPDecodeRGB(file.as_ptr(), file.len(), &mut width, &mut height);
        assert!(!pixels.is_null(), "libwebp does not read the frame");
        let copy = std::slice::from_raw_parts(pixels, (width * height * 3) as usize).to_vec();
        libwebp_sys::WebPFree(pixels.cast());
        copy
    }
}

/// The encoder's reconstruction of the last image.
fn reconstruction(encoder: &Vp8Encoder, image: &StraightImage) -> Planes {
    let (width, height) = (image.width as usize, image.height as usize);
    let plane = |plane: &ReconstructedPlane, width: usize, height: usize| {
        (0..height)
            .flat_map(|row| plane.row(row, width).to_vec())
            .collect::<Vec<u8>>()
    };
    let half = |side: usize| side.div_ceil(2);
    [
        plane(&encoder.luma, width, height),
        plane(&encoder.chroma[0], half(width), half(height)),
        plane(&encoder.chroma[1], half(width), half(height)),
    ]
}

/// Encodes without the loop filter, which the reconstruction of the encoder leaves out.
fn encode(encoder: &mut Vp8Encoder, image: &StraightImage, quality: u8, max_first_bytes: usize) -> Vec<u8> {
    let quantizer = Quantizer {
        filter_level: 0,
        ..Quantizer::new(quality)
    };
    encoder.encode_with(image, None, quantizer, max_first_bytes)
}

fn assert_exact(encoder: &Vp8Encoder, image: &StraightImage, frame: &[u8], what: &str) {
    let file = riff(frame);
    let (width, height, planes) = decoded(&file);
    assert_eq!((width, height), (image.width, image.height));
    for (plane, (found, expected)) in planes.iter().zip(&reconstruction(encoder, image)).enumerate() {
        let wrong = found
            .iter()
            .zip(expected)
            .position(|(found, expected)| found != expected);
        assert_eq!(wrong, None, "plane {plane} of {width}x{height}, {what}");
    }
    let other = image::load_from_memory_with_format(&file, ImageFormat::WebP).unwrap();
    assert!(
        other.to_rgb8().into_raw() == decoded_rgb(&file),
        "{width}x{height}, {what}"
    );
}

/// Pseudo-random random.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u32) -> u32 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % u64::from(end)) as u32
    }
}

/// Discs and bars of one colour, slopes, and noise as far as `noise` (out of 256) says; partly transparent.
fn image(width: u32, height: u32, noise: u32, random: &mut Random) -> StraightImage {
    let side = width.max(height);
    let shapes: Vec<[u32; 7]> = (0..6)
        .map(|_| [side, side, side / 2 + 1, 256, 256, 256, 256].map(|end| random.below(end)))
        .collect();
    let slope = random.below(2);
    let mut rgba = Vec::new();
    for y in 0..height {
        for x in 0..width {
            let mut pixel = [
                (x * slope * 2) as u8,
                (y * slope) as u8,
                (x + y) as u8,
                (random.below(2) * 255) as u8,
            ];
            if slope == 0 {
                pixel = [0; 4];
            }
            for shape in &shapes {
                let (across, down) = (x.abs_diff(shape[0]), y.abs_diff(shape[1]));
                if across * across + down * down <= shape[2] * shape[2] {
                    let alpha = if shape[6] > 128 { 255 } else { shape[6] * 2 };
                    pixel = [shape[3], shape[4], shape[5], alpha].map(|channel| channel as u8);
                }
            }
            if random.below(256) < noise {
                pixel = [0; 4].map(|_: u8| random.below(256) as u8);
            }
            rgba.extend_from_slice(&pixel);
        }
    }
    StraightImage {
        width,
        height,
        rgba,
        runs: 0,
        palette: None,
    }
}

#[test]
fn decoders_agree_with_the_reconstruction() {
    let mut random = Random(11);
    let mut encoder = Vp8Encoder::default();
    let sizes = [
        (1, 1),
        (1, 40),
        (40, 1),
        (16, 16),
        (17, 33),
        (15, 47),
        (64, 64),
        (100, 75),
        (1_300, 3),
        (3, 1_300),
    ];
    for (width, height) in sizes {
        for (quality, noise) in [(0, 0), (30, 20), (80, 0), (80, 10), (80, 256), (100, 3), (100, 256)] {
            let image = image(width, height, noise, &mut random);
            let frame = encode(&mut encoder, &image, quality, frame::MAX_FIRST_PARTITION_BYTES);
            assert_exact(&encoder, &image, &frame, &format!("quality {quality}, noise {noise}"));
        }
    }
}

#[test]
fn a_large_first_partition_gets_fewer_modes() {
    let mut random = Random(12);
    let mut encoder = Vp8Encoder::default();
    let image = image(150, 90, 20, &mut random);
    let mut frames = Vec::new();
    for max_first_bytes in [frame::MAX_FIRST_PARTITION_BYTES, 400, 0] {
        let frame = encode(&mut encoder, &image, 80, max_first_bytes);
        assert_exact(
            &encoder,
            &image,
            &frame,
            &format!("modes of {max_first_bytes} bytes at most"),
        );
        frames.push(frame);
    }
    let modes_bytes = |frame: &[u8]| u32::from_le_bytes([frame[0], frame[1], frame[2], 0]) >> 5;
    assert!(modes_bytes(&frames[0]) > 400 && modes_bytes(&frames[1]) <= 400);
    assert!(frames[1] != frames[2], "what fits is not chosen anew");
}

#[test]
fn branches_over_the_limit_are_written_early() {
    let mut random = Random(13);
    let image = image(80, 60, 100, &mut random);
    let mut encoder = Vp8Encoder {
        tokens: TokenPartition::with_max_branches(5_000),
        ..Vp8Encoder::default()
    };
    let early = encode(&mut encoder, &image, 90, frame::MAX_FIRST_PARTITION_BYTES);
    assert_exact(&encoder, &image, &early, "noise");
    let late = encode(&mut Vp8Encoder::default(), &image, 90, frame::MAX_FIRST_PARTITION_BYTES);
    assert!(early != late, "all decisions fitted");
}

#[test]
fn an_encoder_keeps_nothing_of_the_image_before() {
    let mut random = Random(14);
    let mut encoder = Vp8Encoder::default();
    let first = image(90, 70, 30, &mut random);
    let second = image(40, 100, 30, &mut random);
    encoder.encode(&first, 80);
    assert!(encoder.encode(&second, 80) == Vp8Encoder::default().encode(&second, 80));
}

#[test]
fn transparent_pixels_cost_next_to_nothing() {
    let transparent = |random: &mut Random| {
        let rgba = (0..256 * 256).flat_map(|_| {
            [
                random.below(256) as u8,
                random.below(256) as u8,
                random.below(256) as u8,
                0,
            ]
        });
        StraightImage {
            width: 256,
            height: 256,
            rgba: rgba.collect(),
            runs: 0,
            palette: None,
        }
    };
    let frame = Vp8Encoder::default().encode(&transparent(&mut Random(15)), 80);
    assert!(frame.len() < 200);
}

#[test]
fn known_modes_cost_little_and_are_exact() {
    let mut random = Random(16);
    let mut encoder = Vp8Encoder::default();
    for (width, height) in [(160, 130), (33, 65)] {
        let mut image = image(width, height, 3, &mut random);
        encoder.encode(&image, 80);
        let columns = width.div_ceil(16) as usize;
        let mut changed = vec![false; columns * height.div_ceil(16) as usize];
        changed[columns + 1] = true;
        for y in 16..32 {
            image.rgba[(y * width as usize + 16) * 4..][..12 * 4].fill(255);
        }
        let quantizer = Quantizer {
            filter_level: 0,
            ..Quantizer::new(80)
        };
        let again = encoder.encode_with(&image, Some(&changed), quantizer, frame::MAX_FIRST_PARTITION_BYTES);
        assert_exact(&encoder, &image, &again, "known modes");
        let kept = |at: &usize| encoder.macroblocks[*at].chroma == encoder.before[*at].chroma;
        assert!(
            (0..changed.len()).filter(kept).count() * 5 >= changed.len() * 4,
            "modes were chosen anew"
        );
        let anew = encode(&mut Vp8Encoder::default(), &image, 80, frame::MAX_FIRST_PARTITION_BYTES);
        assert!(
            again.len() * 20 < anew.len() * 21,
            "{} against {} bytes",
            again.len(),
            anew.len()
        );
    }
}
