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
    [
        mean(edges),
        slope(edges),
        std::array::from_fn(|pixel| threes[5 + pixel % 4]),
        std::array::from_fn(|pixel| threes[3 - pixel / 4]),
        right_down(&threes),
        vertical_right(&twos, &threes),
        left_down(&threes),
        vertical_left(&twos, &threes),
        horizontal_down(&twos, &threes),
        horizontal_up(edges, &twos, &threes),
    ]
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

fn right_down(threes: &[u8; 13]) -> [u8; 16] {
    std::array::from_fn(|pixel| threes[4 + pixel % 4 - pixel / 4])
}

fn left_down(threes: &[u8; 13]) -> [u8; 16] {
    std::array::from_fn(|pixel| threes[6 + pixel % 4 + pixel / 4])
}

fn vertical_right(twos: &[u8; 12], threes: &[u8; 13]) -> [u8; 16] {
    let (a, b) = (twos, threes);
    [
        a[4], a[5], a[6], a[7], //
        b[4], b[5], b[6], b[7], //
        b[3], a[4], a[5], a[6], //
        b[2], b[4], b[5], b[6],
    ]
}

fn vertical_left(twos: &[u8; 12], threes: &[u8; 13]) -> [u8; 16] {
    let (a, b) = (twos, threes);
    [
        a[5], a[6], a[7], a[8], //
        b[6], b[7], b[8], b[9], //
        a[6], a[7], a[8], b[10], //
        b[7], b[8], b[9], b[11],
    ]
}

fn horizontal_down(twos: &[u8; 12], threes: &[u8; 13]) -> [u8; 16] {
    let (a, b) = (twos, threes);
    [
        a[3], b[4], b[5], b[6], //
        a[2], b[3], a[3], b[4], //
        a[1], b[2], a[2], b[3], //
        a[0], b[1], a[1], b[2],
    ]
}

fn horizontal_up(edges: &Edges, twos: &[u8; 12], threes: &[u8; 13]) -> [u8; 16] {
    let (last, a, b) = (edges[0], twos, threes);
    [
        a[2], b[2], a[1], b[1], //
        a[1], b[1], a[0], b[0], //
        a[0], b[0], last, last, //
        last, last, last, last,
    ]
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
