//! Addresses of buffers and pictures: data inside the address itself, or a file beside the model.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};

/// The target of a URI.
#[derive(Debug, PartialEq, Eq)]
pub enum Uri<'a> {
    /// `data:`, with its media type in lower case.
    Data {
        mime_type: String,
        bytes: Vec<u8>,
    },
    /// A path relative to the model, as it is written.
    File(&'a str),
    /// An address with a scheme, a host, a root, a query or a fragment.
    Elsewhere,
    Invalid(&'static str),
}

/// Parses a URI. Data is decoded, so this takes as much memory as the text has.
pub fn target(uri: &str) -> Uri<'_> {
    match uri.get(..5) {
        Some(scheme) if scheme.eq_ignore_ascii_case("data:") => data(&uri[5..]),
        _ => reference(uri),
    }
}

/// Undoes `%41`; what is no such escape stays.
pub fn percent_decoded(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let hex = |offset: usize| bytes.get(at + offset).and_then(|digit| char::from(*digit).to_digit(16));
        match (byte, hex(1), hex(2)) {
            (b'%', Some(high), Some(low)) => {
                // Two hexadecimal digits fit.
                decoded.push((high * 16 + low) as u8);
                at += 3;
            }
            _ => {
                decoded.push(byte);
                at += 1;
            }
        }
    }
    decoded
}

/// `[<type>/<subtype>][;<name>=<value>]*[;base64],<data>`
fn data(text: &str) -> Uri<'_> {
    let Some((head, body)) = text.split_once(',') else {
        return Uri::Invalid("there is no comma before the data");
    };
    let mut parts = head.split(';');
    let mime_type = parts.next().unwrap_or_default();
    if !mime_type.is_empty() && mime_type.matches('/').count() != 1 {
        return Uri::Invalid("the media type must have one slash");
    }
    let mut base64 = false;
    for part in parts {
        if base64 {
            return Uri::Invalid("nothing but the data can follow \"base64\"");
        }
        match part {
            "base64" => base64 = true,
            part if part.contains('=') => {}
            _ => return Uri::Invalid("a parameter must have a value"),
        }
    }
    let mime_type = if mime_type.is_empty() { "text/plain" } else { mime_type };
    let mime_type = String::from_utf8_lossy(&percent_decoded(mime_type)).to_lowercase();
    if !base64 {
        let bytes = percent_decoded(body);
        return Uri::Data { mime_type, bytes };
    }
    match decode_base64(body) {
        Some(bytes) => Uri::Data { mime_type, bytes },
        None => Uri::Invalid("this is not Base64"),
    }
}

/// Both alphabets are read; padding may be left out, but not half of it.
fn decode_base64(text: &str) -> Option<Vec<u8>> {
    let text: Cow<'_, [u8]> = if text.contains('%') {
        Cow::Owned(percent_decoded(text))
    } else {
        Cow::Borrowed(text.as_bytes())
    };
    let engine = if text.contains(&b'=') {
        STANDARD
    } else {
        STANDARD_NO_PAD
    };
    if !text.contains(&b'-') && !text.contains(&b'_') {
        return engine.decode(text).ok();
    }
    let standard = |byte: &u8| match byte {
        b'-' => b'+',
        b'_' => b'/',
        other => *other,
    };
    engine.decode(text.iter().map(standard).collect::<Vec<u8>>()).ok()
}

fn reference(uri: &str) -> Uri<'_> {
    let scheme_end = uri.find([':', '/', '?', '#', '\\']);
    if let Some(end) = scheme_end
        && uri.as_bytes().get(end) == Some(&b':')
    {
        let scheme = &uri[..end];
        let sound = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
        return match sound {
            true => after_scheme(&uri[end + 1..]),
            false => Uri::Invalid("the part before the colon is not a scheme"),
        };
    }
    if uri.starts_with("//") {
        return after_scheme(uri);
    }
    let elsewhere = uri.starts_with(['/', '\\']) || uri.contains(['?', '#']);
    if elsewhere { Uri::Elsewhere } else { Uri::File(uri) }
}

/// An address with a scheme or a host; the host and the port are looked at.
fn after_scheme(rest: &str) -> Uri<'_> {
    let Some(rest) = rest.strip_prefix("//") else {
        return Uri::Elsewhere;
    };
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let (name, port) = match host.strip_prefix('[') {
        Some(address) => match address.split_once(']') {
            Some((address, port)) if address.parse::<std::net::Ipv6Addr>().is_ok() => (address, port),
            _ => return Uri::Invalid("the address of the host is not IPv6"),
        },
        None => host.find(':').map_or((host, ""), |colon| host.split_at(colon)),
    };
    let port_sound = port.is_empty()
        || port
            .strip_prefix(':')
            .is_some_and(|port| port.bytes().all(|byte| byte.is_ascii_digit()));
    match (port_sound, name.contains(['[', ']'])) {
        (false, _) => Uri::Invalid("the port is not a number"),
        (_, true) => Uri::Invalid("the name of the host has a bracket"),
        _ => Uri::Elsewhere,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes_of(uri: &str) -> Option<Vec<u8>> {
        match target(uri) {
            Uri::Data { bytes, .. } => Some(bytes),
            _ => None,
        }
    }

    #[test]
    fn data_is_read_however_it_is_written() {
        for uri in [
            "data:a/b;base64,AQI=",
            "DATA:a/b;x=y;base64,AQI",
            "data:a/b;base64,AQI%3D",
            "data:a/b,%01%02",
        ] {
            assert_eq!(bytes_of(uri), Some(vec![1, 2]), "{uri}");
        }
        assert_eq!(bytes_of("data:a/b;base64,-_-_"), bytes_of("data:a/b;base64,+/+/"));
        assert_eq!(bytes_of("data:,%zz"), Some(b"%zz".to_vec()));
    }

    #[test]
    fn broken_data_is_invalid() {
        for uri in [
            "data:",
            "data:a/b",
            "data:a,",
            "data:a/b/c,",
            "data:a/b;base64,A",
            "data:a/b;base64,AA=",
            "data:a/b;base64,AB==",
            "data:a/b;base64,`",
            "data:a/b;;base64,AA==",
            "data:a/b;base64;x=y,AA==",
        ] {
            assert!(matches!(target(uri), Uri::Invalid(_)), "{uri}");
        }
    }

    #[test]
    fn addresses_outside_are_told_from_files_beside() {
        for uri in ["a.bin", "a%20b.bin", "../a.bin", "./a:b", ""] {
            assert_eq!(target(uri), Uri::File(uri));
        }
        for uri in [
            "http://h/a",
            "javascript:x()",
            "//h/a",
            "/a",
            "a?b",
            "a#b",
            "file:///a",
            "http://[::1]:80/",
            "blob:x",
        ] {
            assert_eq!(target(uri), Uri::Elsewhere, "{uri}");
        }
        for uri in [":", "1a:b", "a b:c", "http://h:x/", "http://[zz]/", "http://a[b/"] {
            assert!(matches!(target(uri), Uri::Invalid(_)), "{uri}");
        }
    }
}
