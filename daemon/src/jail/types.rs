//! What the jail takes and gives.

use std::time::Duration;

use bytes::Bytes;
use tradepost_common::uploads::Finding;

use tradepost_inspect::manifest::Manifest;
use tradepost_render::fingerprint::Fingerprint;
use tradepost_render::presets::Format;

/// What one child may take, and how long the pool keeps it.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// Address space for one file, on top of what the program itself maps.
    pub memory_bytes: u64,
    /// Processor time for one file; counted by the kernel in whole seconds.
    pub cpu: Duration,
    /// Time on the clock for one file.
    pub wall: Duration,
    /// Processor time for a whole pack.
    pub pack_cpu: Duration,
    /// Time on the clock for a whole pack; waiting for the receiver of the members does not count.
    pub pack_wall: Duration,
    /// A child that had nothing to do for so long is let go.
    pub idle: Duration,
    /// A file that takes longer gets the lowest priority, and one of the few places for slow files, so that the others do not wait for it.
    pub slow_after: Duration,
    /// Slow files that are worked on at once; when there are more, they are put off ([`JailError::Busy`]).
    pub slow_places: usize,
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
            slow_places: 2,
            recycle_after: 500,
            svg_bytes: 10 << 20,
            file_bytes: 256 << 20,
        }
    }
}

/// Why the jail gave no result.
#[derive(Debug, thiserror::Error)]
pub enum JailError {
    /// The file took more time, on the clock or of the processor, than it may.
    #[error("took too long to open ({} ms of the processor)", .cpu.as_millis())]
    Timeout {
        /// Time of the processor that the file had: little, when the machine was busy with something else.
        cpu: Duration,
    },
    /// The file made the child ask for more memory than it may have.
    #[error("needs too much memory to open")]
    Memory,
    /// The file made the child crash, or talk nonsense.
    #[error("crashed the program that opens it: {detail}")]
    Crash { detail: String },
    /// The file was opened and refused; at least one finding says why.
    #[error("refused: {}", .0.first().map_or("no reason given", |finding| finding.message.as_str()))]
    Refused(Vec<Finding>),
    /// The file is a slow one, and there are too many of them right now: to be tried again, which is no failed attempt.
    #[error("too many files that take long at once")]
    Busy,
    /// Nothing to do with the file: no child could be started, or its input could not be handed over. Worth another try.
    #[error("the jail is broken: {0:#}")]
    Broken(anyhow::Error),
}

/// One file of a pack, inflated.
#[derive(Debug, Clone)]
pub struct Member {
    /// As the manifest and the ZIP name it.
    pub path: String,
    pub size_bytes: u64,
    /// Of `bytes`, worked out by the daemon, not by the child.
    pub sha256: [u8; 32],
    pub bytes: Bytes,
}

/// A pack that was accepted: every member was sent before this is returned.
#[derive(Debug, Clone)]
pub struct OpenedPack {
    pub manifest: Manifest,
    /// How many members were sent; always as many as the manifest lists.
    pub members: u32,
}

/// One picture made of an item, or of a family.
#[derive(Debug, Clone, PartialEq)]
pub struct Rendition {
    /// The name of the preset; `sheet` for a family preview.
    pub preset: String,
    pub format: Format,
    pub width_px: u32,
    pub height_px: u32,
    /// Of `bytes`, worked out by the daemon: what the object is called.
    pub sha256: [u8; 32],
    pub bytes: Bytes,
}

/// What came of one file that was opened.
///
/// Findings may be blocking (a script, an external reference): the picture is then for the moderator, never for publication.
#[derive(Debug, Clone)]
pub struct Rendered {
    /// The width and height the file asks for, in its own units; only of what is a picture.
    pub size: Option<(f32, f32)>,
    pub findings: Vec<Finding>,
    /// One for each preset, in the order of the presets; none of a model or a sound that can not be shown.
    pub renditions: Vec<Rendition>,
    pub published: Published,
    /// What copies of it would have in common with it; only of what has a picture.
    pub fingerprint: Option<Fingerprint>,
}

/// The bytes of a file that a buyer may get.
#[derive(Debug, Clone, PartialEq)]
pub enum Published {
    /// The file's own: nothing in it but what its format asks for.
    Itself,
    /// The file written anew without anything active, checked to look the same.
    Copy {
        /// Of `bytes`, worked out by the daemon.
        sha256: [u8; 32],
        bytes: Bytes,
    },
    /// None: it does not look the same without what is not allowed in it.
    Nothing,
}
