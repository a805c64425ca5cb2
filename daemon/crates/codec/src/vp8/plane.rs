//! A plane as a decoder reconstructs it, with the pixels that it assumes around the image (RFC 6386, 12.2 and 12.3).

use super::predict::{DC_PRED, MacroblockEdge, SubblockEdge, V_PRED};

/// Pixels to the left and to the right of each row.
const MARGIN: usize = 8;
const ABOVE_IMAGE: u8 = 127;
const LEFT_OF_IMAGE: u8 = 129;

/// The reconstructed pixels of luma or of one chroma.
#[derive(Default)]
pub struct ReconstructedPlane {
    pixels: Vec<u8>,
    stride: usize,
}

impl ReconstructedPlane {
    /// Sets the size in pixels and the pixels around.
    pub fn resize(&mut self, width: usize, height: usize) {
        self.stride = width + 2 * MARGIN;
        self.pixels.resize(self.stride * (height + 1), 0);
        let (above, rows) = self.pixels.split_at_mut(self.stride);
        above.fill(ABOVE_IMAGE);
        for row in rows.chunks_exact_mut(self.stride) {
            row[MARGIN - 1] = LEFT_OF_IMAGE;
        }
    }

    /// A row of the image.
    #[cfg(test)]
    pub fn row(&self, y: usize, width: usize) -> &[u8] {
        &self.pixels[self.at(0, y)..][..width]
    }

    #[inline]
    fn at(&self, x: usize, y: usize) -> usize {
        (y + 1) * self.stride + MARGIN + x
    }

    /// The pixels around a macroblock.
    pub fn macroblock_edge<const SIDE: usize>(&self, x: usize, y: usize) -> MacroblockEdge<SIDE> {
        let start = self.at(x, y);
        let above: &[u8; SIDE] = self.pixels[start - self.stride..].first_chunk().expect("in the plane");
        let left: [u8; SIDE] = std::array::from_fn(|row| self.pixels[start + row * self.stride - 1]);
        let sum = |pixels: &[u8; SIDE]| pixels.iter().map(|&pixel| u32::from(pixel)).sum::<u32>();
        let side = SIDE as u32;
        let dc = match (x > 0, y > 0) {
            (true, true) => (sum(above) + sum(&left) + side) / (2 * side),
            (true, false) => (sum(&left) + side / 2) / side,
            (false, true) => (sum(above) + side / 2) / side,
            (false, false) => 128,
        };
        MacroblockEdge {
            above: *above,
            left,
            corner: self.pixels[start - self.stride - 1],
            dc: dc as u8,
        }
    }

    /// The pixels around a subblock of a macroblock.
    #[inline]
    pub fn subblock_edge(&self, x: usize, y: usize, block: usize) -> SubblockEdge {
        let (column, row) = (block % 4, block / 4);
        let start = self.at(x + column * 4, y + row * 4);
        let above = start - self.stride;
        let mut edges = [0; 13];
        for (index, edge) in edges[..4].iter_mut().enumerate() {
            *edge = self.pixels[start + (3 - index) * self.stride - 1];
        }
        edges[4..13].copy_from_slice(&self.pixels[above - 1..above + 8]);
        if column == 3 && row > 0 {
            // The pixels to the right are not decoded yet: the row above the macroblock stands in for them.
            let right = self.at(x + 16, y) - self.stride;
            edges[9..13].copy_from_slice(&self.pixels[right..right + 4]);
        }
        edges
    }

    /// Sets a subblock.
    #[inline]
    pub fn set(&mut self, x: usize, y: usize, block: &[u8; 16]) {
        let start = self.at(x, y);
        let stride = self.stride;
        for (row, four) in block.as_chunks::<4>().0.iter().enumerate() {
            self.pixels[start + row * stride..][..4].copy_from_slice(four);
        }
    }

    /// Sets a macroblock to the prediction of a mode ([`DC_PRED`], [`V_PRED`] or [`H_PRED`](super::predict::H_PRED)).
    pub fn predict<const SIDE: usize>(&mut self, x: usize, y: usize, mode: u8, edge: &MacroblockEdge<SIDE>) {
        let start = self.at(x, y);
        let stride = self.stride;
        for (row, left) in edge.left.into_iter().enumerate() {
            let pixels = &mut self.pixels[start + row * stride..][..SIDE];
            match mode {
                DC_PRED => pixels.fill(edge.dc),
                V_PRED => pixels.copy_from_slice(&edge.above),
                _ => pixels.fill(left),
            }
        }
    }

    /// Repeats the last pixel of a row to the right, where the subblocks below the last macroblock read.
    pub fn extend_row(&mut self, width: usize, y: usize) {
        let end = self.at(width, y);
        let last = self.pixels[end - 1];
        self.pixels[end..end + 4].fill(last);
    }
}
