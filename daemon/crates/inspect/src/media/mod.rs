//! Pictures and sounds: what a file is by its content, and whether all of it is that.
//!
//! A format is recognized by its first bytes ([`sniff`]) and proven by walking its structure from the first byte to the last, without decoding: what a
//! viewer shows is then all there is. Nothing may follow the end, metadata is bounded, and no other format may be found where its reader would
//! search ([`inspect`] refuses polyglots). SVG and GLB are only recognized here; `svg` and `glb` inspect them.
//!
//! | rule | about |
//! |---|---|
//! | `type-mismatch` | extension and content name different formats, or the content is none that is accepted |
//! | `polyglot` | another format's marks where its reader looks, or scripts in a picture or a sound |
//! | `picture.too-large`, `sound.too-large` | more bytes or pixels than allowed, found before anything is decoded |
//! | `picture.structure`, `sound.structure` | cut off, contradictory or damaged |
//! | `picture.hidden-data`, `sound.hidden-data` | bytes after the end, or that belong to no part of the format |
//! | `picture.metadata`, `sound.metadata` | more metadata than anybody needs |
//! | `picture.colours`, `picture.animated`, `sound.encoding` | a variant that is not accepted |
//! | `picture.cleaned`, `sound.cleaned` | what follows the end or stands before the beginning is known and not published; worth knowing, nothing more |
//! | `sound.cut-off`, `sound.unusual` | the last frame is not whole; something that players ignore; worth knowing, nothing more |

mod crc;
mod flac;
mod flac_bits;
pub(crate) mod header;
mod id3;
mod jpeg;
mod mp3;
mod ogg;
mod png;
mod polyglot;
mod riff;
#[cfg(test)]
mod tests;
mod types;
mod wav;
mod webp;

use std::ops::Range;

use tradepost_base::{Finding, FindingSeverity};

pub use self::types::{Family, FileType, sniff};
use crate::faults::Faults;
use crate::text::size;

/// The largest picture, in bytes.
pub const MAX_PICTURE_BYTES: usize = 64 << 20;
/// The largest picture, in pixels.
pub const MAX_PIXELS: u64 = 50_000_000;
/// The largest sound, in bytes.
pub const MAX_SOUND_BYTES: usize = 256 << 20;
/// The most metadata of a picture: profiles, camera data, thumbnails, comments.
const MAX_PICTURE_METADATA: usize = 4 << 20;
/// The most metadata of a sound: comments and cover art.
const MAX_SOUND_METADATA: usize = 16 << 20;

/// A file that is what its name says, and nothing else.
#[derive(Debug, Clone, PartialEq)]
pub struct Media {
    pub file_type: FileType,
    /// In pixels; only of pictures.
    pub width: Option<u32>,
    pub height: Option<u32>,
    /// Only of sounds.
    pub duration_ms: Option<u64>,
    pub sample_rate_hz: Option<u32>,
    pub channels: Option<u16>,
    /// Worth knowing; none of them blocks the file.
    pub findings: Vec<Finding>,
    /// The file without the parts that are not published; `None` when all of it is.
    pub cleaned: Option<Vec<u8>>,
}

/// Inspects a file by its bytes and its name; the error lists the findings that refuse it. Of an SVG or a GLB only the type is checked here.
pub fn inspect(bytes: &[u8], path: &str) -> Result<Media, Vec<Finding>> {
    let mut faults = Faults::default();
    let file_type = sniff(bytes);
    if let Some(message) = mismatch(FileType::of_path(path), file_type) {
        faults.add("type-mismatch", Some(path), message);
    }
    let shape = match too_large(file_type, bytes.len()) {
        Some(fault) => Err(fault),
        None => shape(file_type, bytes),
    };
    let shape = shape.unwrap_or_else(|fault| {
        faults.add(fault.rule, Some(path), fault.message);
        Structure::default()
    });
    for message in polyglot::find(bytes, file_type, &shape.metadata) {
        faults.add("polyglot", Some(path), message);
    }
    if !faults.is_empty() {
        return Err(faults.into_findings());
    }
    Ok(Media {
        file_type,
        width: shape.width,
        height: shape.height,
        duration_ms: shape.duration_ms(),
        sample_rate_hz: shape.sample_rate_hz,
        channels: shape.channels,
        findings: shape.notes.into_iter().map(|note| info(path, note)).collect(),
        cleaned: shape
            .kept
            .map(|kept| kept.into_iter().flat_map(|part| &bytes[part]).copied().collect()),
    })
}

/// The properties that a walk of a file finds.
#[derive(Debug, Default)]
struct Structure<'a> {
    width: Option<u32>,
    height: Option<u32>,
    sample_rate_hz: Option<u32>,
    channels: Option<u16>,
    /// Samples of each channel.
    samples: Option<u64>,
    /// Everything that is not pixels or samples.
    metadata: Vec<&'a [u8]>,
    /// Rules and messages of what is worth knowing.
    notes: Vec<(&'static str, String)>,
    /// The parts that are published, in their order; `None` for all of the file.
    kept: Option<Vec<Range<usize>>>,
}

impl Structure<'_> {
    fn duration_ms(&self) -> Option<u64> {
        let rate = self.sample_rate_hz.filter(|&rate| rate > 0)?;
        let ms = u128::from(self.samples?) * 1_000 / u128::from(rate);
        u64::try_from(ms).ok()
    }
}

/// The reason why a file is refused.
#[derive(Debug, PartialEq, Eq)]
struct MediaError {
    rule: &'static str,
    message: String,
}

impl MediaError {
    fn new(rule: &'static str, message: impl Into<String>) -> Self {
        Self {
            rule,
            message: message.into(),
        }
    }
}

fn shape(file_type: FileType, bytes: &[u8]) -> Result<Structure<'_>, MediaError> {
    let shape = match file_type {
        FileType::Png => png::walk(bytes)?,
        FileType::Jpeg => jpeg::walk(bytes)?,
        FileType::WebP => webp::walk(bytes)?,
        FileType::Wav => wav::walk(bytes)?,
        FileType::Flac => flac::walk(bytes)?,
        FileType::Mp3 => mp3::walk(bytes)?,
        FileType::Ogg => ogg::walk(bytes)?,
        FileType::Svg | FileType::Svgz | FileType::Glb | FileType::Unknown => Structure::default(),
    };
    if shape.kept.is_some() && bytes.len() > MAX_PICTURE_BYTES {
        let message =
            "has a tag around it, and is too large to be published without it: remove the tag with a tag editor";
        return Err(MediaError::new("sound.hidden-data", message));
    }
    let metadata_bytes: usize = shape.metadata.iter().map(|part| part.len()).sum();
    let (most, rule) = match file_type.family() {
        Some(Family::Sound) => (MAX_SOUND_METADATA, "sound.metadata"),
        _ => (MAX_PICTURE_METADATA, "picture.metadata"),
    };
    if metadata_bytes > most {
        let message = format!("has more than {} of metadata", size(most as u64));
        return Err(MediaError::new(rule, message));
    }
    Ok(shape)
}

fn mismatch(promised: FileType, found: FileType) -> Option<String> {
    match (promised, found) {
        (FileType::Unknown, _) => Some("has an extension that is not accepted".to_owned()),
        (promised, found) if promised == found => None,
        (promised, FileType::Unknown) => Some(format!(
            "is named as {}, but its content is not in an accepted format",
            promised.as_str()
        )),
        (promised, found) => Some(format!(
            "is named as {}, but is {} by its content",
            promised.as_str(),
            found.as_str()
        )),
    }
}

fn too_large(file_type: FileType, bytes: usize) -> Option<MediaError> {
    let (most, rule) = match file_type.family()? {
        Family::Picture => (MAX_PICTURE_BYTES, "picture.too-large"),
        Family::Sound => (MAX_SOUND_BYTES, "sound.too-large"),
        Family::Drawing | Family::Model => return None,
    };
    (bytes > most).then(|| MediaError::new(rule, format!("is larger than {}", size(most as u64))))
}

/// A picture's size in pixels, when there are not too many of them.
fn dimensions(width: u32, height: u32) -> Result<(Option<u32>, Option<u32>), MediaError> {
    if width == 0 || height == 0 {
        return Err(MediaError::new("picture.structure", "has no pixels"));
    }
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        let message = format!(
            "is {width} x {height} pixels; the limit is {} megapixels",
            MAX_PIXELS / 1_000_000
        );
        return Err(MediaError::new("picture.too-large", message));
    }
    Ok((Some(width), Some(height)))
}

/// Bytes at an offset, where there are that many.
fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at.checked_add(N)?)?.try_into().ok()
}

fn info(path: &str, (rule, message): (&str, String)) -> Finding {
    Finding {
        file: Some(crate::text::clean(path, 255)),
        rule: rule.to_owned(),
        severity: FindingSeverity::Info,
        message,
        line: None,
        column: None,
        excerpt: None,
    }
}
