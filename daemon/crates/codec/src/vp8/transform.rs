//! The transforms of blocks of 4x4 (RFC 6386, 14.3 and 14.4), row by row.

/// 16 coefficients or residuals.
pub type Block = [i16; 16];

/// The forward DCT of residuals of -255 to 255.
#[inline]
pub fn forward_dct(residual: &Block) -> Block {
    let mut rows = [0_i32; 16];
    for row in 0..4 {
        let at = |column: usize| i32::from(residual[row * 4 + column]);
        let (outer, inner) = (at(0) + at(3), at(1) + at(2));
        let (inner_slope, outer_slope) = (at(1) - at(2), at(0) - at(3));
        rows[row * 4] = (outer + inner) * 8;
        rows[row * 4 + 1] = (inner_slope * 2217 + outer_slope * 5352 + 1812) >> 9;
        rows[row * 4 + 2] = (outer - inner) * 8;
        rows[row * 4 + 3] = (outer_slope * 2217 - inner_slope * 5352 + 937) >> 9;
    }
    let mut coefficients = [0; 16];
    for column in 0..4 {
        let at = |row: usize| rows[row * 4 + column];
        let (outer, inner) = (at(0) + at(3), at(1) + at(2));
        let (inner_slope, outer_slope) = (at(1) - at(2), at(0) - at(3));
        coefficients[column] = ((outer + inner + 7) >> 4) as i16;
        coefficients[4 + column] =
            (((inner_slope * 2217 + outer_slope * 5352 + 12_000) >> 16) + i32::from(outer_slope != 0)) as i16;
        coefficients[8 + column] = ((outer - inner + 7) >> 4) as i16;
        coefficients[12 + column] = ((outer_slope * 2217 - inner_slope * 5352 + 51_000) >> 16) as i16;
    }
    coefficients
}

/// The pixels that a decoder reconstructs: the prediction and the inverse DCT of the coefficients.
#[inline]
pub fn reconstruct(prediction: &[u8; 16], coefficients: &Block) -> [u8; 16] {
    if coefficients[1..].iter().fold(0, |any, &coefficient| any | coefficient) == 0 {
        let all = (i32::from(coefficients[0]) + 4) >> 3;
        return prediction.map(|pixel| (i32::from(pixel) + all).clamp(0, 255) as u8);
    }
    reconstruct_ac(prediction, coefficients)
}

fn reconstruct_ac(prediction: &[u8; 16], coefficients: &Block) -> [u8; 16] {
    let mut columns = [0_i32; 16];
    for column in 0..4 {
        let at = |row: usize| i32::from(coefficients[row * 4 + column]);
        let [first, second, third, fourth] = inverse_dct_row(at(0), at(1), at(2), at(3));
        columns[column] = first;
        columns[4 + column] = second;
        columns[8 + column] = third;
        columns[12 + column] = fourth;
    }
    let mut pixels = [0; 16];
    for row in 0..4 {
        let at = |column: usize| columns[row * 4 + column];
        let sums = inverse_dct_row(at(0) + 4, at(1), at(2), at(3));
        for (column, sum) in sums.into_iter().enumerate() {
            let pixel = i32::from(prediction[row * 4 + column]) + (sum >> 3);
            pixels[row * 4 + column] = pixel.clamp(0, 255) as u8;
        }
    }
    pixels
}

#[inline]
fn inverse_dct_row(first: i32, second: i32, third: i32, fourth: i32) -> [i32; 4] {
    let sine = |value: i32| (value * 35_468) >> 16;
    let cosine = |value: i32| ((value * 20_091) >> 16) + value;
    let (sum, difference) = (first + third, first - third);
    let inner = sine(second) - cosine(fourth);
    let outer = cosine(second) + sine(fourth);
    [sum + outer, difference + inner, difference - inner, sum - outer]
}

/// The forward Walsh-Hadamard transform of the DC of 16 subblocks to Y2.
pub fn forward_wht(dc: &Block) -> Block {
    let mut rows = [0_i32; 16];
    for row in 0..4 {
        let at = |column: usize| i32::from(dc[row * 4 + column]);
        let sums = forward_wht_row(at(0), at(1), at(2), at(3));
        rows[row * 4..row * 4 + 4].copy_from_slice(&sums);
    }
    let mut y2 = [0; 16];
    for column in 0..4 {
        let at = |row: usize| rows[row * 4 + column];
        let sums = forward_wht_row(at(0), at(1), at(2), at(3));
        for (row, sum) in sums.into_iter().enumerate() {
            y2[row * 4 + column] = (sum >> 1).clamp(-32_768, 32_767) as i16;
        }
    }
    y2
}

/// The DC of 16 subblocks that a decoder reconstructs from Y2.
pub fn inverse_wht(y2: &Block) -> Block {
    let mut columns = [0_i32; 16];
    for column in 0..4 {
        let at = |row: usize| i32::from(y2[row * 4 + column]);
        let sums = inverse_wht_row(at(0), at(1), at(2), at(3));
        for (row, sum) in sums.into_iter().enumerate() {
            columns[row * 4 + column] = sum;
        }
    }
    let mut dc = [0; 16];
    for row in 0..4 {
        let at = |column: usize| columns[row * 4 + column];
        let sums = inverse_wht_row(at(0) + 3, at(1), at(2), at(3));
        for (column, sum) in sums.into_iter().enumerate() {
            dc[row * 4 + column] = (sum >> 3) as i16;
        }
    }
    dc
}

#[inline]
fn forward_wht_row(first: i32, second: i32, third: i32, fourth: i32) -> [i32; 4] {
    let (even, odd) = (first + third, second + fourth);
    let (odd_slope, even_slope) = (second - fourth, first - third);
    [even + odd, even_slope + odd_slope, even_slope - odd_slope, even - odd]
}

#[inline]
fn inverse_wht_row(first: i32, second: i32, third: i32, fourth: i32) -> [i32; 4] {
    let (outer, inner) = (first + fourth, second + third);
    let (inner_slope, outer_slope) = (second - third, first - fourth);
    [
        outer + inner,
        outer_slope + inner_slope,
        outer - inner,
        outer_slope - inner_slope,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn residuals_survive_both_transforms() {
        let mut state = 7_u32;
        for _ in 0..2_000 {
            let pixels: [u8; 16] = std::array::from_fn(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 24) as u8
            });
            let prediction = [128; 16];
            let differences = std::array::from_fn(|at| i16::from(pixels[at]) - 128);
            let back = reconstruct(&prediction, &forward_dct(&differences));
            for (pixel, back) in pixels.iter().zip(back) {
                assert!(pixel.abs_diff(back) <= 1, "{pixels:?} {back:?}");
            }
        }
    }

    #[test]
    fn dc_survives_both_transforms() {
        let firsts: Block = std::array::from_fn(|at| (at as i16 * 37 % 29) * 60 - 800);
        let back = inverse_wht(&forward_wht(&firsts));
        for (first, back) in firsts.iter().zip(back) {
            assert!(first.abs_diff(back) <= 1);
        }
    }
}
