//! Puts entities and default attributes in where they are used.

use super::declarations::Declarations;

/// The most bytes that entities and default attributes may add to a file.
const MAX_ADDED: usize = 64 << 10;
/// An entity in an entity; no program writes a third one into that.
const MAX_NESTING: u32 = 2;

/// Writes a text with everything put in. The error completes the sentence "the file ...".
pub(super) fn body(text: &str, declared: &Declarations<'_>, out: &mut String) -> Result<(), String> {
    let mut writer = Writer {
        declared,
        out,
        added: 0,
    };
    let mut rest = text;
    while let Some(at) = memchr::memchr2(b'&', b'<', rest.as_bytes()) {
        writer.out.push_str(&rest[..at]);
        rest = &rest[at..];
        let length = match literal(rest) {
            Some(length) => length,
            None if rest.starts_with('&') => {
                rest = writer.reference(rest, 1)?;
                continue;
            }
            None => {
                let length = writer.tag(rest)?;
                rest = &rest[length..];
                continue;
            }
        };
        writer.out.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    writer.out.push_str(rest);
    Ok(())
}

/// The length of a comment, an instruction or a CDATA section, in which nothing is put in.
pub(in crate::svg) fn literal(text: &str) -> Option<usize> {
    let ends = [("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?", "?>")];
    let (start, end) = ends.into_iter().find(|(start, _)| text.starts_with(start))?;
    let inside = &text[start.len()..];
    Some(inside.find(end).map_or(text.len(), |at| start.len() + at + end.len()))
}

struct Writer<'a> {
    declared: &'a Declarations<'a>,
    out: &'a mut String,
    /// Bytes that the text has grown by.
    added: usize,
}

impl Writer<'_> {
    /// Writes the text of the reference that `text` begins with; the text behind it.
    fn reference<'t>(&mut self, text: &'t str, level: u32) -> Result<&'t str, String> {
        let Some((name, after)) = text[1..].split_once(';') else {
            self.out.push('&');
            return Ok(&text[1..]);
        };
        let Some(value) = self.declared.entities.get(name) else {
            // An entity of XML itself, or an unknown one, which the parser reports.
            self.out.push('&');
            return Ok(&text[1..]);
        };
        if level > MAX_NESTING {
            return Err(format!(
                "declares entities that are nested more than {MAX_NESTING} deep: write their content where they are used"
            ));
        }
        self.count(value.len().saturating_sub(name.len()))?;
        let mut rest: &str = value;
        while let Some(at) = rest.find('&') {
            self.plain(&rest[..at]);
            rest = self.reference(&rest[at..], level + 1)?;
        }
        self.plain(rest);
        Ok(after)
    }

    /// Text that is neither markup nor the end of an attribute.
    fn plain(&mut self, text: &str) {
        for character in text.chars() {
            match character {
                '"' => self.out.push_str("&quot;"),
                '\'' => self.out.push_str("&apos;"),
                '>' => self.out.push_str("&gt;"),
                // Lines keep their numbers.
                '\n' | '\r' => self.out.push(' '),
                other => self.out.push(other),
            }
        }
    }

    /// Writes the name of an element, and its attributes when some have defaults; the length of what was written.
    fn tag(&mut self, text: &str) -> Result<usize, String> {
        let end = text[1..].find(|character: char| character.is_whitespace() || matches!(character, '>' | '/'));
        let name_end = end.map_or(text.len(), |end| end + 1);
        self.out.push_str(&text[..name_end]);
        let declared = self.declared;
        let Some(defaults) = declared.attributes.get(&text[1..name_end]) else {
            return Ok(name_end);
        };
        let own = attribute_names(&text[name_end..]);
        for (name, value) in defaults.iter().filter(|(name, _)| !own.iter().any(|own| own == name)) {
            self.count(name.len() + value.len())?;
            self.out.push(' ');
            self.out.push_str(name);
            self.out.push_str("=\"");
            let mut rest: &str = value;
            while let Some(at) = rest.find('&') {
                self.plain(&rest[..at]);
                rest = self.reference(&rest[at..], 1)?;
            }
            self.plain(rest);
            self.out.push('"');
        }
        Ok(name_end)
    }

    fn count(&mut self, bytes: usize) -> Result<(), String> {
        self.added += bytes;
        if self.added > MAX_ADDED {
            return Err(format!(
                "declares entities or attributes that add more than {} KiB where they are used: write their content where they are used",
                MAX_ADDED >> 10
            ));
        }
        Ok(())
    }
}

/// The names of the attributes up to the end of a tag.
fn attribute_names(text: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['=', '>']) {
        if rest[at..].starts_with('>') {
            break;
        }
        names.push(rest[..at].trim());
        let value = rest[at + 1..].trim_start();
        let Some(quote) = value.chars().next().filter(|first| matches!(first, '"' | '\'')) else {
            break;
        };
        let Some((_, after)) = value[1..].split_once(quote) else {
            break;
        };
        rest = after;
    }
    names
}
