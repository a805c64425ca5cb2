//! Coverage: one byte a pixel, the part of it that a drawing of one colour covers.

use resvg::tiny_skia::{Pixmap, PremultipliedColorU8};

/// The coverage of a drawing at one width.
#[derive(Default)]
pub struct Coverage {
    pub width: u32,
    pub height: u32,
    /// Row by row; 255 is all of a pixel.
    pub values: Vec<u8>,
}

impl Coverage {
    /// Returns `true` when nothing is visible.
    pub fn is_empty(&self) -> bool {
        self.values.iter().all(|&value| value == 0)
    }

    /// Makes pixels of one colour; `None` when memory is short.
    pub fn in_colour(&self, [red, green, blue]: [u8; 3]) -> Option<Pixmap> {
        let mut pixmap = Pixmap::new(self.width, self.height)?;
        let shades: [PremultipliedColorU8; 256] = std::array::from_fn(|alpha| {
            resvg::tiny_skia::ColorU8::from_rgba(red, green, blue, alpha as u8).premultiply()
        });
        for (pixel, &value) in pixmap.pixels_mut().iter_mut().zip(&self.values) {
            *pixel = shades[usize::from(value)];
        }
        Some(pixmap)
    }
}
