//! Decodes the bytes of an XML file. An encoding that two programs could read in two ways is refused.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_16BE, UTF_16LE, X_USER_DEFINED};

/// A declaration is shorter.
const MAX_DECLARATION: usize = 256;

/// The reason why there is no text.
pub(super) enum EncodingError {
    NotXml,
    NotUtf8 { line: usize },
    Refused(String),
}

/// The text without its byte order mark.
pub(super) fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, EncodingError> {
    let utf32: [&[u8]; 4] = [b"\xff\xfe\0\0", b"\0\0\xfe\xff", b"<\0\0\0", b"\0\0\0<"];
    if utf32.iter().any(|mark| bytes.starts_with(mark)) {
        return Err(refused("is in UTF-32, which is not read: save it as UTF-8"));
    }
    if let Some(rest) = bytes.strip_prefix(b"\xff\xfe") {
        return utf16(rest, UTF_16LE, &["utf-16", "utf-16le"], Mark::Present);
    }
    if let Some(rest) = bytes.strip_prefix(b"\xfe\xff") {
        return utf16(rest, UTF_16BE, &["utf-16", "utf-16be"], Mark::Present);
    }
    if bytes.starts_with(b"<\0") {
        return utf16(bytes, UTF_16LE, &["utf-16", "utf-16le"], Mark::Absent);
    }
    if bytes.starts_with(b"\0<") {
        return utf16(bytes, UTF_16BE, &["utf-16", "utf-16be"], Mark::Absent);
    }
    match bytes.strip_prefix(b"\xef\xbb\xbf") {
        Some(rest) => ascii_like(rest, Mark::Present),
        None => ascii_like(bytes, Mark::Absent),
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Mark {
    Present,
    Absent,
}

fn ascii_like(bytes: &[u8], mark: Mark) -> Result<Cow<'_, str>, EncodingError> {
    if !bytes.trim_ascii_start().starts_with(b"<") {
        return Err(EncodingError::NotXml);
    }
    let head: String = bytes
        .iter()
        .take(MAX_DECLARATION)
        .map(|&byte| char::from(byte))
        .collect();
    let name = declared(&head)?.unwrap_or_else(|| "utf-8".to_owned());
    match name.as_str() {
        "utf-8" | "utf8" | "us-ascii" | "ascii" => utf8(bytes).map(Cow::Borrowed),
        _ if mark == Mark::Absent => {
            let encoding = legacy(&name).ok_or_else(|| differs(&name))?;
            let text = encoding.decode_without_bom_handling_and_without_replacement(bytes);
            text.ok_or_else(|| {
                refused(format!(
                    "has bytes that are not {}, the encoding it declares: save it as UTF-8",
                    encoding.name()
                ))
            })
        }
        _ => Err(differs(&name)),
    }
}

/// The encodings that browsers read, by any of their names, in which no byte of markup can be a part of another character.
fn legacy(name: &str) -> Option<&'static Encoding> {
    let encoding = Encoding::for_label_no_replacement(name.as_bytes())?;
    (encoding.is_ascii_compatible() && encoding != X_USER_DEFINED).then_some(encoding)
}

fn utf8(bytes: &[u8]) -> Result<&str, EncodingError> {
    std::str::from_utf8(bytes).map_err(|error| {
        let before = &bytes[..error.valid_up_to()];
        let newlines = before.iter().filter(|&&byte| byte == b'\n').count();
        EncodingError::NotUtf8 { line: newlines + 1 }
    })
}

fn utf16<'a>(
    bytes: &'a [u8],
    encoding: &'static Encoding,
    names: &[&str],
    mark: Mark,
) -> Result<Cow<'a, str>, EncodingError> {
    let text = encoding
        .decode_without_bom_handling_and_without_replacement(bytes)
        .ok_or_else(|| refused("is not valid UTF-16: save it as UTF-8"))?;
    match declared(&text)? {
        Some(name) if !names.contains(&name.as_str()) => Err(differs(&name)),
        None if mark == Mark::Absent => Err(refused(
            "is in UTF-16 without saying so by a byte order mark or a declaration: save it as UTF-8",
        )),
        _ => Ok(text),
    }
}

/// The encoding in `<?xml version="1.0" encoding="..."?>`, in lower case.
fn declared(text: &str) -> Result<Option<String>, EncodingError> {
    let Some(rest) = text
        .strip_prefix("<?xml")
        .filter(|rest| rest.starts_with(char::is_whitespace))
    else {
        return Ok(None);
    };
    let unreadable = || refused("has an XML declaration that cannot be read");
    let (declaration, _) = rest.split_once("?>").ok_or_else(unreadable)?;
    let Some((_, value)) = declaration.split_once("encoding") else {
        return Ok(None);
    };
    let value = value
        .trim_start()
        .strip_prefix('=')
        .ok_or_else(unreadable)?
        .trim_start();
    let quote = value
        .chars()
        .next()
        .filter(|quote| matches!(quote, '"' | '\''))
        .ok_or_else(unreadable)?;
    let (name, after) = value[1..].split_once(quote).ok_or_else(unreadable)?;
    if after.contains("encoding") {
        return Err(unreadable());
    }
    Ok(Some(name.trim().to_ascii_lowercase()))
}

fn differs(name: &str) -> EncodingError {
    let name = crate::text::clean(name, 40);
    refused(format!(
        "declares the encoding {name:?}, which is not read or not the one it is in: save it as UTF-8"
    ))
}

fn refused(message: impl Into<String>) -> EncodingError {
    EncodingError::Refused(message.into())
}
