//! Decodes a file to its own pixels.

use std::io::Cursor;

use image::metadata::Orientation;
use image::{ColorType, ImageDecoder, ImageReader, Limits};

use super::colour::Colours;
use super::{Channels, Fault, MAX_PIXELS, Raster};

/// The allocation limit of the decoders of the `image` crate: the pixels at four bytes each, and as much again.
const MAX_DECODER_BYTES: u64 = MAX_PIXELS * 8;
/// The allocation limit of the PNG decoder for a row and for the colour profile.
const MAX_PNG_BYTES: usize = 64 << 20;

/// Reads a PNG, a JPEG or a WebP of at most so many pixels.
pub fn read(bytes: &[u8], most_pixels: u64) -> Result<Raster, Fault> {
    if bytes.starts_with(b"\x89PNG") {
        return read_png(bytes, most_pixels).map_err(|fault| match fault {
            PngFault::Own(fault) => fault,
            PngFault::Png(error) => damaged(error),
        });
    }
    let mut reader = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .map_err(damaged)?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_DECODER_BYTES);
    reader.limits(limits);
    read_with(reader.into_decoder().map_err(damaged)?, most_pixels)
}

fn read_with(mut decoder: impl ImageDecoder, most_pixels: u64) -> Result<Raster, Fault> {
    let (width, height) = decoder.dimensions();
    within_bounds(width, height, most_pixels)?;
    let channels = match decoder.color_type() {
        ColorType::L8 => Channels::Grey,
        ColorType::La8 => Channels::GreyAlpha,
        ColorType::Rgb8 => Channels::Rgb,
        ColorType::Rgba8 => Channels::Rgba,
        other => return Err(Fault::Damaged(format!("its pixels are of the kind {other:?}"))),
    };
    let orientation = decoder.orientation().map_err(damaged)?;
    // A profile that cannot be found is as good as one that cannot be read.
    let profile = decoder.icc_profile().unwrap_or_else(|_| Some(Vec::new()));
    let mut pixels = vec![0; size(width, height, channels)?];
    decoder.read_image(&mut pixels).map_err(damaged)?;
    Ok(Raster {
        width,
        height,
        channels,
        pixels,
        orientation,
        colours: profile.map_or_else(Colours::srgb, |profile| Colours::of_profile(&profile, channels)),
    })
}

enum PngFault {
    Own(Fault),
    Png(png::DecodingError),
}

impl From<png::DecodingError> for PngFault {
    fn from(error: png::DecodingError) -> Self {
        Self::Png(error)
    }
}

impl From<Fault> for PngFault {
    fn from(fault: Fault) -> Self {
        Self::Own(fault)
    }
}

/// Reads a PNG row by row: 16 bits a channel become 8, which halves the memory, and the colour chunks are at hand.
fn read_png(bytes: &[u8], most_pixels: u64) -> Result<Raster, PngFault> {
    let limits = png::Limits { bytes: MAX_PNG_BYTES };
    let mut decoder = png::Decoder::new_with_limits(Cursor::new(bytes), limits);
    decoder.set_ignore_text_chunk(true);
    decoder.set_transformations(png::Transformations::EXPAND | png::Transformations::STRIP_16);
    let (width, height) = decoder.read_header_info().map(|info| (info.width, info.height))?;
    within_bounds(width, height, most_pixels)?;
    let mut reader = decoder.read_info()?;
    let channels = match reader.output_color_type().0 {
        png::ColorType::Grayscale => Channels::Grey,
        png::ColorType::GrayscaleAlpha => Channels::GreyAlpha,
        png::ColorType::Rgb | png::ColorType::Indexed => Channels::Rgb,
        png::ColorType::Rgba => Channels::Rgba,
    };
    let mut pixels = vec![0; size(width, height, channels)?];
    if reader.output_buffer_size() != Some(pixels.len()) {
        return Err(Fault::Damaged("its size and its pixels contradict each other".to_owned()).into());
    }
    reader.next_frame(&mut pixels)?;
    let info = reader.info();
    let orientation = info.exif_metadata.as_deref().and_then(Orientation::from_exif_chunk);
    Ok(Raster {
        width,
        height,
        channels,
        pixels,
        orientation: orientation.unwrap_or(Orientation::NoTransforms),
        colours: Colours::of_png(info, channels),
    })
}

fn within_bounds(width: u32, height: u32, most_pixels: u64) -> Result<(), Fault> {
    match u64::from(width) * u64::from(height) {
        0 => Err(Fault::Damaged("it has no pixels".to_owned())),
        pixels if pixels <= most_pixels => Ok(()),
        _ => Err(Fault::TooLarge(width, height)),
    }
}

fn size(width: u32, height: u32, channels: Channels) -> Result<usize, Fault> {
    let pixels = u64::from(width) * u64::from(height);
    usize::try_from(pixels * channels as u64).map_err(damaged)
}

fn damaged(error: impl std::fmt::Display) -> Fault {
    Fault::Damaged(error.to_string())
}
