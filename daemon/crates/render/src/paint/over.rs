//! Pixels over pixels: red, green, blue and alpha of a byte each, premultiplied.

use super::area::Area;

/// A pixel's four bytes.
pub type Pixel = [u8; 4];

const LOW: u64 = 0x00ff_00ff_00ff_00ff;
const HALF: u64 = 0x0080_0080_0080_0080;

/// Four channels with room for products.
#[inline(always)]
fn spread(pixel: Pixel) -> u64 {
    let bits = u64::from(u32::from_le_bytes(pixel));
    (bits & 0x00ff_00ff) | ((bits & 0xff00_ff00) << 24)
}

#[inline(always)]
fn pack(lanes: u64) -> Pixel {
    ((lanes & 0x00ff_00ff) | ((lanes >> 24) & 0xff00_ff00)).to_le_bytes()[..4]
        .try_into()
        .unwrap_or_default()
}

/// Every product divided by 255, rounded to the nearest.
#[inline(always)]
fn divide(products: u64) -> u64 {
    let sum = products + HALF;
    ((sum + ((sum >> 8) & LOW)) >> 8) & LOW
}

/// The pixel times `alpha` / 255.
#[inline(always)]
pub fn scale(pixel: Pixel, alpha: u8) -> Pixel {
    pack(divide(spread(pixel) * u64::from(alpha)))
}

/// `source` over `target`.
#[inline(always)]
pub fn over(source: Pixel, target: Pixel) -> Pixel {
    let sum = spread(source) + divide(spread(target) * u64::from(255 - source[3]));
    if sum & !LOW == 0 {
        return pack(sum);
    }
    // Only when a channel of the source exceeds its alpha.
    mix(source, 255, target, 255 - source[3])
}

/// `source` times one factor and `target` times the other, in 255ths; sums above 1 become 1.
#[inline(always)]
pub fn mix(source: Pixel, source_factor: u8, target: Pixel, target_factor: u8) -> Pixel {
    std::array::from_fn(|channel| {
        let products = [(source, source_factor), (target, target_factor)];
        let sum: u32 = products
            .iter()
            .map(|(pixel, factor)| u32::from(pixel[channel]) * u32::from(*factor))
            .sum();
        ((sum + 127) / 255).min(255) as u8
    })
}

/// Draws a row over another.
pub fn row_over(source: &[u8], target: &mut [u8]) {
    for (target, source) in target.as_chunks_mut::<4>().0.iter_mut().zip(source.as_chunks::<4>().0) {
        match source[3] {
            0 => {}
            255 => *target = *source,
            _ => *target = over(*source, *target),
        }
    }
}

/// Draws a row over another, each pixel times an opacity from 0 to 1.
pub fn row_over_faded(source: &[u8], opacity: f32, target: &mut [u8]) {
    for (target, source) in target.as_chunks_mut::<4>().0.iter_mut().zip(source.as_chunks::<4>().0) {
        if source[3] == 0 {
            continue;
        }
        let rest = 255.0 - f32::from(source[3]) * opacity;
        for (target, source) in target.iter_mut().zip(source) {
            let sum = f32::from(*source) * opacity + f32::from(*target) * rest * (1.0 / 255.0);
            *target = (sum + 0.5) as u8;
        }
    }
}

/// Draws one picture over another, where both are.
pub fn draw_over(source: &[u8], source_area: Area, opacity: f32, target: &mut [u8], target_area: Area) {
    let both = source_area.intersect(target_area);
    let bytes = both.width() * 4;
    for y in both.top..both.bottom {
        let from = source_area.index(both.left, y) * 4;
        let to = target_area.index(both.left, y) * 4;
        let (source, target) = (&source[from..from + bytes], &mut target[to..to + bytes]);
        if opacity < 1.0 {
            row_over_faded(source, opacity, target);
        } else {
            row_over(source, target);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_product_is_rounded_to_the_nearest() {
        for alpha in 0..=255u8 {
            for value in 0..=255u8 {
                let expected = ((u32::from(value) * u32::from(alpha) * 2 + 255) / 510) as u8;
                assert_eq!(scale([value, 255, 0, value], alpha), [expected, alpha, 0, expected]);
            }
        }
    }

    #[test]
    fn sums_are_rounded_once_and_never_wrap() {
        for source in 0..=255u8 {
            for target in 0..=255u8 {
                let over_it = over([source, 255, 0, 100], [target; 4]);
                assert_eq!(over_it, mix([source, 255, 0, 100], 255, [target; 4], 155));
                for (s, t) in [(255, 255), (255, 255 - source), (128, 127), (200, 100)]
                    .map(|(s, t): (u8, u8)| (u32::from(s), u32::from(t)))
                {
                    let sum = u32::from(source) * s + u32::from(target) * t;
                    let expected = ((sum * 2 + 255) / 510).min(255);
                    let mixed = mix([source; 4], s as u8, [target; 4], t as u8);
                    assert_eq!(u32::from(mixed[1]), expected, "{source} {target} {s} {t}");
                }
            }
        }
    }
}
