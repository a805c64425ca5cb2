//! Rows of colours as PNG stores them best: each as what differs from its left neighbours, from the row above, or from whichever of the
//! neighbours comes closest to both.

const SUB: u8 = 1;
const UP: u8 = 2;
const PAETH: u8 = 4;

/// Fills `rows` with the rows of `pixels` (of so many channels), each after the number of its filter.
pub fn filter<const CHANNELS: usize>(pixels: &[u8], width: usize, rows: &mut Vec<u8>) {
    let stride = width * CHANNELS;
    rows.clear();
    rows.reserve(pixels.len() + pixels.len() / stride);
    let nothing = vec![0; stride];
    let mut above = nothing.as_slice();
    let mut predicted = vec![0; stride];
    for row in pixels.chunks_exact(stride) {
        // What a row costs is told well enough by how far it is from zero.
        let up = distance(row, above);
        if up == 0 {
            put(rows, UP, row, above);
            above = row;
            continue;
        }
        let (before, after) = (&row[..stride - CHANNELS], &row[CHANNELS..]);
        let sub = distance(after, before) + distance(&row[..CHANNELS], &nothing[..CHANNELS]);
        paeth::<CHANNELS>(row, above, &mut predicted);
        let paeth = distance(row, &predicted);
        if paeth < up.min(sub) {
            put(rows, PAETH, row, &predicted);
        } else if sub < up {
            rows.push(SUB);
            rows.extend_from_slice(&row[..CHANNELS]);
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

/// Of the neighbours left, above, and above to the left: the one that is closest to left + above - corner (PNG, section 9.4).
fn paeth<const CHANNELS: usize>(row: &[u8], above: &[u8], predicted: &mut [u8]) {
    let length = row.len() - CHANNELS;
    predicted[..CHANNELS].copy_from_slice(&above[..CHANNELS]);
    let neighbours = row[..length].iter().zip(&above[CHANNELS..]).zip(&above[..length]);
    for (target, ((&left, &up), &corner)) in predicted[CHANNELS..].iter_mut().zip(neighbours) {
        let [a, b, c] = [left, up, corner].map(i16::from);
        let (of_left, of_up) = ((b - c).abs(), (a - c).abs());
        let of_corner = (a + b - 2 * c).abs();
        let straight = if of_up <= of_corner { up } else { corner };
        *target = if of_left <= of_up && of_left <= of_corner {
            left
        } else {
            straight
        };
    }
}

/// The sum of all differences, as signed bytes.
fn distance(row: &[u8], other: &[u8]) -> u32 {
    let differences = row.iter().zip(other).map(|(here, there)| here.wrapping_sub(*there));
    differences
        .map(|byte| u32::from(byte.cast_signed().unsigned_abs()))
        .sum()
}
