//! Checks of what a child replies: a file may have taken the child over.

use sha2::{Digest, Sha256};
use tradepost_base::Finding;
use tradepost_inspect::text::clean;
use tradepost_render::presets::Preset;

use crate::failure::Failure;
use crate::protocol::{PublishedBytes, Reply};
use crate::types::{DrawnFile, Image, Published, Rendered, renditions};

/// Most findings that are kept of one file or pack.
const MAX_FINDINGS: usize = 2_100;
const MAX_TEXT: usize = 500;
const MAX_EXCERPT: usize = 200;
const MAX_RULE: usize = 60;
/// Height of the tallest rendition: four times the largest width.
const MAX_SIDE_PX: u32 = 16_384;

const NOT_OPENED: &str = "another reply than an opened file";

/// Limits number and length of findings, and removes control characters.
pub fn findings(findings: Vec<Finding>) -> Vec<Finding> {
    findings.into_iter().take(MAX_FINDINGS).map(finding).collect()
}

fn finding(finding: Finding) -> Finding {
    Finding {
        file: finding.file.map(|path| clean(&path, MAX_TEXT)),
        rule: clean(&finding.rule, MAX_RULE),
        severity: finding.severity,
        message: clean(&finding.message, MAX_TEXT),
        line: finding.line.filter(|&line| line > 0),
        column: finding.column.filter(|&column| column > 0),
        excerpt: finding.excerpt.map(|text| clean(&text, MAX_EXCERPT)),
    }
}

/// Makes a text of the child fit for a log.
pub fn shorten(text: &str) -> String {
    clean(text, MAX_TEXT)
}

/// Accepts an opened file.
pub fn opened(reply: Reply, mut blobs: Vec<Vec<u8>>, presets: &[Preset]) -> Result<Rendered, Failure> {
    let Reply::Opened {
        size,
        findings,
        heights,
        published,
        fingerprint,
    } = reply
    else {
        return Err(Failure::protocol(NOT_OPENED));
    };
    let published = match published {
        PublishedBytes::Itself => Published::Itself,
        PublishedBytes::Nothing => Published::Nothing,
        PublishedBytes::Copy => match blobs.pop() {
            Some(bytes) if !bytes.is_empty() => Published::Copy {
                sha256: Sha256::digest(&bytes).into(),
                bytes: bytes.into(),
            },
            _ => return Err(Failure::protocol("no copy")),
        },
    };
    let DrawnFile { size, images } = images_of(size, heights, blobs, presets)?;
    Ok(Rendered {
        size,
        findings: self::findings(findings),
        renditions: renditions(images, presets),
        published,
        fingerprint,
    })
}

/// Accepts the images of an opened file.
pub fn drawn(reply: Reply, blobs: Vec<Vec<u8>>, presets: &[Preset]) -> Result<DrawnFile, Failure> {
    match reply {
        Reply::Opened { size, heights, .. } => images_of(size, heights, blobs, presets),
        _ => Err(Failure::protocol(NOT_OPENED)),
    }
}

/// Accepts the images of one file. A model or a sound, which has no size, may have none; everything else has all of them.
fn images_of(
    size: Option<(f32, f32)>,
    heights: Vec<u32>,
    blobs: Vec<Vec<u8>>,
    presets: &[Preset],
) -> Result<DrawnFile, Failure> {
    check_size(size)?;
    let images = match size {
        None if heights.is_empty() && blobs.is_empty() => Vec::new(),
        _ => images(heights, blobs, presets)?,
    };
    Ok(DrawnFile { size, images })
}

fn check_size(size: Option<(f32, f32)>) -> Result<(), Failure> {
    let is_length = |length: f32| length.is_finite() && length > 0.0;
    match size {
        Some((width, height)) if !is_length(width) || !is_length(height) => {
            Err(Failure::protocol("an impossible size"))
        }
        _ => Ok(()),
    }
}

/// Accepts one image for each preset.
pub fn images(heights: Vec<u32>, blobs: Vec<Vec<u8>>, presets: &[Preset]) -> Result<Vec<Image>, Failure> {
    if heights.len() != presets.len() || blobs.len() != presets.len() {
        return Err(Failure::protocol("another number of images than was asked for"));
    }
    let image = |((height_px, bytes), preset): ((u32, Vec<u8>), &Preset)| {
        let is_valid = (1..=MAX_SIDE_PX).contains(&height_px) && preset.format.is_magic_of(&bytes);
        is_valid
            .then_some(Image { height_px, bytes })
            .ok_or_else(|| Failure::protocol("another image than was asked for"))
    };
    heights.into_iter().zip(blobs).zip(presets).map(image).collect()
}
