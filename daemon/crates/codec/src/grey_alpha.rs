//! An image of one grey in many opacities as pairs of grey and alpha. DEFLATE spends next to nothing on the rows, and the palette is left
//! out, whose four bytes a colour do not compress.

use super::matches::PackedSymbol;
use super::plane::IndexPlane;
use super::tokens::{Token, TokenKind};

/// Fewer colours are packed several in a byte.
const MIN_COLOURS: usize = 17;
/// The overhead of the two chunks of a palette.
const CHUNKS_BYTES: usize = 24;
/// In larger images the rows take more than the palette.
const MAX_PIXELS: u32 = 160 * 160;

/// Rows of pairs, a zero before each, and their matches.
#[derive(Default)]
pub struct GreyAlphaRows {
    pub bytes: Vec<u8>,
    pub found: Vec<PackedSymbol>,
}

impl GreyAlphaRows {
    /// Converts an indexed image and its runs. Returns `false` when it is of another kind, or smaller with its palette.
    pub fn try_fill(&mut self, palette: &[[u8; 4]], plane: &IndexPlane, tokens: &[Token]) -> bool {
        let [[0, 0, 0, 0], first, rest @ ..] = palette else {
            return false;
        };
        let [grey, green, blue, _] = *first;
        let is_one = grey == green && grey == blue && rest.iter().all(|colour| colour[..3] == first[..3]);
        if palette.len() < MIN_COLOURS || !is_one || plane.width * plane.height > MAX_PIXELS {
            return false;
        }
        let literals = tokens
            .iter()
            .filter(|token| matches!(token.kind(), TokenKind::Literal(_)))
            .count();
        // A grey takes about one and a half bits.
        if literals * 3 / 2 > (palette.len() * 4 + CHUNKS_BYTES) * 8 {
            return false;
        }
        self.fill(palette, plane, tokens);
        true
    }

    fn fill(&mut self, palette: &[[u8; 4]], plane: &IndexPlane, tokens: &[Token]) {
        let pairs: [[u8; 2]; 256] =
            std::array::from_fn(|index| palette.get(index).map_or([0; 2], |colour| [colour[0], colour[3]]));
        self.bytes.clear();
        for row in plane.bytes.chunks_exact(plane.stride()) {
            self.bytes.push(0);
            self.bytes
                .extend(row[1..].iter().flat_map(|&index| pairs[usize::from(index)]));
        }
        self.fill_matches(&pairs, plane, tokens);
    }

    /// Turns the runs of indices into matches of pairs.
    fn fill_matches(&mut self, pairs: &[[u8; 2]; 256], plane: &IndexPlane, tokens: &[Token]) {
        self.found.clear();
        let stride = plane.stride();
        let (mut at, mut column) = (0, 0);
        for token in tokens {
            let (length, distance) = match token.kind() {
                TokenKind::Literal(index) => {
                    let bytes: &[u8] = if column == 0 { &[0] } else { &pairs[usize::from(index)] };
                    self.found.extend(bytes.iter().map(|&byte| PackedSymbol::literal(byte)));
                    at += 1;
                    column = if column + 1 == stride { 0 } else { column + 1 };
                    continue;
                }
                // The zero before a row and the pair of the index zero are all zeros; no other run crosses the end of a row.
                TokenKind::Left(length) if plane.bytes[at - 1] == 0 => (length, 1),
                TokenKind::Left(length) => (length, 2),
                TokenKind::Above(length) => (length, 2 * stride - 1),
            };
            let end = column + length;
            let zeros = end.div_ceil(stride) - column.div_ceil(stride);
            PackedSymbol::push_match(&mut self.found, 2 * length - zeros, distance);
            at += length;
            column = end % stride;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::matches::expand;
    use super::super::tokens;
    use super::*;

    #[test]
    fn matches_of_pairs_are_the_runs_of_indices() {
        let mut rows = GreyAlphaRows::default();
        for width in [1, 2, 5, 64, 300] {
            let mut state = 9_u32;
            let mut values = vec![0_u8; width * 40];
            for (at, value) in values.iter_mut().enumerate() {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let row = at / width;
                *value = match (state >> 29, row % 5) {
                    (_, 0) => 0,
                    (0, _) => (state >> 8) as u8 % 40,
                    (_, 3) => 39,
                    _ => (at % width % 40) as u8,
                };
            }
            let mut plane = IndexPlane::default();
            plane.fill(&values, width as u32, &std::array::from_fn(|index| index as u8), 40);
            let mut found = Vec::new();
            tokens::find(&plane.bytes, plane.stride(), &mut found);
            let palette: Vec<[u8; 4]> = (0..40)
                .map(|alpha| if alpha == 0 { [0; 4] } else { [7, 7, 7, alpha] })
                .collect();
            rows.fill(&palette, &plane, &found);
            assert_eq!(expand(&rows.found), rows.bytes, "{width}");
        }
    }

    #[test]
    fn other_images_keep_their_palette() {
        let mut plane = IndexPlane::default();
        plane.fill(&[0, 1, 2, 3], 2, &std::array::from_fn(|index| index as u8), 20);
        let mut found = Vec::new();
        tokens::find(&plane.bytes, plane.stride(), &mut found);
        let palette = |colour: [u8; 3]| -> Vec<[u8; 4]> {
            (0..20)
                .map(|alpha| {
                    if alpha == 0 {
                        [0; 4]
                    } else {
                        [colour[0], colour[1], colour[2], alpha]
                    }
                })
                .collect()
        };
        let mut rows = GreyAlphaRows::default();
        assert!(rows.try_fill(&palette([0; 3]), &plane, &found));
        assert!(!rows.try_fill(&palette([0, 0, 1]), &plane, &found));
        let mut two = palette([0; 3]);
        two[5] = [9, 9, 9, 5];
        assert!(!rows.try_fill(&two, &plane, &found));
        two[5] = [0, 0, 0, 5];
        two[0] = [0, 0, 0, 255];
        assert!(!rows.try_fill(&two, &plane, &found));
    }
}
