//! What pixels are expected to be, from those above and to the left (RFC 6386, 12).

/// The modes of blocks of 4x4; the first four are also those of larger blocks.
pub const MEAN: u8 = 0;
pub const SLOPE: u8 = 1;
pub const ABOVE: u8 = 2;
pub const LEFT: u8 = 3;
pub const MODES: usize = 10;

/// The pixels around a block of 4x4: four to the left, from below, the corner, and eight above.
pub type Edges = [u8; 13];

/// The ten predictions, by mode.
#[inline]
pub fn all(edges: &Edges) -> [[u8; 16]; MODES] {
    let at = |index: usize| u16::from(edges[index]);
    let two = |index: usize| ((at(index) + at(index + 1) + 1) >> 1) as u8;
    // Around the pixel at the index.
    let three = |index: usize| ((at(index - 1) + 2 * at(index) + at(index + 1) + 2) >> 2) as u8;
    let twos: [u8; 12] = std::array::from_fn(two);
    let mut threes = [0; 13];
    for (index, value) in threes.iter_mut().enumerate().take(12).skip(1) {
        *value = three(index);
    }
    threes[0] = ((at(1) + 3 * at(0) + 2) >> 2) as u8;
    threes[12] = ((at(11) + 3 * at(12) + 2) >> 2) as u8;
    // Runs of which each row of a prediction takes four.
    let across = [
        twos[0], threes[1], twos[1], threes[2], twos[2], threes[3], twos[3], threes[4], threes[5], threes[6],
    ];
    let last = edges[0];
    let up = [
        twos[2], threes[2], twos[1], threes[1], twos[0], threes[0], last, last, last, last,
    ];
    let above = [threes[5], threes[6], threes[7], threes[8]];
    [
        mean(edges),
        slope(edges),
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
        rows([four(&across, 6), four(&across, 4), four(&across, 2), four(&across, 0)]),
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

fn mean(edges: &Edges) -> [u8; 16] {
    let sum: u16 = edges[..4].iter().chain(&edges[5..9]).map(|&edge| u16::from(edge)).sum();
    [((sum + 4) >> 3) as u8; 16]
}

fn slope(edges: &Edges) -> [u8; 16] {
    std::array::from_fn(|pixel| {
        let sum = i16::from(edges[3 - pixel / 4]) + i16::from(edges[5 + pixel % 4]) - i16::from(edges[4]);
        sum.clamp(0, 255) as u8
    })
}

/// The pixels around a square of a plane.
pub struct Around<const SIDE: usize> {
    pub above: [u8; SIDE],
    pub left: [u8; SIDE],
    pub corner: u8,
    /// What [`MEAN`] predicts.
    pub mean: u8,
}

/// One of the first four modes, for a block of 4x4 at a row and column (in blocks) of a larger square.
#[inline]
pub fn part<const SIDE: usize>(mode: u8, around: &Around<SIDE>, row: usize, column: usize) -> [u8; 16] {
    let above: &[u8; 4] = around.above[column * 4..].first_chunk().expect("four pixels a block");
    let left: &[u8; 4] = around.left[row * 4..].first_chunk().expect("four pixels a block");
    match mode {
        MEAN => [around.mean; 16],
        SLOPE => std::array::from_fn(|pixel| {
            let sum = i16::from(above[pixel % 4]) + i16::from(left[pixel / 4]) - i16::from(around.corner);
            sum.clamp(0, 255) as u8
        }),
        ABOVE => std::array::from_fn(|pixel| above[pixel % 4]),
        _ => std::array::from_fn(|pixel| left[pixel / 4]),
    }
}

impl<const SIDE: usize> Around<SIDE> {
    /// Whether a mode ([`MEAN`], [`ABOVE`] or [`LEFT`]) predicts this value everywhere.
    pub fn foretells(&self, mode: u8, value: u8) -> bool {
        let is_same = |pixel: &u8| *pixel == value;
        match mode {
            MEAN => is_same(&self.mean),
            ABOVE => self.above.iter().all(is_same),
            _ => self.left.iter().all(is_same),
        }
    }
}
