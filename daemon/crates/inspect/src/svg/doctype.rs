//! The document type declaration: the one part of a file that changes what its other parts mean.

use tradepost_base::Finding;

use super::rules::{DOCTYPE, finding};

/// Longer values are not the name spaces that drawing programs declare.
const MAX_ENTITY: usize = 200;
/// All entities together, after they are put in.
const MAX_EXPANDED: usize = 256 << 10;

/// Inspects the declaration before any parser acts on it; empty when there is none, or only what drawing programs write.
pub fn inspect(text: &str, path: &str) -> Vec<Finding> {
    let Some(start) = find(text) else {
        return Vec::new();
    };
    let rest = &text[start..];
    let (head, subset) = split(rest);
    let add = |message: &str, from: usize, length: usize| {
        finding(DOCTYPE, path, message, text, start + from..start + from + length)
    };
    let mut findings = Vec::new();
    if refers_elsewhere(head) {
        findings.push(add("names a document type that is not one of the W3C's", 0, head.len()));
    }
    if let Some((offset, subset)) = subset {
        let suspicious = declarations(subset).filter(|(_, declaration)| !is_harmless(declaration));
        findings.extend(
            suspicious
                .take(20)
                .map(|(at, declaration)| add("declares entities or attributes", offset + at, declaration.len())),
        );
        let references = text
            .match_indices('&')
            .filter(|(at, _)| is_entity(&text[at + 1..]))
            .count();
        if findings.is_empty() && references.saturating_mul(longest_value(subset)) > MAX_EXPANDED {
            findings.push(add(
                "declares entities that grow too large where they are used",
                offset,
                subset.len(),
            ));
        }
    }
    findings
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

/// Every markup declaration of the subset with its offset; comments are skipped, whatever is between them counts as well.
fn declarations(subset: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let rest = &subset[at..];
            let blank = rest.len() - rest.trim_start().len();
            at += blank;
            let rest = &subset[at..];
            if rest.is_empty() {
                return None;
            }
            if let Some(comment) = rest.strip_prefix("<!--") {
                at += 4 + comment.find("-->").map_or(comment.len(), |end| end + 3);
                continue;
            }
            let end = unquoted(rest, &['>']).map_or(rest.len(), |end| end + 1);
            let start = at;
            at += end;
            return Some((start, &subset[start..start + end]));
        }
    })
}

/// True when a reference is to a declared entity, not to a character.
fn is_entity(reference: &str) -> bool {
    !["#", "amp;", "lt;", "gt;", "quot;", "apos;"]
        .iter()
        .any(|known| reference.starts_with(known))
}

/// No entity is longer than the declaration that it is in.
fn longest_value(subset: &str) -> usize {
    let entities = declarations(subset).filter(|(_, declaration)| declaration.starts_with("<!ENTITY"));
    entities.map(|(_, declaration)| declaration.len()).max().unwrap_or(0)
}

/// `<!ENTITY ns_svg "http://www.w3.org/2000/svg">`, as drawing programs write it, and `<!ELEMENT`, which changes nothing.
fn is_harmless(declaration: &str) -> bool {
    if declaration.starts_with("<!ELEMENT") {
        return true;
    }
    let Some(entity) = declaration
        .strip_prefix("<!ENTITY")
        .and_then(|rest| rest.strip_suffix('>'))
    else {
        return false;
    };
    let entity = entity.trim();
    let Some(quote) = entity.chars().last().filter(|last| matches!(last, '"' | '\'')) else {
        return false;
    };
    let mut parts = entity.splitn(3, quote);
    let (name, value) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let is_name = name.split_whitespace().count() == 1 && !name.contains('%');
    let is_address = value.starts_with("http://") || value.starts_with("https://");
    is_name && is_address && value.len() <= MAX_ENTITY && !value.contains(['&', '<', '%'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_drawing_programs_write_is_harmless() {
        for text in [
            "<svg/>",
            "<?xml version='1.0'?><!-- <!DOCTYPE x [<!ENTITY a 'b'>]> --><svg/>",
            "<!DOCTYPE svg><svg/>",
            "<!DOCTYPE svg PUBLIC \"-//W3C//DTD SVG 1.1//EN\" \"http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd\"><svg/>",
            "<!DOCTYPE svg [ <!ENTITY ns_svg \"http://www.w3.org/2000/svg\">\n<!ENTITY ns_ai 'http://ns.adobe.com/AdobeIllustrator/10.0/'> <!-- ] --> ]><svg/>",
        ] {
            assert_eq!(inspect(text, "a.svg"), Vec::new(), "{text}");
        }
    }

    #[test]
    fn everything_else_is_told() {
        for text in [
            "<!DOCTYPE svg [<!ENTITY a 'aaaa'>]><svg/>",
            "<!DOCTYPE svg [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><svg/>",
            "<!DOCTYPE svg [<!ENTITY a SYSTEM 'http://host/'>]><svg/>",
            "<!DOCTYPE svg [<!ENTITY % a 'http://host/'>]><svg/>",
            "<!DOCTYPE svg [<!ENTITY a 'http://&b;'>]><svg/>",
            "<!DOCTYPE svg [<!ATTLIST svg onload CDATA 'x'>]><svg/>",
            "<!DOCTYPE svg [%a;]><svg/>",
            &format!(
                "<!DOCTYPE svg [<!ENTITY a 'http://{}'>]><svg>{}</svg>",
                "a".repeat(100),
                "&a;".repeat(5_000)
            ),
            "<?a?><!-- --> <!doctype svg SYSTEM 'http://host/evil.dtd'><svg/>",
        ] {
            assert_eq!(inspect(text, "a.svg").len(), 1, "{text}");
        }
    }
}
