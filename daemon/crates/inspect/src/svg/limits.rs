//! Limits of what parsing a file may cost, checked before a parser sees it.

use memchr::{memchr, memchr3};
use tradepost_base::Finding;

use super::rules::{TOO_COMPLEX, finding};

/// Shorter texts are parsed at once, whatever is in them.
const FREE_BYTES: usize = 64 << 10;
/// Parsers compare each attribute of an element with all others.
const MAX_ATTRIBUTES: usize = 1_000;
/// Each element below inherits them.
const MAX_NAMESPACES: usize = 100;

/// Checks that no element has more attributes than a parser reads in reasonable time.
pub(super) fn check(text: &str, path: &str) -> Result<(), Vec<Finding>> {
    if text.len() <= FREE_BYTES {
        return Ok(());
    }
    let mut at = 0;
    while let Some(found) = memchr(b'<', &text.as_bytes()[at..]) {
        let start = at + found;
        let rest = &text[start..];
        if let Some(length) = super::doctype::literal(rest) {
            at = start + length;
            continue;
        }
        let tag = Tag::read(rest);
        let message = if tag.attributes > MAX_ATTRIBUTES {
            format!(
                "has an element with {} attributes; the limit is {MAX_ATTRIBUTES}",
                tag.attributes
            )
        } else if tag.attributes > MAX_NAMESPACES && namespaces(&rest[..tag.bytes]) > MAX_NAMESPACES {
            format!("has an element that declares more than {MAX_NAMESPACES} name spaces")
        } else {
            at = start + tag.bytes;
            continue;
        };
        return Err(vec![finding(
            TOO_COMPLEX,
            path,
            message,
            text,
            start..start + tag.bytes.min(80),
        )]);
    }
    Ok(())
}

fn namespaces(tag: &str) -> usize {
    memchr::memmem::find_iter(tag.as_bytes(), b"xmlns:").count()
}

struct Tag {
    bytes: usize,
    /// Quoted values.
    attributes: usize,
}

impl Tag {
    /// Reads to the end of the tag that a text begins with.
    fn read(text: &str) -> Self {
        let bytes = text.as_bytes();
        let (mut at, mut attributes) = (1, 0);
        while let Some(found) = memchr3(b'"', b'\'', b'>', &bytes[at..]) {
            at += found + 1;
            let quote = bytes[at - 1];
            if quote == b'>' {
                return Self { bytes: at, attributes };
            }
            attributes += 1;
            match memchr(quote, &bytes[at..]) {
                Some(end) => at += end + 1,
                None => break,
            }
        }
        Self {
            bytes: bytes.len(),
            attributes,
        }
    }
}
