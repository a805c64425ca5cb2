//! What a child says is checked before the daemon believes it: a file may have taken the child over.

use sha2::{Digest, Sha256};
use tradepost_common::uploads::Finding;

use super::talk::{Stop, misbehaved};
use super::wire::{Picture, Publish, Reply};
use super::{Drawn, DrawnPicture, Published, Rendered, Rendition};
use tradepost_inspect::text::clean;
use tradepost_render::presets::Preset;

/// The most findings that are kept of one file or pack.
const MAX_FINDINGS: usize = 250;
const MAX_TEXT: usize = 500;
const MAX_EXCERPT: usize = 200;
const MAX_RULE: usize = 60;
/// The tallest picture that a preset can give: four times its width.
const MAX_SIDE_PX: u32 = 16_384;

/// Bounds number and length of findings, and takes control characters out of them.
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

/// A text of the child's, made fit for a log.
pub fn shorten(text: &str) -> String {
    clean(text, MAX_TEXT)
}

/// Takes what a child says of a file when that can be.
pub fn opened(reply: Reply, mut blobs: Vec<Vec<u8>>, presets: &[Preset]) -> Result<Rendered, Stop> {
    let Reply::Opened {
        size,
        findings,
        pictures,
        publish,
        fingerprint,
    } = reply
    else {
        return Err(misbehaved("another reply than what it found in the file"));
    };
    let published = match publish {
        Publish::Itself => Published::Itself,
        Publish::Nothing => Published::Nothing,
        Publish::Copy => match blobs.pop() {
            Some(bytes) if !bytes.is_empty() => Published::Copy {
                sha256: Sha256::digest(&bytes).into(),
                bytes: bytes.into(),
            },
            _ => return Err(misbehaved("no copy")),
        },
    };
    check_size(size)?;
    // A model or a sound may have no picture; everything else has all of them.
    let renditions = match size {
        None if pictures.is_empty() && blobs.is_empty() => Vec::new(),
        _ => renditions(pictures, blobs, presets)?,
    };
    Ok(Rendered {
        size,
        findings: self::findings(findings),
        renditions,
        published,
        fingerprint,
    })
}

/// Takes the pictures of one file of a batch when they are the ones that were asked for.
pub fn drawn(
    size: Option<(f32, f32)>,
    heights: Vec<u32>,
    blobs: Vec<Vec<u8>>,
    presets: &[Preset],
) -> Result<Drawn, Stop> {
    let expected = if size.is_some() { presets.len() } else { 0 };
    if heights.len() != expected || blobs.len() != expected {
        return Err(misbehaved("another number of pictures than was asked for"));
    }
    check_size(size)?;
    let picture = |((height_px, bytes), preset): ((u32, Vec<u8>), &Preset)| {
        let is_sound = (1..=MAX_SIDE_PX).contains(&height_px) && preset.format.is_magic_of(&bytes);
        match is_sound {
            true => Ok(DrawnPicture { height_px, bytes }),
            false => Err(misbehaved("another picture than was asked for")),
        }
    };
    let pictures: Result<_, Stop> = heights.into_iter().zip(blobs).zip(presets).map(picture).collect();
    pictures.map(|pictures| Drawn { size, pictures })
}

fn check_size(size: Option<(f32, f32)>) -> Result<(), Stop> {
    let is_length = |length: f32| length.is_finite() && length > 0.0;
    match size {
        Some((width, height)) if !is_length(width) || !is_length(height) => Err(misbehaved("a size that is none")),
        _ => Ok(()),
    }
}

/// Takes the pictures of a reply when they are the ones that were asked for.
pub fn renditions(pictures: Vec<Picture>, blobs: Vec<Vec<u8>>, presets: &[Preset]) -> Result<Vec<Rendition>, Stop> {
    if pictures.len() != presets.len() || blobs.len() != presets.len() {
        return Err(misbehaved("another number of pictures than was asked for"));
    }
    pictures
        .into_iter()
        .zip(blobs)
        .zip(presets)
        .map(|((picture, bytes), preset)| rendition(picture, bytes, preset))
        .collect()
}

fn rendition(picture: Picture, bytes: Vec<u8>, preset: &Preset) -> Result<Rendition, Stop> {
    let asked = picture.preset == preset.name && picture.format == preset.format && picture.width_px == preset.width_px;
    if !asked || !(1..=MAX_SIDE_PX).contains(&picture.height_px) || !picture.format.is_magic_of(&bytes) {
        return Err(misbehaved("another picture than was asked for"));
    }
    let sha256 = Sha256::digest(&bytes).into();
    let Picture {
        preset,
        format,
        width_px,
        height_px,
    } = picture;
    Ok(Rendition {
        preset,
        format,
        width_px,
        height_px,
        sha256,
        bytes: bytes.into(),
    })
}
