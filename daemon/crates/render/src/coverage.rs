//! A drawing of one colour in several widths: one byte a pixel, how much of it is covered.

use resvg::tiny_skia::{Pixmap, PremultipliedColorU8};
use resvg::usvg::Tree;

use super::frame::Frame;
use super::scale;
use super::scan::Scanner;
use super::stencil::Stencil;

/// One width of it.
#[derive(Default)]
pub struct Coverage {
    pub width: u32,
    pub height: u32,
    /// Row by row; 255 is all of a pixel.
    pub values: Vec<u8>,
}

impl Coverage {
    /// Whether nothing shows.
    pub fn is_empty(&self) -> bool {
        self.values.iter().all(|&value| value == 0)
    }

    /// The same in pixels of a colour; `None` when memory is short.
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

/// Draws coverage at the widths that are asked for; keeps its buffers from file to file.
#[derive(Default)]
pub struct Coverages {
    made: Vec<Coverage>,
    spare: Vec<Vec<u8>>,
    scanner: Scanner,
}

impl Coverages {
    /// Forgets the last drawing.
    pub fn clear(&mut self) {
        self.spare.extend(self.made.drain(..).map(|coverage| coverage.values));
    }

    /// Draws the stencil at the widest width; `None` when it cannot be drawn so.
    pub fn draw(&mut self, stencil: &Stencil<'_>, tree: &Tree, width: u32) -> Option<&Coverage> {
        let coverage = self.draw_alone(stencil, tree, width)?;
        self.made.push(coverage);
        self.made.last()
    }

    /// Draws without remembering it.
    pub fn draw_alone(&mut self, stencil: &Stencil<'_>, tree: &Tree, width: u32) -> Option<Coverage> {
        let frame = Frame::new(tree.size(), width);
        let mut coverage = self.empty(frame.width, frame.height);
        stencil.draw(&frame, &mut self.scanner, &mut coverage)?;
        Some(coverage)
    }

    /// Takes the buffer back of what was drawn alone.
    pub fn give_back(&mut self, coverage: Coverage) {
        self.spare.push(coverage.values);
    }

    /// The coverage at a width: half of a larger one where that is exact, else drawn for itself.
    pub fn at(&mut self, stencil: &Stencil<'_>, tree: &Tree, widest: u32, width: u32) -> Option<&Coverage> {
        if let Some(known) = self.made.iter().position(|coverage| coverage.width == width) {
            return self.made.get(known);
        }
        let Some(double) = scale::double_within(width, widest) else {
            return self.draw(stencil, tree, width);
        };
        let full_height = self.at(stencil, tree, widest, widest)?.height;
        let height = scale::height_at(full_height, widest, width);
        let mut target = self.empty(width, height);
        let source = self.at(stencil, tree, widest, double)?;
        scale::halve_bytes::<1>(&source.values, source.width, source.height, &mut target.values, height);
        self.made.push(target);
        self.made.last()
    }

    /// Nothing, in a buffer that was used before.
    fn empty(&mut self, width: u32, height: u32) -> Coverage {
        let mut values = self.spare.pop().unwrap_or_default();
        values.clear();
        values.resize(width as usize * height as usize, 0);
        Coverage { width, height, values }
    }
}
