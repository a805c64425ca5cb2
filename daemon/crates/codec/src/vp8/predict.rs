//! Predicts pixels from those above and to the left (RFC 6386, 12).

/// The mean of the pixels above and to the left.
pub const DC_PRED: u8 = 0;
/// TrueMotion: left + above - corner.
pub const TM_PRED: u8 = 1;
/// Repeats the row above.
pub const V_PRED: u8 = 2;
/// Repeats the column to the left.
pub const H_PRED: u8 = 3;
/// The number of modes of subblocks (B_PRED); the first four are also those of macroblocks.
pub const SUBBLOCK_MODES: usize = 10;

/// The pixels edge a subblock: four to the left, from below, the corner, and eight above.
pub type SubblockEdge = [u8; 13];

/// The predictions of a subblock by mode: the four above, then RD, VR, LD, VL, HD and HU (with B_ before and _PRED behind).
#[inline]
pub fn subblock_predictions(edges: &SubblockEdge) -> [[u8; 16]; SUBBLOCK_MODES] {
    let at = |index: usize| u16::from(edges[index]);
    let two = |index: usize| ((at(index) + at(index + 1) + 1) >> 1) as u8;
    // Weighted 1, 2, 1 edge an index.

    let three = |index: usize| ((at(index - 1) + 2 * at(index) + at(index + 1) + 2) >> 2) as u8;
    let twos: [u8; 12] = std::array::from_fn(two);
    let mut threes = [0; 13];
    for (index, value) in threes.iter_mut().enumerate().take(12).skip(1) {
        *value = three(index);
    }
    threes[0] = ((at(1) + 3 * at(0) + 2) >> 2) as u8;
    threes[12] = ((at(11) + 3 * at(12) + 2) >> 2) as u8;
    // Each row of the last two predictions takes four of a sequence.
    let down = [
        twos[0], threes[1], twos[1], threes[2], twos[2], threes[3], twos[3], threes[4], threes[5], threes[6],
    ];
    let last = edges[0];
    let up = [
        twos[2], threes[2], twos[1], threes[1], twos[0], threes[0], last, last, last, last,
    ];
    let above = [threes[5], threes[6], threes[7], threes[8]];
    [
        dc(edges),
        true_motion(edges),
        rows([above; 4]),
        rows([[threes[3]; 4], [threes[2]; 4], [threes[1]; 4], [threes[0]; 4]]),
        rows([four(&threes, 4), four(&threes, 3), four(&threes, 2), four(&threes, 1)]),
        rows([
            four(&twos, 4),
            four(&threes, 4),
            [threes[3], twos[4], twos[5], twos[6]],
            [threes[2], threes[4], threes[5], threes[6]],
        ]),
        rows([four(&threes, 6), four(&threes, 7), four(&threes, 8), four(&threes, 9)]),
        rows([
            four(&twos, 5),
            four(&threes, 6),
            [twos[6], twos[7], twos[8], threes[10]],
            [threes[7], threes[8], threes[9], threes[11]],
        ]),
        rows([four(&down, 6), four(&down, 4), four(&down, 2), four(&down, 0)]),
        rows([four(&up, 0), four(&up, 2), four(&up, 4), four(&up, 6)]),
    ]
}

#[inline]
fn rows(rows: [[u8; 4]; 4]) -> [u8; 16] {
    let mut pixels = [0; 16];
    pixels.copy_from_slice(rows.as_flattened());
    pixels
}

#[inline]
fn four<const LENGTH: usize>(run: &[u8; LENGTH], from: usize) -> [u8; 4] {
    std::array::from_fn(|at| run[from + at])
}

fn dc(edges: &SubblockEdge) -> [u8; 16] {
    let sum: u16 = edges[..4].iter().chain(&edges[5..9]).map(|&edge| u16::from(edge)).sum();
    [((sum + 4) >> 3) as u8; 16]
}

fn true_motion(edges: &SubblockEdge) -> [u8; 16] {
    std::array::from_fn(|pixel| {
        let sum = i16::from(edges[3 - pixel / 4]) + i16::from(edges[5 + pixel % 4]) - i16::from(edges[4]);
        sum.clamp(0, 255) as u8
    })
}

/// The pixels edge a square of a plane, a macroblock of luma or of chroma.
pub struct MacroblockEdge<const SIDE: usize> {
    pub above: [u8; SIDE],
    pub left: [u8; SIDE],
    pub corner: u8,
    /// The prediction of [`DC_PRED`].
    pub dc: u8,
}

/// Predicts the subblock at a row and column of a macroblock by one of the first four modes.
#[inline]
pub fn predict_part<const SIDE: usize>(mode: u8, edge: &MacroblockEdge<SIDE>, row: usize, column: usize) -> [u8; 16] {
    let above: &[u8; 4] = edge.above[column * 4..].first_chunk().expect("four pixels a subblock");
    let left: &[u8; 4] = edge.left[row * 4..].first_chunk().expect("four pixels a subblock");
    match mode {
        DC_PRED => [edge.dc; 16],
        TM_PRED => std::array::from_fn(|pixel| {
            let sum = i16::from(above[pixel % 4]) + i16::from(left[pixel / 4]) - i16::from(edge.corner);
            sum.clamp(0, 255) as u8
        }),
        V_PRED => std::array::from_fn(|pixel| above[pixel % 4]),
        _ => std::array::from_fn(|pixel| left[pixel / 4]),
    }
}

impl<const SIDE: usize> MacroblockEdge<SIDE> {
    /// Returns `true` when a mode ([`DC_PRED`], [`V_PRED`] or [`H_PRED`]) predicts this value everywhere.
    pub fn predicts(&self, mode: u8, value: u8) -> bool {
        let is_same = |pixel: &u8| *pixel == value;
        match mode {
            DC_PRED => is_same(&self.dc),
            V_PRED => self.above.iter().all(is_same),
            _ => self.left.iter().all(is_same),
        }
    }
}
