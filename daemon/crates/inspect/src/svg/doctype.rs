//! The document type declaration: the one part of a file that changes what its other parts mean.
//!
//! Drawing programs declare name spaces and styles as entities, and attributes with default values. They are put in where they are used, within a
//! budget, before anything else looks at the file: what is inspected, drawn and published then has no declaration.

mod declarations;
mod expand;

use std::borrow::Cow;

use tradepost_base::Finding;

use self::declarations::Declarations;
pub(super) use self::expand::literal;
use super::rules::{DOCTYPE, finding};

/// The most bytes of an internal subset.
const MAX_SUBSET: usize = 64 << 10;
/// Faults that are listed.
const MAX_FINDINGS: usize = 20;

/// Replaces the references to entities and adds the default attributes that the internal subset declares. The declaration itself becomes blanks, so that
/// lines keep their numbers. A text without internal subset is left as it is.
///
/// # Errors
/// The declaration refers to something outside the file, has markup in an entity, or is beyond the budget.
pub fn expand<'a>(text: Cow<'a, str>, path: &str) -> Result<Cow<'a, str>, Vec<Finding>> {
    let Some(start) = find(&text) else {
        return Ok(text);
    };
    let rest = &text[start..];
    let (head, subset) = split(rest);
    let add = |message: &str, from: usize, length: usize| {
        finding(DOCTYPE, path, message, &text, start + from..start + from + length)
    };
    if refers_elsewhere(head) {
        let message = "names a document type that is not one of the W3C's: remove the <!DOCTYPE ...> line, which no browser needs";
        return Err(vec![add(message, 0, head.len())]);
    }
    let Some((offset, subset)) = subset else {
        return Ok(text);
    };
    if subset.len() > MAX_SUBSET {
        let message = format!("has a document type of more than {} KiB: remove it", MAX_SUBSET >> 10);
        return Err(vec![add(&message, 0, head.len())]);
    }
    let (declared, faults) = Declarations::parse(subset);
    if !faults.is_empty() {
        let faults = faults.into_iter().take(MAX_FINDINGS);
        return Err(faults
            .map(|fault| add(&fault.message, offset + fault.at, fault.length))
            .collect());
    }
    let end = start + offset + subset.len();
    let end = text[end..].find('>').map_or(text.len(), |at| end + at + 1);
    let blank = |character: char| if character == '\n' { '\n' } else { ' ' };
    let mut expanded: String = text[..start].to_owned();
    expanded.extend(text[start..end].chars().map(blank));
    match expand::body(&text[end..], &declared, &mut expanded) {
        Ok(()) => Ok(Cow::Owned(expanded)),
        Err(message) => Err(vec![add(&message, offset, subset.len())]),
    }
}

/// True when a text has an internal subset.
pub fn has_subset(text: &str) -> bool {
    find(text).is_some_and(|start| split(&text[start..]).1.is_some())
}

/// Only the prologue can have one: blanks, comments and processing instructions before the first element.
fn find(text: &str) -> Option<usize> {
    let mut rest = text;
    loop {
        rest = rest.trim_start();
        let end = if rest.starts_with("<!--") {
            "-->"
        } else if rest.starts_with("<?") {
            "?>"
        } else {
            let is_doctype = rest.get(..9).is_some_and(|word| word.eq_ignore_ascii_case("<!doctype"));
            return is_doctype.then_some(text.len() - rest.len());
        };
        rest = &rest[rest.find(end)? + end.len()..];
    }
}

/// The declaration up to its internal subset, and the subset with its offset.
fn split(declaration: &str) -> (&str, Option<(usize, &str)>) {
    let end = unquoted(declaration, &['[', '>']).unwrap_or(declaration.len());
    let head = &declaration[..end];
    if !declaration[end..].starts_with('[') {
        return (head, None);
    }
    let subset = &declaration[end + 1..];
    let subset_end = unquoted(subset, &[']']).unwrap_or(subset.len());
    (head, Some((end + 1, &subset[..subset_end])))
}

/// The first of the characters that is neither quoted nor in a comment.
fn unquoted(text: &str, wanted: &[char]) -> Option<usize> {
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let character = rest.chars().next()?;
        if wanted.contains(&character) {
            return Some(at);
        }
        at += if rest.starts_with("<!--") {
            rest.find("-->")? + 3
        } else if matches!(character, '"' | '\'') {
            rest[1..].find(character)? + 2
        } else {
            character.len_utf8()
        };
    }
    None
}

/// `<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/...">` and no identifier at all are harmless.
fn refers_elsewhere(head: &str) -> bool {
    let quoted = |head: &str| {
        head.split(['"', '\''])
            .skip(1)
            .step_by(2)
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let known = |identifier: &String| {
        identifier.is_empty()
            || identifier.starts_with("-//W3C//")
            || ["http://www.w3.org/", "https://www.w3.org/"]
                .iter()
                .any(|prefix| identifier.starts_with(prefix))
            || identifier == "svg11.dtd"
    };
    !quoted(head).iter().all(known)
}

#[cfg(test)]
mod tests;
