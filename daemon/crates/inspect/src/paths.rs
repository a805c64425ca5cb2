//! Paths inside a pack, in the manifest and in the ZIP.

use tradepost_base::text::is_hidden;
use unicode_normalization::UnicodeNormalization;

/// The fault of a path inside a pack, in the manifest or in the ZIP.
pub fn unsafe_path(path: &str) -> Option<&'static str> {
    if path.is_empty() || path.len() > 255 {
        return Some("must be 1 to 255 bytes long");
    }
    if path.contains('\\') {
        return Some("must not contain a backslash");
    }
    if path.starts_with('/') || path.as_bytes().get(1) == Some(&b':') {
        return Some("must be relative to the pack");
    }
    if path.chars().any(is_hidden) {
        return Some("must not contain control or text-direction characters");
    }
    if path.split('/').any(|part| matches!(part, "" | "." | "..")) {
        return Some("must not contain empty parts, `.` or `..`");
    }
    if path.contains([':', '<', '>', '"', '|', '?', '*']) {
        return Some("must not contain any of : < > \" | ? * (Windows cannot unpack it)");
    }
    if path.split('/').any(|part| part.ends_with(['.', ' '])) {
        return Some("must not have a part that ends in a dot or a space (Windows cannot unpack it)");
    }
    path.split('/')
        .any(is_device)
        .then_some("must not be a name that Windows reserves (CON, AUX, COM1, ...)")
}

/// The names of devices, whatever comes after the first dot.
fn is_device(part: &str) -> bool {
    const DEVICES: [&str; 6] = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"];
    const PORTS: [&str; 2] = ["COM", "LPT"];
    let stem = part.split('.').next().unwrap_or(part).trim_end().to_uppercase();
    let is_port = |name: &str| {
        let mut rest = stem.strip_prefix(name).unwrap_or_default().chars();
        matches!((rest.next(), rest.next()), (Some('0'..='9' | '¹' | '²' | '³'), None))
    };
    DEVICES.contains(&stem.as_str()) || PORTS.into_iter().any(is_port)
}

/// Folds a path as a file system does that ignores case, Unicode composition and invisible characters.
pub fn fold(path: &str) -> String {
    // To upper case first: `ß` and `ss` are one name.
    path.nfkc()
        .filter(|&character| !is_ignored(character))
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase)
        .nfkc()
        .collect()
}

/// Soft hyphens, joiners and variation selectors, which emoji need: two names may not differ only in them.
fn is_ignored(character: char) -> bool {
    matches!(character, '\u{AD}' | '\u{34F}' | '\u{180B}'..='\u{180F}' | '\u{200C}' | '\u{200D}' | '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unsafe_paths_are_refused() {
        for path in [
            "",
            "/a.svg",
            "C:/a.svg",
            "a\\b.svg",
            "../a.svg",
            "a/../b.svg",
            "a//b.svg",
            "./a.svg",
            "a\u{202E}gvs.svg",
            "a\n.svg",
            "a/",
            "a/aux.svg",
            "con.tar.svg",
            "lpt\u{b9}.svg",
            "icons./a.svg",
            "icons /a.svg",
            "a.svg:b",
            "what?.svg",
        ] {
            assert!(unsafe_path(path).is_some(), "{path:?}");
        }
        for path in [
            "a.svg",
            "icons/größe 24/花.svg",
            "a..b.svg",
            "...svg",
            "console.svg",
            "com.svg",
            "com12.svg",
            "icon aux.svg",
        ] {
            assert_eq!(unsafe_path(path), None, "{path:?}");
        }
    }
}
