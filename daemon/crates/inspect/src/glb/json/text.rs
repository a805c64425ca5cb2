//! Texts in quotes.

use std::borrow::Cow;

use super::JsonError;

/// Reads the text whose opening quote is at `at`, and goes behind its closing one. Half of a surrogate pair becomes U+FFFD.
pub fn string<'a>(document: &'a str, at: &mut usize) -> Result<Cow<'a, str>, JsonError> {
    let start = *at + 1;
    let mut text: Option<String> = None;
    // The start of what was not copied yet.
    let mut plain = start;
    let mut here = start;
    while let Some(&byte) = document.as_bytes().get(here) {
        match byte {
            b'"' => {
                *at = here + 1;
                let rest = &document[plain..here];
                return Ok(text.map_or(Cow::Borrowed(rest), |text| Cow::Owned(text + rest)));
            }
            b'\\' => {
                let (character, length) = escape(document, here)?;
                let text = text.get_or_insert_default();
                text.push_str(&document[plain..here]);
                text.push(character);
                here += length;
                plain = here;
            }
            0..=0x1f => return Err(fault(here, "a control character must be escaped")),
            _ => here += 1,
        }
    }
    Err(fault(here, "the document ends in a text"))
}

/// The character that the escape at `here` stands for, and its length in bytes.
fn escape(document: &str, here: usize) -> Result<(char, usize), JsonError> {
    let character = match document.as_bytes().get(here + 1) {
        Some(&byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'n') => '\n',
        Some(b'r') => '\r',
        Some(b't') => '\t',
        Some(b'u') => return unicode(document, here),
        _ => return Err(fault(here, "there is no such escape")),
    };
    Ok((character, 2))
}

fn unicode(document: &str, here: usize) -> Result<(char, usize), JsonError> {
    let unit = hex_unit(document, here).ok_or_else(|| fault(here, "four hexadecimal digits were expected"))?;
    if let (0xd800..=0xdbff, Some(low @ 0xdc00..=0xdfff)) = (unit, hex_unit(document, here + 6)) {
        let code = 0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
        return Ok((char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), 12));
    }
    Ok((char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER), 6))
}

/// The code unit of the `\uXXXX` at `here`, if there is one.
fn hex_unit(document: &str, here: usize) -> Option<u32> {
    let digits = document.as_bytes().get(here..here + 6)?.strip_prefix(b"\\u")?;
    let mut unit = 0;
    for &digit in digits {
        unit = unit * 16 + char::from(digit).to_digit(16)?;
    }
    Some(unit)
}

fn fault(offset: usize, what: &'static str) -> JsonError {
    JsonError::Syntax { offset, what }
}
