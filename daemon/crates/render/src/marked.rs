//! The watermark over a drawing of one colour, as palette indices: a pixel's colour depends on its coverage and on the mark's shade alone.

use std::collections::HashMap;

use resvg::tiny_skia::ColorU8;
use tradepost_codec::{MAX_COLOURS, PaletteImage, unpremultiplied};

use super::coverage::Coverage;
use super::watermark::{Mark, over};

/// A drawing of one colour under a watermark; keeps its buffers.
#[derive(Default)]
pub struct MarkedImage {
    pub image: PaletteImage,
    /// The index for each shade of the mark and each coverage, counted from one.
    known: Vec<u16>,
}

/// Assigns indices to colours in the order in which they occur.
struct ColourIndices<'a> {
    mark: &'a Mark,
    colour: [u8; 3],
    known: &'a mut [u16],
    /// By alpha, red, green and blue.
    indices: HashMap<u32, u8>,
}

impl MarkedImage {
    /// Sets the drawing in its colour under the mark; returns `false` when that makes more than 256 colours.
    pub fn try_fill(&mut self, mark: &Mark, coverage: &Coverage, colour: [u8; 3]) -> bool {
        self.known.clear();
        self.known.resize(mark.shades.len() * 256, 0);
        self.image.indices.clear();
        self.image.indices.resize(coverage.values.len(), 0);
        let mut colours = ColourIndices {
            mark,
            colour,
            known: &mut self.known,
            indices: HashMap::new(),
        };
        if colours.fill(&coverage.values, &mut self.image.indices).is_none() {
            return false;
        }
        self.image.set_colours(colours.indices.into_iter().collect());
        true
    }
}

impl ColourIndices<'_> {
    fn fill(&mut self, values: &[u8], indices: &mut [u8]) -> Option<()> {
        let mut done = 0;
        for (start, shades) in &self.mark.spans {
            let start = (*start).min(values.len());
            self.fill_unmarked(&values[done..start], &mut indices[done..start])?;
            let end = (start + shades.len()).min(values.len());
            let pixels = indices[start..end].iter_mut().zip(&values[start..end]);
            for ((index, &value), &shade) in pixels.zip(shades) {
                *index = self.index(shade, value)?;
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
                *target = [self.index(0, word[0])?; 8];
                continue;
            }
            for (index, &value) in target.iter_mut().zip(word) {
                *index = self.index(0, value)?;
            }
        }
        for (index, &value) in rest_targets.iter_mut().zip(rest) {
            *index = self.index(0, value)?;
        }
        Some(())
    }

    /// The index of the colour of a coverage under a shade.
    #[inline]
    fn index(&mut self, shade: u8, value: u8) -> Option<u8> {
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
        let colour = u32::from_be_bytes([alpha, red, green, blue]);
        let next = self.indices.len();
        let index = match self.indices.get(&colour) {
            Some(&index) => index,
            None if next == MAX_COLOURS => return None,
            None => {
                self.indices.insert(colour, next as u8);
                next as u8
            }
        };
        self.known[usize::from(shade) * 256 + usize::from(value)] = u16::from(index) + 1;
        Some(index)
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
        let (mut marks, mut marked) = (Marks::default(), MarkedImage::default());
        for (width, height, levels, colour) in [
            (512, 512, 5, [0, 0, 0]),
            (512, 300, 3, [200, 16, 90]),
            (64, 64, 15, [255; 3]),
            (100, 333, 1, [9, 9, 9]),
        ] {
            let coverage = disc(width, height, levels);
            let pixels = marks.draw_over(&coverage.in_colour(colour).unwrap()).unwrap();
            let expected = straight(&pixels);
            let mark = marks.at_size(width, height).unwrap();
            assert!(marked.try_fill(mark, &coverage, colour));
            let rgba: Vec<u8> = marked
                .image
                .indices
                .iter()
                .flat_map(|&index| marked.image.colours[usize::from(marked.image.order[usize::from(index)])])
                .collect();
            assert!(rgba == expected.rgba, "{width} x {height}");
            assert_eq!(marked.image.colours, expected.palette.unwrap().colours);
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
        let mark = marks.at_size(512, 512).unwrap();
        assert!(!MarkedImage::default().try_fill(mark, &coverage, [12, 200, 77]));
    }
}
