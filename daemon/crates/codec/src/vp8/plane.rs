//! A plane of what a decoder makes of the picture, with what it takes to be around it.

use super::predict::{ABOVE, Around, Edges, MEAN};

/// Room to the left and to the right of each row.
const MARGIN: usize = 8;
const ABOVE_PICTURE: u8 = 127;
const LEFT_OF_PICTURE: u8 = 129;

/// Rows of pixels.
#[derive(Default)]
pub struct Plane {
    pixels: Vec<u8>,
    stride: usize,
}

impl Plane {
    /// Makes room for so many pixels.
    pub fn resize(&mut self, width: usize, height: usize) {
        self.stride = width + 2 * MARGIN;
        self.pixels.resize(self.stride * (height + 1), 0);
        let (above, rows) = self.pixels.split_at_mut(self.stride);
        above.fill(ABOVE_PICTURE);
        for row in rows.chunks_exact_mut(self.stride) {
            row[MARGIN - 1] = LEFT_OF_PICTURE;
        }
    }

    /// A row of the picture.
    #[cfg(test)]
    pub fn row(&self, y: usize, width: usize) -> &[u8] {
        &self.pixels[self.at(0, y)..][..width]
    }

    #[inline]
    fn at(&self, x: usize, y: usize) -> usize {
        (y + 1) * self.stride + MARGIN + x
    }

    /// The pixels around a square.
    pub fn around<const SIDE: usize>(&self, x: usize, y: usize) -> Around<SIDE> {
        let start = self.at(x, y);
        let above: &[u8; SIDE] = self.pixels[start - self.stride..].first_chunk().expect("in the plane");
        let left: [u8; SIDE] = std::array::from_fn(|row| self.pixels[start + row * self.stride - 1]);
        let sum = |pixels: &[u8; SIDE]| pixels.iter().map(|&pixel| u32::from(pixel)).sum::<u32>();
        let side = SIDE as u32;
        let mean = match (x > 0, y > 0) {
            (true, true) => (sum(above) + sum(&left) + side) / (2 * side),
            (true, false) => (sum(&left) + side / 2) / side,
            (false, true) => (sum(above) + side / 2) / side,
            (false, false) => 128,
        };
        Around {
            above: *above,
            left,
            corner: self.pixels[start - self.stride - 1],
            mean: mean as u8,
        }
    }

    /// The pixels around a block of 4x4 of a macroblock.
    #[inline]
    pub fn edges(&self, x: usize, y: usize, block: usize) -> Edges {
        let (column, row) = (block % 4, block / 4);
        let start = self.at(x + column * 4, y + row * 4);
        let above = start - self.stride;
        let mut edges = [0; 13];
        for (index, edge) in edges[..4].iter_mut().enumerate() {
            *edge = self.pixels[start + (3 - index) * self.stride - 1];
        }
        edges[4..13].copy_from_slice(&self.pixels[above - 1..above + 8]);
        if column == 3 && row > 0 {
            // What is to the right is not decoded yet: the row above the macroblock stands in for it.
            let right = self.at(x + 16, y) - self.stride;
            edges[9..13].copy_from_slice(&self.pixels[right..right + 4]);
        }
        edges
    }

    /// Puts a block of 4x4.
    #[inline]
    pub fn put(&mut self, x: usize, y: usize, block: &[u8; 16]) {
        let start = self.at(x, y);
        let stride = self.stride;
        for (row, four) in block.as_chunks::<4>().0.iter().enumerate() {
            self.pixels[start + row * stride..][..4].copy_from_slice(four);
        }
    }

    /// Puts what a mode (`MEAN`, `ABOVE` or `LEFT`) predicts for a square.
    pub fn predict<const SIDE: usize>(&mut self, x: usize, y: usize, mode: u8, around: &Around<SIDE>) {
        let start = self.at(x, y);
        let stride = self.stride;
        for (row, left) in around.left.into_iter().enumerate() {
            let pixels = &mut self.pixels[start + row * stride..][..SIDE];
            match mode {
                MEAN => pixels.fill(around.mean),
                ABOVE => pixels.copy_from_slice(&around.above),
                _ => pixels.fill(left),
            }
        }
    }

    /// Repeats the last pixel of a row to the right, where the blocks below the last macroblock look.
    pub fn extend_row(&mut self, width: usize, y: usize) {
        let end = self.at(width, y);
        let last = self.pixels[end - 1];
        self.pixels[end..end + 4].fill(last);
    }
}
