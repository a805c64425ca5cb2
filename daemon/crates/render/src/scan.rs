//! Fills outlines into coverage, one byte a pixel: sixteen samples each, four to a line, where the renderer of everything else has them too.
//!
//! tiny-skia sets up a pipeline for every pixel at an edge, which for drawings of one colour is most of the time it takes.

mod edges;
mod sweep;

use resvg::tiny_skia::{FillRule, Path, Transform};

use self::edges::Edges;
use self::sweep::Sweep;
use super::coverage::Coverage;

/// Samples of a pixel in either direction.
const SAMPLES: usize = 4;
/// Maximum number of crossings of edges and lines that are kept at a time.
const MAX_CROSSINGS: usize = 4 << 20;

/// Fills one outline after the other; keeps its buffers.
#[derive(Default)]
pub struct Scanner {
    edges: Edges,
    /// The start of each line's crossings, and the end of the last one's.
    starts: Vec<u32>,
    /// The crossings of each line: twice the position in samples, plus one where the edge goes up.
    crossings: Vec<u16>,
    sweep: Sweep,
}

impl Scanner {
    /// Puts the inside of an outline over what is there, as opaque as `opacity` of 255. `None` when the outline is too large or has too many edges.
    pub fn fill(
        &mut self,
        path: &Path,
        rule: FillRule,
        transform: Transform,
        opacity: u8,
        target: &mut Coverage,
    ) -> Option<()> {
        let lines = target.height as usize * SAMPLES;
        let right = target.width as usize * SAMPLES;
        // A crossing's place must fit.
        if right >= 1 << 15 {
            return None;
        }
        self.edges.take(path, transform, lines)?;
        let (first, last) = self.edges.lines();
        self.cross(first, last, right as i64)?;
        self.sweep.prepare(target.width as usize, opacity);
        let rows = first / SAMPLES..last.div_ceil(SAMPLES);
        for row in rows {
            for line in (row * SAMPLES).max(first)..((row + 1) * SAMPLES).min(last) {
                let crossings = self.starts[line - first] as usize..self.starts[line - first + 1] as usize;
                self.sweep.line(&mut self.crossings[crossings], rule);
            }
            let width = target.width as usize;
            self.sweep.row(&mut target.values[row * width..(row + 1) * width]);
        }
        Some(())
    }

    /// Crossings of the edges with the lines from `first` to `last`.
    fn cross(&mut self, first: usize, last: usize, right: i64) -> Option<()> {
        self.starts.clear();
        self.starts.resize(last - first + 2, 0);
        for edge in self.edges.iter() {
            self.starts[edge.top - first] = self.starts[edge.top - first].wrapping_add(1);
            self.starts[edge.bottom - first] = self.starts[edge.bottom - first].wrapping_sub(1);
        }
        let total: usize = self.edges.iter().map(|edge| edge.bottom - edge.top).sum();
        if total > MAX_CROSSINGS {
            return None;
        }
        // Counts of edges that begin and end become counts of active edges, then the start of each line.
        let (mut here, mut start) = (0_u32, 0_u32);
        for slot in &mut self.starts {
            here = here.wrapping_add(*slot);
            *slot = start;
            start += here;
        }
        self.crossings.clear();
        self.crossings.resize(total, 0);
        for edge in self.edges.iter() {
            let mut x = edge.x;
            for next in &mut self.starts[edge.top - first..edge.bottom - first] {
                let sample = ((x + 0x8000) >> 16).clamp(0, right) as u16;
                self.crossings[*next as usize] = sample << 1 | edge.up;
                *next += 1;
                x += edge.step;
            }
        }
        // Every line's beginning has moved to the next one's.
        self.starts.rotate_right(1);
        self.starts[0] = 0;
        Some(())
    }
}
