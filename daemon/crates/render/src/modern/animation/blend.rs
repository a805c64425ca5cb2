//! Values between two values.

use kurbo::{BezPath, PathEl};

/// A share of the way that nobody sees.
const NOWHERE: f64 = 1e-6;

/// The value at a share of the way, which may be beyond both ends: numbers move when both values have the same form, anything else jumps in the middle.
pub fn between(from: &str, to: &str, share: f64) -> String {
    if share.abs() < NOWHERE || from == to {
        return from.to_owned();
    }
    if (share - 1.0).abs() < NOWHERE {
        return to.to_owned();
    }
    colours(from, to, share)
        .or_else(|| paths(from, to, share))
        .or_else(|| numbers(from, to, share))
        .unwrap_or_else(|| {
            let nearer = if share < 0.5 { from } else { to };
            nearer.to_owned()
        })
}

fn colours(from: &str, to: &str, share: f64) -> Option<String> {
    let parse = |text: &str| {
        color::parse_color(text)
            .ok()
            .map(|one| one.to_alpha_color::<color::Srgb>().to_rgba8().to_u8_array())
    };
    let (from, to) = (parse(from)?, parse(to)?);
    let [r, g, b, a] = std::array::from_fn(|at| {
        let (from, to) = (f64::from(from[at]), f64::from(to[at]));
        (from + (to - from) * share).round() as u8
    });
    Some(format!("#{r:02x}{g:02x}{b:02x}{a:02x}"))
}

/// Outlines of the same commands, as attributes and in `path()`.
fn paths(from: &str, to: &str, share: f64) -> Option<String> {
    let data = |text: &str| -> Option<BezPath> {
        let inside = text
            .trim()
            .strip_prefix("path(")
            .and_then(|text| text.strip_suffix(')'));
        let data = inside.unwrap_or(text).trim().trim_matches(['"', '\'']);
        let is_path =
            data.starts_with(['M', 'm']) && data[1..].trim_start().starts_with(|one: char| !one.is_alphabetic());
        is_path.then(|| BezPath::from_svg(data).ok()).flatten()
    };
    let (start, end) = (data(from)?, data(to)?);
    let pairs = start.elements().iter().zip(end.elements());
    let between = pairs.map(|(from, to)| {
        Some(match (*from, *to) {
            (PathEl::MoveTo(from), PathEl::MoveTo(to)) => PathEl::MoveTo(from.lerp(to, share)),
            (PathEl::LineTo(from), PathEl::LineTo(to)) => PathEl::LineTo(from.lerp(to, share)),
            (PathEl::QuadTo(from, f1), PathEl::QuadTo(to, t1)) => {
                PathEl::QuadTo(from.lerp(to, share), f1.lerp(t1, share))
            }
            (PathEl::CurveTo(from, f1, f2), PathEl::CurveTo(to, t1, t2)) => {
                PathEl::CurveTo(from.lerp(to, share), f1.lerp(t1, share), f2.lerp(t2, share))
            }
            (PathEl::ClosePath, PathEl::ClosePath) => PathEl::ClosePath,
            _ => return None,
        })
    });
    let between: BezPath = between.collect::<Option<_>>()?;
    if start.elements().len() != end.elements().len() {
        return None;
    }
    let data = between.to_svg();
    Some(if from.trim().starts_with("path(") {
        format!("path(\"{data}\")")
    } else {
        data
    })
}

fn numbers(from: &str, to: &str, share: f64) -> Option<String> {
    let (from, to) = (pieces(from), pieces(to));
    if from.len() != to.len() {
        return None;
    }
    let mut out = String::new();
    for (from, to) in from.iter().zip(&to) {
        match (from, to) {
            (Piece::Number(from), Piece::Number(to)) => {
                out.push_str(&super::super::calc::number(from + (to - from) * share));
            }
            (Piece::Text(from), Piece::Text(to)) if from.trim() == to.trim() => out.push_str(from),
            // A number without a unit is a length: 0 and 3px.
            (Piece::Text(from), Piece::Text(to)) if from.trim().is_empty() => out.push_str(to),
            (Piece::Text(from), Piece::Text(to)) if to.trim().is_empty() => out.push_str(from),
            _ => return None,
        }
    }
    Some(out)
}

enum Piece<'a> {
    Number(f64),
    /// Between numbers; blanks and commas are the same.
    Text(&'a str),
}

/// Text and numbers in turns, text first and last.
fn pieces(text: &str) -> Vec<Piece<'_>> {
    let bytes = text.as_bytes();
    let (mut pieces, mut plain, mut at) = (Vec::new(), 0, 0);
    while at < bytes.len() {
        let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
        let sign = usize::from(matches!(bytes[at], b'-' | b'+'));
        let point = usize::from(bytes.get(at + sign) == Some(&b'.'));
        let starts =
            is_digit(at + sign + point) && !text[..at].ends_with(|one: char| one.is_alphanumeric() && sign == 0);
        if !starts {
            at += 1;
            continue;
        }
        let mut end = at + sign + point;
        let mut has_point = point == 1;
        while is_digit(end) || (!has_point && bytes.get(end) == Some(&b'.')) {
            has_point |= bytes[end] == b'.';
            end += 1;
        }
        pieces.push(Piece::Text(&text[plain..at]));
        pieces.push(Piece::Number(text[at..end].parse().unwrap_or(0.0)));
        (plain, at) = (end, end);
    }
    pieces.push(Piece::Text(&text[plain..]));
    pieces
}
