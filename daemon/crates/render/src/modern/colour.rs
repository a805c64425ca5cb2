//! Colours of other spaces in sRGB, after CSS Color 4; what sRGB does not have is cut off channel by channel.

/// `#rrggbb`, or `#rrggbbaa` when it is not opaque; `None` when it cannot be read.
pub fn to_srgb(function: &str, arguments: &str) -> Option<String> {
    let (space, arguments) = match function {
        "color" => arguments.trim().split_once(char::is_whitespace)?,
        _ => (function, arguments),
    };
    let (channels, alpha) = match arguments.split_once('/') {
        Some((channels, alpha)) => (channels, number(alpha.trim(), 1.0)?),
        None => (arguments, 1.0),
    };
    let mut words = channels
        .split([' ', ',', '\t', '\n', '\r'])
        .filter(|word| !word.is_empty());
    let words = [words.next()?, words.next()?, words.next()?];
    let linear = linear(space, words)?;
    let byte = |value: f64| (value.clamp(0.0, 1.0) * 255.0).round() as u8;
    let [red, green, blue] = linear.map(|value| byte(encoded(value)));
    Some(match byte(alpha) {
        255 => format!("#{red:02x}{green:02x}{blue:02x}"),
        alpha => format!("#{red:02x}{green:02x}{blue:02x}{alpha:02x}"),
    })
}

/// Red, green and blue of linear sRGB.
fn linear(space: &str, words: [&str; 3]) -> Option<[f64; 3]> {
    let [first, second, third] = words;
    // What 100 % is of each channel.
    let numbers = |full: [f64; 3]| {
        Some([
            number(first, full[0])?,
            number(second, full[1])?,
            number(third, full[2])?,
        ])
    };
    let polar = |lightness: f64, chroma: f64| {
        let (chroma, hue) = (number(second, chroma)?.max(0.0), angle(third)?);
        Some([number(first, lightness)?, chroma * hue.cos(), chroma * hue.sin()])
    };
    Some(match space {
        "oklab" => from_oklab(numbers([1.0, 0.4, 0.4])?),
        "oklch" => from_oklab(polar(1.0, 0.4)?),
        "lab" => from_lab(numbers([100.0, 125.0, 125.0])?),
        "lch" => from_lab(polar(100.0, 150.0)?),
        "hwb" => from_hwb(
            angle(first)?,
            number(second, 100.0)? / 100.0,
            number(third, 100.0)? / 100.0,
        ),
        "srgb" => numbers([1.0; 3])?.map(decoded),
        "srgb-linear" => numbers([1.0; 3])?,
        "display-p3" => {
            let p3 = numbers([1.0; 3])?.map(decoded);
            times(
                [
                    [1.224_940, -0.224_940, 0.0],
                    [-0.042_057, 1.042_057, 0.0],
                    [-0.019_638, -0.078_636, 1.098_274],
                ],
                p3,
            )
        }
        "xyz" | "xyz-d65" => from_xyz(numbers([1.0; 3])?),
        _ => return None,
    })
}

fn from_oklab([lightness, a, b]: [f64; 3]) -> [f64; 3] {
    let roots = [
        lightness + 0.396_337_777_4 * a + 0.215_803_757_3 * b,
        lightness - 0.105_561_345_8 * a - 0.063_854_172_8 * b,
        lightness - 0.089_484_177_5 * a - 1.291_485_548_0 * b,
    ];
    let matrix = [
        [4.076_741_662_1, -3.307_711_591_3, 0.230_969_929_2],
        [-1.268_438_004_6, 2.609_757_401_1, -0.341_319_396_5],
        [-0.004_196_086_3, -0.703_418_614_7, 1.707_614_701_0],
    ];
    times(matrix, roots.map(|root| root * root * root))
}

fn from_lab([lightness, a, b]: [f64; 3]) -> [f64; 3] {
    let y = (lightness + 16.0) / 116.0;
    let wide = |value: f64| match value.powi(3) {
        cube if cube > 216.0 / 24_389.0 => cube,
        _ => (116.0 * value - 16.0) * 27.0 / 24_389.0,
    };
    // White under daylight of 5,000 K, then of 6,500 K.
    let d50 = [
        wide(y + a / 500.0) * 0.964_296,
        wide(y),
        wide(y - b / 200.0) * 0.825_105,
    ];
    let adapted = [
        [0.955_577, -0.023_039, 0.063_164],
        [-0.028_290, 1.009_942, 0.021_008],
        [0.012_298, -0.020_483, 1.329_910],
    ];
    from_xyz(times(adapted, d50))
}

fn from_xyz(xyz: [f64; 3]) -> [f64; 3] {
    let matrix = [
        [3.240_970, -1.537_383, -0.498_611],
        [-0.969_244, 1.875_968, 0.041_555],
        [0.055_630, -0.203_977, 1.056_972],
    ];
    times(matrix, xyz)
}

fn from_hwb(hue: f64, white: f64, black: f64) -> [f64; 3] {
    let sum = white + black;
    if sum >= 1.0 {
        return [decoded(white / sum); 3];
    }
    let sixth = hue.to_degrees().rem_euclid(360.0) / 60.0;
    let pure = [5.0, 3.0, 1.0].map(|offset: f64| {
        let k = (offset + sixth) % 6.0;
        1.0 - k.min(4.0 - k).clamp(0.0, 1.0)
    });
    pure.map(|channel| decoded(channel * (1.0 - sum) + white))
}

fn times(matrix: [[f64; 3]; 3], [x, y, z]: [f64; 3]) -> [f64; 3] {
    matrix.map(|row| row[0] * x + row[1] * y + row[2] * z)
}

fn encoded(linear: f64) -> f64 {
    if linear <= 0.003_130_8 {
        linear * 12.92
    } else {
        1.055 * linear.powf(1.0 / 2.4) - 0.055
    }
}

fn decoded(value: f64) -> f64 {
    if value <= 0.040_45 {
        value / 12.92
    } else {
        ((value + 0.055) / 1.055).powf(2.4)
    }
}

/// A number, or a part of what 100 % is.
fn number(word: &str, full: f64) -> Option<f64> {
    let value = match (word, word.strip_suffix('%')) {
        ("none", _) => 0.0,
        (_, Some(percent)) => percent.parse::<f64>().ok()? / 100.0 * full,
        (_, None) => word.parse().ok()?,
    };
    value.is_finite().then_some(value)
}

/// In radians.
fn angle(word: &str) -> Option<f64> {
    let units = [
        ("deg", 1.0),
        ("grad", 0.9),
        ("rad", 180.0 / std::f64::consts::PI),
        ("turn", 360.0),
    ];
    let unit = units
        .iter()
        .find_map(|(unit, degrees)| Some((word.strip_suffix(unit)?, degrees)));
    let (digits, degrees) = unit.unwrap_or((word, &1.0));
    Some((number(digits, 360.0)? * degrees).to_radians())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_colours_come_out_as_browsers_show_them() {
        for (function, arguments, expected) in [
            ("oklch", "62.8% 0.2577 29.23", "#ff0000"),
            ("oklab", "0.8664 -0.2339 0.1795", "#00ff00"),
            ("oklch", "0.452 0.3132 264.05deg", "#0000ff"),
            ("lab", "54.29 80.81 69.89", "#ff0000"),
            ("lch", "29.57% 131.2 301.37", "#0000ff"),
            ("lab", "100 0 0", "#ffffff"),
            ("hwb", "0 0% 50%", "#800000"),
            ("hwb", "0.5turn 0% 0%", "#00ffff"),
            ("hwb", "90 60% 60%", "#808080"),
            ("color", "srgb 1 0.5 0", "#ff8000"),
            ("color", "srgb-linear 1 0.2140 0", "#ff8000"),
            ("color", "display-p3 1 1 1 / 50%", "#ffffff80"),
            ("color", "xyz 0.9505 1 1.089", "#ffffff"),
            ("oklab", "none none none / 0", "#00000000"),
        ] {
            let found = to_srgb(function, arguments).unwrap();
            let digits = |text: &str| {
                i64::from_str_radix(text.trim_start_matches('#'), 16)
                    .unwrap()
                    .to_be_bytes()
            };
            let apart = digits(&found)
                .iter()
                .zip(digits(expected))
                .map(|(a, b)| a.abs_diff(b))
                .max();
            assert!(
                found.len() == expected.len() && apart <= Some(1),
                "{function}({arguments}): {found}, not {expected}"
            );
        }
    }

    #[test]
    fn what_is_no_colour_is_left_alone() {
        for (function, arguments) in [
            ("oklch", "1 2"),
            ("lab", "a b c"),
            ("color", "srgb"),
            ("color", "foo 1 1 1"),
            ("hwb", "1 inf 1"),
            ("lch", "1 NaN 1"),
        ] {
            assert_eq!(to_srgb(function, arguments), None);
        }
    }
}
