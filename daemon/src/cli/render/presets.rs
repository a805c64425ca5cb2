//! Presets of a run.

use std::path::PathBuf;

use anyhow::ensure;
use sha2::{Digest, Sha256};
use tradepost_render::MAX_WIDTH_PX;
use tradepost_render::presets::{Format, Preset, WIDTHS, Watermark, default_presets};
use tradepostd::config;

const MAX_PRESETS: usize = 64;

/// Without any of them the presets of the marketplace are used.
#[derive(Debug, clap::Args)]
pub struct PresetArgs {
    /// A TOML file with a table [[preset]] for each picture, as previews.presets of the daemon's configuration.
    #[arg(long, conflicts_with_all = ["widths", "formats", "quality"])]
    presets: Option<PathBuf>,
    /// Widths in pixels [default: 64,128,256,512].
    #[arg(long, value_delimiter = ',')]
    widths: Vec<u32>,
    /// png, webp, or both [default: both].
    #[arg(long, value_delimiter = ',', value_parser = parse_format)]
    formats: Vec<Format>,
    /// Quality of WebP pictures of many colours, 0 to 100 [default: 80].
    #[arg(long)]
    quality: Option<u8>,
}

impl PresetArgs {
    /// Returns the presets, checked.
    pub fn load(&self) -> anyhow::Result<Vec<Preset>> {
        let presets = match &self.presets {
            // Not the daemon's configuration: another exit code.
            Some(file) => config::presets::read(file).map_err(|error| anyhow::anyhow!("{error}"))?,
            None if self.widths.is_empty() && self.formats.is_empty() && self.quality.is_none() => default_presets(),
            None => self.combined(),
        };
        check(&presets)?;
        Ok(presets)
    }

    /// Every width in every format.
    fn combined(&self) -> Vec<Preset> {
        let widths = if self.widths.is_empty() {
            &WIDTHS[..]
        } else {
            &self.widths
        };
        let formats = match self.formats.is_empty() {
            true => &[Format::Png, Format::Webp],
            false => &self.formats[..],
        };
        let preset = |width_px: u32, format: Format| Preset {
            name: format!("{}-{width_px}", format.as_str()),
            width_px,
            format,
            quality: self.quality.unwrap_or(80),
            background: None,
            watermark: Watermark::None,
        };
        let in_formats = |&width: &u32| formats.iter().map(move |&format| (width, format));
        let pairs = widths.iter().flat_map(in_formats);
        pairs.map(|(width, format)| preset(width, format)).collect()
    }
}

/// Hash of the names of the presets and of everything that decides the bytes.
pub fn hash(presets: &[Preset]) -> String {
    let mut hasher = Sha256::new();
    for preset in presets {
        hasher.update(&preset.name);
        hasher.update([0]);
        hasher.update(preset.hash());
    }
    hex::encode(hasher.finalize())
}

fn parse_format(text: &str) -> Result<Format, String> {
    match text {
        "png" => Ok(Format::Png),
        "webp" => Ok(Format::Webp),
        _ => Err("formats are png and webp".to_owned()),
    }
}

fn check(presets: &[Preset]) -> anyhow::Result<()> {
    ensure!(
        presets.len() <= MAX_PRESETS,
        "there are {} presets; the limit is {MAX_PRESETS}",
        presets.len()
    );
    let mut names = std::collections::HashSet::new();
    for preset in presets {
        let (name, width) = (&preset.name, preset.width_px);
        ensure!(names.insert(name), "the preset {name} is used twice");
        ensure!(
            (1..=MAX_WIDTH_PX).contains(&width),
            "the preset {name} is {width} px wide; it may be 1 to {MAX_WIDTH_PX}"
        );
        ensure!(
            preset.quality <= 100,
            "the preset {name} has a quality of {}; it may be 0 to 100",
            preset.quality
        );
    }
    Ok(())
}
