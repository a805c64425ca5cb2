use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::codecs::webp::WebPEncoder;
use image::{ExtendedColorType, ImageEncoder, ImageFormat, Rgba};
use moxcms::ColorProfile;

use super::*;

fn encoded(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let picture = RgbaImage::from_fn(width, height, |x, _| {
        let left = x < width / 2;
        Rgba([if left { 255 } else { 0 }, 0, if left { 0 } else { 255 }, 255])
    });
    let mut bytes = Cursor::new(Vec::new());
    let picture = DynamicImage::ImageRgba8(picture);
    let picture = if format == ImageFormat::Jpeg {
        picture.into_rgb8().into()
    } else {
        picture
    };
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// A square of one colour with this profile.
fn with_profile(format: ImageFormat, colour: &[u8], profile: Vec<u8>) -> Vec<u8> {
    let pixels = colour.repeat(16 * 16);
    let kind = if colour.len() == 1 {
        ExtendedColorType::L8
    } else {
        ExtendedColorType::Rgb8
    };
    let mut bytes = Vec::new();
    match format {
        ImageFormat::Jpeg => write(JpegEncoder::new_with_quality(&mut bytes, 100), &pixels, kind, profile),
        ImageFormat::WebP => write(WebPEncoder::new_lossless(&mut bytes), &pixels, kind, profile),
        _ => write(PngEncoder::new(&mut bytes), &pixels, kind, profile),
    }
    bytes
}

fn write(mut encoder: impl ImageEncoder, pixels: &[u8], kind: ExtendedColorType, profile: Vec<u8>) {
    encoder.set_icc_profile(profile).unwrap();
    encoder.write_image(pixels, 16, 16, kind).unwrap();
}

fn first_pixel(bytes: &[u8]) -> [u8; 4] {
    let raster = Raster::decode(bytes).unwrap();
    assert_eq!(raster.note(), None);
    raster.scaled(8, 8).unwrap().get_pixel(4, 4).0
}

fn assert_near(found: [u8; 4], expected: [u8; 3], what: &str) {
    let is_near = found.iter().zip(expected).all(|(a, b)| a.abs_diff(b) <= 3);
    assert!(is_near && found[3] == 255, "{what}: {found:?} for {expected:?}");
}

/// sRGB with red and green in each other's place.
fn swapped() -> ColorProfile {
    let mut profile = ColorProfile::new_srgb();
    std::mem::swap(&mut profile.red_colorant, &mut profile.green_colorant);
    profile.cicp = None;
    profile
}

#[test]
fn every_format_is_decoded_and_scaled() {
    for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP] {
        let raster = Raster::decode(&encoded(100, 50, format)).unwrap();
        assert_eq!((raster.width(), raster.height()), (100, 50));
        let pixmap = raster.at(40, 4).unwrap();
        assert_eq!((pixmap.width(), pixmap.height()), (40, 20));
        let (left, right) = (pixmap.pixel(5, 10).unwrap(), pixmap.pixel(35, 10).unwrap());
        assert!(
            left.red() > 200 && left.blue() < 50 && right.blue() > 200,
            "{format:?} {left:?} {right:?}"
        );
    }
}

#[test]
fn a_tall_picture_is_fitted_and_centred() {
    let pixmap = Raster::decode(&encoded(10, 100, ImageFormat::Png))
        .unwrap()
        .at(40, 4)
        .unwrap();
    assert_eq!((pixmap.width(), pixmap.height()), (40, 160));
    assert_eq!(pixmap.pixel(1, 80).unwrap().alpha(), 0);
    assert_eq!(pixmap.pixel(20, 80).unwrap().alpha(), 255);
}

#[test]
fn damaged_pictures_are_refused() {
    let mut bytes = encoded(100, 50, ImageFormat::Png);
    bytes.truncate(bytes.len() / 2);
    assert!(matches!(Raster::decode(&bytes), Err(Fault::Damaged(_))));
    assert!(matches!(Raster::decode(b"no picture"), Err(Fault::Damaged(_))));
}

#[test]
fn too_many_pixels_are_refused_by_the_header() {
    // The header of a PNG of 30,000 x 30,000 pixels, and nothing else.
    let mut bytes = encoded(1, 1, ImageFormat::Png);
    bytes[16..20].copy_from_slice(&30_000_u32.to_be_bytes());
    bytes[20..24].copy_from_slice(&30_000_u32.to_be_bytes());
    let crc = crc32fast::hash(&bytes[12..29]);
    bytes[29..33].copy_from_slice(&crc.to_be_bytes());
    assert!(matches!(Raster::decode(&bytes), Err(Fault::TooLarge(30_000, 30_000))));
}

#[test]
fn the_colours_of_a_profile_become_srgb_in_every_format() {
    // In Adobe RGB these are shades that sRGB has as well; the numbers are Adobe RGB to sRGB by the published matrices.
    let wide = ColorProfile::new_adobe_rgb().encode().unwrap();
    let swapped = swapped().encode().unwrap();
    for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP] {
        let found = first_pixel(&with_profile(format, &[200, 40, 30], swapped.clone()));
        assert_near(found, [40, 200, 30], &format!("swapped {format:?}"));
        let found = first_pixel(&with_profile(format, &[150, 100, 100], wide.clone()));
        assert_near(found, [167, 100, 100], &format!("Adobe RGB {format:?}"));
        let plain = ColorProfile::new_srgb().encode().unwrap();
        let found = first_pixel(&with_profile(format, &[150, 100, 100], plain));
        assert_near(found, [150, 100, 100], &format!("sRGB {format:?}"));
    }
}

#[test]
fn a_grey_profile_is_for_grey_pixels() {
    let linear = ColorProfile::new_gray_with_gamma(1.0).encode().unwrap();
    let found = first_pixel(&with_profile(ImageFormat::Png, &[55], linear.clone()));
    // 0.2157 of the light is 128 in sRGB.
    assert_near(found, [128, 128, 128], "linear grey");
    let raster = Raster::decode(&with_profile(ImageFormat::Png, &[55, 55, 55], linear)).unwrap();
    assert!(raster.note().unwrap().contains("another kind of pixels"));
    assert_eq!(raster.scaled(4, 4).unwrap().get_pixel(0, 0).0, [55, 55, 55, 255]);
}

#[test]
fn a_broken_profile_is_left_aside_and_noted() {
    let whole = swapped().encode().unwrap();
    let mut state = 7_u32;
    let mut noted = 0;
    for round in 0..600 {
        let mut profile = whole.clone();
        for _ in 0..=round % 8 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let at = (state >> 8) as usize % profile.len();
            profile[at] = if state & 1 == 0 { 0xff } else { (state >> 24) as u8 };
        }
        profile.truncate(profile.len() - (round % 3) * (state as usize % 100));
        let raster = Raster::decode(&with_profile(ImageFormat::WebP, &[200, 40, 30], profile)).unwrap();
        let pixel = raster.scaled(2, 2).unwrap().get_pixel(1, 1).0;
        if raster.note().is_some() {
            assert_eq!(pixel, [200, 40, 30, 255]);
            noted += 1;
        }
    }
    assert!(noted > 50, "only {noted}");
}

/// A PNG of one RGB colour, 16 bits a channel, with these chunks before its pixels.
fn deep_png(colour: [u16; 3], chunks: &[([u8; 4], &[u8])]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, 4, 4);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Sixteen);
    let mut writer = encoder.write_header().unwrap();
    for (name, data) in chunks {
        writer.write_chunk(png::chunk::ChunkType(*name), data).unwrap();
    }
    let pixel: Vec<u8> = colour.iter().flat_map(|channel| channel.to_be_bytes()).collect();
    writer.write_image_data(&pixel.repeat(16)).unwrap();
    writer.finish().unwrap();
    bytes
}

#[test]
fn sixteen_bits_become_eight() {
    let bytes = deep_png([0x8000, 0x40ff, 0xffff], &[]);
    assert_near(first_pixel(&bytes), [0x80, 0x40, 0xff], "16 bits");
}

#[test]
fn the_chunks_of_a_png_say_its_colours_in_their_order() {
    let linear = 100_000_u32.to_be_bytes();
    let half = [55 * 257, 0, 0];
    assert_near(
        first_pixel(&deep_png(half, &[(*b"gAMA", &linear)])),
        [128, 0, 0],
        "gAMA",
    );
    let usual = 45_455_u32.to_be_bytes();
    assert_near(
        first_pixel(&deep_png(half, &[(*b"gAMA", &usual)])),
        [55, 0, 0],
        "usual gAMA",
    );
    let both = deep_png(half, &[(*b"sRGB", &[0]), (*b"gAMA", &linear)]);
    assert_near(first_pixel(&both), [55, 0, 0], "sRGB before gAMA");
    // Primaries of sRGB, linear light.
    let points = deep_png(half, &[(*b"cICP", &[1, 8, 0, 1]), (*b"sRGB", &[0])]);
    assert_near(first_pixel(&points), [128, 0, 0], "cICP before sRGB");
    // Red and green change places: white, red, green, blue.
    let places = [31_270_u32, 32_900, 30_000, 60_000, 64_000, 33_000, 15_000, 6_000];
    let places: Vec<u8> = places.iter().flat_map(|place| place.to_be_bytes()).collect();
    let swapped = deep_png(
        [200 * 257, 40 * 257, 30 * 257],
        &[(*b"gAMA", &usual), (*b"cHRM", &places)],
    );
    assert_near(first_pixel(&swapped), [40, 200, 30], "cHRM");
}

#[test]
fn colours_of_a_high_dynamic_range_are_noted() {
    for points in [[9, 16, 0, 1], [9, 18, 0, 1], [250, 1, 0, 1], [2, 2, 0, 0]] {
        let raster = Raster::decode(&deep_png([9, 9, 9], &[(*b"cICP", &points)])).unwrap();
        assert!(raster.note().is_some(), "{points:?}");
    }
}

#[test]
fn a_picture_on_its_side_is_turned() {
    for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP] {
        let upright = Raster::decode(&turned(format, 1)).unwrap();
        assert_eq!((upright.width(), upright.height()), (24, 16));
        // The left half is red: turned to the right, that is the upper half.
        let raster = Raster::decode(&turned(format, 6)).unwrap();
        assert_eq!((raster.width(), raster.height()), (16, 24), "{format:?}");
        let pixmap = raster.at(16, 4).unwrap();
        assert_eq!((pixmap.width(), pixmap.height()), (16, 24));
        let (top, bottom) = (pixmap.pixel(8, 2).unwrap(), pixmap.pixel(8, 21).unwrap());
        assert!(top.red() > 200 && bottom.blue() > 200, "{format:?} {top:?} {bottom:?}");
        let flipped = Raster::decode(&turned(format, 2)).unwrap().at(24, 4).unwrap();
        assert!(flipped.pixel(2, 8).unwrap().blue() > 200, "{format:?}");
    }
}

/// Half red and half blue, with this orientation in its Exif data.
fn turned(format: ImageFormat, orientation: u8) -> Vec<u8> {
    let exif = [
        b"MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0",
        &[orientation][..],
        &[0; 6],
    ]
    .concat();
    let picture = image::load_from_memory(&encoded(24, 16, ImageFormat::Png))
        .unwrap()
        .into_rgb8();
    let mut bytes = Vec::new();
    fn write(mut encoder: impl ImageEncoder, exif: Vec<u8>, pixels: &[u8]) {
        encoder.set_exif_metadata(exif).unwrap();
        encoder.write_image(pixels, 24, 16, ExtendedColorType::Rgb8).unwrap();
    }
    match format {
        ImageFormat::Jpeg => write(JpegEncoder::new_with_quality(&mut bytes, 100), exif, &picture),
        ImageFormat::WebP => write(WebPEncoder::new_lossless(&mut bytes), exif, &picture),
        _ => write(PngEncoder::new(&mut bytes), exif, &picture),
    }
    bytes
}

#[test]
fn grey_and_palette_pictures_are_read() {
    for kind in [
        png::ColorType::Grayscale,
        png::ColorType::GrayscaleAlpha,
        png::ColorType::Indexed,
    ] {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, 2, 2);
        encoder.set_color(kind);
        encoder.set_palette(vec![0, 0, 0, 90, 90, 90]);
        encoder.set_trns(vec![255, 255]);
        let pixels: &[u8] = match kind {
            png::ColorType::Grayscale => &[90; 4],
            png::ColorType::GrayscaleAlpha => &[90, 255, 90, 255, 90, 255, 90, 255],
            _ => &[1; 4],
        };
        if kind != png::ColorType::Indexed {
            encoder = png::Encoder::new(&mut bytes, 2, 2);
            encoder.set_color(kind);
        }
        let mut writer = encoder.write_header().unwrap();
        writer.write_image_data(pixels).unwrap();
        writer.finish().unwrap();
        assert_near(first_pixel(&bytes), [90, 90, 90], &format!("{kind:?}"));
    }
}
