//! `previews.toml`: the pictures that are made of every item. Without the file there are the defaults.
//!
//! ```toml
//! [[preset]]
//! name = "webp-512"
//! width_px = 512
//! format = "webp"
//! quality = 80               # of lossy WebP
//! background = "#ffffff"     # transparent when not given
//! watermark = "mark.svg"     # or "tiled", the house's name; relative to the file
//! ```

use std::collections::HashMap;
use std::path::Path;

use figment::Figment;
use figment::providers::{Format as _, Toml};
use serde::Deserialize;
use tradepost_common::problem::Fault;
use tradepost_render::presets::{Format, Preset, Watermark};
use tradepost_render::{MAX_WIDTH_PX, check_mark};

use super::ConfigError;
use super::load::fault;

/// Every preset is another picture of every item.
const MAX_PRESETS: usize = 32;
const MAX_NAME: usize = 40;
const MAX_MARK_BYTES: u64 = 256 << 10;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    preset: Vec<Entry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    width_px: u32,
    format: Format,
    #[serde(default = "default_quality")]
    quality: u8,
    background: Option<String>,
    watermark: Option<String>,
}

fn default_quality() -> u8 {
    80
}

/// Reads the presets of the marketplace.
///
/// # Errors
/// Every fault of the file, each with the preset and the key it is about.
pub fn load(file: &Path) -> Result<Vec<Preset>, ConfigError> {
    let presets = read(file)?;
    if presets.iter().any(is_plain_png) {
        return Ok(presets);
    }
    let message = "must have a PNG at least 128 wide with neither background nor watermark: contact sheets and moderators need it";
    Err(ConfigError(vec![fault(&file.display().to_string(), message)]))
}

/// Reads the presets of a file, whatever they are for.
///
/// # Errors
/// As [`load`].
pub fn read(file: &Path) -> Result<Vec<Preset>, ConfigError> {
    let shown = file.display().to_string();
    if let Err(error) = std::fs::metadata(file) {
        return Err(ConfigError(vec![fault(&shown, &format!("cannot be read: {error}"))]));
    }
    let entries = match Figment::from(Toml::file_exact(file)).extract::<File>() {
        Ok(read) => read.preset,
        Err(errors) => {
            let told = |error: figment::Error| {
                let at = [vec![shown.clone()], error.path.clone()].concat().join(": ");
                fault(&at, &error.kind.to_string())
            };
            return Err(ConfigError(errors.into_iter().map(told).collect()));
        }
    };
    let mut faults = Vec::new();
    let folder = file.parent().unwrap_or(Path::new("."));
    let presets: Vec<Preset> = entries
        .iter()
        .map(|entry| entry.preset(folder, &shown, &mut faults))
        .collect();
    check_together(&presets, &shown, &mut faults);
    if faults.is_empty() {
        Ok(presets)
    } else {
        Err(ConfigError(faults))
    }
}

impl Entry {
    /// The preset; what is wrong with it is added to the faults.
    fn preset(&self, folder: &Path, shown: &str, faults: &mut Vec<Fault>) -> Preset {
        let mut wrong =
            |key: &str, message: &str| faults.push(fault(&format!("{shown}: {}.{key}", self.name), message));
        let fits = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
        if self.name.is_empty() || self.name.len() > MAX_NAME || !self.name.chars().all(fits) {
            wrong(
                "name",
                "must be 1 to 40 of a-z, 0-9 and -: it is part of the public API",
            );
        }
        if !(1..=MAX_WIDTH_PX).contains(&self.width_px) {
            wrong("width_px", &format!("must be between 1 and {MAX_WIDTH_PX}"));
        }
        if self.quality > 100 {
            wrong("quality", "must be between 0 and 100");
        }
        let background = self.background.as_deref().and_then(|text| {
            let colour = colour(text);
            if colour.is_none() {
                wrong("background", "must be a colour like \"#ffffff\"");
            }
            colour
        });
        let watermark = match self.watermark.as_deref() {
            None | Some("none") => Watermark::None,
            Some("tiled") => Watermark::Tiled,
            Some(path) => mark(&folder.join(path)).unwrap_or_else(|message| {
                wrong("watermark", &message);
                Watermark::None
            }),
        };
        Preset {
            name: self.name.clone(),
            width_px: self.width_px,
            format: self.format,
            quality: self.quality,
            background,
            watermark,
        }
    }
}

fn colour(text: &str) -> Option<[u8; 3]> {
    let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6)?;
    let mut colour = [0; 3];
    hex::decode_to_slice(digits, &mut colour).ok()?;
    Some(colour)
}

fn mark(file: &Path) -> Result<Watermark, String> {
    let read = || {
        if std::fs::metadata(file)?.len() > MAX_MARK_BYTES {
            return Err(std::io::Error::other("it is larger than 256 KiB"));
        }
        std::fs::read_to_string(file)
    };
    let text = read().map_err(|error| format!("{} cannot be read: {error}", file.display()))?;
    check_mark(&text).map_err(|message| format!("{}: {message}", file.display()))?;
    Ok(Watermark::Svg(text))
}

fn check_together(presets: &[Preset], shown: &str, faults: &mut Vec<Fault>) {
    if presets.is_empty() || presets.len() > MAX_PRESETS {
        faults.push(fault(shown, &format!("must have between 1 and {MAX_PRESETS} presets")));
    }
    let (mut names, mut hashes) = (HashMap::new(), HashMap::new());
    for preset in presets {
        if names.insert(&preset.name, ()).is_some() {
            faults.push(fault(&format!("{shown}: {}.name", preset.name), "is used twice"));
        } else if let Some(other) = hashes.insert(preset.hash(), &preset.name) {
            let message = format!("makes the same picture as {other}");
            faults.push(fault(&format!("{shown}: {}", preset.name), &message));
        }
    }
}

fn is_plain_png(preset: &Preset) -> bool {
    preset.format == Format::Png
        && preset.width_px >= 128
        && preset.background.is_none()
        && preset.watermark == Watermark::None
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: &str = "[[preset]]\nname = \"png-256\"\nwidth_px = 256\nformat = \"png\"\n";

    fn read(text: &str, mark: &str) -> Result<Vec<Preset>, String> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("mark.svg"), mark).unwrap();
        let file = folder.path().join("previews.toml");
        std::fs::write(&file, text).unwrap();
        load(&file).map_err(|error| error.to_string())
    }

    #[test]
    fn every_key_of_a_preset_is_read() {
        let mark = "<svg xmlns='http://www.w3.org/2000/svg' width='8' height='8'><path d='M0 0h8v8z'/></svg>";
        let text = format!(
            "{PLAIN}[[preset]]\nname = \"card\"\nwidth_px = 300\nformat = \"webp\"\nquality = 60\nbackground = \"#102030\"\nwatermark = \"mark.svg\"\n"
        );
        let presets = read(&text, mark).unwrap();
        assert_eq!(presets.len(), 2);
        assert_eq!((presets[0].quality, presets[0].background), (80, None));
        assert_eq!(presets[1].background, Some([16, 32, 48]));
        assert_eq!(presets[1].watermark, Watermark::Svg(mark.to_owned()));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_preset_and_key() {
        let with = |extra: &str| format!("{PLAIN}[[preset]]\nname = \"b\"\nwidth_px = 64\nformat = \"png\"\n{extra}");
        for (text, named) in [
            (String::new(), "preset"),
            ("[[preset]]\nname = \"a\"\n".to_owned(), "width_px"),
            (with("colour = 1"), "colour"),
            (with("quality = 101"), "b.quality: must be between 0 and 100"),
            (with("background = \"white\""), "b.background: must be a colour"),
            (with("watermark = \"gone.svg\""), "gone.svg cannot be read"),
            (with("watermark = \"mark.svg\""), "b.watermark: "),
            (PLAIN.replace("256\n", "0\n"), "png-256.width_px: must be between 1"),
            (
                PLAIN.replace("256\n", "100000\n"),
                "png-256.width_px: must be between 1",
            ),
            (PLAIN.replace("png-256", "PNG 256"), "name: must be 1 to 40"),
            (PLAIN.replace("\"png\"", "\"gif\""), "gif"),
            (PLAIN.replace("\"png\"", "\"webp\""), "must have a PNG"),
            (PLAIN.repeat(2), "png-256.name: is used twice"),
            (
                PLAIN.to_owned() + &PLAIN.replace("png-256", "again"),
                "again: makes the same picture as png-256",
            ),
            ("[[preset]\n".to_owned(), "previews.toml"),
        ] {
            let told = read(&text, "this is no SVG").unwrap_err();
            assert!(told.contains(named), "{text}\n{told}");
        }
    }
}
