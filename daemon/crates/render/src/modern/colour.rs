//! Colours of other spaces (CSS Color 4) in sRGB; channels outside of its gamut are clipped.

use color::{Rgba8, Srgb};

/// `#rrggbb`, or `#rrggbbaa` when it is not opaque; `None` when it cannot be read.
pub fn to_srgb(function: &str, arguments: &str) -> Option<String> {
    let colour = color::parse_color(&format!("{function}({arguments})")).ok()?;
    let Rgba8 { r, g, b, a } = colour.to_alpha_color::<Srgb>().to_rgba8();
    Some(match a {
        255 => format!("#{r:02x}{g:02x}{b:02x}"),
        _ => format!("#{r:02x}{g:02x}{b:02x}{a:02x}"),
    })
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
