//! Filters scanlines (PNG, section 9): each by Sub, Up or Paeth, whichever leaves the smallest sum of absolute differences.

const SUB: u8 = 1;
const UP: u8 = 2;
const PAETH: u8 = 4;

/// Fills `rows` with the filtered scanlines of `stride` bytes of `samples`, each after the number of its filter.
pub fn filter(samples: &[u8], stride: usize, channels: usize, rows: &mut Vec<u8>) {
    rows.clear();
    rows.reserve(samples.len() + samples.len() / stride);
    let zeros = vec![0; stride];
    let mut above = zeros.as_slice();
    let mut predicted = vec![0; stride];
    for row in samples.chunks_exact(stride) {
        let up = distance(row, above);
        if up == 0 {
            put(rows, UP, row, above);
            above = row;
            continue;
        }
        let (before, after) = (&row[..stride - channels], &row[channels..]);
        let sub = distance(after, before) + distance(&row[..channels], &zeros[..channels]);
        predict_paeth(row, above, channels, &mut predicted);
        let paeth = distance(row, &predicted);
        if paeth < up.min(sub) {
            put(rows, PAETH, row, &predicted);
        } else if sub < up {
            rows.push(SUB);
            rows.extend_from_slice(&row[..channels]);
            rows.extend(after.iter().zip(before).map(|(here, left)| here.wrapping_sub(*left)));
        } else {
            put(rows, UP, row, above);
        }
        above = row;
    }
}

fn put(rows: &mut Vec<u8>, filter: u8, row: &[u8], predicted: &[u8]) {
    rows.push(filter);
    rows.extend(row.iter().zip(predicted).map(|(here, there)| here.wrapping_sub(*there)));
}

/// Predicts each sample by whichever of left, above and upper left is closest to left + above - upper left (PNG, section 9.4).
fn predict_paeth(row: &[u8], above: &[u8], channels: usize, predicted: &mut [u8]) {
    let length = row.len() - channels;
    predicted[..channels].copy_from_slice(&above[..channels]);
    let neighbours = row[..length].iter().zip(&above[channels..]).zip(&above[..length]);
    for (target, ((&left, &up), &upper_left)) in predicted[channels..].iter_mut().zip(neighbours) {
        let [a, b, c] = [left, up, upper_left].map(i16::from);
        let (from_left, from_up) = ((b - c).abs(), (a - c).abs());
        let from_upper_left = (a + b - 2 * c).abs();
        let other = if from_up <= from_upper_left { up } else { upper_left };
        *target = if from_left <= from_up && from_left <= from_upper_left {
            left
        } else {
            other
        };
    }
}

/// The sum of absolute differences, as signed bytes.
fn distance(row: &[u8], other: &[u8]) -> u32 {
    let differences = row.iter().zip(other).map(|(here, there)| here.wrapping_sub(*there));
    differences
        .map(|byte| u32::from(byte.cast_signed().unsigned_abs()))
        .sum()
}
