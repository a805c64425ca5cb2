//! File types, by the first bytes and by the name of a file.

use serde::{Deserialize, Serialize};
use tradepost_base::Kind;

use super::id3;

/// A format that a pack may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileType {
    Svg,
    /// Anything compressed with gzip: what is in it is not looked at.
    Svgz,
    Png,
    Jpeg,
    WebP,
    Glb,
    Wav,
    Flac,
    Mp3,
    Ogg,
    Unknown,
}

/// A family of formats with the same inspection and the same limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// SVG.
    Drawing,
    /// Pixels.
    Picture,
    Model,
    Sound,
}

impl FileType {
    /// The format's usual name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Svg => "SVG",
            Self::Svgz => "compressed SVG",
            Self::Png => "PNG",
            Self::Jpeg => "JPEG",
            Self::WebP => "WebP",
            Self::Glb => "GLB",
            Self::Wav => "WAV",
            Self::Flac => "FLAC",
            Self::Mp3 => "MP3",
            Self::Ogg => "Ogg",
            Self::Unknown => "unknown",
        }
    }

    /// The type by the extension, in upper or lower case.
    pub fn of_path(path: &str) -> Self {
        let extension = path
            .rsplit_once('.')
            .map(|(_, extension)| extension.to_ascii_lowercase());
        match extension.as_deref() {
            Some("svg") => Self::Svg,
            Some("svgz") => Self::Svgz,
            Some("png") => Self::Png,
            Some("jpg" | "jpeg") => Self::Jpeg,
            Some("webp") => Self::WebP,
            Some("glb") => Self::Glb,
            Some("wav") => Self::Wav,
            Some("flac") => Self::Flac,
            Some("mp3") => Self::Mp3,
            Some("ogg") => Self::Ogg,
            _ => Self::Unknown,
        }
    }

    /// The media type of a published file, from the IANA registry. The published copy of a compressed SVG is not compressed.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Svg | Self::Svgz => "image/svg+xml",
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::WebP => "image/webp",
            Self::Glb => "model/gltf-binary",
            Self::Wav => "audio/wav",
            Self::Flac => "audio/flac",
            Self::Mp3 => "audio/mpeg",
            Self::Ogg => "audio/ogg",
            Self::Unknown => "application/octet-stream",
        }
    }

    /// `None` for [`Self::Unknown`].
    pub fn family(self) -> Option<Family> {
        match self {
            Self::Svg | Self::Svgz => Some(Family::Drawing),
            Self::Png | Self::Jpeg | Self::WebP => Some(Family::Picture),
            Self::Glb => Some(Family::Model),
            Self::Wav | Self::Flac | Self::Mp3 | Self::Ogg => Some(Family::Sound),
            Self::Unknown => None,
        }
    }
}

impl Family {
    /// The family by the extension.
    pub fn of_path(path: &str) -> Option<Self> {
        FileType::of_path(path).family()
    }

    /// The extensions that [`FileType::of_path`] knows, for messages.
    pub fn extensions(self) -> &'static str {
        match self {
            Self::Drawing => ".svg, .svgz",
            Self::Picture => ".png, .jpg, .jpeg, .webp",
            Self::Model => ".glb",
            Self::Sound => ".wav, .flac, .mp3, .ogg",
        }
    }
}

impl From<Kind> for Family {
    /// The family of the files of a kind.
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Icon | Kind::Illustration => Self::Drawing,
            Kind::Model => Self::Model,
            Kind::Texture => Self::Picture,
            Kind::Audio => Self::Sound,
        }
    }
}

/// Recognizes the format by its signature; [`super::inspect`] checks the rest of the file.
pub fn sniff(bytes: &[u8]) -> FileType {
    let riff = bytes.starts_with(b"RIFF").then(|| bytes.get(8..12)).flatten();
    match bytes {
        _ if riff == Some(b"WEBP") => FileType::WebP,
        _ if riff == Some(b"WAVE") => FileType::Wav,
        // The forms for more than 4 GiB.
        [b'R', b'F', b'6', b'4', ..] | [b'B', b'W', b'6', b'4', ..] => FileType::Wav,
        [0x89, b'P', b'N', b'G', ..] => FileType::Png,
        [0xff, 0xd8, 0xff, ..] => FileType::Jpeg,
        [b'g', b'l', b'T', b'F', ..] => FileType::Glb,
        [b'f', b'L', b'a', b'C', ..] => FileType::Flac,
        [b'O', b'g', b'g', b'S', ..] => FileType::Ogg,
        // Taggers that do not know FLAC put their tag before it.
        [b'I', b'D', b'3', ..] if id3::after_leading(bytes).starts_with(b"fLaC") => FileType::Flac,
        [b'I', b'D', b'3', ..] => FileType::Mp3,
        // Frame sync, and layer III with any version but the reserved one.
        [0xff, second, ..] if second & 0xe6 == 0xe2 && second & 0x18 != 0x08 => FileType::Mp3,
        [0x1f, 0x8b, ..] => FileType::Svgz,
        _ if looks_like_markup(bytes) => FileType::Svg,
        _ => FileType::Unknown,
    }
}

/// True for XML with or without byte order mark, in UTF-8 or UTF-16. `svg::open` and `svg::parse` decide if it is SVG in an accepted encoding.
fn looks_like_markup(bytes: &[u8]) -> bool {
    if [&b"\xff\xfe<\0"[..], b"\xfe\xff\0<", b"<\0", b"\0<"]
        .iter()
        .any(|mark| bytes.starts_with(mark))
    {
        return true;
    }
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = text.trim_ascii_start();
    let html = [&b"<!doctype html"[..], b"<html", b"<script", b"<body", b"<?php"];
    text.starts_with(b"<") && !html.iter().any(|mark| starts_with_ignoring_case(text, mark))
}

pub(super) fn starts_with_ignoring_case(bytes: &[u8], mark: &[u8]) -> bool {
    bytes
        .get(..mark.len())
        .is_some_and(|head| head.eq_ignore_ascii_case(mark))
}
