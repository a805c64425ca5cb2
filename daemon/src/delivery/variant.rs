//! The form in which a file is downloaded.

use std::fmt;
use std::str::FromStr;

use tradepost_render::MAX_WIDTH_PX;
use tradepost_render::presets::{Format, Preset, Watermark};

/// The narrowest image that is drawn.
const MIN_WIDTH_PX: u32 = 16;

/// A form of a file, as the path of its URL has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variant {
    Original,
    /// A whole set.
    Zip,
    Image {
        format: Format,
        width_px: u32,
    },
}

impl Variant {
    /// An image. `None`: it would be too narrow or too wide.
    pub fn image(format: Format, width_px: u32) -> Option<Self> {
        (MIN_WIDTH_PX..=MAX_WIDTH_PX)
            .contains(&width_px)
            .then_some(Self::Image { format, width_px })
    }

    /// The name of the saved file.
    pub fn file_name(self, name: &str) -> String {
        match self {
            Self::Original => name.to_owned(),
            Self::Zip => format!("{name}.zip"),
            Self::Image { format, width_px } => {
                let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
                format!("{stem}-{width_px}.{}", format.as_str())
            }
        }
    }
}

impl fmt::Display for Variant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Original => f.write_str("original"),
            Self::Zip => f.write_str("zip"),
            Self::Image { format, width_px } => write!(f, "{}-{width_px}", format.as_str()),
        }
    }
}

impl FromStr for Variant {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let image = |text: &str| {
            let (format, width) = text.split_once('-')?;
            let format = [Format::Png, Format::Webp]
                .into_iter()
                .find(|known| known.as_str() == format)?;
            Self::image(format, width.parse().ok()?)
        };
        match text {
            "original" => Ok(Self::Original),
            "zip" => Ok(Self::Zip),
            text => image(text).ok_or("is no form of a file"),
        }
    }
}

/// The preset that draws an image.
pub fn preset(format: Format, width_px: u32) -> Preset {
    Preset {
        name: format!("{}-{width_px}", format.as_str()),
        width_px,
        format,
        quality: 90,
        background: None,
        watermark: Watermark::None,
    }
}
