//! CSS that browsers implement and usvg does not: `var()`, and colours of newer spaces. Their values are substituted before the tree is made.
//!
//! Only the drawing changes; the published copy keeps the text of the file.

mod colour;
mod variables;

use std::ops::Range;

use roxmltree::{Document, Node};

use self::variables::Variables;

/// The limit on the growth of all values, beyond four times the file: a value may refer to others many times over.
const MAX_GROWTH_BYTES: usize = 64 << 10;
const MAX_DEPTH: usize = 8;
const FUNCTIONS: [&str; 7] = ["var", "oklch", "oklab", "lch", "lab", "hwb", "color"];

/// The text with every such value written out; `None` when there is none.
pub fn written_out(document: &Document<'_>) -> Option<String> {
    let text = document.input_text();
    // "oklab(" ends in "lab(", and "oklch(" in "lch(".
    if !["var(", "lab(", "lch(", "hwb(", "color("]
        .iter()
        .any(|call| text.contains(call))
    {
        return None;
    }
    let variables = Variables::from_document(document);
    let mut left = text.len().saturating_mul(4).saturating_add(MAX_GROWTH_BYTES);
    let mut edits: Vec<(Range<usize>, String)> = Vec::new();
    let mut edit = |range: Range<usize>, node: Node<'_, '_>| {
        let old = text.get(range.clone()).filter(|old| old.contains('('));
        let new = old.and_then(|old| resolve(old, &|name| variables.value(node, name), 0, &mut left));
        edits.extend(new.map(|new| (range, new)));
    };
    for node in document.descendants() {
        for attribute in node.attributes() {
            edit(attribute.range_value(), node);
        }
        if node.is_text()
            && node
                .parent_element()
                .is_some_and(|parent| parent.tag_name().name() == "style")
        {
            edit(node.range(), node);
        }
    }
    edits.sort_by_key(|(range, _)| range.start);
    (!edits.is_empty()).then(|| apply(text, edits))
}

/// Applies edits to the text; text of entities occurs several times.
fn apply(text: &str, edits: Vec<(Range<usize>, String)>) -> String {
    let (mut out, mut done) = (String::with_capacity(text.len()), 0);
    for (range, new) in edits {
        if range.start >= done {
            out.push_str(&text[done..range.start]);
            out.push_str(&new);
            done = range.end;
        }
    }
    out.push_str(&text[done..]);
    out
}

/// The value with its functions written out; `None` when nothing changes or it would become too long.
fn resolve(value: &str, variable: &dyn Fn(&str) -> Option<String>, depth: usize, left: &mut usize) -> Option<String> {
    let mut out = String::new();
    let mut done = 0;
    while let Some(call) = next_call(value, done) {
        let (name, inside) = (call.name, &value[call.inside.clone()]);
        let new = if name == "var" {
            substitute(inside, variable, depth, left)
        } else {
            // Numbers may be variables.
            let plain = (depth < MAX_DEPTH)
                .then(|| resolve(inside, variable, depth + 1, left))
                .flatten();
            colour::to_srgb(name, plain.as_deref().unwrap_or(inside))
        };
        let new = new.as_deref().unwrap_or(&value[call.start..call.inside.end + 1]);
        *left = left.checked_sub(new.len() + call.start - done)?;
        out.push_str(&value[done..call.start]);
        out.push_str(new);
        done = call.inside.end + 1;
    }
    out.push_str(&value[done..]);
    (done > 0 && out != value).then_some(out)
}

/// The value of `var(--name, fallback)`.
fn substitute(
    inside: &str,
    variable: &dyn Fn(&str) -> Option<String>,
    depth: usize,
    left: &mut usize,
) -> Option<String> {
    // A variable that refers to itself has no value.
    if depth >= MAX_DEPTH {
        return Some("inherit".to_owned());
    }
    let (name, fallback) = match inside.split_once(',') {
        Some((name, fallback)) => (name.trim(), Some(fallback.trim())),
        None => (inside.trim(), None),
    };
    let value = variable(name).or_else(|| fallback.map(str::to_owned));
    // Without a value the property is as if it were not there.
    let value = value.unwrap_or_else(|| "inherit".to_owned());
    Some(resolve(&value, variable, depth + 1, left).unwrap_or(value))
}

struct Call<'a> {
    name: &'a str,
    start: usize,
    /// Between the brackets.
    inside: Range<usize>,
}

/// The next call of one of the functions, complete with its closing bracket.
fn next_call(value: &str, from: usize) -> Option<Call<'_>> {
    let mut at = from;
    while let Some(open) = value[at..].find('(').map(|open| at + open) {
        let is_name = |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '_');
        let name = &value[value[from..open]
            .rfind(|character| !is_name(character))
            .map_or(from, |before| {
                from + before + value[from + before..].chars().next().map_or(1, char::len_utf8)
            })..open];
        if FUNCTIONS.contains(&name) {
            let end = closing(value, open)?;
            return Some(Call {
                name,
                start: open - name.len(),
                inside: open + 1..end,
            });
        }
        at = open + 1;
    }
    None
}

/// The place of the closing bracket.
fn closing(value: &str, open: usize) -> Option<usize> {
    let mut depth = 0usize;
    for (at, byte) in value.bytes().enumerate().skip(open) {
        match byte {
            b'(' => depth += 1,
            b')' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at);
                }
            }
            // Never part of a value.
            b'{' | b'}' | b';' => return None,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn out(inside: &str) -> Option<String> {
        let text = format!("<svg xmlns='http://www.w3.org/2000/svg'>{inside}</svg>");
        let document = Document::parse(&text).unwrap();
        let new = written_out(&document)?;
        Document::parse(&new).unwrap();
        let new = new.strip_prefix("<svg xmlns='http://www.w3.org/2000/svg'>").unwrap();
        Some(new.strip_suffix("</svg>").unwrap().to_owned())
    }

    #[test]
    fn a_variable_is_its_value_and_else_its_fallback() {
        for (inside, expected) in [
            ("<g fill='var(--x, red)'/>", "<g fill='red'/>"),
            (
                "<g fill='var(--x,var( --y , rgb(1, 2, 3)))'/>",
                "<g fill='rgb(1, 2, 3)'/>",
            ),
            (
                "<g style='stroke:blue;fill:var(--x,#f00)'/>",
                "<g style='stroke:blue;fill:#f00'/>",
            ),
            ("<g fill='var(--x)'/>", "<g fill='inherit'/>"),
            (
                "<g style='--x: lime'><g fill='var(--x,red)'/></g>",
                "<g style='--x: lime'><g fill='lime'/></g>",
            ),
            (
                "<style>:root{--x:#123;}.a{fill:var(--x,red)}@media print{svg{--x:red}}</style>",
                "<style>:root{--x:#123;}.a{fill:#123}@media print{svg{--x:red}}</style>",
            ),
            (
                "<style>.a{--x:lime}#b{--x:blue}</style><g class='z a'><g fill='var(--x,red)'/><g id='b' fill='var(--x)'/></g><g fill='var(--x,red)'/>",
                "<style>.a{--x:lime}#b{--x:blue}</style><g class='z a'><g fill='lime'/><g id='b' fill='blue'/></g><g fill='red'/>",
            ),
            ("<g fill='oklch(0 0 0)'/>", "<g fill='#000000'/>"),
            ("<g fill='hwb(var(--h, 120) 0% 0%)'/>", "<g fill='#00ff00'/>"),
        ] {
            assert_eq!(out(inside).as_deref(), Some(expected), "{inside}");
        }
    }

    #[test]
    fn what_is_none_of_this_stays_as_it_is() {
        for inside in [
            "<g fill='red' transform='rotate(3)'/>",
            "<text>var(--x, red)</text>",
            "<g fill='myvar(--x, red)'/>",
            "<g fill='var(--x, red'/>",
            "<g fill='color(unheard-of 1 2 3)'/>",
            "<g fill='oklch(much)'/>",
        ] {
            assert_eq!(out(inside), None, "{inside}");
        }
    }

    #[test]
    fn values_that_name_themselves_or_each_other_many_times_end() {
        assert!(out("<style>:root{--x:var(--x)}</style><g fill='var(--x)'/>").is_some());
        let mut sheet = ":root{--a0:red;".to_owned();
        for level in 1..30 {
            sheet += &format!("--a{level}:{};", format!("var(--a{}) ", level - 1).repeat(50));
        }
        let _ = out(&format!(
            "<style>{sheet}}}</style>{}",
            "<g fill='var(--a29)'/>".repeat(100)
        ));
        let nested = format!("<g fill='{}red{}'/>", "var(--x,".repeat(9_000), ")".repeat(9_000));
        let _ = out(&nested);
    }

    #[test]
    fn a_value_never_becomes_markup() {
        let sheet = "<style><![CDATA[:root{--x:\"'><script/>}]]></style><g fill='var(--x,red)'/>";
        assert!(out(sheet).unwrap().ends_with("<g fill='red'/>"));
    }
}
