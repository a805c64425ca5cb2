//! Opaque pixels over an image that was converted before: only what they cover is written again.

use super::indexed::IndexedImage;
use super::straight::{MAX_COLOURS, StraightImage};

/// Opaque pixels over images of one width.
#[derive(Debug, Default)]
pub struct Overlay {
    /// Red, green and blue.
    pub colours: Vec<[u8; 3]>,
    /// Within rows, in ascending order; those beyond the end of an image are left out.
    pub spans: Vec<OverlaySpan>,
}

/// Pixels of one row in one colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OverlaySpan {
    /// The first pixel, counted row by row.
    pub start: usize,
    pub length: usize,
    /// The place among the colours.
    pub colour: u8,
}

impl Overlay {
    /// The spans within so many pixels.
    fn within(&self, pixels: usize) -> &[OverlaySpan] {
        let end = self.spans.partition_point(|span| span.start + span.length <= pixels);
        &self.spans[..end]
    }

    /// Returns `true` for each macroblock of 16 by 16 pixels that something is laid over, row by row.
    pub(crate) fn macroblocks(&self, width: usize, height: usize) -> Vec<bool> {
        let columns = width.div_ceil(16);
        let mut covered = vec![false; columns * height.div_ceil(16)];
        for span in self.within(width * height) {
            let (row, column) = (span.start / width / 16, span.start % width);
            let last = column + span.length - 1;
            covered[row * columns..][column / 16..=last / 16].fill(true);
        }
        covered
    }
}

impl StraightImage {
    /// Sets the pixels under the overlay to its colours.
    pub fn lay_over(&mut self, overlay: &Overlay) {
        let (pixels, _) = self.rgba.as_chunks_mut::<4>();
        let spans = overlay.within(pixels.len());
        for span in spans {
            let [red, green, blue] = overlay.colours[usize::from(span.colour)];
            pixels[span.start..][..span.length].fill([red, green, blue, 255]);
        }
        // Each ends a run and begins one.
        self.runs += 2 * spans.len();
        let has_room = |colours: &Vec<[u8; 4]>| colours.len() + overlay.colours.len() <= MAX_COLOURS;
        self.palette = self.palette.take().filter(|palette| has_room(&palette.colours));
        if let Some(palette) = &mut self.palette {
            let first = palette.colours.len();
            for (place, [red, green, blue]) in (first..).zip(&overlay.colours) {
                palette.order[place] = place as u8;
                palette.colours.push([*red, *green, *blue, 255]);
            }
            for span in spans {
                palette.indices[span.start..][..span.length].fill(first as u8 + span.colour);
            }
        }
    }
}

impl IndexedImage {
    /// Sets the pixels under the overlay to its colours; returns `false`, and changes nothing, when that makes more than 256 colours.
    pub fn lay_over(&mut self, overlay: &Overlay) -> bool {
        let first = self.palette.len();
        if first + overlay.colours.len() > MAX_COLOURS {
            return false;
        }
        let colours = overlay.colours.iter();
        self.palette
            .extend(colours.map(|&[red, green, blue]| [red, green, blue, 255]));
        self.plane.widen(self.palette.len());
        for span in overlay.within(self.plane.width as usize * self.plane.height as usize) {
            self.plane.set(span.start, span.length, first as u8 + span.colour);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::webp;

    /// Stripes of so many opaque colours, in an image whose rows do not end with a byte of packed indices.
    fn stripes(colours: usize) -> StraightImage {
        let pixel = |at: usize| [(at % colours) as u8, 7, (at % colours / 2) as u8, 255];
        let premultiplied: Vec<u8> = (0..61 * 40).flat_map(pixel).collect();
        StraightImage::from_premultiplied(61, 40, &premultiplied)
    }

    fn overlay() -> Overlay {
        let span = |(row, column, length, colour): (usize, usize, _, _)| OverlaySpan {
            start: row * 61 + column,
            length,
            colour,
        };
        let spans = [(0, 0, 61, 0), (3, 5, 1, 1), (3, 7, 9, 0), (39, 58, 3, 1), (40, 0, 4, 0)];
        Overlay {
            colours: vec![[1, 2, 250], [200, 200, 200]],
            spans: spans.into_iter().map(span).collect(),
        }
    }

    fn decoded(indexed: &mut IndexedImage) -> Vec<u8> {
        let mut file = Vec::new();
        indexed.find_tokens();
        webp::encode_indexed(indexed, &mut file);
        let image = image::load_from_memory_with_format(&file, image::ImageFormat::WebP);
        image.unwrap().to_rgba8().into_raw()
    }

    #[test]
    fn only_what_is_covered_changes() {
        for colours in [1, 2, 3, 14, 15, 40, 254] {
            let mut image = stripes(colours);
            let mut expected = image.rgba.clone();
            for (row, columns, colour) in [
                (0_usize, 0..61_usize, [1, 2, 250, 255]),
                (3, 5..6, [200, 200, 200, 255]),
                (3, 7..16, [1, 2, 250, 255]),
                (39, 58..61, [200, 200, 200, 255]),
            ] {
                columns.for_each(|column| expected[(row * 61 + column) * 4..][..4].copy_from_slice(&colour));
            }
            let (mut under, mut over) = (IndexedImage::default(), IndexedImage::default());
            under.set_palette_image(image.palette.as_ref().unwrap(), 61);
            assert!(under.lay_over(&overlay()));
            assert!(decoded(&mut under) == expected, "{colours} colours, indexed before");
            image.lay_over(&overlay());
            assert!(image.rgba == expected, "{colours} colours");
            over.set_palette_image(image.palette.as_ref().unwrap(), 61);
            assert!(decoded(&mut over) == expected, "{colours} colours, indexed after");
        }
    }

    #[test]
    fn one_colour_too_many_is_told() {
        let mut image = stripes(255);
        let mut indexed = IndexedImage::default();
        indexed.set_palette_image(image.palette.as_ref().unwrap(), 61);
        assert!(!indexed.lay_over(&overlay()));
        assert_eq!(indexed.palette.len(), 255);
        image.lay_over(&overlay());
        assert!(image.palette.is_none());
    }
}
