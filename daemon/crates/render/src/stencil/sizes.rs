//! The coverage of a drawing in several widths.

use resvg::usvg::Tree;

use super::Stencil;
use crate::coverage::Coverage;
use crate::frame::Frame;
use crate::scale;
use crate::scan::Scanner;

/// Draws coverage at the widths requested; keeps its buffers from file to file.
#[derive(Default)]
pub struct CoverageSizes {
    made: Vec<Coverage>,
    spare: Vec<Vec<u8>>,
    scanner: Scanner,
}

impl CoverageSizes {
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

    /// Draws without keeping the result.
    pub fn draw_alone(&mut self, stencil: &Stencil<'_>, tree: &Tree, width: u32) -> Option<Coverage> {
        let frame = Frame::new(tree.size(), width);
        let mut coverage = self.empty(frame.width, frame.height);
        stencil.draw(&frame, &mut self.scanner, &mut coverage)?;
        Some(coverage)
    }

    /// Takes back the buffer of a coverage that was drawn alone.
    pub fn recycle(&mut self, coverage: Coverage) {
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

    /// No coverage, in a recycled buffer.
    fn empty(&mut self, width: u32, height: u32) -> Coverage {
        let mut values = self.spare.pop().unwrap_or_default();
        values.clear();
        values.resize(width as usize * height as usize, 0);
        Coverage { width, height, values }
    }
}
