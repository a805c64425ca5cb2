//! What bytes are, by their content, never by their name.

/// Whether the bytes begin as a ZIP does (also an empty one).
pub fn is_zip(head: &[u8]) -> bool {
    head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06")
}

/// Whether the bytes begin as an archive or a compressed file does.
pub fn is_archive(head: &[u8]) -> bool {
    const MAGICS: [&[u8]; 9] = [
        b"PK\x03\x04",
        b"PK\x05\x06",
        b"PK\x07\x08",
        b"Rar!\x1a\x07",
        b"7z\xbc\xaf\x27\x1c",
        b"\x1f\x8b",
        b"BZh",
        b"\xfd7zXZ\0",
        b"\x28\xb5\x2f\xfd",
    ];
    MAGICS.iter().any(|magic| head.starts_with(magic))
}

/// Whether a name claims to be an archive.
pub fn is_archive_name(path: &str) -> bool {
    const EXTENSIONS: [&str; 13] = [
        "zip", "7z", "rar", "tar", "gz", "tgz", "bz2", "xz", "zst", "jar", "cab", "iso", "lzh",
    ];
    path.rsplit_once('.')
        .is_some_and(|(_, extension)| EXTENSIONS.iter().any(|archive| extension.eq_ignore_ascii_case(archive)))
}

/// What a file that should be an SVG turns out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SvgText<'a> {
    /// UTF-8, without its byte order mark.
    Text(&'a str),
    /// Compressed with gzip.
    Compressed,
    /// Text in an encoding that is not read yet.
    OtherEncoding,
    /// No XML at all.
    NotXml,
}

/// Tells what the bytes are; only [`SvgText::Text`] is worth parsing.
pub fn svg_text(bytes: &[u8]) -> SvgText<'_> {
    if bytes.starts_with(b"\x1f\x8b") {
        return SvgText::Compressed;
    }
    let utf16 = [&b"\xff\xfe"[..], b"\xfe\xff", b"<\0", b"\0<"]
        .iter()
        .any(|mark| bytes.starts_with(mark));
    if utf16 {
        return SvgText::OtherEncoding;
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if !bytes.trim_ascii_start().starts_with(b"<") {
        return SvgText::NotXml;
    }
    match std::str::from_utf8(bytes) {
        Ok(text) if declares_other_encoding(text) => SvgText::OtherEncoding,
        Ok(text) => SvgText::Text(text),
        Err(_) => SvgText::OtherEncoding,
    }
}

/// A browser would believe `<?xml encoding="..."?>` and read other characters than we did.
fn declares_other_encoding(text: &str) -> bool {
    let Some((declaration, _)) = text.strip_prefix("<?xml").and_then(|rest| rest.split_once("?>")) else {
        return false;
    };
    let Some((_, value)) = declaration.split_once("encoding") else {
        return false;
    };
    let name = value
        .trim_start()
        .trim_start_matches('=')
        .trim_start()
        .trim_matches(['"', '\''])
        .to_ascii_lowercase();
    let known = ["utf-8", "utf8", "us-ascii", "ascii"];
    !known
        .iter()
        .any(|encoding| name.split(['"', '\'']).next() == Some(*encoding))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_told_by_its_bytes() {
        assert_eq!(svg_text(b"\xef\xbb\xbf <svg/>"), SvgText::Text(" <svg/>"));
        assert_eq!(svg_text(b"\x1f\x8b\x08"), SvgText::Compressed);
        assert_eq!(svg_text(b"<\0s\0v\0g\0"), SvgText::OtherEncoding);
        assert_eq!(svg_text(b"<svg>\xe9</svg>"), SvgText::OtherEncoding);
        assert_eq!(svg_text(b"\x89PNG\r\n\x1a\n"), SvgText::NotXml);
        assert_eq!(svg_text(b""), SvgText::NotXml);
    }

    #[test]
    fn a_declared_encoding_must_be_the_real_one() {
        for (encoding, sound) in [
            ("UTF-8", true),
            ("utf8", true),
            ("ISO-8859-1", false),
            ("UTF-7", false),
            ("UTF-16", false),
        ] {
            let text = format!("<?xml version=\"1.0\" encoding=\"{encoding}\" standalone=\"no\"?><svg/>");
            assert_eq!(
                matches!(svg_text(text.as_bytes()), SvgText::Text(_)),
                sound,
                "{encoding}"
            );
        }
    }

    #[test]
    fn archives_are_told_by_magic_and_by_name() {
        assert!(is_archive(b"PK\x03\x04rest") && !is_archive(b"<svg") && !is_archive(b"P"));
        assert!(is_archive_name("a/b.ZIP") && !is_archive_name("zip") && !is_archive_name("a.svg"));
    }
}
