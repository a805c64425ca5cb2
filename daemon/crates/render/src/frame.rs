//! The place of a drawing in its image.

use resvg::tiny_skia::{Pixmap, Size, Transform};
use resvg::usvg::Tree;

use super::paint::{self, Scratch};

/// Taller pictures are fitted into this many times the width.
pub const MAX_HEIGHT: u32 = 4;

/// The size of an image, and the transform of the drawing to it.
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

/// Draws a tree at a width.
pub fn draw_at(tree: &Tree, width: u32, scratch: &mut Scratch) -> Option<Pixmap> {
    let frame = Frame::new(tree.size(), width);
    let mut pixmap = Pixmap::new(frame.width, frame.height)?;
    paint::render(tree, frame.transform, &mut pixmap.as_mut(), scratch);
    Some(pixmap)
}
