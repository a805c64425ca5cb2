//! From bytes to text: compressed files are inflated, encodings that mean one thing only are decoded, and entities are put in where they are used.

mod encoding;
mod gzip;

use std::borrow::Cow;

use tradepost_base::Finding;

use super::rules::{ENCODING, NOT_SVG, TOO_LARGE, finding, refusal};
use super::{doctype, limits};

/// The text of an SVG or SVGZ of at most `max_bytes`, inflated as well; `path` is only for the findings, which say why there is no text.
pub fn open<'a>(bytes: &'a [u8], path: &str, max_bytes: u64) -> Result<Cow<'a, str>, Vec<Finding>> {
    let too_large = || {
        let message = format!("is larger than {} MiB, the limit for an SVG", max_bytes >> 20);
        vec![refusal(path, TOO_LARGE, message)]
    };
    if bytes.len() as u64 > max_bytes {
        return Err(too_large());
    }
    let text = if bytes.starts_with(&gzip::MAGIC) {
        let plain = match gzip::inflate(bytes, max_bytes) {
            Ok(plain) => plain,
            Err(gzip::GzipError::TooLarge) => return Err(too_large()),
            Err(gzip::GzipError::Refused(message)) => {
                return Err(vec![refusal(path, super::rules::COMPRESSED, message)]);
            }
        };
        encoding::decode(&plain).map(|text| Cow::Owned(text.into_owned()))
    } else {
        encoding::decode(bytes)
    };
    let text = text.map_err(|fault| vec![encoding_finding(fault, path)])?;
    if text.len() as u64 > max_bytes {
        return Err(too_large());
    }
    if let Some(at) = text.find('\0') {
        let message = "contains a NUL character, which some programs take for the end of the text";
        return Err(vec![finding(ENCODING, path, message, &text, at..at + 1)]);
    }
    limits::check(&text, path)?;
    doctype::expand(text, path)
}

fn encoding_finding(fault: encoding::EncodingError, path: &str) -> Finding {
    match fault {
        encoding::EncodingError::NotXml => {
            refusal(path, NOT_SVG, "is not an SVG file: it does not begin with an XML tag")
        }
        encoding::EncodingError::Refused(message) => refusal(path, ENCODING, message),
        encoding::EncodingError::NotUtf8 { line } => {
            let mut finding = refusal(
                path,
                ENCODING,
                "has bytes that are not UTF-8, and declares no other encoding: save it as UTF-8",
            );
            finding.line = i32::try_from(line).ok();
            finding
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    const LIMIT: u64 = 1 << 20;

    fn rule_of(bytes: &[u8]) -> String {
        open(bytes, "a.svg", LIMIT).unwrap_err().remove(0).rule
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn utf16_le(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    fn utf16_be(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_be_bytes).collect()
    }

    fn with_bom(text: &str) -> String {
        format!("\u{FEFF}{text}")
    }

    #[test]
    fn what_is_unambiguous_is_decoded() {
        let declared = |encoding: &str| format!("<?xml version=\"1.0\" encoding=\"{encoding}\"?><svg>é</svg>");
        for (bytes, text) in [
            (b"<svg/>".to_vec(), "<svg/>".to_owned()),
            (b"\xef\xbb\xbf<svg/>".to_vec(), "<svg/>".to_owned()),
            (declared("UTF-8").into_bytes(), declared("UTF-8")),
            (utf16_le(&with_bom("<svg>é</svg>")), "<svg>é</svg>".to_owned()),
            (utf16_be(&with_bom("<svg>é</svg>")), "<svg>é</svg>".to_owned()),
            (utf16_be(&with_bom(&declared("utf-16"))), declared("utf-16")),
            (utf16_le(&declared("UTF-16LE")), declared("UTF-16LE")),
            (utf16_be(&declared("UTF-16")), declared("UTF-16")),
            (
                declared("ISO-8859-1").chars().map(|c| c as u8).collect(),
                declared("ISO-8859-1"),
            ),
            (
                declared("Windows-1252")
                    .replace('é', "\u{80}")
                    .chars()
                    .map(|c| c as u8)
                    .collect(),
                declared("Windows-1252").replace('é', "€"),
            ),
        ] {
            assert_eq!(open(&bytes, "a.svg", LIMIT).unwrap(), text);
            assert_eq!(open(&gzip(&bytes), "a.svgz", LIMIT).unwrap(), text);
        }
        for (encoding, bytes, text) in [
            ("windows-1251", &b"\xcf\xf0"[..], "Пр"),
            ("ISO-8859-15", b"\xa4", "€"),
            ("koi8-r", b"\xf0", "П"),
            ("Shift_JIS", b"\x89\xd4", "花"),
            ("GB2312", b"\xbb\xa8", "花"),
            ("euc-jp", b"\xb2\xd6", "花"),
            ("EUC-KR", b"\xb2\xc9", "꽃"),
            ("Big5", b"\xaa\xe1", "花"),
        ] {
            let file = |content: &[u8]| {
                let start = format!("<?xml version='1.0' encoding='{encoding}'?><svg>");
                [start.as_bytes(), content, b"</svg>"].concat()
            };
            let opened = open(&file(bytes), "a.svg", LIMIT).unwrap().into_owned();
            assert_eq!(opened.as_bytes(), file(text.as_bytes()), "{encoding}");
        }
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        let utf32: Vec<u8> = "<svg/>".chars().flat_map(|c| (c as u32).to_le_bytes()).collect();
        for bytes in [
            utf16_le("<svg/>"),
            utf16_be("<svg/>"),
            utf16_le(&with_bom("<?xml version='1.0' encoding='UTF-8'?><svg/>")),
            utf16_le("<?xml version='1.0' encoding='UTF-8'?><svg/>"),
            utf16_le(&with_bom("<?xml version='1.0' encoding='UTF-16BE'?><svg/>")),
            [&b"\xff\xfe"[..], &utf16_le("<svg>"), b"\x00\xd8<\0"].concat(),
            [&b"\xff\xfe\0\0"[..], &utf32].concat(),
            utf32,
            b"<?xml version='1.0' encoding='UTF-7'?><svg/>".to_vec(),
            b"<?xml version='1.0' encoding='UTF-16'?><svg/>".to_vec(),
            b"<?xml version='1.0' encoding='ISO-2022-JP'?><svg/>".to_vec(),
            b"<?xml version='1.0' encoding='Shift_JIS'?><svg>\x82</svg>".to_vec(),
            b"<?xml version='1.0' encoding='windows-1253'?><svg>\xd2</svg>".to_vec(),
            b"<?xml version='1.0' encoding='x-user-defined'?><svg/>".to_vec(),
            b"<?xml version='1.0' encoding='replacement'?><svg/>".to_vec(),
            b"\xef\xbb\xbf<?xml version='1.0' encoding='ISO-8859-1'?><svg/>".to_vec(),
            b"<svg>\xe9</svg>".to_vec(),
            b"<svg>\xc0\xbcscript></svg>".to_vec(),
            b"<svg>\xed\xa0\x80</svg>".to_vec(),
            b"<svg>\0</svg>".to_vec(),
        ] {
            assert_eq!(rule_of(&bytes), ENCODING, "{}", String::from_utf8_lossy(&bytes));
        }
        for bytes in [
            &b""[..],
            b"+ADw-svg+AD4-",
            b"\x89PNG\r\n\x1a\n",
            b"GIF89a<svg/>",
            b"\x4c\x6f\xa7\x94",
        ] {
            assert_eq!(rule_of(bytes), NOT_SVG);
        }
    }

    #[test]
    fn only_one_sound_gzip_member_of_bounded_size_is_inflated() {
        let sound = gzip(b"<svg/>");
        let mut damaged = sound.clone();
        let crc = damaged.len() - 8;
        damaged[crc] ^= 1;
        for bytes in [
            damaged,
            sound[..sound.len() - 1].to_vec(),
            [&sound[..], &sound].concat(),
            [&sound[..], b"PK"].concat(),
            gzip(&sound),
            gzip(&vec![b' '; 900_000]),
            b"\x1f\x8b".to_vec(),
        ] {
            assert_eq!(rule_of(&bytes), super::super::rules::COMPRESSED);
        }
        // Random enough not to be refused for its ratio.
        let mut state = 1_u32;
        let mut random = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        let large: Vec<u8> = (0..=LIMIT).map(|_| random()).collect();
        assert_eq!(rule_of(&gzip(&large)), TOO_LARGE);
        assert_eq!(rule_of(&large), TOO_LARGE);
    }

    #[test]
    fn bytes_that_are_not_utf8_are_reported_with_their_line() {
        let finding = open(b"<svg>\n\n\xe9</svg>", "a.svg", LIMIT).unwrap_err().remove(0);
        assert_eq!(finding.line, Some(3));
    }
}
