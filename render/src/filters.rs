//! Rows of colours as PNG stores them best: each as what differs from its left neighbours, or from the row above.

use super::straight::Straight;

const SUB: u8 = 1;
const UP: u8 = 2;

/// Fills `rows` with the filtered rows of a picture, each after its filter's number, and returns how many channels a pixel has: 3 when all of it
/// is opaque, else 4. `scratch` is overwritten.
pub fn filter(picture: &Straight, rows: &mut Vec<u8>, scratch: &mut Vec<u8>) -> usize {
    let (pixels, _) = picture.rgba.as_chunks::<4>();
    rows.clear();
    if pixels.iter().any(|pixel| pixel[3] != 255) {
        filter_rows::<4>(&picture.rgba, picture.width as usize, rows);
        return 4;
    }
    scratch.clear();
    scratch.extend(pixels.iter().flat_map(|&[red, green, blue, _]| [red, green, blue]));
    filter_rows::<3>(scratch, picture.width as usize, rows);
    3
}

fn filter_rows<const CHANNELS: usize>(pixels: &[u8], width: usize, rows: &mut Vec<u8>) {
    let stride = width * CHANNELS;
    let nothing = vec![0; stride];
    let mut above = nothing.as_slice();
    for row in pixels.chunks_exact(stride) {
        let (before, after) = (&row[..stride - CHANNELS], &row[CHANNELS..]);
        // What a row costs is told well enough by how far it is from zero.
        let sub = distance(after, before) + distance(&row[..CHANNELS], &nothing[..CHANNELS]);
        if sub < distance(row, above) {
            rows.push(SUB);
            rows.extend_from_slice(&row[..CHANNELS]);
            rows.extend(after.iter().zip(before).map(|(here, left)| here.wrapping_sub(*left)));
        } else {
            rows.push(UP);
            rows.extend(row.iter().zip(above).map(|(here, up)| here.wrapping_sub(*up)));
        }
        above = row;
    }
}

/// The sum of all differences, as signed bytes.
fn distance(row: &[u8], other: &[u8]) -> u32 {
    let differences = row.iter().zip(other).map(|(here, there)| here.wrapping_sub(*there));
    differences
        .map(|byte| u32::from(byte.cast_signed().unsigned_abs()))
        .sum()
}
