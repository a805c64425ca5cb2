//! Custom properties: `var()` is substituted.

use super::dom::{Dom, Id};
use super::text;

/// The limit on the growth of all values, beyond four times the file: a value may refer to others many times over.
const MAX_GROWTH_BYTES: usize = 64 << 10;
const MAX_DEPTH: usize = 8;

/// Substitutes every `var()` in the styles and attributes.
pub fn substitute(dom: &mut Dom<'_>, file_bytes: usize) {
    let mut left = file_bytes.saturating_mul(4).saturating_add(MAX_GROWTH_BYTES);
    for id in dom.ids() {
        let style = dom.elements[id].style.iter().enumerate();
        let new: Vec<(usize, Option<String>)> = style
            .filter(|(_, (name, value))| value.contains("var(") && !name.starts_with("--"))
            .map(|(at, (_, value))| (at, written_out(dom, id, value, 0, &mut left)))
            .collect();
        for (at, value) in new {
            // Without a value the property is as if it were not there.
            dom.elements[id].style[at].1 = value.unwrap_or_else(|| "inherit".to_owned());
        }
        for at in 0..dom.elements[id].attributes.len() {
            let (name, value) = &dom.elements[id].attributes[at];
            if value.contains("var(") && name != "style" {
                let value = written_out(dom, id, value, 0, &mut left);
                dom.elements[id].attributes[at].1 = value.unwrap_or_else(|| "inherit".to_owned()).into();
            }
        }
    }
}

/// The value with its variables written out; `None` when one has no value.
pub fn written_out(dom: &Dom<'_>, id: Id, value: &str, depth: usize, left: &mut usize) -> Option<String> {
    // A variable that refers to itself has no value.
    if depth >= MAX_DEPTH {
        return None;
    }
    let mut out = String::new();
    let mut rest = value;
    while let Some((before, after)) = rest.split_once("var(") {
        out.push_str(before);
        let end = text::find(after, |one| one == ')').unwrap_or(after.len());
        let inside = &after[..end];
        rest = after.get(end + 1..).unwrap_or_default();
        if before.ends_with(|one: char| one.is_alphanumeric() || matches!(one, '-' | '_')) {
            out.push_str("var(");
            out.push_str(inside);
            out.push(')');
            continue;
        }
        let (name, fallback) = inside
            .split_once(',')
            .map_or((inside, None), |(name, rest)| (name, Some(rest.trim())));
        let defined = defined(dom, id, name.trim());
        let defined = defined.and_then(|(at, value)| written_out(dom, at, value, depth + 1, left));
        let new = defined.or_else(|| written_out(dom, id, fallback?, depth + 1, left))?;
        // Values of nothing count as well.
        *left = left.checked_sub(new.len() + 1)?;
        out.push_str(&new);
    }
    out.push_str(rest);
    Some(out)
}

/// The nearest element that defines a variable, and its value.
fn defined<'d>(dom: &'d Dom<'_>, id: Id, name: &str) -> Option<(Id, &'d str)> {
    dom.ancestors(id).find_map(|at| Some((at, dom.declared(at, name)?)))
}
