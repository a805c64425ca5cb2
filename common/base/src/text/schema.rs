//! The schema of a text in an OpenAPI document: its pattern takes what the parser takes, but for the width and the number of lines.

use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::{HIDDEN, Text};

/// White space that is not hidden, in a character class.
const SPACES: &str = r" \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000";

impl<const MAX: usize, const LINES: usize> PartialSchema for Text<MAX, LINES> {
    fn schema() -> RefOr<Schema> {
        let pattern = if LINES > 1 {
            lines_pattern()
        } else {
            line_pattern("", "")
        };
        string(MAX, &pattern)
    }
}

impl<const MAX: usize, const LINES: usize> ToSchema for Text<MAX, LINES> {}

/// The schema of a text that has at least one character.
pub fn string(max: usize, pattern: &str) -> RefOr<Schema> {
    let string = ObjectBuilder::new().schema_type(Type::String);
    let string = string.min_length(Some(1)).max_length(Some(max));
    string.pattern(Some(pattern)).into()
}

/// A line without the characters `refused` that has others than spaces and those of `blank`. Both are characters of a class.
pub fn line_pattern(refused: &str, blank: &str) -> String {
    let taken = format!("[^{}{refused}]", hidden());
    format!("^{taken}*[^{}{refused}{SPACES}{blank}]{taken}*$", hidden())
}

fn lines_pattern() -> String {
    let hidden = hidden();
    format!("^([{SPACES}\\n\\t]|\\r\\n)*[^{hidden}{SPACES}]([^{hidden}]|\\n|\\t|\\r\\n)*$")
}

/// The hidden characters, in a character class. There is no escape for the last ones that all dialects know.
fn hidden() -> String {
    let ranges = HIDDEN.iter().map(|range| match u32::from(*range.end()) {
        0..=0xFFFF => format!(
            "\\u{:04x}-\\u{:04x}",
            u32::from(*range.start()),
            u32::from(*range.end())
        ),
        _ => format!("{}-{}", range.start(), range.end()),
    });
    ranges.collect()
}
