//! Reads the pictures that a contact sheet is made of.

use std::io::Cursor;

use png::{Decoder, Limits, Transformations};
use resvg::tiny_skia::{ColorU8, Pixmap, PremultipliedColorU8};

/// Decodes a rendition from the store, within bounds.
pub fn decode(bytes: &[u8]) -> anyhow::Result<Pixmap> {
    let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), Limits { bytes: 64 << 20 });
    decoder.set_transformations(Transformations::EXPAND | Transformations::ALPHA | Transformations::STRIP_16);
    let mut reader = decoder.read_info()?;
    let mut pixels = vec![
        0;
        reader
            .output_buffer_size()
            .ok_or_else(|| anyhow::anyhow!("a tile is too large"))?
    ];
    let info = reader.next_frame(&mut pixels)?;
    anyhow::ensure!(
        info.width <= 2048 && info.height <= 8192,
        "a tile is {} by {} px",
        info.width,
        info.height
    );
    let mut pixmap = Pixmap::new(info.width, info.height).ok_or_else(|| anyhow::anyhow!("no memory for a tile"))?;
    let channels = info.color_type.samples();
    for (pixel, source) in pixmap.pixels_mut().iter_mut().zip(pixels.chunks_exact(channels)) {
        let (red, green, blue, alpha) = match *source {
            [red, green, blue, alpha] => (red, green, blue, alpha),
            [red, green, blue] => (red, green, blue, 255),
            [grey, alpha] => (grey, grey, grey, alpha),
            _ => (source[0], source[0], source[0], 255),
        };
        *pixel = premultiplied(red, green, blue, alpha);
    }
    Ok(pixmap)
}

fn premultiplied(red: u8, green: u8, blue: u8, alpha: u8) -> PremultipliedColorU8 {
    ColorU8::from_rgba(red, green, blue, alpha).premultiply()
}
