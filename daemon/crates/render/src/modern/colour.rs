//! Colours of CSS Color 4 and 5 in sRGB; channels outside of its gamut are clipped.

use color::{ColorSpaceTag, DynamicColor, HueDirection, Rgba8, Srgb};

use super::dom::{Dom, Id};
use super::text;

const MAX_DEPTH: usize = 8;
/// True for words that usvg does not know, or only in one spelling.
pub fn is_unknown_word(value: &str) -> bool {
    value.eq_ignore_ascii_case("rebeccapurple")
        || (value != "currentColor" && value.eq_ignore_ascii_case("currentcolor"))
}

/// Properties with a colour.
pub const PROPERTIES: [&str; 7] = [
    "fill",
    "stroke",
    "stop-color",
    "flood-color",
    "lighting-color",
    "color",
    "background-color",
];
const FUNCTIONS: [&str; 12] = [
    "rgb",
    "rgba",
    "hsl",
    "hsla",
    "hwb",
    "lab",
    "lch",
    "oklab",
    "oklch",
    "color",
    "color-mix",
    "light-dark",
];

/// The value with its colours as `#rrggbb`, or `#rrggbbaa` when they are not opaque. `None` when nothing changes.
pub fn written_out(dom: &Dom<'_>, id: Id, property: &str, value: &str) -> Option<String> {
    if PROPERTIES.contains(&property) && !value.contains("url(") {
        return match value {
            "currentColor" => None,
            _ if value.eq_ignore_ascii_case("currentcolor") => Some("currentColor".to_owned()),
            _ => hexadecimal(parse(value, current(dom, id), 0)?),
        };
    }
    let words = text::words(value).map(|word| in_word(word, current(dom, id)));
    let words: Vec<String> = words.collect();
    let new = words.join(" ");
    (new != value).then_some(new)
}

/// A word that is a colour, or a shadow with one.
fn in_word(word: &str, current: DynamicColor) -> String {
    match text::call(word) {
        Some(("drop-shadow", inside)) => {
            let inside: Vec<String> = text::words(inside).map(|word| plain(word, current)).collect();
            format!("drop-shadow({})", inside.join(" "))
        }
        _ => plain(word, current),
    }
}

/// A colour in hexadecimal; any other word as it is.
fn plain(word: &str, current: DynamicColor) -> String {
    let is_function = text::call(word).is_some_and(|(name, _)| FUNCTIONS.contains(&name.to_ascii_lowercase().as_str()));
    let is_colour = is_function || word.eq_ignore_ascii_case("rebeccapurple");
    let new = if is_colour {
        parse(word, current, 0).and_then(hexadecimal)
    } else {
        None
    };
    new.unwrap_or_else(|| word.to_owned())
}

/// The value of `currentColor` at an element: black where nothing sets it.
fn current(dom: &Dom<'_>, id: Id) -> DynamicColor {
    let black = DynamicColor::from_alpha_color(color::AlphaColor::<Srgb>::BLACK);
    let is_colour = |value: &&str| !value.eq_ignore_ascii_case("currentcolor") && *value != "inherit";
    let values = dom.ancestors(id).filter_map(|id| dom.property(id, "color"));
    values
        .filter(is_colour)
        .find_map(|value| parse(value, black, 1))
        .unwrap_or(black)
}

/// Any colour; `None` when it can not be read.
fn parse(text: &str, current: DynamicColor, depth: usize) -> Option<DynamicColor> {
    let text = text.trim();
    if depth > MAX_DEPTH {
        return None;
    }
    match text::call(text) {
        Some(("light-dark", inside)) => parse(text::split(inside, ',').next()?, current, depth + 1),
        Some(("color-mix", inside)) => mix(inside, current, depth + 1),
        Some((name, inside)) => {
            // A hue is a circle; the parser knows degrees only in this form.
            let inside = inside.trim();
            color::parse_color(&format!("{}({inside})", name.to_ascii_lowercase())).ok()
        }
        None if text.eq_ignore_ascii_case("currentcolor") => Some(current),
        None => color::parse_color(text).ok(),
    }
}

/// `color-mix(in SPACE [HUE hue], A [p%], B [p%])`.
fn mix(inside: &str, current: DynamicColor, depth: usize) -> Option<DynamicColor> {
    let mut parts = text::split(inside, ',');
    let space = parts.next()?.trim().strip_prefix("in ")?;
    let mut space_words = space.split_ascii_whitespace();
    let space: ColorSpaceTag = space_words.next()?.parse().ok()?;
    let direction = match space_words.next() {
        Some("longer") => HueDirection::Longer,
        Some("increasing") => HueDirection::Increasing,
        Some("decreasing") => HueDirection::Decreasing,
        _ => HueDirection::Shorter,
    };
    let mut both = parts.map(|part| {
        let mut share = None;
        let mut colour = None;
        for word in text::words(part) {
            match word.strip_suffix('%').and_then(|number| number.parse::<f32>().ok()) {
                Some(percent) => share = Some(percent.clamp(0.0, 100.0) / 100.0),
                None => colour = parse(word, current, depth),
            }
        }
        Some((colour?, share))
    });
    let ((first, first_share), (second, second_share)) = (both.next()??, both.next()??);
    let (left, right) = match (first_share, second_share) {
        (None, None) => (0.5, 0.5),
        (Some(left), None) => (left, 1.0 - left),
        (None, Some(right)) => (1.0 - right, right),
        (Some(left), Some(right)) => (left, right),
    };
    let sum: f32 = left + right;
    if sum <= 0.0 {
        return None;
    }
    let mixed = first.interpolate(second, space, direction).eval(right / sum);
    // Shares of less than the whole leave the rest transparent.
    Some(if sum < 1.0 { mixed.multiply_alpha(sum) } else { mixed })
}

fn hexadecimal(colour: DynamicColor) -> Option<String> {
    let Rgba8 { r, g, b, a } = colour.to_alpha_color::<Srgb>().to_rgba8();
    Some(match a {
        255 => format!("#{r:02x}{g:02x}{b:02x}"),
        _ => format!("#{r:02x}{g:02x}{b:02x}{a:02x}"),
    })
}

/// One colour in hexadecimal; `None` when the word is none.
pub fn solid(dom: &Dom<'_>, id: Id, word: &str) -> Option<String> {
    hexadecimal(parse(word, current(dom, id), 0)?)
}
