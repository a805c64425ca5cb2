//! The targets of URLs.

/// The target of a URL, as a browser resolves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UrlTarget {
    Nothing,
    /// Inside the file.
    Fragment,
    /// A picture in the address itself, of a format without scripts.
    Picture,
    /// A font in the address itself.
    Font,
    /// Other data in the address itself.
    Data,
    /// Something that runs.
    Script,
    /// Anything outside the file.
    Elsewhere,
}

/// Parses a URL as a browser does: white space and control characters in it are ignored.
pub fn target(address: &str) -> UrlTarget {
    const ENOUGH: usize = 64;
    let plain: String = address
        .chars()
        .filter(|character| !character.is_control() && !character.is_whitespace())
        .take(ENOUGH)
        .collect::<String>()
        .to_ascii_lowercase();
    if plain.is_empty() {
        return UrlTarget::Nothing;
    }
    if plain.starts_with('#') {
        return UrlTarget::Fragment;
    }
    if ["javascript:", "vbscript:", "livescript:"]
        .iter()
        .any(|scheme| plain.starts_with(scheme))
    {
        return UrlTarget::Script;
    }
    match plain.strip_prefix("data:") {
        Some(data) => data_target(data.split([';', ',']).next().unwrap_or_default()),
        None => UrlTarget::Elsewhere,
    }
}

fn data_target(media_type: &str) -> UrlTarget {
    match media_type {
        "image/png" | "image/jpeg" | "image/jpg" | "image/gif" | "image/webp" => UrlTarget::Picture,
        "application/font-woff"
        | "application/x-font-woff"
        | "application/x-font-ttf"
        | "application/vnd.ms-fontobject" => UrlTarget::Font,
        font if font.starts_with("font/") => UrlTarget::Font,
        "text/html"
        | "text/xml"
        | "application/xml"
        | "application/xhtml+xml"
        | "text/javascript"
        | "application/javascript" => UrlTarget::Script,
        _ => UrlTarget::Data,
    }
}

/// True for a URL outside the file that a link may have: a web page, a mail address or a relative URL.
pub fn is_web(address: &str) -> bool {
    let plain: String = address
        .chars()
        .filter(|character| !character.is_control() && !character.is_whitespace())
        .take(64)
        .collect::<String>()
        .to_ascii_lowercase();
    let Some((scheme, _)) = plain.split_once(':') else {
        return true;
    };
    scheme.contains(['/', '?', '#']) || matches!(scheme, "http" | "https" | "mailto")
}
