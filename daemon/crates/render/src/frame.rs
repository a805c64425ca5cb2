//! Where a drawing lies in its picture.

use resvg::tiny_skia::{Size, Transform};

/// Taller pictures are fitted into this many times the width.
pub const MAX_HEIGHT: u32 = 4;

/// A picture's size, and the way from the drawing to it.
#[derive(Debug, Clone, Copy)]
pub struct Frame {
    pub width: u32,
    pub height: u32,
    pub transform: Transform,
}

impl Frame {
    /// Fills the picture's width; the height follows, within bounds: what is taller is fitted and centred.
    pub fn new(size: Size, width: u32) -> Self {
        let natural = f64::from(width) * f64::from(size.height()) / f64::from(size.width());
        let most = width * MAX_HEIGHT;
        if natural > f64::from(most) {
            let scale = most as f32 / size.height();
            let left = (width as f32 - size.width() * scale) / 2.0;
            return Self {
                width,
                height: most,
                transform: Transform::from_row(scale, 0.0, 0.0, scale, left, 0.0),
            };
        }
        let height = (natural.round() as u32).max(1);
        Self {
            width,
            height,
            transform: Transform::from_scale(width as f32 / size.width(), height as f32 / size.height()),
        }
    }
}
