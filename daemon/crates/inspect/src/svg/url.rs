//! Where an address in a file leads.

/// What an address means for somebody who opens the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
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

/// Reads an address as a browser does: blanks and control characters in it do not count.
pub fn target(address: &str) -> Target {
    const ENOUGH: usize = 64;
    let plain: String = address
        .chars()
        .filter(|character| !character.is_control() && !character.is_whitespace())
        .take(ENOUGH)
        .collect::<String>()
        .to_ascii_lowercase();
    if plain.is_empty() {
        return Target::Nothing;
    }
    if plain.starts_with('#') {
        return Target::Fragment;
    }
    if ["javascript:", "vbscript:", "livescript:"]
        .iter()
        .any(|scheme| plain.starts_with(scheme))
    {
        return Target::Script;
    }
    match plain.strip_prefix("data:") {
        Some(data) => data_target(data.split([';', ',']).next().unwrap_or_default()),
        None => Target::Elsewhere,
    }
}

fn data_target(media_type: &str) -> Target {
    match media_type {
        "image/png" | "image/jpeg" | "image/jpg" | "image/gif" | "image/webp" => Target::Picture,
        "application/font-woff"
        | "application/x-font-woff"
        | "application/x-font-ttf"
        | "application/vnd.ms-fontobject" => Target::Font,
        font if font.starts_with("font/") => Target::Font,
        "text/html"
        | "text/xml"
        | "application/xml"
        | "application/xhtml+xml"
        | "text/javascript"
        | "application/javascript" => Target::Script,
        _ => Target::Data,
    }
}

/// Whether an address that leads elsewhere is a page of the web, a mail address or a neighbouring file: what links are made for.
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
