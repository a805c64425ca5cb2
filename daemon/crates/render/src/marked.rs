//! The mark over a drawing of one colour, without making pixels of it: what shows depends on a pixel's coverage and on the mark's shade alone.

use std::collections::HashMap;

use resvg::tiny_skia::ColorU8;
use tradepost_codec::unpremultiplied;

use super::coverage::Coverage;
use super::watermark::{Mark, over};

const MAX_COLOURS: usize = 256;

/// A marked drawing; its buffers are used again.
pub struct Marked {
    /// Of every pixel.
    pub indices: Vec<u8>,
    /// The colours, the most transparent first.
    pub colours: Vec<[u8; 4]>,
    /// Where each index stands among the colours.
    pub order: [u8; MAX_COLOURS],
    /// For each shade of the mark and each coverage: the index, counted from one.
    known: Vec<u16>,
}

impl Default for Marked {
    fn default() -> Self {
        Self {
            indices: Vec::new(),
            colours: Vec::new(),
            order: [0; MAX_COLOURS],
            known: Vec::new(),
        }
    }
}

/// Numbers colours as they come.
struct Numbers<'a> {
    mark: &'a Mark,
    colour: [u8; 3],
    known: &'a mut [u16],
    /// By alpha, red, green and blue.
    indices: HashMap<u32, u16>,
}

impl Marked {
    /// Becomes the drawing in its colour under the mark. `false` when that makes more than 256 colours.
    pub fn take(&mut self, mark: &Mark, coverage: &Coverage, colour: [u8; 3]) -> bool {
        self.known.clear();
        self.known.resize(mark.shades.len() * 256, 0);
        self.indices.clear();
        self.indices.resize(coverage.values.len(), 0);
        let mut numbers = Numbers {
            mark,
            colour,
            known: &mut self.known,
            indices: HashMap::new(),
        };
        if numbers.fill(&coverage.values, &mut self.indices).is_none() {
            return false;
        }
        let mut sorted: Vec<(u32, u16)> = numbers.indices.into_iter().collect();
        sorted.sort_unstable();
        for (place, (_, index)) in sorted.iter().enumerate() {
            self.order[usize::from(*index)] = place as u8;
        }
        self.colours.clear();
        self.colours.extend(sorted.iter().map(|(colour, _)| {
            let [alpha, red, green, blue] = colour.to_be_bytes();
            [red, green, blue, alpha]
        }));
        true
    }
}

impl Numbers<'_> {
    fn fill(&mut self, values: &[u8], indices: &mut [u8]) -> Option<()> {
        let mut done = 0;
        for (start, shades) in &self.mark.spans {
            let start = (*start).min(values.len());
            self.fill_unmarked(&values[done..start], &mut indices[done..start])?;
            let end = (start + shades.len()).min(values.len());
            let pixels = indices[start..end].iter_mut().zip(&values[start..end]);
            for ((index, &value), &shade) in pixels.zip(shades) {
                *index = self.of(shade, value)?;
            }
            done = end;
        }
        self.fill_unmarked(&values[done..], &mut indices[done..])
    }

    /// Drawings are mostly long runs: eight values at once where they are the same.
    fn fill_unmarked(&mut self, values: &[u8], indices: &mut [u8]) -> Option<()> {
        let (words, rest) = values.as_chunks::<8>();
        let (targets, rest_targets) = indices.as_chunks_mut::<8>();
        for (word, target) in words.iter().zip(targets) {
            if *word == [word[0]; 8] {
                *target = [self.of(0, word[0])?; 8];
                continue;
            }
            for (index, &value) in target.iter_mut().zip(word) {
                *index = self.of(0, value)?;
            }
        }
        for (index, &value) in rest_targets.iter_mut().zip(rest) {
            *index = self.of(0, value)?;
        }
        Some(())
    }

    /// The index of what shows where so much is covered, under this shade.
    #[inline]
    fn of(&mut self, shade: u8, value: u8) -> Option<u8> {
        match self.known[usize::from(shade) * 256 + usize::from(value)] {
            0 => self.add(shade, value),
            index => Some((index - 1) as u8),
        }
    }

    #[cold]
    fn add(&mut self, shade: u8, value: u8) -> Option<u8> {
        let [red, green, blue] = self.colour;
        let below = ColorU8::from_rgba(red, green, blue, value).premultiply();
        let shown = over(self.mark.shades[usize::from(shade)], below);
        let [red, green, blue, alpha] = unpremultiplied([shown.red(), shown.green(), shown.blue(), shown.alpha()]);
        let next = self.indices.len();
        let index = *self
            .indices
            .entry(u32::from_be_bytes([alpha, red, green, blue]))
            .or_insert(next as u16);
        self.known[usize::from(shade) * 256 + usize::from(value)] = index + 1;
        (usize::from(index) < MAX_COLOURS).then_some(index as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoder::straight;
    use crate::watermark::Marks;

    /// A disc with a soft edge.
    fn disc(width: u32, height: u32, levels: u8) -> Coverage {
        let value = |at: u32| {
            let (x, y) = ((at % width) as f32, (at / width) as f32);
            let away = (x - width as f32 / 2.0).hypot(y - height as f32 / 2.0);
            let shown = (width as f32 / 3.0 - away).clamp(0.0, 1.0);
            (shown * f32::from(levels)).round() as u8 * (255 / levels)
        };
        Coverage {
            width,
            height,
            values: (0..width * height).map(value).collect(),
        }
    }

    #[test]
    fn indices_say_what_pixels_say() {
        let (mut marks, mut marked) = (Marks::default(), Marked::default());
        for (width, height, levels, colour) in [
            (512, 512, 5, [0, 0, 0]),
            (512, 300, 3, [200, 16, 90]),
            (64, 64, 15, [255; 3]),
            (100, 333, 1, [9, 9, 9]),
        ] {
            let coverage = disc(width, height, levels);
            let pixels = marks.draw_over(&coverage.in_colour(colour).unwrap()).unwrap();
            let expected = straight(&pixels);
            let mark = marks.of(width, height).unwrap();
            assert!(marked.take(mark, &coverage, colour));
            let rgba: Vec<u8> = marked
                .indices
                .iter()
                .flat_map(|&index| marked.colours[usize::from(marked.order[usize::from(index)])])
                .collect();
            assert!(rgba == expected.rgba, "{width} x {height}");
            assert_eq!(marked.colours, expected.palette.unwrap().colours);
        }
    }

    #[test]
    fn too_many_colours_are_told() {
        let mut marks = Marks::default();
        let coverage = Coverage {
            width: 512,
            height: 512,
            values: (0..512 * 512).map(|at| (at % 256) as u8).collect(),
        };
        let mark = marks.of(512, 512).unwrap();
        assert!(!Marked::default().take(mark, &coverage, [12, 200, 77]));
    }
}
