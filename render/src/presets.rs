//! Presets: which renditions are made of every item. Immutable data, named in the store by their hash.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// How a rendition is encoded.
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

    /// Whether the bytes begin as this format does.
    pub fn is_magic_of(self, bytes: &[u8]) -> bool {
        match self {
            Self::Png => bytes.starts_with(b"\x89PNG\r\n\x1a\n"),
            Self::Webp => bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP"),
        }
    }

    /// What HTTP calls it.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Webp => "image/webp",
        }
    }
}

/// Whether the house's mark is drawn over the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Watermark {
    None,
    Tiled,
}

/// One picture to be made of every item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preset {
    /// Unique, stable, part of the public API: `png-256`, `watermarked-512`.
    pub name: String,
    /// The height follows the picture's aspect ratio.
    pub width_px: u32,
    pub format: Format,
    /// 0 to 100, for lossy WebP; pictures of few colours are always encoded exactly.
    pub quality: u8,
    pub watermark: Watermark,
}

impl Preset {
    /// SHA-256 of everything that decides the bytes: two presets of one hash make the same picture.
    pub fn hash(&self) -> [u8; 32] {
        // The name does not change a pixel; the version does when the engine draws differently.
        let canonical = format!(
            "v1;w={};f={};q={};wm={:?}",
            self.width_px,
            self.format.as_str(),
            self.quality,
            self.watermark
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
            watermark: Watermark::None,
        };
        assert_eq!(
            hex::encode(preset.hash()),
            hex::encode(Sha256::digest(b"v1;w=64;f=png;q=80;wm=None"))
        );
    }
}
