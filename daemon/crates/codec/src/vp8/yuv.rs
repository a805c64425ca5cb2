//! Takes pixels in, a macroblock at a time: brightness and colour as BT.601 has them for video (16 to 235).

use crate::straight::StraightImage;

/// Fainter pixels count as transparent: what they look like is hardly seen, and their colour is rounded to a few values.
const FAINT: u8 = 8;

/// A macroblock's pixels in blocks of 4x4: 16 of brightness, 4 of each chroma.
#[derive(Default)]
pub struct Pixels {
    pub luma: [[u8; 16]; 16],
    pub chroma: [[[u8; 16]; 4]; 2],
}

/// What a macroblock shows.
pub enum Content {
    /// Nothing: it may have any colour, and the pixels have none of theirs.
    Nothing,
    /// One colour: brightness and chroma.
    Flat([u8; 3]),
    /// What was put into the pixels.
    Full,
}

type Rgba = [[[u8; 4]; 16]; 16];

/// Takes in the macroblock at a column and a row of macroblocks.
pub fn take(picture: &StraightImage, column: usize, row: usize, pixels: &mut Pixels) -> Content {
    if let Some(colour) = same(picture, column, row) {
        return match colour {
            [_, _, _, ..FAINT] => Content::Nothing,
            colour => flat(colour),
        };
    }
    let mut rgba: Rgba = [[[0; 4]; 16]; 16];
    copy(picture, column, row, &mut rgba);
    let first = rgba.as_flattened().iter().find(|pixel| pixel[3] >= FAINT);
    let Some(&first) = first else {
        return Content::Nothing;
    };
    let (mut differences, mut least) = (0, u32::MAX);
    let first = u32::from_le_bytes(first);
    for pixel in rgba.as_flattened() {
        let pixel = u32::from_le_bytes(*pixel);
        let shows = if pixel >> 24 >= u32::from(FAINT) {
            0x00ff_ffff
        } else {
            0
        };
        differences |= (pixel ^ first) & shows;
        least = least.min(pixel >> 24);
    }
    let least = least as u8;
    if differences == 0 {
        return flat(first.to_le_bytes());
    }
    if least < FAINT {
        fill(&mut rgba);
    }
    convert(&rgba, least == 255, pixels);
    Content::Full
}

fn flat([red, green, blue, _]: [u8; 4]) -> Content {
    let [red, green, blue] = [red, green, blue].map(u32::from);
    let [chroma_blue, chroma_red] = chroma([red * 4, green * 4, blue * 4]);
    Content::Flat([luma(red, green, blue), chroma_blue, chroma_red])
}

/// What all pixels are, when they are all the same: found without looking at more of them than necessary.
fn same(picture: &StraightImage, column: usize, row: usize) -> Option<[u8; 4]> {
    let (source, _) = picture.rgba.as_chunks::<4>();
    let width = picture.width as usize;
    let left = column * 16;
    let right = (left + 16).min(width);
    let first = *source.get(row * 16 * width + left)?;
    let bits = u32::from_ne_bytes(first);
    let rows = source.chunks_exact(width).skip(row * 16).take(16);
    for pixels in rows {
        let differs = |any: u32, pixel: &[u8; 4]| any | (u32::from_ne_bytes(*pixel) ^ bits);
        if pixels[left..right].iter().fold(0, differs) != 0 {
            return None;
        }
    }
    Some(first)
}

/// What is beyond the picture is transparent.
fn copy(picture: &StraightImage, column: usize, row: usize, rgba: &mut Rgba) {
    let (source, _) = picture.rgba.as_chunks::<4>();
    let width = picture.width as usize;
    let columns = (width - column * 16).min(16);
    let rows = source.chunks_exact(width).skip(row * 16).take(16);
    for (target, source) in rgba.iter_mut().zip(rows) {
        let source = &source[column * 16..];
        match source.first_chunk::<16>() {
            Some(source) => *target = *source,
            None => target[..columns].copy_from_slice(source),
        }
    }
}

/// Gives transparent pixels the mean colour of those that show nearby.
fn fill(rgba: &mut Rgba) {
    let whole = mean(rgba.as_flattened().iter()).unwrap_or_default();
    for quarter in 0..4 {
        let (rows, columns) = (quarter / 2 * 8, quarter % 2 * 8);
        let square = rgba[rows..rows + 8].iter().flat_map(|row| &row[columns..columns + 8]);
        let [red, green, blue] = mean(square).unwrap_or(whole);
        for row in &mut rgba[rows..rows + 8] {
            for pixel in &mut row[columns..columns + 8] {
                if pixel[3] < FAINT {
                    *pixel = [red, green, blue, 0];
                }
            }
        }
    }
}

/// The mean colour of the pixels that show, each as much as it shows.
fn mean<'a>(pixels: impl Iterator<Item = &'a [u8; 4]>) -> Option<[u8; 3]> {
    let mut sums = [0_u32; 3];
    let mut weight = 0;
    for &[red, green, blue, alpha] in pixels {
        let alpha = if alpha < FAINT { 0 } else { u32::from(alpha) };
        sums[0] += u32::from(red) * alpha;
        sums[1] += u32::from(green) * alpha;
        sums[2] += u32::from(blue) * alpha;
        weight += alpha;
    }
    (weight > 0).then(|| sums.map(|sum| ((sum + weight / 2) / weight) as u8))
}

fn convert(rgba: &Rgba, is_opaque: bool, pixels: &mut Pixels) {
    for (at, row) in rgba.iter().enumerate() {
        let bright = luma_row(row);
        for (column, four) in bright.as_chunks::<4>().0.iter().enumerate() {
            pixels.luma[at / 4 * 4 + column][at % 4 * 4..][..4].copy_from_slice(four);
        }
    }
    for at in 0..8 {
        let (upper, lower) = (&rgba[at * 2], &rgba[at * 2 + 1]);
        for column in 0..8 {
            let four = [
                upper[column * 2],
                upper[column * 2 + 1],
                lower[column * 2],
                lower[column * 2 + 1],
            ];
            let sums = if is_opaque { sums(&four) } else { weighted(&four) };
            let block = at / 4 * 2 + column / 4;
            let pixel = at % 4 * 4 + column % 4;
            let [blue, red] = chroma(sums);
            pixels.chroma[0][block][pixel] = blue;
            pixels.chroma[1][block][pixel] = red;
        }
    }
}

/// The brightness of a row; a function by itself, so that the compiler multiplies many at once.
#[inline(never)]
fn luma_row(row: &[[u8; 4]; 16]) -> [u8; 16] {
    let mut bright = [0; 16];
    for (bright, pixel) in bright.iter_mut().zip(row) {
        let bits = u32::from_le_bytes(*pixel);
        *bright = luma(bits & 0xff, bits >> 8 & 0xff, bits >> 16 & 0xff);
    }
    bright
}

/// Sums of four pixels.
#[inline]
fn sums(four: &[[u8; 4]; 4]) -> [u32; 3] {
    let bits = four.map(u32::from_le_bytes);
    // Red and blue in one number: four of each fit into 16 bits.
    let outer: u32 = bits.iter().map(|bits| bits & 0x00ff_00ff).sum();
    let green: u32 = bits.iter().map(|bits| bits >> 8 & 0xff).sum();
    [outer & 0xffff, green, outer >> 16]
}

/// The same, each pixel as much as it shows.
fn weighted(four: &[[u8; 4]; 4]) -> [u32; 3] {
    let weight: u32 = four.iter().map(|pixel| u32::from(pixel[3])).sum();
    if weight == 0 || four.iter().all(|pixel| pixel[3] == four[0][3]) {
        return sums(four);
    }
    std::array::from_fn(|channel| {
        let sum: u32 = four
            .iter()
            .map(|pixel| u32::from(pixel[channel]) * u32::from(pixel[3]))
            .sum();
        (sum * 4 + weight / 2) / weight
    })
}

/// Brightness, in 1/32,768, so that products fit 16 bits by 16.
#[inline]
fn luma(red: u32, green: u32, blue: u32) -> u8 {
    ((8_414 * red + 16_519 * green + 3_208 * blue + (16 << 15) + (1 << 14)) >> 15) as u8
}

/// Chroma of the sums of four pixels.
#[inline]
fn chroma([red, green, blue]: [u32; 3]) -> [u8; 2] {
    let [red, green, blue] = [red, green, blue].map(u32::cast_signed);
    let half = (128 << 17) + (1 << 16);
    [
        ((-4_857 * red - 9_535 * green + 14_392 * blue + half) >> 17) as u8,
        ((14_392 * red - 12_052 * green - 2_340 * blue + half) >> 17) as u8,
    ]
}
