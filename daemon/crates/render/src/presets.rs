//! Presets: which renditions are made of every item. Immutable data, named in the store by their hash.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The file format of a rendition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    Png,
    Webp,
}

impl Format {
    /// Also the ending of the object's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Webp => "webp",
        }
    }

    /// Returns `true` when the bytes begin with the signature of this format.
    pub fn is_magic_of(self, bytes: &[u8]) -> bool {
        match self {
            Self::Png => bytes.starts_with(b"\x89PNG\r\n\x1a\n"),
            Self::Webp => bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP"),
        }
    }

    /// The media type (RFC 2046).
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Webp => "image/webp",
        }
    }
}

/// The mark drawn over a rendition.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Watermark {
    #[default]
    None,
    /// The name of the marketplace, repeated on a slant.
    Tiled,
    /// An SVG of the operator's, fitted into the picture and centred.
    Svg(String),
}

impl Watermark {
    /// The name in hashes and lists of presets: `none`, `tiled`, or the SHA-256 of the SVG.
    pub fn name(&self) -> String {
        match self {
            Self::None => "none".to_owned(),
            Self::Tiled => "tiled".to_owned(),
            Self::Svg(text) => {
                let digest: [u8; 32] = Sha256::digest(text.as_bytes()).into();
                digest.iter().map(|byte| format!("{byte:02x}")).collect()
            }
        }
    }
}

/// The version of drawing and encoding. It grows when the same file gives other pictures than before, so that every preset has a new hash.
pub const ENGINE_VERSION: u32 = 6;

/// A rendition to be made of every item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preset {
    /// Unique, stable, part of the public API: `png-256`, `watermarked-512`.
    pub name: String,
    /// The height follows the picture's aspect ratio.
    pub width_px: u32,
    pub format: Format,
    /// 0 to 100, for lossy WebP; pictures of few colours are always encoded exactly.
    pub quality: u8,
    /// Red, green and blue of what lies behind the picture; `None`: it stays transparent.
    #[serde(default)]
    pub background: Option<[u8; 3]>,
    #[serde(default)]
    pub watermark: Watermark,
}

impl Preset {
    /// SHA-256 of everything that decides the bytes: two presets of one hash make the same picture.
    pub fn hash(&self) -> [u8; 32] {
        // The name does not change a pixel.
        let background = self.background.map_or("none".to_owned(), |[red, green, blue]| {
            format!("{red:02x}{green:02x}{blue:02x}")
        });
        let canonical = format!(
            "v{ENGINE_VERSION};w={};f={};q={};bg={background};wm={}",
            self.width_px,
            self.format.as_str(),
            self.quality,
            self.watermark.name()
        );
        Sha256::digest(canonical.as_bytes()).into()
    }
}

/// The widths of the default presets.
pub const WIDTHS: [u32; 4] = [64, 128, 256, 512];

/// 64, 128, 256 and 512 px wide as PNG and WebP, and the watermarked 512 px WebP that the public sees before it buys.
pub fn default_presets() -> Vec<Preset> {
    let plain = |width_px, format: Format| Preset {
        name: format!("{}-{width_px}", format.as_str()),
        width_px,
        format,
        quality: 80,
        background: None,
        watermark: Watermark::None,
    };
    let mut presets: Vec<Preset> = WIDTHS
        .iter()
        .flat_map(|&width| [plain(width, Format::Png), plain(width, Format::Webp)])
        .collect();
    presets.push(Preset {
        name: "watermarked-512".to_owned(),
        watermark: Watermark::Tiled,
        ..plain(512, Format::Webp)
    });
    presets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_preset_has_its_own_name_and_hash() {
        let presets = default_presets();
        let names: std::collections::HashSet<_> = presets.iter().map(|preset| preset.name.clone()).collect();
        let hashes: std::collections::HashSet<_> = presets.iter().map(Preset::hash).collect();
        assert_eq!((names.len(), hashes.len()), (9, 9));
    }

    #[test]
    fn a_hash_does_not_change_from_release_to_release() {
        let preset = Preset {
            name: "anything".to_owned(),
            width_px: 64,
            format: Format::Png,
            quality: 80,
            background: None,
            watermark: Watermark::None,
        };
        assert_eq!(
            hex::encode(preset.hash()),
            hex::encode(Sha256::digest(b"v6;w=64;f=png;q=80;bg=none;wm=none"))
        );
    }

    #[test]
    fn what_decides_the_bytes_decides_the_hash_and_the_name_does_not() {
        let plain = &default_presets()[0];
        let changed = [
            Preset {
                width_px: 65,
                ..plain.clone()
            },
            Preset {
                format: Format::Webp,
                ..plain.clone()
            },
            Preset {
                quality: 81,
                ..plain.clone()
            },
            Preset {
                background: Some([255, 255, 255]),
                ..plain.clone()
            },
            Preset {
                watermark: Watermark::Tiled,
                ..plain.clone()
            },
            Preset {
                watermark: Watermark::Svg("<svg/>".to_owned()),
                ..plain.clone()
            },
            Preset {
                watermark: Watermark::Svg("<svg />".to_owned()),
                ..plain.clone()
            },
        ];
        let hashes: std::collections::HashSet<_> = changed.iter().chain([plain]).map(Preset::hash).collect();
        assert_eq!(hashes.len(), changed.len() + 1);
        let renamed = Preset {
            name: "other".to_owned(),
            ..plain.clone()
        };
        assert_eq!(renamed.hash(), plain.hash());
    }
}
