//! Converts pixels to YUV, a macroblock at a time: BT.601 in the range of video (16 to 235).

use crate::straight::StraightImage;

/// Pixels of less alpha count as transparent: they are hardly visible, and their colour has few values left.
const MIN_VISIBLE_ALPHA: u8 = 8;

/// The samples of a macroblock in subblocks: 16 of luma, 4 of each chroma.
#[derive(Default)]
pub struct YuvMacroblock {
    pub luma: [[u8; 16]; 16],
    pub chroma: [[[u8; 16]; 4]; 2],
}

/// The content of a macroblock.
pub enum MacroblockContent {
    /// May have any colour; the samples are not set.
    Transparent,
    /// One colour of luma and chroma; the samples are not set.
    Flat([u8; 3]),
    /// Many colours: the samples are set.
    Detailed,
}

type Rgba = [[[u8; 4]; 16]; 16];

/// Reads the macroblock at a column and a row of macroblocks.
pub fn read_macroblock(
    image: &StraightImage,
    column: usize,
    row: usize,
    samples: &mut YuvMacroblock,
) -> MacroblockContent {
    if let Some(colour) = single_colour(image, column, row) {
        return match colour {
            [_, _, _, ..MIN_VISIBLE_ALPHA] => MacroblockContent::Transparent,
            colour => flat_content(colour),
        };
    }
    let mut rgba: Rgba = [[[0; 4]; 16]; 16];
    copy(image, column, row, &mut rgba);
    let first = rgba.as_flattened().iter().find(|pixel| pixel[3] >= MIN_VISIBLE_ALPHA);
    let Some(&first) = first else {
        return MacroblockContent::Transparent;
    };
    let (mut differences, mut least) = (0, u32::MAX);
    let first = u32::from_le_bytes(first);
    for pixel in rgba.as_flattened() {
        let pixel = u32::from_le_bytes(*pixel);
        let shows = if pixel >> 24 >= u32::from(MIN_VISIBLE_ALPHA) {
            0x00ff_ffff
        } else {
            0
        };
        differences |= (pixel ^ first) & shows;
        least = least.min(pixel >> 24);
    }
    let least = least as u8;
    if differences == 0 {
        return flat_content(first.to_le_bytes());
    }
    if least < MIN_VISIBLE_ALPHA {
        fill_transparent(&mut rgba);
    }
    convert(&rgba, least, samples);
    MacroblockContent::Detailed
}

fn flat_content([red, green, blue, _]: [u8; 4]) -> MacroblockContent {
    let [red, green, blue] = [red, green, blue].map(u32::from);
    let [chroma_blue, chroma_red] = chroma([red * 4, green * 4, blue * 4]);
    MacroblockContent::Flat([luma(red, green, blue), chroma_blue, chroma_red])
}

/// The colour of all pixels when they are the same.
fn single_colour(image: &StraightImage, column: usize, row: usize) -> Option<[u8; 4]> {
    let (source, _) = image.rgba.as_chunks::<4>();
    let width = image.width as usize;
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

/// Copies the pixels; those beyond the image stay transparent.
fn copy(image: &StraightImage, column: usize, row: usize, rgba: &mut Rgba) {
    let (source, _) = image.rgba.as_chunks::<4>();
    let width = image.width as usize;
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

/// Gives transparent pixels the mean colour of the visible ones nearby.
fn fill_transparent(rgba: &mut Rgba) {
    let whole = mean(rgba.as_flattened().iter()).unwrap_or_default();
    for quarter in 0..4 {
        let (rows, columns) = (quarter / 2 * 8, quarter % 2 * 8);
        let square = rgba[rows..rows + 8].iter().flat_map(|row| &row[columns..columns + 8]);
        let [red, green, blue] = mean(square).unwrap_or(whole);
        for row in &mut rgba[rows..rows + 8] {
            for pixel in &mut row[columns..columns + 8] {
                if pixel[3] < MIN_VISIBLE_ALPHA {
                    *pixel = [red, green, blue, 0];
                }
            }
        }
    }
}

/// The mean colour of visible pixels, weighted by alpha.
fn mean<'a>(pixels: impl Iterator<Item = &'a [u8; 4]>) -> Option<[u8; 3]> {
    let mut sums = [0_u32; 3];
    let mut weight = 0;
    for &[red, green, blue, alpha] in pixels {
        let alpha = if alpha < MIN_VISIBLE_ALPHA { 0 } else { u32::from(alpha) };
        sums[0] += u32::from(red) * alpha;
        sums[1] += u32::from(green) * alpha;
        sums[2] += u32::from(blue) * alpha;
        weight += alpha;
    }
    (weight > 0).then(|| sums.map(|sum| ((sum + weight / 2) / weight) as u8))
}

/// Converts all samples; `least_alpha` is the minimum of the pixels.
fn convert(rgba: &Rgba, least_alpha: u8, samples: &mut YuvMacroblock) {
    for (at, row) in rgba.iter().enumerate() {
        let bright = luma_row(row);
        for (column, four) in bright.as_chunks::<4>().0.iter().enumerate() {
            samples.luma[at / 4 * 4 + column][at % 4 * 4..][..4].copy_from_slice(four);
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
            let sums = if least_alpha == 255 {
                sums(&four)
            } else {
                weighted_sums(&four)
            };
            let block = at / 4 * 2 + column / 4;
            let pixel = at % 4 * 4 + column % 4;
            let [blue, red] = chroma(sums);
            samples.chroma[0][block][pixel] = blue;
            samples.chroma[1][block][pixel] = red;
        }
    }
}

/// The luma of a row; in a function of its own, so that the compiler vectorizes it.
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

/// Sums of four pixels weighted by alpha, of the same magnitude.
fn weighted_sums(four: &[[u8; 4]; 4]) -> [u32; 3] {
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

/// Luma, with factors of 1/32,768, so that products are of 16 by 16 bits.
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
