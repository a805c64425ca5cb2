//! Limits, input and output of the jail.

use std::time::Duration;

use bytes::Bytes;
use sha2::{Digest as _, Sha256};
use tradepost_base::Finding;
use tradepost_inspect::manifest::Manifest;
use tradepost_render::fingerprint::Fingerprint;
use tradepost_render::presets::{Format, Preset};

/// Resources of one child, and the time that the pool keeps it.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// Address space for one file, on top of what the program itself maps.
    pub memory_bytes: u64,
    /// Processor time for one file; counted by the kernel in whole seconds.
    pub cpu: Duration,
    /// Time on the clock for one file, without the time for which its child waits for a processor.
    pub wall: Duration,
    /// Processor time for a whole pack.
    pub pack_cpu: Duration,
    /// Time on the clock for a whole pack; waiting for a processor or for the receiver of the members does not count.
    pub pack_wall: Duration,
    /// A child that is idle for so long is ended.
    pub idle: Duration,
    /// A file that takes more processor time is throttled: it gets a low priority and one of the few permits for slow files.
    pub slow_after: Duration,
    /// Slow files that are drawn at once; others are deferred ([`JailError::Deferred`]).
    pub slow_files: usize,
    /// Files, or batches of them, after which a child is replaced by a fresh one.
    pub recycle_after: u32,
    /// The largest SVG that is opened.
    pub svg_bytes: u64,
    /// The largest file that is opened.
    pub file_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory_bytes: 512 << 20,
            cpu: Duration::from_secs(5),
            wall: Duration::from_secs(9),
            pack_cpu: Duration::from_secs(30),
            pack_wall: Duration::from_secs(60),
            idle: Duration::from_secs(20),
            slow_after: Duration::from_millis(150),
            slow_files: 2,
            recycle_after: 500,
            svg_bytes: 10 << 20,
            file_bytes: 256 << 20,
        }
    }
}

/// Reason why the jail gave no result.
#[derive(Debug, thiserror::Error)]
pub enum JailError {
    /// The file took more processor time than it may.
    #[error("took too long to open ({} ms of the processor)", .cpu.as_millis())]
    Timeout {
        /// Processor time of the file.
        cpu: Duration,
    },
    /// The file ran out of clock without having had its processor time: the machine is busy. Trying again later is no failed attempt.
    #[error("had only {} ms of the processor: the machine is busy", .cpu.as_millis())]
    Starved {
        /// Processor time of the file.
        cpu: Duration,
    },
    /// The file made the child ask for more memory than it may have.
    #[error("needs too much memory to open")]
    Memory,
    /// The file made the child crash or break the protocol.
    #[error("crashed the program that opens it: {detail}")]
    Crash { detail: String },
    /// The file was opened and refused; at least one finding says why.
    #[error("refused: {}", .0.first().map_or("no reason given", |finding| finding.message.as_str()))]
    Refused(Vec<Finding>),
    /// The file is a slow one, and there are too many of them now. Trying again later is no failed attempt.
    #[error("too many files that take long at once")]
    Deferred,
    /// Nothing to do with the file: no child could be started, or its input could not be handed over. Worth another try.
    #[error("the jail is broken: {0:#}")]
    Broken(anyhow::Error),
}

impl JailError {
    /// True if the file is the reason: the jail did its work.
    pub fn is_about_the_file(&self) -> bool {
        match self {
            Self::Timeout { .. } | Self::Memory | Self::Refused(_) => true,
            Self::Crash { .. } | Self::Starved { .. } | Self::Deferred | Self::Broken(_) => false,
        }
    }

    /// True if another try later is no failed attempt.
    pub fn is_busy(&self) -> bool {
        matches!(self, Self::Starved { .. } | Self::Deferred)
    }
}

/// One file of a pack, inflated.
#[derive(Debug, Clone)]
pub struct Member {
    /// As the manifest and the ZIP name it.
    pub path: String,
    pub size_bytes: u64,
    /// SHA-256 of `bytes`; computed by the parent, not by the child.
    pub sha256: [u8; 32],
    pub bytes: Bytes,
}

/// A pack that was accepted: every member was sent before this is returned.
#[derive(Debug, Clone)]
pub struct OpenedPack {
    pub manifest: Manifest,
    /// Number of members that were sent: as many as the manifest lists.
    pub members: u32,
}

/// One image made of an item by a preset, or of a family.
#[derive(Debug, Clone, PartialEq)]
pub struct Rendition {
    /// Name of the preset; `sheet` for a contact sheet.
    pub preset: String,
    pub format: Format,
    pub width_px: u32,
    pub height_px: u32,
    /// SHA-256 of `bytes`; computed by the parent.
    pub sha256: [u8; 32],
    pub bytes: Bytes,
}

/// Result of one file that was opened.
///
/// With a blocking finding (a script, an external reference) the renditions are for the moderator, never for publication.
#[derive(Debug, Clone)]
pub struct Rendered {
    /// Width and height that the file asks for, in its own units; only of an image.
    pub size: Option<(f32, f32)>,
    pub findings: Vec<Finding>,
    /// One for each preset, in the order of the presets; none of a model or a sound that can not be shown.
    pub renditions: Vec<Rendition>,
    pub published: Published,
    /// Finds duplicates; only of what has an image.
    pub fingerprint: Option<Fingerprint>,
}

/// Bytes of a file that a buyer may get.
#[derive(Debug, Clone, PartialEq)]
pub enum Published {
    /// The file's own: nothing in it but what its format asks for.
    Itself,
    /// The sanitized file, checked to look the same.
    Copy {
        /// SHA-256 of `bytes`; computed by the parent.
        sha256: [u8; 32],
        bytes: Bytes,
    },
    /// None: the sanitized file does not look the same.
    Nothing,
}

/// A file in memory.
#[derive(Debug, Clone)]
pub struct InputFile {
    /// Its extension says what the file should be; the rest is only for the findings.
    pub path: String,
    pub bytes: Bytes,
}

/// Images of one file of a batch.
#[derive(Debug, Clone, PartialEq)]
pub struct DrawnFile {
    /// Width and height that the file asks for, in its own units; only of what has an image.
    pub size: Option<(f32, f32)>,
    /// One for each preset, in the order of the presets; none of a file without an image.
    pub images: Vec<Image>,
}

/// One encoded image; format and width are the preset's.
#[derive(Debug, Clone, PartialEq)]
pub struct Image {
    pub height_px: u32,
    pub bytes: Vec<u8>,
}

/// Makes renditions of the images of each preset.
pub(crate) fn renditions(images: Vec<Image>, presets: &[Preset]) -> Vec<Rendition> {
    let rendition = |(image, preset): (Image, &Preset)| Rendition {
        preset: preset.name.clone(),
        format: preset.format,
        width_px: preset.width_px,
        height_px: image.height_px,
        sha256: Sha256::digest(&image.bytes).into(),
        bytes: image.bytes.into(),
    };
    images.into_iter().zip(presets).map(rendition).collect()
}

/// The way in which a child answers a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replying {
    /// Several results come at once, which costs less. A file that ends the child takes some of those before it along.
    Together,
    /// Each result comes at once: the first file without one is to blame.
    Singly,
}

/// Packs and files with more bytes are bulk work: they run at [`Priority::Low`], with permits of their own, so that no small one waits for them.
pub const LARGE_BYTES: u64 = 4 << 20;

/// Scheduling priority of a child.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Priority {
    /// That of the parent.
    Normal,
    /// For large and slow files: a tenth of the processor beside one other process, and still some of it beside many.
    Low,
    /// Throttled: runs on what every other process leaves over. The limit on wall clock time is four times longer.
    Lowest,
}
