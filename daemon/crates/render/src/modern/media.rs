//! The conditions of `@media` and `@supports`, as they are for a light picture on a screen.

use super::text;

/// Width and height of the drawing, in pixels.
pub type Viewport = (f64, f64);

const MAX_DEPTH: usize = 8;

/// A list of media queries, one of which has to hold.
pub fn matches(queries: &str, viewport: Viewport) -> bool {
    queries.is_empty() || text::split(queries, ',').any(|query| query_matches(query.trim(), viewport))
}

fn query_matches(query: &str, viewport: Viewport) -> bool {
    let lower = query.to_ascii_lowercase();
    let (negated, rest) = match lower
        .strip_prefix("not ")
        .filter(|rest| !rest.trim_start().starts_with('('))
    {
        Some(rest) => (true, rest.trim()),
        None => (false, lower.strip_prefix("only ").unwrap_or(&lower).trim()),
    };
    let (kind, conditions) = match rest.split_once(" and ") {
        Some((kind, conditions)) if !kind.contains('(') => (kind.trim(), conditions),
        _ if rest.contains('(') => ("all", rest),
        _ => (rest, ""),
    };
    let holds = matches!(kind, "all" | "screen")
        && (conditions.is_empty() || condition(conditions, 0, &|feature| feature_matches(feature, viewport)));
    holds != negated
}

/// A condition of `@supports`: what browsers know is taken for known.
pub fn supports(text: &str) -> bool {
    condition(&text.to_ascii_lowercase(), 0, &|declaration| {
        let name = declaration.split(':').next().unwrap_or_default().trim();
        !(name.starts_with("-moz-") || name.starts_with("-ms-") || name.starts_with("-o-"))
    })
}

/// Brackets joined by `and`, `or` and `not`; `holds` decides on the innermost.
fn condition(text: &str, depth: usize, holds: &dyn Fn(&str) -> bool) -> bool {
    if depth > MAX_DEPTH {
        return false;
    }
    let mut result: Option<bool> = None;
    let (mut is_or, mut negated) = (false, false);
    for word in text::words(text) {
        match word {
            "and" => is_or = false,
            "or" => is_or = true,
            "not" => negated = true,
            _ => {
                let inside = word.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
                let one = match inside.map(str::trim) {
                    Some(inside) if inside.starts_with('(') || inside.starts_with("not ") => {
                        condition(inside, depth + 1, holds)
                    }
                    Some(inside) => holds(inside),
                    // A function, such as selector(a > b).
                    None => word.starts_with("selector("),
                };
                let one = one != negated;
                negated = false;
                result = Some(match result {
                    None => one,
                    Some(before) if is_or => before || one,
                    Some(before) => before && one,
                });
            }
        }
    }
    result.unwrap_or(false)
}

fn feature_matches(feature: &str, (width, height): Viewport) -> bool {
    let Some((name, value)) = feature.split_once(':') else {
        return range(feature, (width, height))
            .unwrap_or(matches!(feature, "color" | "width" | "height" | "hover" | "pointer"));
    };
    let (name, value) = (name.trim(), value.trim());
    let pixels = || super::calc::absolute_length(value);
    match name {
        "prefers-color-scheme" => value == "light",
        "prefers-reduced-motion" | "prefers-contrast" | "prefers-reduced-transparency" => value == "no-preference",
        "forced-colors" | "inverted-colors" | "scripting" => value == "none",
        "hover" | "any-hover" => value == "hover",
        "pointer" | "any-pointer" => value == "fine",
        "orientation" => (value == "portrait") == (height >= width),
        "min-width" => pixels().is_some_and(|least| width >= least),
        "max-width" => pixels().is_some_and(|most| width <= most),
        "min-height" => pixels().is_some_and(|least| height >= least),
        "max-height" => pixels().is_some_and(|most| height <= most),
        "color-gamut" => value == "srgb",
        _ => false,
    }
}

/// A comparison such as `width >= 100px`; `None` when it is none.
fn range(feature: &str, (width, height): Viewport) -> Option<bool> {
    let at = feature.find(['<', '>', '='])?;
    let (left, rest) = feature.split_at(at);
    let right = rest.trim_start_matches(['<', '>', '=']);
    let operator = &rest[..rest.len() - right.len()];
    let value = |text: &str| match text.trim() {
        "width" => Some(width),
        "height" => Some(height),
        text => super::calc::absolute_length(text),
    };
    let (left, right) = (value(left)?, value(right)?);
    Some(match operator {
        "<" => left < right,
        "<=" => left <= right,
        ">" => left > right,
        ">=" => left >= right,
        _ => left == right,
    })
}
